"""Kueue: flavors, checks, cohorts, queues and classes. A ClusterQueue and its LocalQueues are one queue of a spec."""

from __future__ import annotations

from typing import Any

from ..account import Reading, unaddressed
from ..files.source import Source, mappings_of
from ..part import Scene
from . import fields

_SELECTOR = "nearedge lets in the namespaces of the LocalQueues, and no other"
_ONE = "LocalQueues of one queue have one name in a spec"
_FORMER = {"whenCanBorrow": "Borrow", "whenCanPreempt": "Preempt"}
"""Words of v1beta1 for MayStopSearch (kueue v0.16.6 apis/kueue/v1beta1/clusterqueue_conversion.go)."""
_DEFAULTS = {"whenCanBorrow": "MayStopSearch", "whenCanPreempt": "TryNextFlavor"}
_DEFAULT = "what Kueue takes when nothing is said"


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
    for item in scene.of("AdmissionCheck"):
        _check(scene, item)
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
    said = f"kueue.queues[{item.name}]"
    reading = Reading(item, said)
    fields.marks(reading)
    together = [queue for queue in leading if queue.name == first.name]
    spaces = list(dict.fromkeys(queue.namespace or "default" for queue in together))
    made: dict[str, Any] = {"name": item.name, "namespace": spaces[0]}
    if spaces[1:]:
        made["namespaces"] = spaces[1:]
    if first.name != item.name:
        made["localQueue"] = first.name
    made["quota"] = _quota(reading, said)
    for field in ("cohort", "cohortName"):
        if item.at("spec", field):
            made["cohort"] = reading.carry(("spec", field), f"{said}.cohort")
    _manner(reading, said, made)
    _stopping(reading, said, made)
    scene.part.add(("kueue", "queues"), made)
    scene.part.accounts.append(reading.account())
    for queue in leading:
        _local_queue(scene, queue, said, first)


def _manner(reading: Reading, said: str, made: dict[str, Any]) -> None:
    """In which order workloads come, which flavors they get, and who is asked."""
    if reading.get("spec", "queueingStrategy"):
        made["queueingStrategy"] = reading.carry(("spec", "queueingStrategy"), f"{said}.queueingStrategy")
    reading.intend(("spec", "namespaceSelector"), _SELECTOR, f"{said}.namespace")
    _fungibility(reading, said, made)
    _weight(reading, said, made)
    _checks(reading, said, made)
    if reading.get("spec", "stopPolicy") == "None":
        reading.intend(("spec", "stopPolicy"), _DEFAULT)
    elif reading.get("spec", "stopPolicy"):
        made["stopPolicy"] = reading.carry(("spec", "stopPolicy"), f"{said}.stopPolicy")


def _fungibility(reading: Reading, said: str, made: dict[str, Any]) -> None:
    path = ("spec", "flavorFungibility")
    words: dict[str, Any] = {}
    for field in ("whenCanBorrow", "whenCanPreempt", "preference"):
        value = reading.get(*path, field)
        if value is None:
            continue
        if value == _FORMER.get(field):
            words[field] = "MayStopSearch"
            why = f"{value} is called MayStopSearch since v1beta2"
            reading.intend((*path, field), why, f"{said}.flavorFungibility.{field}")
        else:
            words[field] = reading.carry((*path, field), f"{said}.flavorFungibility.{field}")
    if words == {name: value for name, value in _DEFAULTS.items() if name in words}:
        for field in words:
            reading.intend((*path, field), _DEFAULT)
    else:
        made["flavorFungibility"] = words


def _weight(reading: Reading, said: str, made: dict[str, Any]) -> None:
    if reading.get("spec", "fairSharing", "weight") is not None:
        weight = reading.carry(("spec", "fairSharing", "weight"), f"{said}.fairSharing.weight")
        made["fairSharing"] = {"weight": fields.amount(weight)}


def _checks(reading: Reading, said: str, made: dict[str, Any]) -> None:
    """`admissionChecks` of v1beta1, or the strategy that came to replace it."""
    found: list[dict[str, Any]] = []
    named = reading.get("spec", "admissionChecks")
    for i, name in enumerate(named if isinstance(named, list) else []):
        why = "admissionChecksStrategy says the same, in every release"
        reading.intend(("spec", "admissionChecks", i), why, f"{said}.admissionChecks[{name}]")
        found.append({"name": name})
    path = ("spec", "admissionChecksStrategy", "admissionChecks")
    for i, item in reading.source.mappings(*path):
        reading.carry((*path, i), f"{said}.admissionChecks[{item.get('name')}]")
        found.append({key: item[key] for key in ("name", "onFlavors") if item.get(key)})
    if found:
        made["admissionChecks"] = found


def _stopping(reading: Reading, said: str, made: dict[str, Any]) -> None:
    """Whose workloads are stopped for whose."""
    path = ("spec", "preemption")
    preemption: dict[str, Any] = {}
    for field in ("reclaimWithinCohort", "withinClusterQueue"):
        if reading.get(*path, field):
            preemption[field] = reading.carry((*path, field), f"{said}.preemption.{field}")
    within = {}
    for field in ("policy", "maxPriorityThreshold"):
        if reading.get(*path, "borrowWithinCohort", field) is not None:
            place = f"{said}.preemption.borrowWithinCohort.{field}"
            within[field] = reading.carry((*path, "borrowWithinCohort", field), place)
    if within:
        preemption["borrowWithinCohort"] = within
    if preemption:
        made["preemption"] = preemption


def _local_queue(scene: Scene, item: Source, said: str, first: Source) -> None:
    if item.name != first.name:
        queue = item.at("spec", "clusterQueue")
        why = f"{_ONE}; {first.namespace}/{first.name} is that of ClusterQueue {queue}"
        scene.part.accounts.append(unaddressed(item, why))
        return
    reading = Reading(item, said)
    fields.marks(reading)
    reading.carry(("spec", "clusterQueue"), f"{said}.name")
    if reading.get("spec", "stopPolicy") == "None":
        reading.intend(("spec", "stopPolicy"), _DEFAULT)
    else:
        reading.leave(
            ("spec", "stopPolicy"), "a LocalQueue is not stopped by itself: stopPolicy of its queue does it"
        )
    reading.leave(("spec", "fairSharing"), "the LocalQueues of one queue weigh the same")
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
    if quota := _quota(reading, said):
        made["quota"] = quota
    _weight(reading, said, made)
    if len(made) > 1:
        scene.part.add(("kueue", "cohorts"), made)
    scene.part.accounts.append(reading.account())


def _check(scene: Scene, item: Source) -> None:
    said = f"kueue.admissionChecks[{item.name}]"
    reading = Reading(item, said)
    fields.marks(reading)
    controller = reading.carry(("spec", "controllerName"), f"{said}.controllerName")
    made: dict[str, Any] = {"name": item.name, "controllerName": controller}
    if parameters := item.mapping("spec", "parameters"):
        reading.carry(("spec", "parameters"), f"{said}.parameters")
        made["parameters"] = dict(parameters)
    reading.leave(
        ("spec", "retryDelayMinutes"), "it is gone in v1beta2, where settings of the controller say it"
    )
    scene.part.add(("kueue", "admissionChecks"), made)
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
