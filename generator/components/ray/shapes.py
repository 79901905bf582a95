"""The Ray clusters that the section says, wherever it says them: in `clusters`, or as what a job or service brings along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...findings.finding import Path as SpecPath
from .spec import PodGroup, RayCluster, RayJob, RayService, RaySpec


class Shape(NamedTuple):
    """A Ray cluster wherever the section says one: an item of `clusters`, or what a job or service brings along."""

    path: SpecPath
    ray: RayCluster
    job: RayJob | None
    service: RayService | None = None


OWN = ("image", "rayVersion", "head")
"""Fields without which a job has no cluster of its own."""


def own_cluster(job: RayJob) -> RayCluster | None:
    """The cluster that a job brings along; None when it says no complete one."""
    if job.cluster is not None or any(getattr(job, field) is None for field in OWN):
        return None
    return _cluster_of(job)


def served_cluster(service: RayService) -> RayCluster:
    """The cluster of a service."""
    return _cluster_of(service)


def _cluster_of(item: RayJob | RayService) -> RayCluster:
    said: dict[str, Any] = {field: getattr(item, field, None) for field in RayCluster.model_fields}
    return RayCluster.model_construct(**said)


def shapes(spec: RaySpec) -> Iterator[Shape]:
    """All Ray clusters of the section."""
    for i, item in enumerate(spec.clusters):
        yield Shape(("ray", "clusters", i), item, None)
    for i, job in enumerate(spec.jobs):
        own = own_cluster(job)
        if own is not None:
            yield Shape(("ray", "jobs", i), own, job)
    for i, service in enumerate(spec.services):
        yield Shape(("ray", "services", i), served_cluster(service), None, service)


def groups(shape: Shape) -> Iterator[tuple[SpecPath, PodGroup]]:
    """Head and worker groups of a cluster, with their paths."""
    yield (*shape.path, "head"), shape.ray.head
    for i, worker in enumerate(shape.ray.workers):
        yield (*shape.path, "workers", i), worker
