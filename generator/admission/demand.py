"""What the workloads of a cluster ask for, pod by pod: once as Kueue counts it, once as the node has to give it.

A Ray cluster is one Workload of several pod sets that are admitted together, and so is one inside an AppWrapper. The pods of a Deployment are
Workloads of their own: Kueue's Deployment webhook only hands the queue's name down to them.
Sources: kueue pkg/controller/jobs/raycluster/common.go BuildPodSets, rayjob/rayjob_controller.go PodSets,
deployment/deployment_webhook.go Default, pkg/workload/resources.go AdjustResources.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from ..components.kit.component import Cluster
from ..components.kit.runtime import Server
from ..components.kueue import KUEUE
from ..components.models import placed_by_cache
from ..components.namespaces import NAMESPACES
from ..components.namespaces.spec import Limits
from ..components.ray import RAY
from ..components.ray.spec import (
    PodGroup,
    RayCluster,
    RayFields,
    RayJob,
    RayService,
    own_cluster,
    served_cluster,
)
from ..components.serving import SERVING, PodKind, pod_kinds
from ..components.serving.spec import DOWNLOADS, Service, is_llm, runtimes
from ..findings.finding import Path
from ..specs.model import Images, ModelSpec
from ..specs.types import Resources, Toleration
from .amounts import Amounts, amounts, largest, together

MODELCAR: Resources = {"cpu": "10m", "memory": "15Mi"}
"""What the container of an oci:// model asks for (kserve config/configmap/inferenceservice.yaml,
storageInitializer.cpuModelcar and memoryModelcar)."""

DOWNLOAD: Resources = {"cpu": "100m", "memory": "100Mi"}
"""What the storage initializer of an s3:// model asks for (the same file, cpuRequest and memoryRequest)."""

SIDECAR_SUBMITTER: Resources = {"cpu": "500m", "memory": "200Mi"}
"""What SidecarMode adds to the head (kuberay controllers/ray/common/job.go GetDefaultSubmitterContainer)."""


_Defaults = Mapping[str, Resources]


class Pods(NamedTuple):
    """Pods that are alike: a pod set, or the replicas of a server.

    `requests` is one pod as Kueue counts it, `real` one pod as its node must give it; `most` is how many there
    can be once something scales them.
    """

    name: str
    replicas: int
    most: int
    requests: Amounts
    real: Amounts
    selector: Mapping[str, str]
    tolerations: tuple[Toleration, ...]
    path: Path


class Workload(NamedTuple):
    """What is admitted or waits: `whole` as one, else each pod for itself.

    `queue` is None for what runs without asking Kueue; `lasting` says that it stays once it runs; `priority` is that of its
    WorkloadPriorityClass.
    """

    kind: str
    namespace: str
    name: str
    queue: str | None
    path: Path
    pods: tuple[Pods, ...]
    whole: bool
    lasting: bool
    priority: int = 0


def demands(cluster: Cluster) -> tuple[Workload, ...]:
    """Servers, Ray clusters, jobs with a cluster of their own and Ray services, in the order of the spec."""
    defaults = {item.name: _defaults(item.limits) for item in cluster.part(NAMESPACES) if item.limits}
    classes = {item.name: item.value for item in cluster.part(KUEUE).priorityClasses}
    return tuple(_ranked(work, item, classes) for work, item in _listed(cluster, defaults))


def _ranked(work: Workload, item: Service | RayFields, classes: Mapping[str, int]) -> Workload:
    # A class that is not declared has a finding of its own (RAY, SERVE): 0 is what Kueue takes without one.
    value = classes.get(item.priorityClass or "", 0)
    return work._replace(priority=value) if value else work


