"""The component of Kueue."""

from __future__ import annotations

from collections.abc import Iterator

from ..kit.component import Cluster, Component, Unit, alone
from ..kit.recipe import recipe
from .emit import emit
from .spec import KueueSpec


def units(cluster: Cluster) -> Iterator[Unit]:
    """Everything of Kueue is one unit: its base is what the groups alone say."""
    spec = cluster.part(KUEUE)
    if not (spec.flavors or spec.queues or spec.admissionChecks or spec.priorityClasses):
        return
    shared, final = cluster.shared_part(KUEUE), emit(spec, cluster.profile)
    if shared is None:
        yield alone(final)
        return
    common = recipe(emit, shared, cluster.profile)
    yield Unit(cluster.group_key("kueue"), cluster.group_files, common, final)


KUEUE = Component(
    key="kueue",
    spec=KueueSpec,
    default=KueueSpec.model_construct(),
    description="Kueue: flavors, queues, cohorts, priority classes.",
    units=units,
)
