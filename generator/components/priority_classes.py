"""PriorityClasses of a cluster: whose pods the scheduler takes first, and whose it may stop for them.

    priorityClasses: [{name: store-critical, value: 100000}, {name: site-default}]

Those of queues are others: kueue.priorityClasses.
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ..documents.near import meant
from ..findings.finding import Path
from ..findings.rule import Problem, rule
from ..objects.manifest import Manifest, ResourceId, Wave, meta
from ..specs.types import Priority, Strictly, Subdomain, Text
from .kit.component import Cluster, Component, Unit, of_item
from .namespaces import workloads

SYSTEM = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
"""Classes that every cluster has, with their values (kubernetes pkg/apis/scheduling types.go SystemCriticalPriority, v1/helpers.go)."""


class PriorityClass(Strictly):
    """A PriorityClass."""

    name: Subdomain = Field(description="Name that podPriorityClassName refers to.")
    value: Priority | None = Field(
        None, description="Higher goes first; the class is there already when left out."
    )
    preemptionPolicy: Literal["PreemptLowerPriority", "Never"] = Field(
        "PreemptLowerPriority", description="Never: its pods wait rather than stop others."
    )
    description: Text | None = Field(None, description="When to use it.")


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit for each class that is made here; its base is what the groups alone say."""
    listed = (item for item in cluster.shared_part(PRIORITY_CLASSES) or () if item.value is not None)
    shared = {item.name: item for item in listed}
    for item in cluster.part(PRIORITY_CLASSES):
        if item.value is not None:
            key = cluster.group_key("priority", item.name)
            yield of_item(key, cluster, emit, (item, shared.get(item.name)))


def emit(item: PriorityClass) -> tuple[Manifest, ...]:
    """The PriorityClass, before the pods that name it; no pod gets it that does not."""
    return (
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": meta(item.name, wave=Wave.GUARD),
            "value": item.value,
            "preemptionPolicy": item.preemptionPolicy,
            **({"description": item.description} if item.description else {}),
        },
    )


PRIORITY_CLASSES: Component[tuple[PriorityClass, ...]] = Component(
    key="priorityClasses",
    spec=tuple[PriorityClass, ...],
    default=(),
    description="PriorityClasses of pods, for the scheduler; those of queues are kueue.priorityClasses.",
    units=units,
)


def values(cluster: Cluster) -> dict[str, int]:
    """Class -> value, as far as it is known: what others bring says none."""
    listed: tuple[PriorityClass, ...] = cluster.part(PRIORITY_CLASSES)
    return SYSTEM | {item.name: item.value for item in listed if item.value is not None}


def patient(cluster: Cluster) -> frozenset[str]:
    """Classes whose pods wait rather than stop others."""
    listed: tuple[PriorityClass, ...] = cluster.part(PRIORITY_CLASSES)
    return frozenset(item.name for item in listed if item.preemptionPolicy == "Never")


def brought(cluster: Cluster) -> Iterator[ResourceId]:
    """Those that somebody else brings."""
    for item in cluster.part(PRIORITY_CLASSES):
        if item.value is None:
            yield ResourceId("scheduling.k8s.io", "PriorityClass", "", item.name)


@rule("PRIO001", source="kubernetes plugin/pkg/admission/priority/admission.go")
def priority_classes_are_known(cluster: Cluster) -> Iterator[Problem]:
    """A podPriorityClassName of a server or of Ray is one of priorityClasses, or one that every cluster has.

    The API server refuses pods of a class that does not exist; their controller tries again for ever.
    """
    known = [item.name for item in cluster.part(PRIORITY_CLASSES)]
    for path, item in workloads(cluster):
        name = item.podPriorityClassName
        if name and name not in known and name not in SYSTEM:
            said = f"nothing says that the cluster has a PriorityClass {name}"
            hint = meant(name, [*known, *SYSTEM], f"priorityClasses: [{{name: {name}}}]")
            yield Problem((*path, "podPriorityClassName"), said, hint)


@rule("PRIO002", source="kubernetes pkg/apis/scheduling/validation/validation.go ValidatePriorityClass")
def priority_classes_are_accepted(cluster: Cluster) -> Iterator[Problem]:
    """Each PriorityClass is said once, and its name does not begin with system-.

    The API server refuses that beginning, which is for its own classes.
    """
    seen: set[str] = set()
    listed: tuple[PriorityClass, ...] = cluster.part(PRIORITY_CLASSES)
    for i, item in enumerate(listed):
        path: Path = ("priorityClasses", i, "name")
        if item.name in seen:
            yield Problem(path, f"a second PriorityClass {item.name}", "give each its own name")
        if item.name.startswith("system-"):
            yield Problem(path, f"{item.name} begins with system-", "the system's own need not be declared")
        seen.add(item.name)