def _listed(cluster: Cluster, defaults: _Defaults) -> Iterator[tuple[Workload, Service | RayFields]]:
    serving = [placed_by_cache(item, cluster) for item in cluster.part(SERVING)]
    ray = cluster.part(RAY)
    for i, server in enumerate(serving):
        yield from ((found, server) for found in _server(i, server, defaults))
    for i, item in enumerate(ray.clusters):
        yield _cluster(i, item, cluster, defaults), item
    for i, job in enumerate(ray.jobs):
        yield from ((found, job) for found in _job(i, job, cluster, defaults))
    for i, service in enumerate(ray.services):
        yield _service(i, service, cluster, defaults), service


def _defaults(limits: Limits) -> Resources:
    """Requests that a LimitRange gives a container that says none.

    Source: kubernetes pkg/apis/core/v1/defaults.go SetDefaults_LimitRangeItem: max stands in for default,
    default and then min for defaultRequest.
    """
    return {**limits.min, **limits.max, **limits.default, **limits.defaultRequest}


def _server(index: int, item: Service, defaults: _Defaults) -> Iterator[Workload]:
    if is_llm(item):
        yield from _llm(index, item, defaults)
    else:
        yield _served(index, item, defaults)


def _llm(index: int, item: Service, defaults: _Defaults) -> Iterator[Workload]:
    """Pods of a Deployment one by one; those of a LeaderWorkerSet group by group (kueue jobs/leaderworkerset)."""
    path: Path = ("serving", index)
    listed = list(pod_kinds(item))
    for part in listed:
        if part.name in {"replica", "prefill"} and not _grouped(part, listed):
            alike = _part_pods(part, item, defaults, path)._replace(replicas=part.groups, most=part.groups)
            yield _llm_workload(item, item.name, (alike,), path)
    for first, rest in (("leader", "worker"), ("prefill", "prefill-worker")):
        group = [part for part in listed if part.name in {first, rest}]
        if not any(part.name == rest for part in group):
            continue
        for k in range(group[0].groups):
            pods = tuple(_part_pods(part, item, defaults, path) for part in group)
            name = f"{item.name}-{k}" if first == "leader" else f"{item.name}-prefill-{k}"
            yield _llm_workload(item, name, pods, path)


def _grouped(part: PodKind, beside: Iterable[PodKind]) -> bool:
    return any(other.name == f"{part.name}-worker" for other in beside)


def _llm_workload(item: Service, name: str, pods: tuple[Pods, ...], path: Path) -> Workload:
    group = len(pods) > 1
    return Workload(item.kind, item.namespace, name, item.queue, path, pods, whole=group, lasting=True)


def _part_pods(part: PodKind, item: Service, defaults: _Defaults, path: Path) -> Pods:
    more = defaults.get(item.namespace, {})
    containers: list[Resources] = [{**part.limits, **part.requests}]
    if item.storage.type == "oci":
        containers.append(MODELCAR)
    asked = _sum({**more, **container} for container in containers)
    if item.storage.type in DOWNLOADS:
        asked = largest(asked, amounts({**more, **DOWNLOAD}))
    return Pods(
        part.name,
        part.pods,
        part.pods,
        asked,
        asked,
        item.nodeSelector,
        item.tolerations,
        (*path, *part.path),
    )


def _served(index: int, item: Service, defaults: _Defaults) -> Workload:
    path: Path = ("serving", index)
    more = defaults.get(item.namespace, {})
    containers = [{**item.resources, **item.requests}, *_beside(item.runtime)]
    if item.storage.type == "oci":
        containers.append(MODELCAR)
    asked = _sum({**more, **container} for container in containers)
    if item.storage.type in DOWNLOADS:
        asked = largest(asked, amounts({**more, **DOWNLOAD}))
    least = max(1, item.replicas.min)
    pods = Pods(
        "replica",
        least,
        max(least, item.replicas.max),
        asked,
        asked,
        item.nodeSelector,
        item.tolerations,
        path,
    )
    return Workload(
        "InferenceService", item.namespace, item.name, item.queue, path, (pods,), whole=False, lasting=True
    )


