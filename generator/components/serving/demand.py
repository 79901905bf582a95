"""What the pods of the section `serving` ask for: servers, what KServe adds to them, and endpoint pickers.

The pods of a Deployment are Workloads of their own: Kueue's Deployment webhook only hands the queue's name down to them.
Sources: kueue pkg/controller/jobs/deployment/deployment_webhook.go Default, jobs/leaderworkerset; kserve
pkg/webhook/admission/pod, pkg/controller/v1beta1/inferenceservice/reconcilers/deployment (the profile has the numbers).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from ...facts.profiles import AddedContainer, Profile
from ...findings.finding import Path
from ...specs.model import Images, ModelSpec
from ...specs.types import Resources
from ..kit.component import Cluster
from ..kit.demand import UNBOUND, Bounds, Container, Pods, Shape, Workload, bounds, pods_of
from ..kit.runtime import SERVER, Server
from ..models import MODELS, placed_by_cache
from .deployment.emit import NAMES
from .deployment.model import MODELCAR_LIMITS
from .sizes import PodKind, pod_kinds
from .spec import DOWNLOADS, Service, is_llm, is_plain, runtimes

KSERVE = "KServe"

MODELCAR = Container("modelcar", {"cpu": "10m", "memory": "15Mi"}, {}, (), KSERVE)
"""The container of a model from oci:// (kserve config/configmap/inferenceservice.yaml storageInitializer.cpuModelcar
and memoryModelcar, the same in ODH; pkg/utils/storage.go CreateModelcarContainer)."""

ROUTING_SIDECAR = Container("llm-d-routing-sidecar", {}, {}, (), KSERVE)
"""In front of vLLM where prompts are read in other pods (kserve config/llmisvcconfig/config-llm-decode-template.yaml)."""

SCHEDULER = "scheduler"
"""Name of an endpoint picker's pods."""


class Asking(NamedTuple):
    """A workload, and the server that it is of."""

    item: Service
    work: Workload


def workloads(cluster: Cluster) -> Iterator[Asking]:
    """All servers in the order of the spec; of an LLMInferenceService each kind of its pods."""
    for i, item in enumerate(cluster.spec.serving):
        placed = placed_by_cache(item, cluster)
        within = bounds(cluster).get(item.namespace, UNBOUND)
        if not is_llm(item):
            yield Asking(placed, _served(i, placed, cluster, within))
            continue
        yield from (Asking(placed, work) for work in _llm(i, placed, cluster.profile, within))


def _served(index: int, item: Service, cluster: Cluster, within: Bounds) -> Workload:
    path: Path = ("serving", index)
    least = max(1, item.replicas.min)
    shape = Shape("replica", path, least, max(least, item.replicas.max), item.nodeSelector, item.tolerations)
    containers = (
        _plain(item, path, cluster.part(MODELS).resources)
        if is_plain(item)
        else _containers(item, path, cluster.profile)
    )
    pods = pods_of(shape, containers, within)
    return Workload(
        item.kind, item.namespace, item.name, item.queue, path, (pods,), whole=False, lasting=True
    )


def _containers(item: Service, path: Path, profile: Profile) -> Iterator[Container]:
    yield Container("kserve-container", item.resources, item.requests, (*path, "resources"))
    for name, limits, requests in _beside_of(item):
        yield Container(name, limits, requests, path)
    yield from _model(item, path, profile)
    told = profile.kserve
    if told.proxy is not None and (item.auth or told.proxyAlways):
        yield _added(told.proxy, path)


def _plain(item: Service, path: Path, fetching: Resources) -> Iterator[Container]:
    """Of a server without KServe all containers are ours; its modelcar is a sidecar, and counts as one of them."""
    yield Container(NAMES[SERVER], item.resources, item.requests, (*path, "resources"))
    for name, limits, requests in _beside_of(item):
        yield Container(NAMES.get(name, name), limits, requests, path)
    if item.storage.type == "oci":
        yield Container("modelcar", MODELCAR_LIMITS, {}, path)
    elif item.storage.type in DOWNLOADS:
        yield Container("fetch", fetching, {}, ("models", "resources"), init=True)


