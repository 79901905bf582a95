"""The component: which part of a Ray item is a base, and the section's place in a Cluster.

A RayCluster that groups define has their definition as its base. One that only a cluster's own file defines
has a skeleton of itself: what makes it this cluster (image, group names, volumes) stays, named by a hash in
the folder; how large it is and where it runs is the cluster's business. A RayJob is named after all of its
content, so it is shared whole (the groups define it, and this cluster changes nothing) or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from ...component import Cluster, Component, Unit
from ...manifest import content_hash
from .emit import emit_cluster, emit_job
from .spec import Group, RayCluster, RayJob, RaySpec, Worker

G = TypeVar("G", bound=Group)

NEUTRAL = {"cpu": "1", "memory": "2Gi"}
"""Resources in a skeleton; every overlay says its own."""


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit for each RayCluster and each RayJob."""
    spec = cluster.part(RAY)
    shared = cluster.shared_part(RAY) or RaySpec.model_construct()
    for item in spec.clusters:
        yield _cluster_unit(item, find(shared.clusters, item.namespace, item.name), cluster)
    for job in spec.jobs:
        yield _job_unit(job, spec, shared, cluster)


def find(clusters: tuple[RayCluster, ...], namespace: str, name: str | None) -> RayCluster | None:
    """The RayCluster of this name."""
    return next((item for item in clusters if (item.namespace, item.name) == (namespace, name)), None)


def _cluster_unit(item: RayCluster, shared: RayCluster | None, cluster: Cluster) -> Unit:
    profile = cluster.profile
    # A base holds no object that the cluster does not have: the ServiceAccount stands and falls with this
    # field.
    if shared is not None and (item.serviceAccountName is None or shared.serviceAccountName is not None):
        folder = f"ray/{cluster.group_folder}/{item.namespace}.{item.name}"
        return Unit(
            folder, cluster.group_files, lambda: emit_cluster(shared, profile), emit_cluster(item, profile)
        )
    bare = skeleton(item)
    kept = content_hash(bare.model_dump(mode="json", exclude_defaults=True))
    folder = f"ray/{item.namespace}.{item.name}.{kept}"
    return Unit(folder, ("clusters/",), lambda: emit_cluster(bare, profile), emit_cluster(item, profile))


def _job_unit(job: RayJob, spec: RaySpec, shared: RaySpec, cluster: Cluster) -> Unit:
    profile = cluster.profile
    final = emit_job(job, find(spec.clusters, job.namespace, job.cluster), profile)
    host = find(shared.clusters, job.namespace, job.cluster)
    if job in shared.jobs and (job.cluster is None or host is not None):
        folder = f"ray/{cluster.group_folder}/{job.namespace}.{job.name}"
        return Unit(folder, cluster.group_files, lambda: emit_job(job, host, profile), final)
    return Unit(None, (), tuple, final)


def skeleton(item: RayCluster) -> RayCluster:
    """A RayCluster without what is a cluster's own: size, place, turn."""
    own = {"queue": None, "priorityClass": None, "podPriorityClassName": None}
    workers = tuple(_bare_worker(worker) for worker in item.workers)
    return item.model_copy(update={**own, "head": _bare(item.head), "workers": workers})


def _bare(group: G) -> G:
    place: dict[str, Any] = {"nodeSelector": {}, "tolerations": ()}
    size = {
        "resources": NEUTRAL,
        "requests": {},
        "numCpus": None,
        "customResources": {},
        "sharedMemory": None,
    }
    return group.model_copy(update={**size, **place})


def _bare_worker(worker: Worker) -> Worker:
    size = {"replicas": 1, "minReplicas": None, "maxReplicas": None, "numOfHosts": 1}
    return _bare(worker).model_copy(update=size)


RAY = Component(
    key="ray",
    spec=RaySpec,
    default=RaySpec.model_construct(),
    description="Ray: clusters and jobs.",
    units=units,
)
