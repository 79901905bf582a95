"""What the pods of training jobs ask for: one Workload for each job, admitted as a whole.

Sources: kueue v0.16.6 pkg/controller/jobs/trainjob PodSets (one pod set for the JobSet's one Job),
kubeflow/kubeflowjob PodSets (one for each kind of replica); training-operator v1.9.3
pkg/controller.v1/pytorch/initcontainer.go (what it adds to workers).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...findings.finding import Path
from ..kit.component import Cluster
from ..kit.demand import UNBOUND, Container, Shape, Workload, bounds, pods_of
from .spec import TrainingJob, TrainingSpec

WAITS = Container(
    "init-pytorch",
    {"cpu": "100m", "memory": "20Mi"},
    {"cpu": "50m", "memory": "10Mi"},
    (),
    "Training Operator",
    init=True,
    unseen=True,
)
"""In which a worker of a PyTorchJob waits for the master's address."""


class Asking(NamedTuple):
    """A workload, and the item of the section that it is of."""

    item: TrainingJob
    work: Workload


def workloads(cluster: Cluster) -> Iterator[Asking]:
    """Training jobs in the order of the spec, none that is suspended."""
    spec: TrainingSpec = cluster.spec.training
    for i, job in enumerate(spec.jobs):
        if not job.suspend:
            yield Asking(job, _workload(i, job, cluster))


def _workload(index: int, job: TrainingJob, cluster: Cluster) -> Workload:
    path: Path = ("training", "jobs", index)
    within = bounds(cluster).get(job.namespace, UNBOUND)
    roles = {"node": job.nodes}
    if job.kind == "PyTorchJob":
        roles = {"master": 1, **({"worker": job.nodes - 1} if job.nodes > 1 else {})}
    made = Container(job.name, job.resources, job.requests, (*path, "resources"))
    pods = tuple(
        pods_of(
            Shape(role, path, count, count, job.nodeSelector, job.tolerations),
            [made, *([WAITS._replace(path=path)] if role == "worker" else [])],
            within,
        )
        for role, count in roles.items()
    )
    return Workload(job.kind, job.namespace, job.name, job.queue, path, pods, whole=True, lasting=False)
