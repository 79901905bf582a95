"""What the pods of the section `ray` ask for.

A Ray cluster is one Workload of several pod sets that are admitted together, and so is one inside an AppWrapper.
Sources: kueue pkg/controller/jobs/raycluster/common.go BuildPodSets, rayjob/rayjob_controller.go PodSets; kuberay
controllers/ray/common/pod.go (what it adds to pods; the profile has the numbers).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.profiles import AddedContainer, Profile
from ...findings.finding import Path
from ..kit.component import Cluster
from ..kit.demand import UNBOUND, Bounds, Container, Pods, Shape, Workload, bounds, pods_of
from .shapes import own_cluster, served_cluster
from .spec import PodGroup, RayCluster, RayFields, RayJob, RayService, RaySpec

KUBERAY = "KubeRay"

SIDECAR_SUBMITTER = Container(
    "ray-job-submitter",
    {"cpu": "1", "memory": "1Gi"},
    {"cpu": "500m", "memory": "200Mi"},
    (),
    KUBERAY,
)
"""What SidecarMode adds to the head (kuberay controllers/ray/common/job.go GetDefaultSubmitterContainer)."""


HEAD_WAIT = Container(
    "wait-gcs-ready", {"cpu": "200m", "memory": "256Mi"}, {}, (), KUBERAY, init=True, unseen=True
)
"""In which a worker waits for the head (kuberay 1.4 to 1.7 controllers/ray/common/pod.go DefaultWorkerPodTemplate)."""


class Asking(NamedTuple):
    """A workload, and the item of the section that it is of."""

    item: RayFields
    work: Workload


def workloads(cluster: Cluster) -> Iterator[Asking]:
    """Ray clusters, jobs with a cluster of their own and services, in the order of the spec; none that is suspended."""
    spec: RaySpec = cluster.spec.ray
    for i, item in enumerate(spec.clusters):
        if item.suspend:
            continue
        yield Asking(item, _cluster(i, item, cluster))
    for i, job in enumerate(spec.jobs):
        ray = own_cluster(job)
        # A job on a cluster that is there: Kueue leaves it alone, and its pod is soon gone.
        if ray is not None and not job.suspend:
            yield Asking(job, _job(i, job, ray, cluster))
    for i, service in enumerate(spec.services):
        yield Asking(service, _service(i, service, cluster))


def submitters(cluster: Cluster) -> Iterator[Workload]:
    """The pods that submit jobs to clusters which are there."""
    for i, job in enumerate(cluster.spec.ray.jobs):
        if own_cluster(job) is None and job.submissionMode == "K8sJobMode" and not job.suspend:
            path: Path = ("ray", "jobs", i)
            pods = pods_of(Shape("submitter", path), [_submitter(job, path)], _within(job, cluster))
            yield Workload("RayJob", job.namespace, job.name, None, path, (pods,), whole=True, lasting=False)


def _within(item: RayFields, cluster: Cluster) -> Bounds:
    return bounds(cluster).get(item.namespace, UNBOUND)


def _cluster(index: int, item: RayCluster, cluster: Cluster) -> Workload:
    path: Path = ("ray", "clusters", index)
    pods = tuple(_pods(item, path, cluster))
    kind = "AppWrapper" if item.appWrapper else "RayCluster"
    return Workload(kind, item.namespace, item.name, item.queue, path, pods, whole=True, lasting=True)


def _service(index: int, item: RayService, cluster: Cluster) -> Workload:
    """A service with one cluster. Kueue before 0.18 admits the cluster itself, in the same amounts."""
    path: Path = ("ray", "services", index)
    pods = tuple(_pods(served_cluster(item), path, cluster))
    return Workload("RayService", item.namespace, item.name, item.queue, path, pods, whole=True, lasting=True)


def _job(index: int, job: RayJob, ray: RayCluster, cluster: Cluster) -> Workload:
    path: Path = ("ray", "jobs", index)
    sidecar = (SIDECAR_SUBMITTER,) if job.submissionMode == "SidecarMode" else ()
    pods = list(_pods(ray, path, cluster, sidecar))
    if job.submissionMode == "K8sJobMode":
        head = pods[0]
        shape = Shape("submitter", (*path, "submitter"), 1, 1, head.selector, head.tolerations)
        made = pods_of(shape, [_submitter(job, path)], _within(job, cluster))
        # The controller of AppWrappers takes it for none of the pod sets: it needs a node, and no quota.
        pods.append(made._replace(requests={}) if job.appWrapper else made)
    kind = "AppWrapper" if job.appWrapper else "RayJob"
    return Workload(kind, job.namespace, job.name, job.queue, path, tuple(pods), whole=True, lasting=False)


def _submitter(job: RayJob, path: Path) -> Container:
    return Container("ray-job-submitter", job.submitter.resources, {}, (*path, "submitter", "resources"))


def _pods(
    ray: RayCluster, path: Path, cluster: Cluster, beside: tuple[Container, ...] = ()
) -> Iterator[Pods]:
    profile, within, head = cluster.profile, _within(ray, cluster), ray.head
    at = (*path, "head")
    containers = [_ray(head, "ray-head", at), *(item._replace(path=at) for item in beside)]
    if ray.autoscaling:
        there = (*path, "autoscaling", "resources")
        counted = profile.kueue.countsAutoscaler
        containers.append(Container("autoscaler", ray.autoscaling.resources, {}, there, unseen=not counted))
    containers += _added(profile, at, head=True)
    yield pods_of(Shape("head", at, 1, 1, head.nodeSelector, head.tolerations), containers, within)
    for i, worker in enumerate(ray.workers):
        at = (*path, "workers", i)
        least = worker.replicas * worker.numOfHosts
        most = (max(worker.replicas, worker.most) if ray.autoscaling else worker.replicas) * worker.numOfHosts
        made = [_ray(worker, "ray-worker", at), *_added(profile, at, head=False)]
        shape = Shape(worker.name, at, least, most, worker.nodeSelector, worker.tolerations)
        yield pods_of(shape, made, within)


def _ray(group: PodGroup, name: str, path: Path) -> Container:
    return Container(name, group.resources, group.requests, (*path, "resources"))


def _added(profile: Profile, path: Path, *, head: bool) -> Iterator[Container]:
    """What KubeRay adds to pods when it makes them: Kueue has counted by then."""
    if profile.kuberay.certificateWait is not None:
        yield _told(profile.kuberay.certificateWait, path)._replace(init=True)
    if not head:
        yield HEAD_WAIT._replace(path=path)
    elif profile.kuberay.headProxy is not None:
        yield _told(profile.kuberay.headProxy, path)


def _told(item: AddedContainer, path: Path) -> Container:
    return Container(item.name, item.limits, item.requests, path, KUBERAY, unseen=True)
