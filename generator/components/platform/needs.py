"""Which operators a cluster has: those that its features need, those it names, and what these require.

    features and `operators` -> closure over the catalog -> (name, words), each after what it requires

Words are all that an operator's objects take from the cluster: components of a DataScienceCluster, frameworks of
Kueue, taints of GPU nodes, device classes. Clusters with the same words share one Policy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from ...facts.operators import Operator, component_of, offered, operators
from ...findings.finding import Path
from ..kit.component import Cluster, once
from ..namespaces import items
from ..serving.spec import is_plain
from .terms import entries, terms_of, words_of

Chosen = tuple[str, tuple[str, ...]]
"""Name of an operator, and the words that its objects are filled with."""

GPU = "nvidia.com/gpu"
MODEL_CACHE = "modelCache:"
LVMS = "lvms-"
"""LVM Storage calls the storage class of a device class so."""


def wanted(cluster: Cluster) -> Iterator[tuple[Path, str]]:
    """(field that asks for it, name of a catalog entry), the cluster's own list last."""
    if cluster.profile.platform is not None:
        yield from _featured(cluster)
        for i, item in enumerate(items(cluster, "credentials")):
            if item.from_ == "externalSecrets":
                yield ("credentials", i, "from"), "external-secrets"
    if brings_argocd(cluster):
        yield ("platform",), "gitops"
    for i, entry in enumerate(entries(cluster)):
        yield ("operators", i), entry.name


def brings_argocd(cluster: Cluster) -> bool:
    """Whether the cluster's own Argo CD comes from the catalog: no add-on of a hub installs it with these models."""
    fleet = cluster.fleet
    hubs = {hub.cluster: hub for hub in (fleet.hub, *fleet.hubs)}
    if not cluster.profile.openshift or cluster.name in hubs:
        return False
    by_policy = (
        hubs.get(cluster.spec.hub or "", fleet.hub).flavor == "acm" and fleet.delivery.model == "policy"
    )
    return by_policy or fleet.delivery.model == "standalone"


def _featured(cluster: Cluster) -> Iterator[tuple[Path, str]]:
    if asks_kserve(cluster):
        yield ("serving",), "opendatahub"
    yield from _of_scaling(cluster)
    if _ray(cluster):
        yield ("ray",), "opendatahub"
    yield from _of_training(cluster)
    yield from _of_llms(cluster)
    for section, name in _OF_SECTIONS.items():
        if getattr(cluster.spec, section, None):
            yield (section,), name
    if items(cluster, "kueue", "queues"):
        yield ("kueue", "queues"), "kueue"
    for i, node in enumerate(cluster.spec.nodes):
        if GPU in node.allocatable:
            yield ("nodes", i), "gpu"
    for i, storage in enumerate(cluster.spec.storage):
        if storage.class_.startswith(LVMS):
            yield ("storage", i), "lvms"


def _of_training(cluster: Cluster) -> Iterator[tuple[Path, str]]:
    for i, job in enumerate(items(cluster, "training", "jobs")):
        path: Path = ("training", "jobs", i)
        yield path, "trainer" if job.kind == "TrainJob" else "opendatahub"


_OF_SECTIONS = {
    "hardwareProfiles": "opendatahub",
    "pipelines": "ai-pipelines",
    "builds": "pipelines",
    "workbenches": "workbenches",
}
"""Section -> what runs it."""


def asks_kserve(cluster: Cluster) -> bool:
    """Whether a server is not a Deployment of our own, which asks nothing of the platform."""
    return any(not is_plain(item) for item in items(cluster, "serving"))


def _of_scaling(cluster: Cluster) -> Iterator[tuple[Path, str]]:
    for i, item in enumerate(items(cluster, "serving")):
        if item.scaling and item.scaling.prometheus and not is_plain(item):
            yield ("serving", i, "scaling", "prometheus"), "keda"


def _of_llms(cluster: Cluster) -> Iterator[tuple[Path, str]]:
    """A gateway that asks callers for a token needs Kuadrant; several pods as one, LeaderWorkerSet."""
    for i, item in llms(cluster):
        yield ("serving", i, "kind"), "cert-manager"
        if item.exposed:
            yield ("serving", i, "exposed"), "connectivity-link"
        if several_pods(item):
            yield ("serving", i, "llm"), "leader-worker-set"


def llms(cluster: Cluster) -> Iterator[tuple[int, Any]]:
    """Model servers that are LLMInferenceServices, with their index."""
    listed = enumerate(items(cluster, "serving"))
    return ((i, item) for i, item in listed if item.kind == "LLMInferenceService")


def several_pods(item: Any) -> bool:
    """Whether one replica is several pods, or one group of prefill."""
    llm = item.llm
    return llm is not None and (llm.worker is not None or (llm.prefill and llm.prefill.worker) is not None)


@once
def chosen(cluster: Cluster) -> tuple[Chosen, ...]:
    """The operators of a cluster, each after what it requires; names that nothing knows are left to the rules."""
    known = operators()
    named = [name for _, name in wanted(cluster) if name in known and offered(known[name], cluster.profile)]
    order = closure(named)
    packages = [name for name in order if not known[name].components]
    return tuple(
        (name, (*words(name, order, cluster), *words_of(terms_of(name, cluster)))) for name in packages
    )


