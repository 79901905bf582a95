"""What the pods of workbenches ask for, with the proxy that a webhook adds to each before Kueue counts it.

Source: opendatahub-io/kubeflow v1.10.0-6 and v1.10.0-11 odh-notebook-controller/controllers/notebook_controller.go
DefaultAuthSidecar*; kueue v0.16.6 pkg/controller/jobs/statefulset (pods of a StatefulSet are one group).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...findings.finding import Path
from ..kit.component import Cluster
from ..kit.demand import UNBOUND, Container, Shape, Workload, bounds, pods_of
from ..models import storage_class
from ..models.spec import Volume
from .emit import MODES, storage_name
from .spec import Workbench

PROXY = {"cpu": "100m", "memory": "64Mi"}
"""Requests and limits of the proxy."""


class Asking(NamedTuple):
    """A workload, and the item of the section that it is of."""

    item: Workbench
    work: Workload


def workloads(cluster: Cluster) -> Iterator[Asking]:
    """Workbenches in the order of the spec, none that is stopped."""
    listed: tuple[Workbench, ...] = cluster.spec.workbenches
    for i, item in enumerate(listed):
        if not item.stopped:
            yield Asking(item, _workload(i, item, cluster))


def _workload(index: int, item: Workbench, cluster: Cluster) -> Workload:
    path: Path = ("workbenches", index)
    within = bounds(cluster).get(item.namespace, UNBOUND)
    platform = cluster.profile.platform
    containers = [Container(item.name, item.resources, item.requests, (*path, "resources"))]
    if platform is not None:
        containers.append(Container(platform.workbenchProxy, PROXY, PROXY, path, "Open Data Hub"))
    shape = Shape("notebook", path, 1, 1, item.nodeSelector, item.tolerations)
    pods = pods_of(shape, containers, within)
    return Workload(
        "Notebook", item.namespace, item.name, item.queue, path, (pods,), whole=True, lasting=True
    )


def volumes(cluster: Cluster) -> Iterator[Volume]:
    """The volumes of workbenches, also of those that are stopped."""
    listed: tuple[Workbench, ...] = cluster.spec.workbenches
    for item in listed:
        declared = storage_class(item.storage.class_, cluster)
        class_ = item.storage.class_ or (declared.class_ if declared else None)
        yield Volume(item.namespace, storage_name(item), item.storage.size, class_, MODES, ())
