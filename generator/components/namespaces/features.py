"""What runs in which namespace, read from the sections that put something there.

The sections are read by name: namespaces work with whatever sections there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ...findings.finding import Path
from ..kit.component import Cluster, once
from ..models import port_of
from ..models import ports as transfer_ports
from ..serving import HTTP_ROUTE, exposure_kind
from ..serving.spec import answers_on, is_plain
from .network import HTTPS, SERVES
from .spec import Namespace

FEATURES = (
    "queue",
    "serving",
    "llm",
    "llm-router",
    "deployment",
    "exposed",
    "auth",
    "download",
    "loader",
    "ray",
    "rayjob",
    "rayservice",
    "rayexposed",
    "raygrpc",
    "autoscaling",
    "pipelines",
    "builds",
    "training",
    "workbenches",
    "checks",
)
"""What a namespace can hold, in the order in which it names a base; `download-9000`, `loader-9000`, `deployment-9000`,
`builds-8443`, `gateway-<namespace>` and `entrance-<namespace>` (a Gateway of Deployments, of InferenceServices), `serving-9000` and `auth-<server>` follow, the last two only where not all servers are
asked in the same way."""

RAY = ("clusters", "jobs", "services")
"""Lists of the section ray."""

FETCHED = ("s3://", "hf://", "https://")
"""Sources that a pod fetches over the network; images are pulled by the node."""


@once
def namespace_features(cluster: Cluster) -> dict[str, set[str]]:
    """Namespace -> features, from the sections that put something into namespaces."""
    found: dict[str, set[str]] = {}
    for _, namespace, features in places(cluster):
        found.setdefault(namespace, set()).update(features)
    return found


@once
def places(cluster: Cluster) -> tuple[tuple[Path, str, tuple[str, ...]], ...]:
    """(path of a field that names a namespace, the namespace, what it puts there)."""
    return tuple(_places(cluster))


def _places(cluster: Cluster) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    for i, queue in enumerate(items(cluster, "kueue", "queues")):
        yield ("kueue", "queues", i, "namespace"), queue.namespace, ("queue",)
        for j, namespace in enumerate(queue.namespaces):
            yield ("kueue", "queues", i, "namespaces", j), namespace, ("queue",)
    for key in RAY:
        for i, item in enumerate(items(cluster, "ray", key)):
            features = ("ray", *_ray_features(key, item), *_publishing(item, cluster))
            yield ("ray", key, i, "namespace"), item.namespace, features
    for i, service in enumerate(items(cluster, "serving")):
        features = (*_kind_features(service), *_serving_features(service, cluster))
        yield ("serving", i, "namespace"), service.namespace, features
    for i, job in enumerate(items(cluster, "training", "jobs")):
        yield ("training", "jobs", i, "namespace"), job.namespace, ("training", *_publishing(job, cluster))
    for section, features in _PLAIN.items():
        for i, item in enumerate(items(cluster, section)):
            yield (section, i, "namespace"), item.namespace, features
    if (builds := getattr(cluster.spec, "builds", None)) is not None:
        numbers = sorted(port for port in _build_ports(builds, cluster) if port != HTTPS)
        features = ("builds", *(f"builds-{port}" for port in numbers))
        yield ("builds", "namespace"), builds.namespace, features


_PLAIN = {
    "hardwareProfiles": (),
    "configMaps": (),
    "pipelines": ("pipelines",),
    "workbenches": ("workbenches",),
}
"""Sections that are lists -> what each item puts into its namespace."""


def _build_ports(builds: Any, cluster: Cluster) -> set[int]:
    """Where builds connect to: what is fetched, registries, and the repository of the fleet."""
    proxy = cluster.spec.models.proxy
    found = {port_of(proxy.url)} if proxy else set()
    addresses = [cluster.fleet.repository.url, *filter(None, [cluster.fleet.repository.forgeURL])]
    for name in builds.models:
        model = cluster.models.get(name)
        if model is None or model.build is None:
            continue
        build = model.build
        addresses += [f"https://{target.to}" for target in build.push]
        addresses += [git.url for git in (build.from_.git, build.image.containerfile) if git]
        addresses += [f"https://{build.image.base}"] if build.image.base else []
        if build.from_.source:
            said = {"source": build.from_.source, "credentialsSecret": build.from_.credentialsSecret}
            fetched = model.model_copy(update={**said, "s3": build.from_.s3})
            found |= set(transfer_ports(fetched, cluster, by_job=True))
    return found | {port_of(address) for address in addresses}


def workloads(cluster: Cluster) -> Iterator[tuple[Path, Any]]:
    """Ray clusters, jobs and services, model servers, training jobs and workbenches with their paths."""
    for key in RAY:
        yield from ((("ray", key, i), item) for i, item in enumerate(items(cluster, "ray", key)))
    yield from ((("serving", i), item) for i, item in enumerate(items(cluster, "serving")))
    yield from ((("training", "jobs", i), item) for i, item in enumerate(items(cluster, "training", "jobs")))
    yield from ((("workbenches", i), item) for i, item in enumerate(items(cluster, "workbenches")))


def items(cluster: Cluster, section: str, key: str | None = None) -> tuple[Any, ...]:
    """Items of a section, or of a list in it; none when there is no such section."""
    found = getattr(cluster.spec, section, None)
    return tuple(getattr(found, key, ()) if key else found or ())


def _ray_features(key: str, item: Any) -> Iterator[str]:
    if key == "jobs":
        yield "rayjob"
    if key == "services":
        yield "rayservice"
        if item.exposed:
            yield "rayexposed"
        if getattr(item.serveConfigV2, "grpc_options", None):
            yield "raygrpc"
    if item.autoscaling:
        yield "autoscaling"


def _publishing(item: Any, cluster: Cluster) -> Iterator[str]:
    """What publishes a model sends it to where the loader elsewhere fetches it from."""
    model = cluster.models.get(getattr(item, "produces", None) or "")
    if model is not None and item.publish:
        yield "loader"
        numbers = transfer_ports(model, cluster, by_job=True)
        yield from (f"loader-{port}" for port in numbers if port != HTTPS)


def _kind_features(service: Any) -> tuple[str, ...]:
    if service.kind == "LLMInferenceService":
        return _llm_features(service)
    return ("deployment",) if is_plain(service) else ("serving",)


def _llm_features(service: Any) -> tuple[str, ...]:
    llm = service.llm
    # The endpoint picker, and the sidecar that sends prompts on, ask the API server for pods.
    return ("llm", "llm-router") if llm and (llm.scheduler or llm.prefill) else ("llm",)


def _serving_features(service: Any, cluster: Cluster) -> Iterator[str]:
    if service.exposed:
        yield "exposed"
    if service.check is not None:
        yield "checks"
    if service.kind == "InferenceService":
        if guarded(service, cluster):
            yield from ("auth", f"auth-{service.name}")
        else:
            yield f"serving-{answers_on(service)}"
        yield from (f"entrance-{name}" for name in _gateways(service, cluster))
    if is_plain(service):
        yield f"deployment-{answers_on(service)}"
        yield from (f"gateway-{name}" for name in _gateways(service, cluster))
    yield from _transferred(service.model, service.storage.type, cluster)
    for name in service.beside:
        yield from _transferred(name, "pvc", cluster)


def _gateways(service: Any, cluster: Cluster) -> Iterator[str]:
    """Namespace of the Gateway by which a server is reached."""
    said = service.exposure
    if service.exposed and said and said.gateway and exposure_kind(said, cluster.profile) == HTTP_ROUTE:
        yield said.gateway.namespace


def guarded(service: Any, cluster: Cluster) -> bool:
    """Whether callers of an InferenceService meet a proxy that asks for a token."""
    return bool(service.auth) and cluster.profile.kserve.auth


def _transferred(name: str, storage: str, cluster: Cluster) -> Iterator[str]:
    """What the network has to let through for a model to come to its server."""
    model = cluster.models.get(name)
    if model is not None and model.source.startswith(FETCHED):
        # On a volume a Job fetches it once, into a cache KServe in a namespace of its own; else the storage
        # initializer in each pod does.
        match storage:
            case "cache":
                return
            case "pvc":
                way, ports = "loader", transfer_ports(model, cluster, by_job=True)
            case _:
                way, ports = "download", transfer_ports(model, cluster, by_job=False)
        yield from (way, *(f"{way}-{port}" for port in ports if port != HTTPS))


def features_of(used_for: Collection[str], item: Namespace) -> tuple[str, ...]:
    """The features that count for a namespace, in the order of FEATURES."""
    # What the spec says about egress replaces the open port 443.
    dropped = ("download", "loader") if item.egress else ()
    listed = tuple(name for name in FEATURES if name in used_for)
    marks = sorted(set(used_for) - set(FEATURES) - _usual(used_for))
    return tuple(name for name in (*listed, *marks) if not name.startswith(dropped))


def _usual(used_for: Collection[str]) -> set[str]:
    """Marks that say nothing: all servers answer on the usual port, or all of them ask for a token."""
    answering = {name for name in used_for if name.startswith("serving-")}
    asking = {name for name in used_for if name.startswith("auth-")}
    usual = answering if answering == {f"serving-{SERVES}"} else set()
    plain = {name for name in used_for if name.startswith("deployment-")}
    usual |= plain if plain == {f"deployment-{SERVES}"} else set()
    return usual if answering and asking else usual | asking
