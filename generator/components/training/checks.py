"""Rules about training jobs as a whole: names, the controller that runs them, queues, marks."""

from __future__ import annotations

from collections.abc import Iterator

from ...documents.near import meant
from ...findings.finding import Path
from ...findings.rule import Problem, rule
from ..kit.component import Cluster
from ..kit.metadata import owned
from ..kueue import KUEUE, wrong_priority_class, wrong_queue
from .emit import job_name
from .spec import TrainingJob
from .units import TRAINING

LONGEST = 46
"""Characters of a job's name: its pods are called <name>-node-0-<index>-<five signs>, in 63 (jobset v0.10.1
pkg/webhooks/jobset_webhook.go); those of a PyTorchJob are shorter."""
COMPONENT = {"TrainJob": "trainer", "PyTorchJob": "trainingoperator"}
"""Kind -> component of the platform that runs it."""


def items(cluster: Cluster) -> Iterator[tuple[Path, TrainingJob]]:
    """Jobs with their paths."""
    yield from ((("training", "jobs", i), job) for i, job in enumerate(cluster.part(TRAINING).jobs))


@rule(
    "TRAIN010",
    source="jobset v0.10.1 pkg/webhooks/jobset_webhook.go; training-operator v1.9.3 pkg/core/pod.go",
)
def job_names_fit(cluster: Cluster) -> Iterator[Problem]:
    """A job's name leaves room for its hash and the numbers of its pods, and is said once in a namespace.

    No pod is ever made of a longer one; two jobs of one name share their ServiceAccount, and one would be the other's.
    """
    seen: set[tuple[str, str]] = set()
    for path, job in items(cluster):
        name = job_name(job)
        if len(name) > LONGEST:
            said = f"{name} has {len(name)} characters, {LONGEST} leave room for its pods"
            yield Problem((*path, "name"), said, f"shorten {job.name} to {LONGEST - 9} characters")
        if (job.namespace, job.name) in seen:
            said = f"a second job {job.name} in namespace {job.namespace}"
            yield Problem((*path, "name"), said, "give it another name")
        seen.add((job.namespace, job.name))


@rule("TRAIN011", source="opendatahub-operator v2.35.0 to v3.5.0 api/datasciencecluster")
def somebody_runs_the_job(cluster: Cluster) -> Iterator[Problem]:
    """The platform has the component that runs a job's kind: trainer for TrainJobs, trainingoperator for PyTorchJobs.

    The API server does not know the kind elsewhere, and the sync of the whole cluster fails. Where there is no such
    platform, whoever installs the controllers answers for it.
    """
    platform = cluster.profile.platform
    for path, job in items(cluster):
        if platform is not None and COMPONENT[job.kind] not in platform.components:
            other = next(kind for kind in COMPONENT if kind != job.kind)
            has = COMPONENT[other] in platform.components
            said = f"{cluster.profile.name} has nothing that runs a {job.kind}"
            yield Problem((*path, "kind"), said, f"kind: {other}" if has else "use ray.jobs")


@rule(
    "TRAIN012",
    source="kueue v0.19.2 pkg/controller/core/workload_controller.go; jobframework ExtractPriority",
)
def jobs_are_queued_well(cluster: Cluster) -> Iterator[Problem]:
    """`queue` names a queue of kueue.queues in the same namespace, and `priorityClass` goes with it and is declared.

    A job whose LocalQueue or class does not exist stays suspended for ever, and Argo CD shows it as suspended only.
    """
    spec = cluster.part(KUEUE)
    for path, job in items(cluster):
        yield from wrong_queue(path, job, spec)
        yield from wrong_priority_class(path, job, spec)


@rule("TRAIN018")
def a_produced_model_is_there(cluster: Cluster) -> Iterator[Problem]:
    """`produces` of a training job names a Model of clusters/models/.

    The volume is made for Models only: without it the job writes into a folder that goes away with its pods.
    """
    for path, job in items(cluster):
        if job.produces and job.produces not in cluster.models:
            hint = meant(job.produces, sorted(cluster.models), f"add clusters/models/{job.produces}.yaml")
            yield Problem((*path, "produces"), f"there is no model {job.produces}", hint)


@rule("TRAIN016", source="trainer v2.1.0 pkg/constants; kueue v0.19.2 pkg/controller/constants")
def marks_are_free(cluster: Cluster) -> Iterator[Problem]:
    """Labels and annotations of a job are keys that neither nearedge nor a controller writes.

    Of two writers one loses, and a pod is not found any more by who looks for it.
    """
    for path, job in items(cluster):
        yield from owned(path, job.labels, job.annotations)