def closure(names: Iterable[str]) -> tuple[str, ...]:
    """The names and all they require, each after its requirements, otherwise by name."""
    every: list[str] = []
    for name in sorted({*names}):
        _add(name, every, frozenset())
    order: list[str] = []
    for name in sorted(every):
        _add(name, order, frozenset(every))
    return tuple(order)


def _add(name: str, order: list[str], beside: frozenset[str]) -> None:
    if name in order:
        return
    for other in required(name, beside):
        _add(other, order, beside)
    order.append(name)


def required(name: str, beside: Collection[str]) -> tuple[str, ...]:
    """What an operator comes after, beside the others of its cluster."""
    # With kueue Unmanaged the platform looks for the Kueue operator, and is not ready without it.
    kueue = {"kueue"} if name == "opendatahub" and "kueue" in beside else set()
    return tuple(sorted({*operators()[name].requires, *kueue}))


def words(name: str, order: tuple[str, ...], cluster: Cluster) -> tuple[str, ...]:  # noqa: PLR0911
    """What the objects of an operator are filled with on this cluster."""
    match name:
        case "opendatahub":
            return tuple(sorted(_components(order, cluster)))
        case "kueue":
            return tuple(sorted(_frameworks(cluster))) or ("BatchJob",)
        case "gpu":
            return tuple(sorted(_taints(cluster)))
        case "lvms":
            return tuple(_device_classes(cluster))
        case "nfd" if cluster.fleet.nodeFeatureDiscoveryImage:
            return (cluster.fleet.nodeFeatureDiscoveryImage,)
        case "connectivity-link" if _own_gateway(cluster):
            return ("gateway",)
    return ()


def _components(order: tuple[str, ...], cluster: Cluster) -> Iterator[str]:
    if asks_kserve(cluster):
        yield "kserve"
        yield from _model_cache(cluster)
    if _ray(cluster):
        yield "ray"
    if any(job.kind == "PyTorchJob" for job in items(cluster, "training", "jobs")):
        yield "trainingoperator"
    wrappers = cluster.profile.appWrapper
    if wrappers and wrappers.component and any(_wrapped(item) for item in _ray(cluster)):
        yield wrappers.component
    if "kueue" in order:
        yield "kueue"
    for name in order:
        entry: Operator = operators()[name]
        component = component_of(entry, cluster.profile)
        if component:
            yield component


def _model_cache(cluster: Cluster) -> Iterator[str]:
    """The disks of the nodes as one word: modelCache:100Gi:disk=nvme,zone=a."""
    section = getattr(cluster.spec, "models", None)
    wanted = any(item.storage.type == "cache" for item in items(cluster, "serving"))
    if section and section.cache and wanted and cluster.profile.kserve.localModelCache == "operator":
        labels = ",".join(f"{key}={value}" for key, value in sorted(section.cache.nodeSelector.items()))
        yield f"{MODEL_CACHE}{section.cache.size}:{labels}"


def _frameworks(cluster: Cluster) -> set[str]:
    """Kinds that the cluster queues; Kueue's Deployment integration works through that of Pods."""
    found: set[str] = set()
    if any(item.queue for item in items(cluster, "serving")):
        found |= {"Deployment", "Pod"}
    if any(item.queue and several_pods(item) for _, item in llms(cluster)):
        found.add("LeaderWorkerSet")
    for key, kind in _QUEUED.items():
        for item in items(cluster, "ray", key):
            if item.queue:
                found.add("AppWrapper" if _wrapped(item) else kind)
    found |= {job.kind for job in items(cluster, "training", "jobs") if job.queue}
    if any(item.queue for item in items(cluster, "workbenches")):
        # A Notebook is a StatefulSet to Kueue, whose integration works through that of Pods.
        found |= {"StatefulSet", "Pod"}
    if "RayService" in found and not cluster.profile.kueue.rayService:
        # Then each RayCluster that it makes is admitted by itself.
        found = (found - {"RayService"}) | {"RayCluster"}
    return found


_QUEUED = {"clusters": "RayCluster", "jobs": "RayJob", "services": "RayService"}
"""List of the section ray -> the framework that admits it; a job's own RayCluster is admitted through the job."""


def _ray(cluster: Cluster) -> tuple[Any, ...]:
    return tuple(item for key in _QUEUED for item in items(cluster, "ray", key))


def _wrapped(item: Any) -> bool:
    return getattr(item, "appWrapper", None) is not None


def _own_gateway(cluster: Cluster) -> bool:
    """Whether something leads through the platform's own gateway, which nobody else makes."""
    return any(item.exposed and not (item.llm and item.llm.gateways) for _, item in llms(cluster))


def _taints(cluster: Cluster) -> set[str]:
    return {taint.key for node in cluster.spec.nodes if GPU in node.allocatable for taint in node.taints}


def _device_classes(cluster: Cluster) -> Iterator[str]:
    """Device classes of the cluster's LVM storage classes, the default one first."""
    own = [item for item in cluster.spec.storage if item.class_.startswith(LVMS)]
    for item in sorted(own, key=lambda item: (not item.default, item.class_)):
        yield item.class_.removeprefix(LVMS)
