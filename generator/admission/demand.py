"""What the workloads of a cluster ask for, pod by pod: everything that the components say of their own pods."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..components import models, ray, serving, training, workbenches
from ..components.kit.component import Cluster, once
from ..components.kit.demand import Pods, Workload
from ..components.kueue import KUEUE
from ..components.priority_classes import patient, values


@once
def demands(cluster: Cluster) -> tuple[Workload, ...]:
    """Servers, Ray clusters, jobs with a cluster of their own, Ray services, training jobs and workbenches, in the order of the spec."""
    classes = {item.name: item.value for item in cluster.part(KUEUE).priorityClasses}
    of_pods, waits = values(cluster), patient(cluster)
    return tuple(
        _ranked(found.work, found.item, _priority(found.item, classes, of_pods), of_pods, waits)
        for part in (
            serving.workloads(cluster),
            ray.workloads(cluster),
            training.workloads(cluster),
            workbenches.workloads(cluster),
        )
        for found in part
    )


@once
def passing(cluster: Cluster) -> tuple[Workload, ...]:
    """What comes and goes beside them without a queue: load Jobs, what publishes, what submits to a cluster, checks."""
    return (*models.workloads(cluster), *ray.submitters(cluster), *serving.checking(cluster))


def _priority(item: Any, classes: Mapping[str, int], of_pods: Mapping[str, int]) -> int:
    """Priority as Kueue takes it: of the WorkloadPriorityClass, else of the pods' PriorityClass, else 0.

    A class that is not declared has a finding of its own (RAY, SERVE, PRIO). Source: kueue v0.12.10 to v0.19.2
    pkg/controller/jobframework ExtractPriority.
    """
    if item.priorityClass:
        return classes.get(item.priorityClass, 0)
    return of_pods.get(item.podPriorityClassName or "", 0)


def _ranked(
    work: Workload, item: Any, value: int, of_pods: Mapping[str, int], waits: Collection[str]
) -> Workload:
    class_ = item.podPriorityClassName
    if not value and not class_:
        return work
    return work._replace(priority=value, rank=of_pods.get(class_ or "", 0), stops=class_ not in waits)


__all__ = ["Pods", "Workload", "demands", "passing"]
