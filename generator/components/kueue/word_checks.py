"""Rules about words of queues and cohorts that work together: preemption, flavors, cohorts, LocalQueues."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ..kit.component import Cluster
from .field_checks import WEBHOOK
from .spec import Fungibility, Queue, covered_resources, groups, holders, roots_of
from .units import KUEUE

ASSIGNER = "kueue v0.19.2 pkg/scheduler/flavorassigner/flavorassigner.go"


@rule("KUEUE017", covers=("CQ-3",), source=f"{WEBHOOK} validatePreemption; ClusterQueue CRD .spec.preemption")
def borrowing_needs_reclaiming(cluster: Cluster) -> Iterator[Problem]:
    """Who stops others while it borrows may take quota back at all.

    borrowWithinCohort widens reclaimWithinCohort: with Never there the API server denies the ClusterQueue.
    """
    for i, queue in enumerate(cluster.part(KUEUE).queues):
        said = queue.preemption
        if said and said.borrowWithinCohort and said.borrowWithinCohort.policy != "Never":
            path = ("kueue", "queues", i, "preemption")
            if said.reclaimWithinCohort == "Never":
                text = f"queue {queue.name} has borrowWithinCohort {said.borrowWithinCohort.policy} and reclaimWithinCohort Never"
                hint = "reclaimWithinCohort: LowerPriority or Any, or leave borrowWithinCohort out"
                yield Problem((*path, "borrowWithinCohort"), text, hint, ((*path, "reclaimWithinCohort"),))


@rule(
    "KUEUE018",
    covers=("CQ-2",),
    source=f"{WEBHOOK} validateFlavorFungibility; ClusterQueue CRD v1beta1, v1beta2",
)
def a_preference_has_a_choice(cluster: Cluster) -> Iterator[Problem]:
    """A preference is said only where both whenCanBorrow and whenCanPreempt are TryNextFlavor, and Kueue knows it.

    The API server denies the ClusterQueue otherwise: where the search may stop at a flavor there are not two to choose
    from. Releases with v1beta1 have no such field.
    """
    known = cluster.profile.kueue
    for i, queue in enumerate(cluster.part(KUEUE).queues):
        said = queue.flavorFungibility
        if said is None or said.preference is None:
            continue
        path = ("kueue", "queues", i, "flavorFungibility", "preference")
        if known.former:
            text = f"Kueue {known.version} of {cluster.profile.name} knows no preference"
            yield Problem(path, text, "leave it out; it came with kueue.x-k8s.io/v1beta2")
        elif {said.whenCanBorrow, said.whenCanPreempt} != {"TryNextFlavor"}:
            text = (
                f"queue {queue.name} prefers {said.preference}, with whenCanBorrow {said.whenCanBorrow} and"
                f" whenCanPreempt {said.whenCanPreempt}"
            )
            yield Problem(path, text, "TryNextFlavor in both, or leave the preference out")


@rule(
    "KUEUE019", Severity.WARNING, source=f"{ASSIGNER} shouldTryNextFlavor; pkg/scheduler/preemption/classical"
)
def words_have_an_effect(cluster: Cluster) -> Iterator[Problem]:
    """Words of a queue have something to act on: flavorFungibility a second flavor, what is about a cohort a cohort.

    Kueue takes these words, and they do nothing.
    """
    spec = cluster.part(KUEUE)
    for i, queue in enumerate(spec.queues):
        path = ("kueue", "queues", i)
        if queue.flavorFungibility not in (None, Fungibility()) and _single(queue):
            text = f"queue {queue.name} has one flavor for each resource, so there is no next one to try"
            yield Problem((*path, "flavorFungibility"), text, "leave it out, or add a flavor")
        if queue.cohort or spec.cohort:
            continue
        said = queue.preemption
        words = {
            ("preemption", "reclaimWithinCohort"): said is not None and said.reclaimWithinCohort != "Never",
            ("flavorFungibility", "whenCanBorrow"): queue.flavorFungibility is not None
            and queue.flavorFungibility.whenCanBorrow != "MayStopSearch",
            ("fairSharing",): queue.fairSharing is not None,
        }
        for below, there in words.items():
            if there:
                text = f"queue {queue.name} is in no cohort, so {'.'.join(below)} does nothing"
                yield Problem((*path, *below), text, "set kueue.cohort, or leave it out")


def _single(queue: Queue) -> bool:
    return all(len(names) == 1 for names in groups(queue.quota))


@rule(
    "KUEUE022",
    Severity.WARNING,
    source="kueue v0.19.2 apis/kueue/v1beta2 CohortSpec.resourceGroups, ClusterQueueSpec.cohortName",
)
def quota_of_cohorts_is_used(cluster: Cluster) -> Iterator[Problem]:
    """What a cohort has quota for, some queue in it or in a cohort around it has a cell for.

    A queue borrows only of the flavors and resources that it lists itself, if only with a quota of "0".
    """
    spec = cluster.part(KUEUE)
    # Of a circle, which is told of elsewhere, each is its own.
    roots = {name: root or name for name, root in roots_of(spec).items()}
    listed: dict[str, set[tuple[str, str]]] = {}
    for queue in spec.queues:
        named = queue.cohort or spec.cohort or ""
        listed.setdefault(roots.get(named, named), set()).update(_cells(queue))
    for i, cohort in enumerate(spec.cohorts):
        there = listed.get(roots[cohort.name], set())
        for flavor, cells in cohort.quota.items():
            for resource in cells:
                if (flavor, resource) not in there:
                    text = f"cohort {cohort.name} has {resource} of flavor {flavor}, and no queue that may borrow it lists that"
                    hint = f'give a queue of the cohort {resource}: "0" of flavor {flavor}'
                    yield Problem(("kueue", "cohorts", i, "quota", flavor, resource), text, hint)


def _cells(queue: Queue) -> Iterator[tuple[str, str]]:
    """What the queue's ClusterQueue lists: the resources of a group with each of its flavors."""
    for names in groups(queue.quota):
        for resource in covered_resources(queue.quota, names):
            yield from ((name, resource) for name in names)


