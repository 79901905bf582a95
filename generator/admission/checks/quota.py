"""Rules about quota: what Kueue would never admit, or only at times."""

from __future__ import annotations

from collections.abc import Iterator

from ...components.kit.component import Cluster
from ...components.kueue import KUEUE
from ...components.kueue.spec import Quota
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ..judge import analyse
from ..search import STEPS
from ..sentences.workloads import who
from ..verdict import Decision, Obstacle, Verdict

ASSIGNER = "kueue v0.19.2 pkg/scheduler/flavorassigner/flavorassigner.go"


@rule(
    "ADMIT001",
    covers=("RC-23", "RJ-11", "RF-9"),
    source=f"{ASSIGNER} fitsResourceQuota, findFlavorForPodSets; pkg/cache/scheduler/resource_node.go",
)
def quota_can_hold_it(cluster: Cluster) -> Iterator[Problem]:
    """A queue's quota can hold each workload that waits in it, when nothing else runs.

    Otherwise it waits for ever, and Argo CD shows everything healthy; Kueue says it only in the Workload's
    conditions (ExceedsMaxQuota, NoMatchingFlavor). Every resource that is asked for needs quota; all pods of
    a pod set take one flavor in each resource group. Kueue gives the pod sets the first flavors that fit, one after
    the other, and does not look for others that would do for all.
    """
    for verdict in analyse(cluster).verdicts:
        if verdict.obstacle is Obstacle.QUOTA and verdict.decision is Decision.NEVER and verdict.problem:
            yield _with_quota(cluster, verdict, verdict.problem)


def _with_quota(cluster: Cluster, verdict: Verdict, problem: Problem) -> Problem:
    """The problem, with the other numbers of its sum: the quota of the queue, and what the workload asks for."""
    work = verdict.workload
    asked = [(*pods.path, "resources", name) for pods in work.pods for name in pods.requests]
    names = {name for pods in work.pods for name in pods.requests}
    for i, queue in enumerate(cluster.part(KUEUE).queues):
        if (work.queue, work.namespace) in queue.leads:
            asked += [
                (
                    "kueue",
                    "queues",
                    i,
                    "quota",
                    flavor,
                    name,
                    *(["nominal"] if isinstance(cell, Quota) else []),
                )
                for flavor, cells in queue.quota.items()
                for name, cell in cells.items()
                if name in names
            ]
    return problem._replace(related=tuple(asked))


@rule("ADMIT002", Severity.WARNING, source=f"{ASSIGNER}; pkg/cache/scheduler/resource_node.go available")
def everything_fits_at_once(cluster: Cluster) -> Iterator[Problem]:
    """Quota and nodes can hold all workloads of the cluster at the same time.

    What does not fit beside the others waits until they are done, which a server or a Ray cluster never is.
    """
    for verdict in analyse(cluster).verdicts:
        if verdict.decision is Decision.IF_IDLE and verdict.obstacle is not Obstacle.TURN and verdict.problem:
            yield _with_quota(cluster, verdict, verdict.problem)


@rule(
    "ADMIT003",
    Severity.WARNING,
    source=f"{ASSIGNER} shouldTryNextFlavor: the first flavor that fits is taken",
)
def the_order_does_not_matter(cluster: Cluster) -> Iterator[Problem]:
    """All workloads find room in whatever order they come.

    Kueue gives each one the first flavor that fits and does not move it later: what needs that flavor and
    comes last may find it taken, although all would fit.
    """
    for verdict in analyse(cluster).verdicts:
        if verdict.late:
            yield _with_quota(cluster, verdict, verdict.late)


@rule("ADMIT004", Severity.WARNING, source="kueue pkg/controller/jobs/pod; kserve hpa_reconciler.go")
def what_scales_has_quota(cluster: Cluster) -> Iterator[Problem]:
    """Quota and nodes can hold a workload also at the most replicas that it may be scaled to.

    The pods above what there is are made and wait.
    """
    yield from analyse(cluster).growth


@rule(
    "ADMIT014",
    Severity.WARNING,
    source="kueue v0.19.2 pkg/cache/queue/cluster_queue.go RequeueIfNotPresent; issue 8309",
)
def nobody_waits_behind_another(cluster: Cluster) -> Iterator[Problem]:
    """Nobody in a StrictFIFO queue waits behind a workload that finds no quota.

    The head of such a queue is tried until it fits; what stands behind it is not looked at, whatever flavor it
    wants and however much of that is free.
    """
    for verdict in analyse(cluster).verdicts:
        if verdict.obstacle is Obstacle.TURN and verdict.problem and _strict(verdict):
            yield verdict.problem


def _strict(verdict: Verdict) -> bool:
    return verdict.line is not None and verdict.line.queue.queueingStrategy == "StrictFIFO"


@rule(
    "ADMIT015",
    Severity.WARNING,
    source="kueue v0.19.2 pkg/cache/queue/cluster_queue.go requeueIfNotPresent, pkg/workload/workload.go"
    " PendingFlavors; issues 3710, 2270",
)
def who_waits_steps_aside(cluster: Cluster) -> Iterator[Problem]:
    """A workload that waits lets those behind it have their turn.

    While one of its pod sets has a flavor left to try, Kueue puts it back to the head of its queue after each attempt,
    also in a BestEffortFIFO queue. With several pod sets and flavors that never ends: each attempt leaves others
    behind, and the rest of the queue is not looked at.
    """
    yield from analyse(cluster).restless


@rule("ADMIT010", Severity.NOTE)
def verdict_is_found(cluster: Cluster) -> Iterator[Problem]:
    """Whether a workload runs could be told.

    With many pod sets and flavors there are too many ways to spread them over the nodes; the search stops after a
    fixed number of steps and then says nothing.
    """
    for work in analyse(cluster).undecided:
        said = f"{who(work)}: not decided whether it runs, the search was given up after {STEPS} steps"
        yield Problem(work.path, said, "fewer flavors in one queue make it clear")
