"""The objects of Kueue: flavors, checks, cohorts, queues and classes.

The words of a spec are those of v1beta2. Before it, flavorFungibility called them otherwise (kueue
apis/kueue/v1beta1/clusterqueue_types.go of 0.12.10 and 0.14.8; the conversion in v1beta1/clusterqueue_conversion.go of
0.16.6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...facts.profiles import Profile
from ...objects.manifest import Manifest, Wave, meta, without_empty
from .spec import (
    AdmissionCheck,
    Cells,
    Cohort,
    Flavor,
    Fungibility,
    KueueSpec,
    Preemption,
    PriorityClass,
    Queue,
    Quota,
    covered_resources,
    groups,
    quota_of,
)

DEFAULT = {"kueue.x-k8s.io/default-queue": "true"}
"""What codeflare-sdk looks for (codeflare-sdk d5acd62 common/kueue/kueue.py); Kueue itself goes by the name `default`."""

FORMER: Mapping[str, str] = {"whenCanBorrow": "Borrow", "whenCanPreempt": "Preempt"}
"""What MayStopSearch was called in v1beta1."""


def emit(spec: KueueSpec, profile: Profile) -> tuple[Manifest, ...]:
    """Flavors, checks, cohorts, queues and classes, in the order they must exist."""
    return (
        *(_flavor(flavor, profile) for flavor in spec.flavors),
        *(_check(item, profile) for item in spec.admissionChecks),
        *(_cohort(cohort, profile) for cohort in _cohorts(spec)),
        *(_cluster_queue(queue, spec, profile) for queue in spec.queues),
        *(_local_queue(*lead, queue, profile) for queue in spec.queues for lead in queue.leads),
        *(_priority_class(item, profile) for item in spec.priorityClasses),
    )


def _flavor(flavor: Flavor, profile: Profile) -> Manifest:
    spec: dict[str, Any] = {}
    if flavor.nodeLabels:
        spec["nodeLabels"] = dict(sorted(flavor.nodeLabels.items()))
    if flavor.nodeTaints:
        spec["nodeTaints"] = [without_empty(taint.model_dump()) for taint in flavor.nodeTaints]
    if flavor.tolerations:
        spec["tolerations"] = [without_empty(item.model_dump()) for item in flavor.tolerations]
    return _object("ResourceFlavor", profile.kueue.apiVersion, flavor.name, spec)


def _check(item: AdmissionCheck, profile: Profile) -> Manifest:
    parameters = {"parameters": item.parameters.model_dump()} if item.parameters else {}
    spec = {"controllerName": item.controllerName, **parameters}
    return _object("AdmissionCheck", profile.kueue.apiVersion, item.name, spec)


def _cohorts(spec: KueueSpec) -> Iterator[Cohort]:
    """Those that are declared, and those that others name."""
    declared = {cohort.name: cohort for cohort in spec.cohorts}
    joined = [name for queue in spec.queues if (name := queue.cohort or spec.cohort)]
    above = [cohort.parent for cohort in spec.cohorts if cohort.parent]
    for name in dict.fromkeys([*declared, *joined, *above]):
        yield declared.get(name) or Cohort(name=name)


def _cohort(cohort: Cohort, profile: Profile) -> Manifest:
    spec: Manifest = {
        **({profile.kueue.cohortParent: cohort.parent} if cohort.parent else {}),
        **({"resourceGroups": _resource_groups(cohort.quota)} if cohort.quota else {}),
        **({"fairSharing": cohort.fairSharing.model_dump()} if cohort.fairSharing else {}),
    }
    return _object("Cohort", profile.kueue.cohortApiVersion, cohort.name, spec)


def _cluster_queue(queue: Queue, spec: KueueSpec, profile: Profile) -> Manifest:
    cohort = queue.cohort or spec.cohort
    body: Manifest = {
        **({profile.kueue.cohortField: cohort} if cohort else {}),
        # Without a selector a ClusterQueue takes no workload at all.
        "namespaceSelector": _selector([namespace for _, namespace in queue.leads]),
        "queueingStrategy": queue.queueingStrategy,
        **({"preemption": _preemption(queue.preemption)} if queue.preemption else {}),
        **(
            {"flavorFungibility": _fungibility(queue.flavorFungibility, profile)}
            if queue.flavorFungibility
            else {}
        ),
        **({"fairSharing": queue.fairSharing.model_dump()} if queue.fairSharing else {}),
        **({"admissionChecksStrategy": _checks(queue)} if queue.admissionChecks else {}),
        **({"stopPolicy": queue.stopPolicy} if queue.stopPolicy != "None" else {}),
        "resourceGroups": _resource_groups(queue.quota),
    }
    return _object("ClusterQueue", profile.kueue.apiVersion, queue.name, body)


def _selector(namespaces: list[str]) -> Manifest:
    if len(namespaces) == 1:
        return {"matchLabels": {"kubernetes.io/metadata.name": namespaces[0]}}
    several = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": sorted(namespaces)}
    return {"matchExpressions": [several]}


def _preemption(said: Preemption) -> Manifest:
    within = said.borrowWithinCohort
    return {
        "reclaimWithinCohort": said.reclaimWithinCohort,
        "withinClusterQueue": said.withinClusterQueue,
        **({"borrowWithinCohort": without_empty(within.model_dump())} if within else {}),
    }


def _fungibility(said: Fungibility, profile: Profile) -> Manifest:
    words = without_empty(said.model_dump())
    if profile.kueue.former:
        return {
            name: FORMER.get(name, value) if value == "MayStopSearch" else value
            for name, value in words.items()
        }
    return words


def _checks(queue: Queue) -> Manifest:
    return {
        "admissionChecks": [
            {"name": check.name, **({"onFlavors": list(check.onFlavors)} if check.onFlavors else {})}
            for check in queue.admissionChecks
        ]
    }


def _resource_groups(quota: Cells) -> list[Manifest]:
    return [_resource_group(flavors, quota) for flavors in groups(quota)]


def _resource_group(flavors: tuple[str, ...], quota: Cells) -> Manifest:
    covered = covered_resources(quota, flavors)
    return {
        "coveredResources": list(covered),
        "flavors": [
            {
                "name": flavor,
                "resources": [_cell(name, quota[flavor].get(name, "0")) for name in covered],
            }
            for flavor in flavors
        ],
    }


def _cell(resource: str, value: Quota | str) -> Manifest:
    quota = quota_of(value)
    limits = {"borrowingLimit": quota.borrowingLimit, "lendingLimit": quota.lendingLimit}
    return {"name": resource, "nominalQuota": quota.nominal, **without_empty(limits)}


def _local_queue(name: str, namespace: str, queue: Queue, profile: Profile) -> Manifest:
    return {
        "apiVersion": profile.kueue.apiVersion,
        "kind": "LocalQueue",
        "metadata": meta(name, namespace, wave=Wave.QUEUE, annotations=DEFAULT if queue.default else None),
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
