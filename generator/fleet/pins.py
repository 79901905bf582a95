"""What a cluster runs ahead of the fleet, or behind it: the pins of its ring, and over them its own.

The fleet's file and the files of models say what runs everywhere; a promotion reaches one ring after the other by
pins, and ends when the model's own file says the version and the pins are gone (`nearedge promote`).

    delivery: {rings: [{name: canary, revision: ..., pins: {models: {shelf: {version: "8", source: s3://acme/shelf/8}}}}]}
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..components.kit.base_key import BaseKey, digest
from ..components.kit.component import Cluster, Unit
from ..components.kit.recipe import Recipe
from ..specs.fleet import FleetSpec, Ring
from ..specs.model import Images, ModelSpec, Release, outlived


def pinned(cluster: Cluster) -> Cluster:
    """The cluster with what is pinned for it, and beside it itself without; the same one when nothing is."""
    ring = ring_of(cluster.fleet, cluster.spec.ring)
    said = [
        pins for pins in (ring.pins if ring else None, cluster.spec.pins) if pins and pins.model_fields_set
    ]
    if not said:
        return cluster
    models, images = dict(cluster.models), cluster.fleet.images
    for pins in said:
        models |= {name: released(models[name], item) for name, item in pins.models.items() if name in models}
        images = images.model_copy(update=_said(pins.images))
    if models == cluster.models and images == cluster.fleet.images:
        return cluster
    fleet = cluster.fleet.model_copy(update={"images": images})
    return replace(cluster, models=models, fleet=fleet, plain=cluster)


def released(model: ModelSpec, release: Release) -> ModelSpec:
    """A model in another version: checksums are those of a version, so others' do not count for it."""
    said = _said(release)
    return model.model_copy(update={**{key: {} for key in outlived(vars(model), said)}, **said})


def _said(part: Release | Images) -> dict[str, Any]:
    return {name: value for name in part.model_fields_set if (value := getattr(part, name)) is not None}


def ring_of(fleet: FleetSpec, name: str | None) -> Ring | None:
    """The ring of this name."""
    return next((ring for ring in fleet.delivery.rings if ring.name == name), None)


def pinned_bases(units: tuple[Unit, ...], plain: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """The units of a cluster that has pins, each that they change with a base of its own.

    A base's key says what is in it, so one with another version has a mark of its content: clusters that have the
    same pins share it, and those that have none do not change.
    """
    before = {unit.key: unit for unit in plain}
    return tuple(
        unit if unit.key is None else _marked(unit, unit.key, before.get(unit.key)) for unit in units
    )


def _marked(unit: Unit, key: BaseKey, plain: Unit | None) -> Unit:
    if plain is not None and plain.common.same(unit.common):
        return unit
    made = unit.common()
    if plain is not None and plain.common() == made:
        # The others' recipe, by which base_of sees that nothing differs.
        return replace(unit, common=plain.common)
    return replace(unit, key=key.marked("pin", digest(made)), common=Recipe(tuple, (made,)))