@rule(
    "KUEUE023",
    Severity.WARNING,
    source="kueue v0.19.2 apis/config Configuration.fairSharing; openshift/kueue-operator KueueSpec.config.preemption",
)
def weights_are_looked_at(cluster: Cluster) -> Iterator[Problem]:
    """A weight stands where somebody has switched fair sharing on.

    Kueue shares by priority unless its own configuration says fairSharing. Where nearedge brings it, it does not, and a
    weight does nothing there.
    """
    if not cluster.profile.openshift:
        return
    for path, item in holders(cluster.part(KUEUE)):
        if item.fairSharing is not None:
            text = f"{item.name} weighs {item.fairSharing.weight}, and fair sharing is off in the Kueue of {cluster.profile.name}"
            hint = "leave it out, or waive this where you switch fair sharing on yourself"
            yield Problem((*path, "fairSharing"), text, hint)


@rule("KUEUE024", source="kueue v0.19.2 apis/kueue/v1beta2 LocalQueueSpec.clusterQueue: one, and immutable")
def local_queues_lead_to_one_queue(cluster: Cluster) -> Iterator[Problem]:
    """In a namespace each name of a LocalQueue leads to one queue.

    A LocalQueue has one ClusterQueue: of two that claim the name, Argo CD would write the one object in turn.
    """
    seen: dict[tuple[str, str], str] = {}
    for i, queue in enumerate(cluster.part(KUEUE).queues):
        for name, namespace in queue.leads:
            other = seen.setdefault((name, namespace), queue.name)
            if other != queue.name:
                field = "localQueue" if queue.localQueue else "name"
                text = f"LocalQueue {name} of namespace {namespace} leads to queue {other} already"
                yield Problem(("kueue", "queues", i, field), text, "say another localQueue")
        for j, namespace in enumerate(queue.namespaces):
            if namespace == queue.namespace or namespace in queue.namespaces[:j]:
                text = f"namespace {namespace} is said twice in queue {queue.name}"
                yield Problem(("kueue", "queues", i, "namespaces", j), text, "say it once")


@rule(
    "KUEUE026",
    source="codeflare-sdk d5acd62 src/codeflare_sdk/common/kueue/kueue.py _find_default_queue_name",
)
def a_namespace_has_one_default(cluster: Cluster) -> Iterator[Problem]:
    """At most one queue of a namespace is its default.

    Of several the SDK takes whichever the API server lists first.
    """
    seen: dict[str, str] = {}
    for i, queue in enumerate(cluster.part(KUEUE).queues):
        for _, namespace in queue.leads if queue.default else ():
            other = seen.setdefault(namespace, queue.name)
            if other != queue.name:
                text = f"queue {other} is the default of namespace {namespace} already"
                yield Problem(("kueue", "queues", i, "default"), text, "keep one")
