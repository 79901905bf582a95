"""Rules about what the section says by itself: names, limits, tolerations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...documents.near import meant
from ...findings.finding import Path
from ...findings.rule import Problem, rule
from ...specs.quantity import parse
from ..kit.component import Cluster
from ..kit.tolerations import malformed
from .spec import Cells, Queue, holders, quota_of
from .units import KUEUE

WEBHOOK = "kueue v0.19.2 pkg/webhooks/clusterqueue_webhook.go"


@rule("KUEUE001", covers=("CQ-17",), source="kueue v0.19.2 pkg/cache/scheduler/clusterqueue.go:322")
def quota_names_declared_flavors(cluster: Cluster) -> Iterator[Problem]:
    """The quota of a queue or a cohort names flavors that the cluster declares.

    A ClusterQueue that names a missing ResourceFlavor is inactive (FlavorNotFound): its workloads wait for ever
    while Argo CD shows everything healthy.
    """
    spec = cluster.part(KUEUE)
    known = [flavor.name for flavor in spec.flavors]
    for path, item in holders(spec):
        for flavor in item.quota:
            if flavor not in known:
                what = "queue" if isinstance(item, Queue) else "cohort"
                said = f"{what} {item.name} gives quota for flavor {flavor}, the cluster declares {', '.join(known) or 'none'}"
                hint = meant(flavor, known, "declare it in kueue.flavors")
                yield Problem((*path, "quota", flavor), said, hint)


@rule("KUEUE002", covers=("CQ-1", "CO-1"), source=f"{WEBHOOK} validateLimit; cohort_webhook.go")
def limits_need_a_cohort(cluster: Cluster) -> Iterator[Problem]:
    """borrowingLimit and lendingLimit are set only in a queue that is in a cohort, and in a cohort that has a parent.

    The webhook denies the ClusterQueue or the Cohort otherwise.
    """
    spec = cluster.part(KUEUE)
    for i, queue in enumerate(spec.queues):
        if not (queue.cohort or spec.cohort):
            hint = "set kueue.cohort, or drop the limits"
            said = f"queue {queue.name} limits lending of {{}} but is in no cohort"
            yield from _limits(("kueue", "queues", i, "quota"), queue.quota, said, hint)
    for i, cohort in enumerate(spec.cohorts):
        if not cohort.parent:
            hint = "set its parent, or drop the limits"
            said = f"cohort {cohort.name} limits lending of {{}} but has no parent"
            yield from _limits(("kueue", "cohorts", i, "quota"), cohort.quota, said, hint)


def _limits(path: Path, quota: Cells, said: str, hint: str) -> Iterator[Problem]:
    for flavor, cells in quota.items():
        for resource, value in cells.items():
            limit = quota_of(value)
            if limit.borrowingLimit or limit.lendingLimit:
                yield Problem((*path, flavor, resource), said.format(resource), hint)


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
    """Each flavor, queue, cohort, admission check and priority class has a name of its own on the cluster.

    ClusterQueues and flavors are cluster-wide objects: two queues of one name, even in two namespaces, would be one.
    """
    spec = cluster.part(KUEUE)
    yield from _same_names("flavors", spec.flavors, "flavor")
    yield from _same_names("queues", spec.queues, "queue")
    yield from _same_names("cohorts", spec.cohorts, "cohort")
    yield from _same_names("admissionChecks", spec.admissionChecks, "admission check")
    yield from _same_names("priorityClasses", spec.priorityClasses, "priority class")


@rule("KUEUE005", covers=("RF-4",), source="ResourceFlavor CRD .spec.tolerations")
def tolerations_are_well_formed(cluster: Cluster) -> Iterator[Problem]:
    """A toleration without key has operator Exists, and one with operator Exists has no value."""
    for i, flavor in enumerate(cluster.part(KUEUE).flavors):
        yield from malformed(("kueue", "flavors", i, "tolerations"), flavor.tolerations)