def _sum(containers: Iterable[Resources]) -> dict[str, int]:
    found: dict[str, int] = {}
    for container in containers:
        found = together(found, amounts(container)) if found else amounts(container)
    return found


@cache
def _beside(runtime: str) -> tuple[Resources, ...]:
    """Requests of the containers that a runtime puts beside the one that has the item's resources."""
    probe = Server(
        name="probe",
        model=ModelSpec.model_construct(format="", version="", size="0", source=""),
        images=Images(),
        image="probe",
        args=(),
        env=(),
        limits={},
        requests={},
        startup=0,
        grpc=False,
        port=8080,
        metrics_port=None,
        readiness_path=None,
        read_only_root=None,
    )
    containers = runtimes()[runtime].containers(probe)
    return tuple(item["resources"]["requests"] for item in containers if item["resources"]["requests"])


def _cluster(index: int, item: RayCluster, cluster: Cluster, defaults: _Defaults) -> Workload:
    path: Path = ("ray", "clusters", index)
    pods = tuple(_ray_pods(item, path, cluster, defaults))
    kind = "AppWrapper" if item.appWrapper else "RayCluster"
    return Workload(kind, item.namespace, item.name, item.queue, path, pods, whole=True, lasting=True)


def _service(index: int, item: RayService, cluster: Cluster, defaults: _Defaults) -> Workload:
    """A service with one cluster. Kueue before 0.18 admits the cluster itself, in the same amounts."""
    path: Path = ("ray", "services", index)
    pods = tuple(_ray_pods(served_cluster(item), path, cluster, defaults))
    return Workload("RayService", item.namespace, item.name, item.queue, path, pods, whole=True, lasting=True)


def _job(index: int, job: RayJob, cluster: Cluster, defaults: _Defaults) -> Iterator[Workload]:
    """Nothing for a job on a cluster that is there: Kueue leaves it alone, and its pod is soon gone."""
    ray = own_cluster(job)
    if ray is None:
        return
    path: Path = ("ray", "jobs", index)
    pods = list(_ray_pods(ray, path, cluster, defaults))
    if job.submissionMode == "SidecarMode":
        more = amounts(SIDECAR_SUBMITTER)
        head = pods[0]
        pods[0] = head._replace(requests=together(head.requests, more), real=together(head.real, more))
    elif job.submissionMode == "K8sJobMode":
        asked = amounts({**defaults.get(job.namespace, {}), **job.submitter.resources})
        head = pods[0]
        # The controller of AppWrappers takes it for none of the pod sets: it needs a node, and no quota.
        counted = {} if job.appWrapper else asked
        pods.append(
            Pods("submitter", 1, 1, counted, asked, head.selector, head.tolerations, (*path, "submitter"))
        )
    kind = "AppWrapper" if job.appWrapper else "RayJob"
    yield Workload(kind, job.namespace, job.name, job.queue, path, tuple(pods), whole=True, lasting=False)


def _ray_pods(ray: RayCluster, path: Path, cluster: Cluster, defaults: _Defaults) -> Iterator[Pods]:
    more = defaults.get(ray.namespace, {})
    head = ray.head
    asked = _asked(head, more)
    real = together(asked, amounts({**more, **ray.autoscaling.resources})) if ray.autoscaling else asked
    counted = real if cluster.profile.kueue.countsAutoscaler else asked
    yield Pods("head", 1, 1, counted, real, head.nodeSelector, head.tolerations, (*path, "head"))
    for i, worker in enumerate(ray.workers):
        asked = _asked(worker, more)
        yield Pods(
            worker.name,
            worker.replicas * worker.numOfHosts,
            (max(worker.replicas, worker.most) if ray.autoscaling else worker.replicas) * worker.numOfHosts,
            asked,
            asked,
            worker.nodeSelector,
            worker.tolerations,
            (*path, "workers", i),
        )


def _asked(group: PodGroup, more: Resources) -> dict[str, int]:
    return amounts({**more, **group.resources, **group.requests})
