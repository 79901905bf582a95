"""Kueue: flavors, queues, cohorts and priority classes of a cluster.

One queue of the spec is one ClusterQueue and one LocalQueue of the same name. Flavors of a queue that share a
resource form one resource group, as Kueue asks; a flavor without quota for a resource of its group gets "0",
which says the same.

    queues: [{name: inference, namespace: ai-serving, quota: {l4: {cpu: "8", nvidia.com/gpu: "1"}}}]
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from pydantic import Field

from ...specs.types import (
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


def groups(queue: Queue) -> tuple[tuple[str, ...], ...]:
    """Flavors of a queue by resource group: two flavors that share a resource are in one group."""
    if len(queue.quota) == 1:
        return (tuple(queue.quota),)
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


def quota_of(value: Quota | str) -> Quota:
    """The long form of a quota."""
    return value if isinstance(value, Quota) else _nominal(value)


@lru_cache(maxsize=4096)
def _nominal(value: str) -> Quota:
    return Quota(nominal=value)


def root_of(cohort: str | None, spec: KueueSpec) -> str | None:
    """The topmost cohort above this one; "" for no cohort, None when the parents form a cycle."""
    if not cohort:
        return ""
    parents = {item.name: item.parent for item in spec.cohorts}
    seen: set[str] = set()
    while above := parents.get(cohort):
        if cohort in seen:
            return None
        seen.add(cohort)
        cohort = above
    return cohort
