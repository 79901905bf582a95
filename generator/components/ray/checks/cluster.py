"""Rules for Ray clusters, those of jobs included: names, sizes, queues.

KubeRay checks most of this in its operator, after admission: Argo CD would show a cluster as synced and
healthy that never starts.
"""

from __future__ import annotations

from collections.abc import Iterator

from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ...kit.component import Cluster
from ...kueue import KUEUE, wrong_priority_class, wrong_queue
from ..shapes import shapes
from ..spec import RayCluster, RayJob, RayService
from ..units import RAY

VALIDATION = "kuberay v1.4.2 ray-operator/controllers/ray/utils/validation.go"
KUEUE_RAY = "kueue v0.19.2 pkg/controller/jobs/raycluster/raycluster_webhook.go"

HEAD_NAMES = ("head", "headgroup")
"""Kueue's pod set of the head, and KubeRay's group label of it."""


def items(cluster: Cluster) -> Iterator[tuple[Path, RayCluster | RayJob | RayService]]:
    """RayClusters, RayJobs and RayServices with their paths."""
    spec = cluster.part(RAY)
    yield from ((("ray", "clusters", i), item) for i, item in enumerate(spec.clusters))
    yield from ((("ray", "jobs", i), job) for i, job in enumerate(spec.jobs))
    yield from ((("ray", "services", i), service) for i, service in enumerate(spec.services))


@rule("RAY001", covers=("RC-1",), source=f"{VALIDATION} ValidateRayClusterMetadata")
def cluster_names_are_short(cluster: Cluster) -> Iterator[Problem]:
    """The name of a RayCluster leaves room for what KubeRay appends to it.

    KubeRay refuses the cluster in its operator: no pod ever appears.
    """
    limit = cluster.profile.kuberay.clusterNameLimit
    for i, item in enumerate(cluster.part(RAY).clusters):
        if len(item.name) > limit:
            said = f"{item.name} has {len(item.name)} characters, a RayCluster can have {limit}"
            yield Problem(("ray", "clusters", i, "name"), said, "shorten it")


@rule("RAY002")
def names_are_unique(cluster: Cluster) -> Iterator[Problem]:
    """Within a namespace each RayCluster, RayJob and RayService has a name of its own.

    Two of one name would be one object, and they would share a ServiceAccount.
    """
    seen: set[tuple[str, str]] = set()
    for path, item in items(cluster):
        if (item.namespace, item.name) in seen:
            said = f"a second {item.name} in namespace {item.namespace}"
            yield Problem((*path, "name"), said, "give it another name")
        seen.add((item.namespace, item.name))


@rule(
    "RAY003", covers=("RC-2", "RC-22"), source=f"{KUEUE_RAY} validateCreate; kuberay v1.4.2 pkg/webhooks/v1"
)
def worker_names_are_unique(cluster: Cluster) -> Iterator[Problem]:
    """Each worker group of a cluster has a name of its own, and none is called like the head.

    Kueue denies a group called head. Two groups of one name are one to KubeRay's pods, so one of them never
    gets the size it was given.
    """
    for path, item in items(cluster):
        seen: set[str] = set()
        for i, worker in enumerate(item.workers):
            at = (*path, "workers", i, "name")
            if worker.name in HEAD_NAMES:
                yield Problem(
                    at, f"a worker group cannot be called {worker.name}", "name it after what it does"
                )
            elif worker.name in seen:
                yield Problem(
                    at, f"{item.name} has a second worker group {worker.name}", "give it another name"
                )
            seen.add(worker.name)


@rule(
    "RAY004",
    covers=("RC-6", "RC-7"),
    source=f"{VALIDATION} ValidateRayClusterSpec; kueue v0.19.2 pkg/controller/jobs/raycluster/common.go",
)
def replicas_lie_between(cluster: Cluster) -> Iterator[Problem]:
    """For each worker group minReplicas <= replicas <= maxReplicas.

    Nothing on the cluster refuses it: KubeRay runs as many workers as the limits say, Kueue counts replicas,
    and the difference runs without quota.
    """
    for path, item in items(cluster):
        for i, worker in enumerate(item.workers):
            if not worker.fewest <= worker.replicas <= worker.most:
                bounds = f"{worker.fewest} and {worker.most}"
                said = f"group {worker.name}: replicas {worker.replicas} is not within {bounds}"
                hint = "minReplicas and maxReplicas are needed with autoscaling only"
                yield Problem((*path, "workers", i, "replicas"), said, hint)


