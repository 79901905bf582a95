"""Which operators a cluster has: those that its features need, those it names, and what these require.

    features and `operators` -> closure over the catalog -> (name, words), each after what it requires

Words are all that an operator's objects take from the cluster: components of a DataScienceCluster, frameworks of
Kueue, taints of GPU nodes, device classes. Clusters with the same words share one Policy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ...catalog import Operator, component_of, offered, operators
from ...component import Cluster
from ...finding import Path
from ..namespaces.features import items

Chosen = tuple[str, tuple[str, ...]]
"""Name of an operator, and the words that its objects are filled with."""

GPU = "nvidia.com/gpu"
LVMS = "lvms-"
"""LVM Storage calls the storage class of a device class so."""


def wanted(cluster: Cluster) -> Iterator[tuple[Path, str]]:
    """(field that asks for it, name of a catalog entry), the cluster's own list last."""
    if cluster.profile.platform is not None:
        yield from _featured(cluster)
    if brings_argocd(cluster):
        yield ("platform",), "gitops"
    for i, name in enumerate(cluster.spec.operators):
        yield ("operators", i), name


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
    if items(cluster, "serving"):
        yield ("serving",), "opendatahub"
    if items(cluster, "ray", "clusters") or items(cluster, "ray", "jobs"):
        yield ("ray",), "opendatahub"
    if items(cluster, "hardwareProfiles"):
        yield ("hardwareProfiles",), "opendatahub"
    if items(cluster, "pipelines"):
        yield ("pipelines",), "ai-pipelines"
    if items(cluster, "kueue", "queues"):
        yield ("kueue", "queues"), "kueue"
    for i, node in enumerate(cluster.spec.nodes):
        if GPU in node.allocatable:
            yield ("nodes", i), "gpu"
    for i, storage in enumerate(cluster.spec.storage):
        if storage.class_.startswith(LVMS):
            yield ("storage", i), "lvms"


def chosen(cluster: Cluster) -> tuple[Chosen, ...]:
    """The operators of a cluster, each after what it requires; names that nothing knows are left to the rules."""
    known = operators()
    named = [name for _, name in wanted(cluster) if name in known and offered(known[name], cluster.profile)]
    order = closure(named)
    return tuple((name, words(name, order, cluster)) for name in order if not known[name].components)


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


def words(name: str, order: tuple[str, ...], cluster: Cluster) -> tuple[str, ...]:
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
        case "nfd":
            image = cluster.fleet.nodeFeatureDiscoveryImage
            return (image,) if image else ()
    return ()


def _components(order: tuple[str, ...], cluster: Cluster) -> Iterator[str]:
    if items(cluster, "serving"):
        yield "kserve"
    if items(cluster, "ray", "clusters") or items(cluster, "ray", "jobs"):
        yield "ray"
    if "kueue" in order:
        yield "kueue"
    for name in order:
        entry: Operator = operators()[name]
        component = component_of(entry, cluster.profile)
        if component:
            yield component


def _frameworks(cluster: Cluster) -> set[str]:
    """Kinds that the cluster queues; Kueue's Deployment integration works through that of Pods."""
    found: set[str] = set()
    if any(item.queue for item in items(cluster, "serving")):
        found |= {"Deployment", "Pod"}
    if any(item.queue for item in items(cluster, "ray", "clusters")):
        found.add("RayCluster")
    if any(item.queue for item in items(cluster, "ray", "jobs")):
        # A job's own RayCluster is admitted through the job.
        found.add("RayJob")
    return found


def _taints(cluster: Cluster) -> set[str]:
    return {taint.key for node in cluster.spec.nodes if GPU in node.allocatable for taint in node.taints}


def _device_classes(cluster: Cluster) -> Iterator[str]:
    """Device classes of the cluster's LVM storage classes, the default one first."""
    own = [item for item in cluster.spec.storage if item.class_.startswith(LVMS)]
    for item in sorted(own, key=lambda item: (not item.default, item.class_)):
        yield item.class_.removeprefix(LVMS)
