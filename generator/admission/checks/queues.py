"""Rules about queues that admit nothing by themselves: stopped ones, and those that ask somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from ...components.kit.component import Cluster
from ...components.kueue import KUEUE
from ...components.kueue.spec import Queue
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ..demand import Workload, demands
from ..sentences.workloads import is_or_are, many

WAITS = {
    "Hold": "what runs goes on, and nothing more is admitted",
    "HoldAndDrain": "what runs is stopped, and nothing is admitted",
}


def _in(queue: Queue, cluster: Cluster) -> list[Workload]:
    return [work for work in demands(cluster) if (work.queue, work.namespace) in queue.leads]


@rule(
    "ADMIT022",
    Severity.WARNING,
    source="kueue v0.19.2 apis/kueue/v1beta2 ClusterQueueSpec.stopPolicy; pkg/cache/scheduler/clusterqueue.go isStopped",
)
def stopped_queues_admit_nothing(cluster: Cluster) -> Iterator[Problem]:
    """Nothing waits in a queue that is stopped.

    With Hold Kueue admits nothing more to it, with HoldAndDrain it stops what runs as well; its quota stays with the
    cohort. That is what it is for: the warning is there so that nobody forgets it.
    """
    for i, queue in enumerate(cluster.part(KUEUE).queues):
        works = _in(queue, cluster) if queue.stopPolicy != "None" else []
        if works:
            text = (
                f"queue {queue.name} has stopPolicy {queue.stopPolicy}: {WAITS[queue.stopPolicy]};"
                f" {many(works)} {is_or_are(works)} never admitted while it stands"
            )
            related = tuple((*work.path, "queue") for work in works)
            yield Problem(("kueue", "queues", i, "stopPolicy"), text, "take it out to let them in", related)


@rule(
    "ADMIT023",
    Severity.NOTE,
    source="kueue v0.19.2 pkg/scheduler/scheduler.go admit; pkg/workload/admissionchecks.go",
)
def checks_have_the_last_word(cluster: Cluster) -> Iterator[Problem]:
    """Where a queue has admission checks, quota is half of it.

    Kueue keeps the quota for a workload and then asks its checks. What they say is known on the cluster only: the
    verdicts are about quota and nodes.
    """
    for i, queue in enumerate(cluster.part(KUEUE).queues):
        works = _in(queue, cluster) if queue.admissionChecks else []
        if works:
            names = ", ".join(check.name for check in queue.admissionChecks)
            text = (
                f"{many(works)} of queue {queue.name}: once there is quota, {names} decides whether it starts"
            )
            yield Problem(("kueue", "queues", i, "admissionChecks"), text)