@rule(
    "RAY005",
    covers=("RC-21", "RJ-11", "RJ-12"),
    source=f"{KUEUE_RAY} validateCreate; Workload CRD .spec.podSets maxItems",
)
def pod_sets_fit(cluster: Cluster) -> Iterator[Problem]:
    """A queued cluster has no more pod sets than Kueue takes: head, worker groups, and a job's submitter.

    An AppWrapper takes 8 in every version, and finds no submitter.

    Kueue denies the cluster; for the submitter, which its webhook does not count, the Workload fails and the
    job waits for ever.
    """
    kueue = cluster.profile.kueue
    for shape in shapes(cluster.part(RAY)):
        if shape.ray.appWrapper is not None:
            continue
        submitter = shape.job is not None and shape.job.submissionMode == "K8sJobMode"
        count = 1 + len(shape.ray.workers) + submitter
        if shape.ray.queue and count > kueue.podSets:
            parts = f"head, {len(shape.ray.workers)} worker groups{' and submitter' if submitter else ''}"
            takes = f"Kueue {kueue.version} takes {kueue.podSets}"
            said = f"{shape.ray.name} has {count} pod sets ({parts}), {takes}"
            hint = f"use at most {kueue.podSets - 1 - submitter} worker groups"
            yield Problem((*shape.path, "workers"), said, hint)


@rule("RAY006", covers=("RC-20", "KJ-4"), source=f"{KUEUE_RAY} validateCreate, validateElasticJob")
def autoscaling_under_kueue(cluster: Cluster) -> Iterator[Problem]:
    """A queued cluster uses autoscaling, or is elastic, only where Kueue can follow a changing size.

    Kueue denies autoscaling otherwise, and takes no notice of `elastic`: its gate ElasticJobsViaWorkloadSlices is off.
    """
    kueue = cluster.profile.kueue
    if kueue.elasticJobs:
        return
    for shape in shapes(cluster.part(RAY)):
        if shape.ray.autoscaling and shape.ray.queue:
            said = (
                f"{shape.ray.name} is in queue {shape.ray.queue}: Kueue {kueue.version} refuses autoscaling"
            )
            yield Problem((*shape.path, "autoscaling"), said, "drop autoscaling, or the queue")
        if shape.ray.elastic and shape.ray.queue:
            said = f"{shape.ray.name} is elastic: Kueue {kueue.version} starts it anew for another size"
            yield Problem((*shape.path, "elastic"), said, "drop elastic, or use a platform with Kueue 0.18")


@rule("RAY031", Severity.WARNING, source="kueue v0.18.4 pkg/workloadslicing Enabled")
def elastic_is_for_queues(cluster: Cluster) -> Iterator[Problem]:
    """`elastic` goes with a queue.

    Without one nothing is admitted, and workers come and go with `replicas` anyway.
    """
    for i, item in enumerate(cluster.part(RAY).clusters):
        if item.elastic and item.queue is None:
            said = f"{item.name} is elastic but in no queue"
            yield Problem(("ray", "clusters", i, "elastic"), said, "drop it, or add queue")


@rule("RAY007", Severity.WARNING)
def autoscaling_has_room(cluster: Cluster) -> Iterator[Problem]:
    """With autoscaling some worker group may change its size.

    The autoscaler runs and costs memory, but has nothing to do.
    """
    for shape in shapes(cluster.part(RAY)):
        if shape.ray.autoscaling and all(worker.fewest == worker.most for worker in shape.ray.workers):
            said = f"{shape.ray.name} has autoscaling, but no worker group has maxReplicas above minReplicas"
            yield Problem((*shape.path, "autoscaling"), said, "set minReplicas and maxReplicas of a group")


@rule("RAY008", covers=("KJ-1", "LQ-2"), source="kueue v0.19.2 pkg/controller/core/workload_controller.go")
def queue_exists(cluster: Cluster) -> Iterator[Problem]:
    """`queue` names a queue of kueue.queues in the same namespace.

    A cluster or job whose LocalQueue does not exist stays suspended for ever, and Argo CD shows it as
    healthy.
    """
    for path, item in items(cluster):
        yield from wrong_queue(path, item, cluster.part(KUEUE))


@rule(
    "RAY009",
    source="kueue v0.19.2 pkg/controller/jobframework/reconciler.go ExtractPriority",
)
def priority_class_exists(cluster: Cluster) -> Iterator[Problem]:
    """`priorityClass` goes with a queue and names one of kueue.priorityClasses.

    Without a queue nobody reads it. With an unknown class Kueue makes no Workload, and the job waits for
    ever.
    """
    for path, item in items(cluster):
        yield from wrong_priority_class(path, item, cluster.part(KUEUE))
