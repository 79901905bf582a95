"""Kueue: flavors, queues, cohorts, admission checks and priority classes of a cluster.

One queue of the spec is one ClusterQueue, and one LocalQueue in each of its namespaces. Flavors of a queue that share a
resource form one resource group, as Kueue asks; a flavor without quota for a resource of its group gets "0",
which says the same. The same holds for the quota of a cohort.

    queues: [{name: inference, namespace: ai-serving, quota: {l4: {cpu: "8", nvidia.com/gpu: "1"}}}]
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field

from ...findings.finding import Path
from ...specs.types import (
    LABEL,
    Flag,
    LabelKey,
    LabelValue,
    Line,
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

ControllerName = Annotated[
    str,
    Line(
        rf"^{LABEL}(\.{LABEL})*(/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$",
        253,
        form="a domain, and what follows one /: kueue.x-k8s.io/provisioning-request",
    ),
]
"""As controllers of checks call themselves; the CRD bounds its length alone."""
KindName = Annotated[
    str, Line(r"^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$", 63, form="a kind: ProvisioningRequestConfig")
]
"""AdmissionCheck CRD .spec.parameters.kind."""


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


class BorrowWithinCohort(Strictly):
    """Whether workloads of other queues are stopped for one that borrows as well."""

    policy: Literal["Never", "LowerPriority"] = Field(
        "Never", description="LowerPriority: those of lower priority than its own."
    )
    maxPriorityThreshold: Priority | None = Field(
        None, description="Only those of this priority or below; all of lower priority when left out."
    )


class Preemption(Strictly):
    """Whose workloads may be stopped for whose."""

    reclaimWithinCohort: Literal["Never", "LowerPriority", "Any"] = Field(
        "Never", description="Take back lent quota from other queues."
    )
    withinClusterQueue: Literal["Never", "LowerPriority", "LowerOrNewerEqualPriority"] = Field(
        "Never", description="Stop workloads of the same queue."
    )
    borrowWithinCohort: BorrowWithinCohort | None = Field(
        None, description="Stop workloads of other queues also for one that borrows; not when left out."
    )


class Fungibility(Strictly):
    """When Kueue looks at the next flavor of a queue, in the words of its newest API."""

    whenCanBorrow: Literal["MayStopSearch", "TryNextFlavor"] = Field(
        "MayStopSearch", description="TryNextFlavor: look at the next flavor before borrowing in this one."
    )
    whenCanPreempt: Literal["MayStopSearch", "TryNextFlavor"] = Field(
        "TryNextFlavor",
        description="MayStopSearch: stop others in this flavor before looking at the next one.",
    )
    preference: Literal["BorrowingOverPreemption", "PreemptionOverBorrowing"] | None = Field(
        None,
        description="Which of two flavors is taken where each needs one of the two; BorrowingOverPreemption when left out.",
    )


class FairSharing(Strictly):
    """What a queue or a cohort weighs where Kueue shares fairly."""

    weight: Quantity = Field(
        description="Share of what can be borrowed, against others; Kueue looks at it with fair sharing switched on only."
    )


class QueueCheck(Strictly):
    """An admission check that a queue waits for."""

    name: Name = Field(description="One of kueue.admissionChecks.")
    onFlavors: tuple[Subdomain, ...] = Field(
        (), description="Flavors of the queue that need it; all of them when left out.", max_length=64
    )


class Queue(Strictly):
    """One ClusterQueue and the LocalQueues that lead to it."""

    name: Name = Field(
        description="Name of the ClusterQueue, and of its LocalQueues unless localQueue says another."
    )
    namespace: Name = Field(description="Namespace of the LocalQueue.")
    namespaces: tuple[Name, ...] = Field(
        (), description="Further namespaces that share its quota, each with a LocalQueue of the same name."
    )
    localQueue: Name | None = Field(
        None,
        description="Name of its LocalQueues, which is what workloads say as `queue`; the queue's when left out.",
    )
    default: Flag = Field(
        False,
        description="What codeflare-sdk takes in its namespaces when a notebook names no queue; workloads of the spec name theirs.",
    )
    quota: dict[Subdomain, dict[ResourceName, Quota | Quantity]] = Field(
        description="Flavor -> resource -> quota, or {nominal, borrowingLimit, lendingLimit}.", min_length=1
    )
    cohort: Name | None = Field(None, description="Cohort of this queue; kueue.cohort when left out.")
    queueingStrategy: Literal["BestEffortFIFO", "StrictFIFO"] = Field(
        "BestEffortFIFO", description="StrictFIFO: a workload that does not fit blocks those behind it."
    )
    preemption: Preemption | None = Field(None, description="Preemption; none when left out.")
    flavorFungibility: Fungibility | None = Field(
        None, description="When the next flavor is looked at; Kueue's defaults when left out."
    )
    fairSharing: FairSharing | None = Field(None, description="Its weight where Kueue shares fairly.")
    admissionChecks: tuple[QueueCheck, ...] = Field(
        (), description="Checks that have to pass once a workload has its quota.", max_length=64
    )
    stopPolicy: Literal["None", "Hold", "HoldAndDrain"] = Field(
        "None", description="Hold: nothing more is admitted; HoldAndDrain: what runs is stopped as well."
    )

    @property
    def leads(self) -> tuple[tuple[str, str], ...]:
        """(name, namespace) of its LocalQueues, the one of `namespace` first."""
        return tuple((self.local, place) for place in dict.fromkeys((self.namespace, *self.namespaces)))

    @property
    def local(self) -> str:
        """What workloads call it."""
        return self.localQueue or self.name


class Cohort(Strictly):
    """Queues that lend quota to each other, and perhaps quota that all of them share."""

    name: Name = Field(description="Name of the Cohort.")
    parent: Name | None = Field(None, description="Cohort above it.")
    quota: dict[Subdomain, dict[ResourceName, Quota | Quantity]] = Field(
        {},
        description="Quota on top of that of its queues, which any of them may borrow: flavor -> resource -> quota.",
    )
    fairSharing: FairSharing | None = Field(None, description="Its weight where Kueue shares fairly.")


class CheckParameters(Strictly):
    """The object that holds a check's settings."""

    apiGroup: Subdomain = Field(description="Its API group, such as kueue.x-k8s.io.")
    kind: KindName = Field(description="Its kind, such as ProvisioningRequestConfig.")
    name: Name = Field(description="Its name.")