def _model(item: Service, path: Path, profile: Profile) -> Iterator[Container]:
    """What brings the model into a pod. A modelcar runs once before the server, too, to see that the model is there."""
    if item.storage.type == "oci":
        yield MODELCAR._replace(path=path)
        yield MODELCAR._replace(name="modelcar-init", path=path, init=True)
    elif item.storage.type in DOWNLOADS:
        yield _added(profile.kserve.initializer, path)._replace(init=True)


def _added(item: AddedContainer, path: Path) -> Container:
    return Container(item.name, item.limits, item.requests, path, KSERVE)


def _beside_of(item: Service) -> Iterator[tuple[str, Resources, Resources]]:
    for name, limits, requests in _beside(item.runtime):
        yield name, {**limits, **item.frontResources}, {**requests, **item.frontResources}


@cache
def _beside(runtime: str) -> tuple[tuple[str, Resources, Resources], ...]:
    """Name, limits and requests of the containers that a runtime puts beside the one that has the item's resources."""
    probe = Server(
        name="probe",
        model=ModelSpec.model_construct(format="", version="", size="0", source=""),
        images=Images.model_construct(caikit="probe"),
        image="probe",
        args=(),
        env=(),
        limits={},
        requests={},
        startup=0,
        grpc=False,
        port=8080,
        metrics_port=None,
        readiness_path=None,
        read_only_root=None,
    )
    made = ((item["name"], item["resources"]) for item in runtimes()[runtime].containers(probe))
    return tuple((name, said["limits"], said["requests"]) for name, said in made if said["requests"])


# --- LLMInferenceService


def _llm(index: int, item: Service, profile: Profile, within: Bounds) -> Iterator[Workload]:
    """Pods of a Deployment one by one; those of a LeaderWorkerSet group by group; the endpoint picker's in no queue."""
    path: Path = ("serving", index)
    listed = list(pod_kinds(item))
    for part in listed:
        if part.name in {"replica", "prefill"} and not _grouped(part, listed):
            alike = _part(part, item, profile, within, path)._replace(replicas=part.groups, most=part.groups)
            yield _work(item, item.name, item.queue, (alike,), path)
    for first, rest in (("leader", "worker"), ("prefill", "prefill-worker")):
        group = [part for part in listed if part.name in {first, rest}]
        if any(part.name == rest for part in group):
            pods = tuple(_part(part, item, profile, within, path) for part in group)
            for k in range(group[0].groups):
                name = f"{item.name}-{k}" if first == "leader" else f"{item.name}-prefill-{k}"
                yield _work(item, name, item.queue, pods, path)
    if item.llm and item.llm.scheduler:
        yield _work(item, item.name, None, (_scheduler(item, profile, within, path),), path)


def _grouped(part: PodKind, beside: Iterable[PodKind]) -> bool:
    return any(other.name == f"{part.name}-worker" for other in beside)


def _work(item: Service, name: str, queue: str | None, pods: tuple[Pods, ...], path: Path) -> Workload:
    return Workload(item.kind, item.namespace, name, queue, path, pods, whole=len(pods) > 1, lasting=True)


def _part(part: PodKind, item: Service, profile: Profile, within: Bounds, path: Path) -> Pods:
    at = (*path, *part.path)
    containers = [
        Container("main", part.limits, part.requests, (*at, "resources")),
        *_model(item, at, profile),
    ]
    if item.llm and item.llm.prefill and part.name in {"replica", "leader"}:
        containers.append(ROUTING_SIDECAR._replace(path=at))
    shape = Shape(part.name, at, part.pods, part.pods, item.nodeSelector, item.tolerations)
    return pods_of(shape, containers, within)


def _scheduler(item: Service, profile: Profile, within: Bounds, path: Path) -> Pods:
    """The endpoint picker: no preset gives its pods the server's place."""
    said = item.llm.scheduler if item.llm else None
    count = (said.replicas if said else None) or 1
    at = (*path, "llm", SCHEDULER)
    containers = [_added(part, at) for part in profile.kserve.scheduler]
    if profile.kserve.schedulerMountsModel:
        containers += _model(item, at, profile)
    return pods_of(Shape(SCHEDULER, at, count, count), containers, within)
