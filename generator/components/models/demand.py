"""What the Jobs ask for that bring models onto volumes and publish them. They have no queue, and are soon gone."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings.finding import Path
from ...specs.types import Resources, Toleration
from ..kit.component import Cluster
from ..kit.demand import UNBOUND, Container, Pods, Shape, Workload, bounds, pods_of
from .claims import claims_of, produced_by, servers
from .emit import load_name
from .spec import Claim, ModelsSpec


def workloads(cluster: Cluster) -> Iterator[Workload]:
    """The load Job of each volume that one fills, and the Job of each model that is published."""
    spec: ModelsSpec = cluster.spec.models
    limits = bounds(cluster)
    for claim in claims_of(cluster):
        if claim.load:
            containers = _steps("fetch", "publish", spec.resources, ("models", "resources"))
            pods = pods_of(_loading(claim, cluster), containers, limits.get(claim.namespace, UNBOUND))
            yield _job(load_name(claim.model), claim.namespace, pods)
    for where, job in produced_by(cluster):
        if job.publish is not None and job.produces in cluster.models and not job.suspend:
            path: Path = (*where, "publish")
            containers = _steps("wait", "publish", job.publish.resources, (*path, "resources"))
            pods = pods_of(Shape("job", path), containers, limits.get(job.namespace, UNBOUND))
            yield _job(f"{job.produces}-publish", job.namespace, pods)


def _steps(first: str, then: str, resources: Resources, path: Path) -> tuple[Container, Container]:
    """Two containers, one after the other, that ask for the same."""
    return Container(then, resources, {}, path), Container(first, resources, {}, path, init=True)


def _job(name: str, namespace: str, pods: Pods) -> Workload:
    return Workload("Job", namespace, name, None, pods.path, (pods,), whole=True, lasting=False)


def _loading(claim: Claim, cluster: Cluster) -> Shape:
    """The pod of a load Job; its path is that of the first server that has its model from the volume."""
    wanted = (claim.namespace, claim.model)
    path: Path = next(
        ("serving", i) for i, item in servers(cluster) if (item.namespace, item.model) == wanted
    )
    told = claim.placement
    tolerations = tuple(Toleration.model_validate(dict(one)) for one in told.tolerations)
    return Shape("job", path, 1, 1, dict(told.node_selector), tolerations)
