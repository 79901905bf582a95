"""The component: a workbench of a group is a base where nothing of the cluster stands in it."""

from __future__ import annotations

from collections.abc import Iterator

from ..kit.component import Cluster, Component, Unit, of_item
from .emit import emit
from .spec import Workbench


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit for each workbench; its base is what the groups alone say."""
    shared = {(item.namespace, item.name): item for item in cluster.shared_part(WORKBENCHES) or ()}
    for item in cluster.part(WORKBENCHES):
        key = cluster.group_key("workbenches", item.namespace, item.name)
        yield of_item(key, cluster, emit, (item, shared.get((item.namespace, item.name))), cluster.profile)


WORKBENCHES: Component[tuple[Workbench, ...]] = Component(
    key="workbenches",
    spec=tuple[Workbench, ...],
    default=(),
    description="Workbenches: Notebooks of Open Data Hub, each with a volume that outlives it.",
    units=units,
    teams=True,
)
