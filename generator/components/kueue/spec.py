"""Kueue: flavors, queues, cohorts and priority classes of a cluster.

One queue of the spec is one ClusterQueue and one LocalQueue of the same name. Flavors of a queue that share a
resource form one resource group, as Kueue asks; a flavor without quota for a resource of its group gets "0",
which says the same.

    queues: [{name: inference, namespace: ai-serving, quota: {l4: {cpu: "8", nvidia.com/gpu: "1"}}}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from ...facts.profiles import Profile
from ...findings.rule import Problem, rule
from ...objects.manifest import Manifest, Wave, meta
from ...specs.quantity import parse
from ...specs.types import (
    Flag,
    LabelKey,
    LabelValue,
    Name,
    Priority,
    Quantity,
    ResourceName,
    Strictly,
    Subdomain,
    Taint,
    Text,
    Toleration,
)
from ..kit.component import Cluster, Component, Unit, alone
from ..kit.recipe import recipe
from ..kit.tolerations import malformed

WEBHOOK = "kueue v0.19.2 pkg/webhooks/clusterqueue_webhook.go"


class Flavor(Strictly):
    """A kind of node that quota is given for."""

    name: Subdomain = Field(description="Name of the ResourceFlavor.")
    nodeLabels: dict[LabelKey, LabelValue] = Field({}, description="Labels of the nodes of this flavor.")
    nodeTaints: tuple[Taint, ...] = Field(
        (), description="Taints a workload must tolerate itself to get this flavor.", max_length=8
    )
    tolerations: tuple[Toleration, ...] = Field(
        (), description="Tolerations that Kueue adds to the pods it admits.", max_length=8
    )


class Quota(Strictly):
    """Quota of one resource with limits towards the cohort."""

    nominal: Quantity = Field(description="What the queue has for itself.")
    borrowingLimit: Quantity | None = Field(
        None, description="Most it may borrow from its cohort; no limit when left out."
    )
    lendingLimit: Quantity | None = Field(None, description="Most it lends to its cohort; all when left out.")


class Preemption(Strictly):
    """Whose workloads may be stopped for whose."""

    reclaimWithinCohort: Literal["Never", "LowerPriority", "Any"] = Field(
        "Never", description="Take back lent quota from other queues."
    )
    withinClusterQueue: Literal["Never", "LowerPriority", "LowerOrNewerEqualPriority"] = Field(
        "Never", description="Stop workloads of the same queue."
    )


class Queue(Strictly):
    """One ClusterQueue and the LocalQueue that leads to it."""

    name: Name = Field(description="Name of the ClusterQueue and of the LocalQueue.")
    namespace: Name = Field(description="Namespace of the LocalQueue.")
    quota: dict[Subdomain, dict[ResourceName, Quota | Quantity]] = Field(
        description="Flavor -> resource -> quota, or {nominal, borrowingLimit, lendingLimit}.", min_length=1
    )
    cohort: Name | None = Field(None, description="Cohort of this queue; kueue.cohort when left out.")
    queueingStrategy: Literal["BestEffortFIFO", "StrictFIFO"] = Field(
        "BestEffortFIFO", description="StrictFIFO: a workload that does not fit blocks those behind it."
    )
    preemption: Preemption | None = Field(None, description="Preemption; none when left out.")


class Cohort(Strictly):
    """Queues that lend quota to each other; a Cohort of its own only where it has a parent."""

    name: Name = Field(description="Name of the Cohort.")
    parent: Name | None = Field(None, description="Cohort above it.")


class PriorityClass(Strictly):
    """A WorkloadPriorityClass."""

    name: Name = Field(description="Name that jobs refer to.")
    value: Priority = Field(description="Higher goes first.")
    description: Text | None = Field(None, description="When to use it.")


class KueueSpec(Strictly):
    """Queues of a cluster."""

    flavors: tuple[Flavor, ...] = Field(
        (), description="Kinds of nodes that quota is given for, in the order Kueue tries them."
    )
    queues: tuple[Queue, ...] = Field((), description="One ClusterQueue and one LocalQueue each.")
    cohort: Name | None = Field(None, description="Cohort that all queues join.")
    cohorts: tuple[Cohort, ...] = Field((), description="Cohorts with a parent.")
    priorityClasses: tuple[PriorityClass, ...] = Field((), description="WorkloadPriorityClasses.")


def units(cluster: Cluster) -> Iterator[Unit]:
    """Everything of Kueue is one unit: its base is what the groups alone say."""
    spec = cluster.part(KUEUE)
    if not (spec.flavors or spec.queues or spec.priorityClasses):
        return
    shared, final = cluster.shared_part(KUEUE), emit(spec, cluster.profile)
    if shared is None:
        yield alone(final)
        return
    common = recipe(emit, shared, cluster.profile)
    yield Unit(cluster.group_key("kueue"), cluster.group_files, common, final)


def emit(spec: KueueSpec, profile: Profile) -> tuple[Manifest, ...]:
    """Flavors, cohorts, queues and classes, in the order they must exist."""
    return (
        *(_flavor(flavor, profile) for flavor in spec.flavors),
        *(_cohort(name, parent, profile) for name, parent in _cohorts(spec)),
        *(_cluster_queue(queue, spec, profile) for queue in spec.queues),
        *(_local_queue(queue, profile) for queue in spec.queues),
        *(_priority_class(item, profile) for item in spec.priorityClasses),
    )


def _flavor(flavor: Flavor, profile: Profile) -> Manifest:
    spec: dict[str, Any] = {}
    if flavor.nodeLabels:
        spec["nodeLabels"] = dict(sorted(flavor.nodeLabels.items()))
    if flavor.nodeTaints:
        spec["nodeTaints"] = [_compact(taint.model_dump()) for taint in flavor.nodeTaints]
    if flavor.tolerations:
        spec["tolerations"] = [_compact(item.model_dump()) for item in flavor.tolerations]
    return _object("ResourceFlavor", profile.kueue.apiVersion, flavor.name, spec)


def _cohorts(spec: KueueSpec) -> Iterator[tuple[str, str | None]]:
    parents = {cohort.name: cohort.parent for cohort in spec.cohorts}
    joined = [name for queue in spec.queues if (name := queue.cohort or spec.cohort)]
    above = [parent for parent in parents.values() if parent]
    for name in dict.fromkeys([*parents, *joined, *above]):
        yield name, parents.get(name)


def _cohort(name: str, parent: str | None, profile: Profile) -> Manifest:
    above: Manifest = {profile.kueue.cohortParent: parent} if parent else {}
    return _object("Cohort", profile.kueue.cohortApiVersion, name, above)


def _cluster_queue(queue: Queue, spec: KueueSpec, profile: Profile) -> Manifest:
    cohort = queue.cohort or spec.cohort
    body: Manifest = {
        **({profile.kueue.cohortField: cohort} if cohort else {}),
        # Without a selector a ClusterQueue takes no workload at all.
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": queue.namespace}},
        "queueingStrategy": queue.queueingStrategy,
        **({"preemption": queue.preemption.model_dump()} if queue.preemption else {}),
        "resourceGroups": [_resource_group(flavors, queue) for flavors in groups(queue)],
    }
    return _object("ClusterQueue", profile.kueue.apiVersion, queue.name, body)


def groups(queue: Queue) -> tuple[tuple[str, ...], ...]:
    """Flavors of a queue by resource group: two flavors that share a resource are in one group."""
    found: list[tuple[list[str], set[str]]] = []
    for flavor, quota in queue.quota.items():
        touching = [group for group in found if group[1] & quota.keys()]
        rest = [group for group in found if not group[1] & quota.keys()]
        names = [name for group in touching for name in group[0]] + [flavor]
        resources = set(quota).union(*(group[1] for group in touching))
        found = [*rest, (names, resources)]
    order = list(queue.quota)
    ranked = [tuple(sorted(names, key=order.index)) for names, _ in found]
    return tuple(sorted(ranked, key=lambda names: order.index(names[0])))


def covered_resources(queue: Queue, flavors: tuple[str, ...]) -> tuple[str, ...]:
    """Resources of a group in the one order that both lists of a ClusterQueue use: cpu, memory, the others."""
    named = {resource for flavor in flavors for resource in queue.quota[flavor]}
    return tuple(sorted(named, key=lambda resource: ({"cpu": 0, "memory": 1}.get(resource, 2), resource)))


def _resource_group(flavors: tuple[str, ...], queue: Queue) -> Manifest:
    covered = covered_resources(queue, flavors)
    return {
        "coveredResources": list(covered),
        "flavors": [
            {
                "name": flavor,
                "resources": [_cell(name, queue.quota[flavor].get(name, "0")) for name in covered],
            }
            for flavor in flavors
        ],
    }


def quota_of(value: Quota | str) -> Quota:
    """The long form of a quota."""
    return value if isinstance(value, Quota) else Quota(nominal=value)


def _cell(resource: str, value: Quota | str) -> Manifest:
    quota = quota_of(value)
    limits = {"borrowingLimit": quota.borrowingLimit, "lendingLimit": quota.lendingLimit}
    return {"name": resource, "nominalQuota": quota.nominal, **_compact(limits)}


def _local_queue(queue: Queue, profile: Profile) -> Manifest:
    return {
        "apiVersion": profile.kueue.apiVersion,
        "kind": "LocalQueue",
        "metadata": meta(queue.name, queue.namespace, wave=Wave.QUEUE),
        "spec": {"clusterQueue": queue.name},
    }


def _priority_class(item: PriorityClass, profile: Profile) -> Manifest:
    return {
        "apiVersion": profile.kueue.apiVersion,
        "kind": "WorkloadPriorityClass",
        "metadata": meta(item.name, wave=Wave.QUEUE),
        "value": item.value,
        **({"description": item.description} if item.description else {}),
    }


def _object(kind: str, api_version: str, name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": meta(name, wave=Wave.QUEUE), "spec": spec}


def _compact(values: Mapping[str, Any]) -> Manifest:
    return {key: value for key, value in values.items() if value not in (None, "")}


KUEUE = Component(
    key="kueue",
    spec=KueueSpec,
    default=KueueSpec.model_construct(),
    description="Kueue: flavors, queues, cohorts, priority classes.",
    units=units,
)


@rule("KUEUE001", covers=("CQ-17",), source="kueue v0.19.2 pkg/cache/scheduler/clusterqueue.go:322")
def quota_names_declared_flavors(cluster: Cluster) -> Iterator[Problem]:
    """A queue's quota names flavors that the cluster declares.

    A ClusterQueue that names a missing ResourceFlavor is inactive (FlavorNotFound): its workloads wait for ever
    while Argo CD shows everything healthy.
    """
    spec = cluster.part(KUEUE)
    known = [flavor.name for flavor in spec.flavors]
    for i, queue in enumerate(spec.queues):
        for flavor in queue.quota:
            if flavor not in known:
                said = f"queue {queue.name} gives quota for flavor {flavor}, the cluster declares {', '.join(known) or 'none'}"
                yield Problem(("kueue", "queues", i, "quota", flavor), said, "declare it in kueue.flavors")


@rule("KUEUE002", covers=("CQ-1",), source=WEBHOOK)
def limits_need_a_cohort(cluster: Cluster) -> Iterator[Problem]:
    """borrowingLimit and lendingLimit are set only in a queue that is in a cohort.

    The webhook denies the ClusterQueue otherwise.
    """
    spec = cluster.part(KUEUE)
    for i, queue in enumerate(spec.queues):
        if queue.cohort or spec.cohort:
            continue
        for flavor, quota in queue.quota.items():
            for resource, value in quota.items():
                limit = quota_of(value)
                if limit.borrowingLimit or limit.lendingLimit:
                    said = f"queue {queue.name} limits lending of {resource} but is in no cohort"
                    yield Problem(
                        ("kueue", "queues", i, "quota", flavor, resource),
                        said,
                        "set kueue.cohort, or drop the limits",
                    )


@rule("KUEUE003", covers=("CQ-10",), source=f"{WEBHOOK} validateLendingLimit")
def lends_at_most_what_it_has(cluster: Cluster) -> Iterator[Problem]:
    """lendingLimit is at most nominal.

    The webhook denies the ClusterQueue otherwise.
    """
    for i, queue in enumerate(cluster.part(KUEUE).queues):
        for flavor, quota in queue.quota.items():
            for resource, value in quota.items():
                limit = quota_of(value)
                if limit.lendingLimit and parse(limit.lendingLimit) > parse(limit.nominal):
                    said = f"lendingLimit {limit.lendingLimit} is more than nominal {limit.nominal}"
                    yield Problem(
                        ("kueue", "queues", i, "quota", flavor, resource, "lendingLimit"),
                        said,
                        f"lend at most {limit.nominal}",
                    )


def _same_names(key: str, items: tuple[Any, ...], kind: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, item in enumerate(items):
        if item.name in seen:
            yield Problem(
                ("kueue", key, i, "name"),
                f"a second {kind} {item.name}",
                "these objects are cluster-wide: give each its own name",
            )
        seen.add(item.name)


@rule("KUEUE004", source="kueue v0.19.2 ClusterQueue, ResourceFlavor: cluster-scoped")
def names_are_unique(cluster: Cluster) -> Iterator[Problem]:
    """Each flavor, queue, cohort and priority class has a name of its own on the cluster.

    ClusterQueues and flavors are cluster-wide objects: two queues of one name, even in two namespaces, would be one.
    """
    spec = cluster.part(KUEUE)
    yield from _same_names("flavors", spec.flavors, "flavor")
    yield from _same_names("queues", spec.queues, "queue")
    yield from _same_names("cohorts", spec.cohorts, "cohort")
    yield from _same_names("priorityClasses", spec.priorityClasses, "priority class")


@rule("KUEUE005", covers=("RF-4",), source="ResourceFlavor CRD .spec.tolerations")
def tolerations_are_well_formed(cluster: Cluster) -> Iterator[Problem]:
    """A toleration without key has operator Exists, and one with operator Exists has no value."""
    for i, flavor in enumerate(cluster.part(KUEUE).flavors):
        yield from malformed(("kueue", "flavors", i, "tolerations"), flavor.tolerations)


__all__ = ["KUEUE", "Flag", "KueueSpec"]
