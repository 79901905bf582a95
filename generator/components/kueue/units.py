"""The component of Kueue."""

from __future__ import annotations

from collections.abc import Iterator

from ..kit.component import Cluster, Component, Unit
from .emit import emit
from .spec import KueueSpec


def units(cluster: Cluster) -> Iterator[Unit]:
    """Everything of Kueue is one unit: its base is what the groups alone say."""
    spec = cluster.part(KUEUE)
    if not (spec.flavors or spec.queues or spec.priorityClasses):
        return
    shared = cluster.shared_part(KUEUE)
    yield Unit(
        folder=f"kueue/{cluster.group_folder}" if shared else None,
        origins=cluster.group_files,
        common=lambda: emit(shared, cluster.profile) if shared else (),
        final=emit(spec, cluster.profile),
    )


KUEUE = Component(
    key="kueue",
    spec=KueueSpec,
    default=KueueSpec.model_construct(),
    description="Kueue: flavors, queues, cohorts, priority classes.",
    units=units,
)
