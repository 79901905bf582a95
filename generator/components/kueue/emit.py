"""The objects of Kueue: flavors, cohorts, queues and classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...facts.profiles import Profile
from ...objects.manifest import Manifest, Wave, meta, without_empty
from .spec import Flavor, KueueSpec, PriorityClass, Queue, Quota, covered_resources, groups, quota_of


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
        spec["nodeTaints"] = [without_empty(taint.model_dump()) for taint in flavor.nodeTaints]
    if flavor.tolerations:
        spec["tolerations"] = [without_empty(item.model_dump()) for item in flavor.tolerations]
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


def _cell(resource: str, value: Quota | str) -> Manifest:
    quota = quota_of(value)
    limits = {"borrowingLimit": quota.borrowingLimit, "lendingLimit": quota.lendingLimit}
    return {"name": resource, "nominalQuota": quota.nominal, **without_empty(limits)}


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