class AdmissionCheck(Strictly):
    """An AdmissionCheck: somebody who is asked before a workload with quota starts."""

    name: Name = Field(description="Name that queues refer to.")
    controllerName: ControllerName = Field(
        description="Who answers it: kueue.x-k8s.io/provisioning-request, kueue.x-k8s.io/multikueue, or a controller that you bring."
    )
    parameters: CheckParameters | None = Field(None, description="The object that holds its settings.")


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
    queues: tuple[Queue, ...] = Field(
        (), description="One ClusterQueue each, with the LocalQueues that lead to it."
    )
    cohort: Name | None = Field(None, description="Cohort that all queues join.")
    cohorts: tuple[Cohort, ...] = Field(
        (), description="Cohorts with a parent, with quota of their own or a weight."
    )
    admissionChecks: tuple[AdmissionCheck, ...] = Field(
        (), description="AdmissionChecks that queues refer to."
    )
    priorityClasses: tuple[PriorityClass, ...] = Field((), description="WorkloadPriorityClasses.")


Cells = Mapping[str, Mapping[str, Quota | str]]
"""Quota of a queue or a cohort: flavor -> resource -> quota."""


def groups(quota: Cells) -> tuple[tuple[str, ...], ...]:
    """Flavors of a quota by resource group: two flavors that share a resource are in one group."""
    if len(quota) == 1:
        return (tuple(quota),)
    found: list[tuple[list[str], set[str]]] = []
    for flavor, cells in quota.items():
        touching = [group for group in found if group[1] & cells.keys()]
        rest = [group for group in found if not group[1] & cells.keys()]
        names = [name for group in touching for name in group[0]] + [flavor]
        resources = set(cells).union(*(group[1] for group in touching))
        found = [*rest, (names, resources)]
    order = list(quota)
    ranked = [tuple(sorted(names, key=order.index)) for names, _ in found]
    return tuple(sorted(ranked, key=lambda names: order.index(names[0])))


def covered_resources(quota: Cells, flavors: tuple[str, ...]) -> tuple[str, ...]:
    """Resources of a group in the one order that both lists of a ClusterQueue use: cpu, memory, the others."""
    named = {resource for flavor in flavors for resource in quota[flavor]}
    return tuple(sorted(named, key=lambda resource: ({"cpu": 0, "memory": 1}.get(resource, 2), resource)))


def holders(spec: KueueSpec) -> Iterator[tuple[Path, Queue | Cohort]]:
    """All that has quota, with its place."""
    yield from ((("kueue", "queues", i), queue) for i, queue in enumerate(spec.queues))
    yield from ((("kueue", "cohorts", i), cohort) for i, cohort in enumerate(spec.cohorts))


def queue_of(spec: KueueSpec, name: str | None, namespace: str) -> Queue | None:
    """The queue that a workload of a namespace names."""
    return next((queue for queue in spec.queues if (name, namespace) in queue.leads), None)


def quota_of(value: Quota | str) -> Quota:
    """The long form of a quota."""
    return value if isinstance(value, Quota) else _nominal(value)


@lru_cache(maxsize=4096)
def _nominal(value: str) -> Quota:
    return Quota(nominal=value)


def roots_of(spec: KueueSpec) -> dict[str, str | None]:
    """Each cohort that is listed -> the topmost one above it, or None when the parents form a cycle."""
    parents = {item.name: item.parent for item in spec.cohorts}
    roots: dict[str, str | None] = {}
    for name in parents:
        # Each is walked once: what is above it is known to all below.
        way: dict[str, None] = {}
        above = name
        while above not in roots and above not in way and parents.get(above):
            way[above] = None
            above = parents[above] or ""
        root = None if above in way else roots.get(above, above)
        roots |= dict.fromkeys(way, root)
        roots.setdefault(name, root)
    return roots
