"""What a site must pull in addition when the fleet moves from one commit to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..components.kit.images_in import Package
from ..specs.quantity import parse
from .content import Content, Inventory


class Arriving(NamedTuple):
    """A model in a version that the site does not have."""

    name: str
    version: str
    size: int
    """Bytes."""


@dataclass(frozen=True)
class Change:
    """What one place takes in addition, and the images that it no longer needs."""

    place: str
    images: tuple[str, ...]
    gone: tuple[str, ...]
    models: tuple[Arriving, ...]
    packages: tuple[Package, ...]

    @property
    def size(self) -> int:
        """Bytes of the models; a layer that the site has already is counted again."""
        return sum(model.size for model in self.models)


@dataclass(frozen=True)
class Delta:
    """Changes by place, those that change nothing left out; `base` is what was compared with."""

    base: str
    places: tuple[Change, ...]

    @property
    def images(self) -> tuple[str, ...]:
        """Every image that some place takes in addition."""
        return tuple(sorted({image for place in self.places for image in place.images}))

    @property
    def packages(self) -> tuple[Package, ...]:
        """Every operator that some place takes in addition."""
        return tuple(sorted({package for place in self.places for package in place.packages}))


def delta(base: str, before: Inventory, after: Inventory) -> Delta:
    """From `before` to `after`; a place that is new takes everything."""
    old = {place.place: place for place in before.places}
    new = {place.place: place for place in after.places}
    changes = (
        _change(old.get(name) or _nothing(name), new.get(name) or _nothing(name), before, after)
        for name in sorted({*old, *new})
    )
    return Delta(
        base, tuple(item for item in changes if item.images or item.gone or item.models or item.packages)
    )


def _nothing(place: str) -> Content:
    return Content(place, (), (), ())


def _change(old: Content, new: Content, before: Inventory, after: Inventory) -> Change:
    known = {_version(before, name) for name in old.models}
    arriving = [name for name in new.models if _version(after, name) not in known]
    return Change(
        new.place,
        tuple(sorted(set(new.images) - set(old.images))),
        tuple(sorted(set(old.images) - set(new.images))),
        tuple(
            Arriving(name.partition("@")[0], after.models[name].version, int(parse(after.models[name].size)))
            for name in arriving
        ),
        tuple(sorted(set(new.packages) - set(old.packages))),
    )


def _version(whole: Inventory, name: str) -> tuple[str, str, str]:
    model = whole.models[name]
    return name.partition("@")[0], model.version, model.source
