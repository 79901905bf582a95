"""Kueue: flavors, cohorts, queues and classes. A ClusterQueue and the LocalQueue that leads to it are one queue of a spec."""

from __future__ import annotations

from typing import Any

from ..account import Reading, unaddressed
from ..files.source import Source, mappings_of
from ..part import Scene
from . import fields

_SELECTOR = "nearedge lets in the namespace of the queue, and no other"
_ONE = "one queue of a spec is a ClusterQueue and a LocalQueue of one name"


def read(scene: Scene) -> None:
    """All objects of Kueue."""
    for item in scene.of("ResourceFlavor"):
        _flavor(scene, item)
    leading: dict[str, list[Source]] = {}
    for item in scene.of("LocalQueue"):
        leading.setdefault(str(item.at("spec", "clusterQueue")), []).append(item)
    for item in scene.of("ClusterQueue"):
        _cluster_queue(scene, item, leading.pop(item.name, []))
    for items in leading.values():
        for item in items:
            why = f"its ClusterQueue {item.at('spec', 'clusterQueue')} is not among the files"
            scene.part.accounts.append(unaddressed(item, why))
    for item in scene.of("Cohort"):
        _cohort(scene, item)
    for item in scene.of("WorkloadPriorityClass"):
        _priority(scene, item)


def _flavor(scene: Scene, item: Source) -> None:
    said = f"kueue.flavors[{item.name}]"
    reading = Reading(item, said)
    fields.marks(reading)
    made: dict[str, Any] = {"name": item.name}
    if labels := item.mapping("spec", "nodeLabels"):
        made["nodeLabels"] = dict(labels)
        reading.carry(("spec", "nodeLabels"), f"{said}.nodeLabels")
    taints = [taint for _, taint in item.mappings("spec", "nodeTaints")]
    if taints:
        reading.carry(("spec", "nodeTaints"), f"{said}.nodeTaints")
        made["nodeTaints"] = [
            {key: taint[key] for key in ("key", "value", "effect") if taint.get(key)} for taint in taints
        ]
    if found := fields.tolerations(reading, ("spec", "tolerations"), said):
        made["tolerations"] = found
    if item.at("spec", "topologyName"):
        reading.leave(("spec", "topologyName"), "a spec has no topologies")
    scene.part.add(("kueue", "flavors"), made)
    scene.part.accounts.append(reading.account())


def _cluster_queue(scene: Scene, item: Source, leading: list[Source]) -> None:
    if not leading:
        why = "no LocalQueue among the files leads to it, so no workload can"
        scene.part.accounts.append(unaddressed(item, why))
        return
    first = leading[0]
    said = f"kueue.queues[{first.name}]"
    reading = Reading(item, said, renamed=first.name)
    fields.marks(reading)
    made: dict[str, Any] = {
        "name": first.name,
        "namespace": first.namespace or "default",
        "quota": _quota(reading, said),
    }
    for field in ("cohort", "cohortName"):
        if item.at("spec", field):
            made["cohort"] = reading.carry(("spec", field), f"{said}.cohort")
    _manner(reading, said, made)
    scene.part.add(("kueue", "queues"), made)
    scene.part.accounts.append(reading.account())
    for queue in leading:
        _local_queue(scene, queue, said, first)


def _manner(reading: Reading, said: str, made: dict[str, Any]) -> None:
    """In which order workloads come, and whose are stopped for whose."""
    if reading.get("spec", "queueingStrategy"):
        made["queueingStrategy"] = reading.carry(("spec", "queueingStrategy"), f"{said}.queueingStrategy")
    preemption = {}
    for field in ("reclaimWithinCohort", "withinClusterQueue"):
        if reading.get("spec", "preemption", field):
            preemption[field] = reading.carry(("spec", "preemption", field), f"{said}.preemption.{field}")
    if preemption:
        made["preemption"] = preemption
    reading.intend(("spec", "namespaceSelector"), _SELECTOR, f"{said}.namespace")
    for field, default in (
        ("flavorFungibility", {"whenCanBorrow": "Borrow", "whenCanPreempt": "TryNextFlavor"}),
        ("stopPolicy", "None"),
    ):
        if reading.get("spec", field) == default:
            reading.intend(("spec", field), "what Kueue takes when nothing is said")


def _local_queue(scene: Scene, item: Source, said: str, first: Source) -> None:
    if item is not first:
        why = f"{_ONE}; {first.namespace}/{first.name} is that of ClusterQueue {item.at('spec', 'clusterQueue')}"
        scene.part.accounts.append(unaddressed(item, why))
        return
    reading = Reading(item, said)
    fields.marks(reading)
    if item.at("spec", "clusterQueue") == item.name:
        reading.carry(("spec", "clusterQueue"), f"{said}.name")
    else:
        reading.intend(
            ("spec", "clusterQueue"),
            f"{_ONE}: the ClusterQueue is called {item.name} as well",
            f"{said}.name",
        )
    scene.part.accounts.append(reading.account())


def _quota(reading: Reading, said: str) -> dict[str, Any]:
    """Flavor -> resource -> quota."""
    made: dict[str, Any] = {}
    for i, group in reading.source.mappings("spec", "resourceGroups"):
        path = ("spec", "resourceGroups", i)
        reading.carry((*path, "coveredResources"), f"{said}.quota")
        for j, flavor in mappings_of(group.get("flavors")):
            name = str(flavor.get("name"))
            reading.carry((*path, "flavors", j, "name"), f"{said}.quota.{name}")
            for k, cell in mappings_of(flavor.get("resources")):
                resource = str(cell.get("name"))
                reading.carry((*path, "flavors", j, "resources", k), f"{said}.quota.{name}.{resource}")
                limits: dict[str, Any] = {
                    key: fields.amount(cell[key]) for key in ("borrowingLimit", "lendingLimit") if key in cell
                }
                nominal = fields.amount(cell.get("nominalQuota", "0"))
                made.setdefault(name, {})[resource] = {"nominal": nominal, **limits} if limits else nominal
    return made


def _cohort(scene: Scene, item: Source) -> None:
    said = f"kueue.cohorts[{item.name}]"
    reading = Reading(item, said)
    fields.marks(reading)
    made: dict[str, Any] = {"name": item.name}
    for field in ("parent", "parentName"):
        if item.at("spec", field):
            made["parent"] = reading.carry(("spec", field), f"{said}.parent")
    reading.leave(("spec", "resourceGroups"), "a cohort of a spec has no quota of its own")
    if "parent" in made:
        scene.part.add(("kueue", "cohorts"), made)
    scene.part.accounts.append(reading.account())


def _priority(scene: Scene, item: Source) -> None:
    said = f"kueue.priorityClasses[{item.name}]"
    reading = Reading(item, said)
    fields.marks(reading)
    made: dict[str, Any] = {"name": item.name, "value": reading.carry(("value",), f"{said}.value")}
    if item.at("description"):
        made["description"] = reading.carry(("description",), f"{said}.description")
    scene.part.add(("kueue", "priorityClasses"), made)
    scene.part.accounts.append(reading.account())
