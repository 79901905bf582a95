"""The component: which part of a Ray item is a base, and the section's place in a Cluster.

A RayCluster that groups define has their definition as its base. One that only a cluster's own file defines
has a skeleton of itself: what makes it this cluster (image, group names, volumes) stays, with its digest in the
key; how large it is and where it runs is the cluster's business. So it is with a RayService. A RayJob, and what
is inside an AppWrapper, is named after all of its content, so it is shared whole (the groups define it, and this
cluster changes nothing) or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from ...objects.manifest import Manifest
from ..kit.base_key import base_key, digest
from ..kit.component import Cluster, Component, Unit, alone
from ..kit.recipe import Recipe, recipe
from ..models import model_of
from .emit import emit_cluster, emit_job
from .flavor import place_of, placed
from .service import emit_service
from .shapes import own_cluster
from .spec import PodGroup, RayCluster, RayJob, RayService, RaySpec, WorkerGroup

G = TypeVar("G", bound=PodGroup)
R = TypeVar("R", RayCluster, RayService)
Item = TypeVar("Item", RayCluster, RayJob, RayService)

KINDS = {RayCluster: "clusters", RayJob: "jobs", RayService: "services"}
"""What the section calls them: three items of one name are three bases."""

NEUTRAL = {"cpu": "1", "memory": "2Gi"}
"""Resources in a skeleton; every overlay says its own."""


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit for each RayCluster, RayJob and RayService that is not suspended."""
    spec = cluster.part(RAY)
    shared = cluster.shared_part(RAY) or RaySpec.model_construct()
    for item in (item for item in spec.clusters if not item.suspend):
        yield _cluster_unit(item, find(shared.clusters, item.namespace, item.name), cluster)
    for job in (job for job in spec.jobs if not job.suspend):
        yield _job_unit(job, spec, shared, cluster)
    for service in spec.services:
        yield _service_unit(service, find(shared.services, service.namespace, service.name), cluster)


def find(listed: tuple[Item, ...], namespace: str, name: str | None) -> Item | None:
    """The item of this name."""
    return next((item for item in listed if (item.namespace, item.name) == (namespace, name)), None)


def _cluster_unit(item: RayCluster, shared: RayCluster | None, cluster: Cluster) -> Unit:
    profile, place = cluster.profile, place_of(item.namespace, item.queue, cluster)
    if item.appWrapper is not None:
        final = emit_cluster(item, profile, place)
        if shared is None or placed(item, place) != shared:
            return alone(final)
        return _of_groups(item, cluster, recipe(emit_cluster, shared, profile), final)
    # A base holds no object that the cluster does not have: the ServiceAccount stands and falls with this
    # field.
    if shared is not None and shared.appWrapper is None and _same_account(item, shared):
        return _of_groups(
            item, cluster, recipe(emit_cluster, shared, profile), emit_cluster(item, profile, place)
        )
    bare = skeleton(item)
    return _of_its_own(bare, recipe(emit_cluster, bare, profile), emit_cluster(item, profile, place))


def _of_groups(item: Item, cluster: Cluster, common: Recipe, final: tuple[Manifest, ...]) -> Unit:
    key = cluster.group_key("ray", KINDS[type(item)], item.namespace, item.name)
    return Unit(key, cluster.group_files, common, final)


def _of_its_own(bare: RayCluster | RayService, common: Recipe, final: tuple[Manifest, ...]) -> Unit:
    key = base_key("ray", "own", KINDS[type(bare)], bare.namespace, bare.name)
    kept = digest(bare.model_dump(mode="json", exclude_defaults=True))
    return Unit(key.marked(kept), ("clusters/",), common, final)


def _same_account(item: RayCluster | RayService, shared: RayCluster | RayService) -> bool:
    return item.serviceAccountName is None or shared.serviceAccountName is not None


def _service_unit(item: RayService, shared: RayService | None, cluster: Cluster) -> Unit:
    profile, place = cluster.profile, place_of(item.namespace, item.queue, cluster)
    final = emit_service(item, profile, place)
    # The Route stands and falls with this field, as the ServiceAccount does with its own.
    if shared is not None and _same_account(item, shared) and (item.exposed or not shared.exposed):
        return _of_groups(item, cluster, recipe(emit_service, shared, profile), final)
    bare = skeleton(item).model_copy(update={"exposed": False})
    return _of_its_own(bare, recipe(emit_service, bare, profile), final)


def _job_unit(job: RayJob, spec: RaySpec, shared: RaySpec, cluster: Cluster) -> Unit:
    profile = cluster.profile
    model = model_of(job, cluster)
    place = place_of(job.namespace, job.queue, cluster)
    final = emit_job(job, find(spec.clusters, job.namespace, job.cluster), profile, model, place)
    common = find(shared.jobs, job.namespace, job.name)
    host = find(shared.clusters, job.namespace, job.cluster)
    if common is None or job != common or (job.cluster is not None and host is None):
        return alone(final)
    own = own_cluster(job)
    if job.appWrapper is not None and own is not None and placed(own, place) != own:
        # What is wrapped is named after its content, which another cluster's queue may change.
        return alone(final)
    return _of_groups(job, cluster, recipe(emit_job, common, host, profile, model), final)


def skeleton(item: R) -> R:
    """A RayCluster or RayService without what is a cluster's own: size, place, turn."""
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


def _bare_worker(worker: WorkerGroup) -> WorkerGroup:
    size = {"replicas": 1, "minReplicas": None, "maxReplicas": None, "numOfHosts": 1}
    return _bare(worker).model_copy(update=size)


RAY = Component(
    key="ray",
    spec=RaySpec,
    default=RaySpec.model_construct(),
    description="Ray: clusters, jobs and services.",
    units=units,
    teams=True,
)
