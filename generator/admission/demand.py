"""What the workloads of a cluster ask for, pod by pod: everything that the components say of their own pods."""

from __future__ import annotations

from collections.abc import Mapping

from ..components import models, ray, serving
from ..components.kit.component import Cluster, once
from ..components.kit.demand import Pods, Workload
from ..components.kueue import KUEUE


@once
def demands(cluster: Cluster) -> tuple[Workload, ...]:
    """Servers, Ray clusters, jobs with a cluster of their own and Ray services, in the order of the spec."""
    classes = {item.name: item.value for item in cluster.part(KUEUE).priorityClasses}
    return tuple(
        _ranked(found.work, found.item.priorityClass, classes)
        for part in (serving.workloads(cluster), ray.workloads(cluster))
        for found in part
    )


@once
def passing(cluster: Cluster) -> tuple[Workload, ...]:
    """What comes and goes beside them without a queue: load Jobs, what publishes, what submits to a cluster."""
    return (*models.workloads(cluster), *ray.submitters(cluster))


def _ranked(work: Workload, named: str | None, classes: Mapping[str, int]) -> Workload:
    # A class that is not declared has a finding of its own (RAY, SERVE): 0 is what Kueue takes without one.
    value = classes.get(named or "", 0)
    return work._replace(priority=value) if value else work


__all__ = ["Pods", "Workload", "demands", "passing"]
