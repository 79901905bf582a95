"""Rules about what the section says by itself: names, limits, tolerations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...documents.near import meant
from ...findings.rule import Problem, rule
from ...specs.quantity import parse
from ..kit.component import Cluster
from ..kit.tolerations import malformed
from .spec import quota_of
from .units import KUEUE

WEBHOOK = "kueue v0.19.2 pkg/webhooks/clusterqueue_webhook.go"


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
                hint = meant(flavor, known, "declare it in kueue.flavors")
                yield Problem(("kueue", "queues", i, "quota", flavor), said, hint)


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
