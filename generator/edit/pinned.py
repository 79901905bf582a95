"""Where versions are pinned, and how a pin is written and taken away: rings, defaults, groups and clusters.

What holds on a cluster is its model's own file, over it the pin of its ring, over that those of the defaults, of its
groups and of its own file, key by key (fleet/pins.py). So a pin cannot be judged without those that lie below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from ..documents.files import Document
from ..documents.merge import resolve
from ..documents.paths import value_at
from ..findings.finding import Path
from ..fleet.cluster import layers_of
from ..fleet.spec_files import FLEET_FILE, kind_of, read_cluster_file, stem
from ..specs.model import outlived
from ..yaml.strict import read_text
from . import drop, put, without
from .fleet import Edit, RepositorySpecs, known, of_file, order_of

RELEASE = ("version", "source", "size", "checksums")


class PinLayer(IntEnum):
    """Which pins win over which: the later ones."""

    RING = 0
    DEFAULTS = 1
    GROUP = 2
    CLUSTER = 3


class PinsPlace(NamedTuple):
    """Where pins stand: the document, the path of its `pins`, what to call it, and whose they are."""

    document: Document
    path: Path
    called: str
    layer: PinLayer
    name: str = ""


def released(own: Mapping[str, Any], pin: Mapping[str, Any]) -> dict[str, Any]:
    """What holds with a pin: as fleet/pins.py has it, on plain data."""
    gone = outlived(own, pin)
    return {**{key: value for key, value in own.items() if key not in gone}, **pin}


def ring_pins(specs: RepositorySpecs, name: str) -> PinsPlace:
    """Pins of a ring.

    Raises:
        NotThere: there is none of that name.
    """
    names = [ring.name for ring in specs.shared.fleet.delivery.rings]
    index = names.index(known("ring", name, names))
    path: Path = ("spec", "delivery", "rings", index, "pins")
    return PinsPlace(specs.document(FLEET_FILE), path, f"ring {name}", PinLayer.RING, name)


def group_pins(specs: RepositorySpecs, name: str) -> PinsPlace:
    """Pins of a group.

    Raises:
        NotThere: there is none of that name.
    """
    document = of_file(specs, "Group", name).document
    return PinsPlace(document, ("spec", "pins"), f"group {name}", PinLayer.GROUP, name)


def cluster_pins(specs: RepositorySpecs, name: str) -> PinsPlace:
    """Pins of a cluster's own file.

    Raises:
        NotThere: there is none of that name.
    """
    document = specs.document(specs.cluster_file(name))
    called = stem(document.file)
    return PinsPlace(document, ("spec", "pins"), f"cluster {called}", PinLayer.CLUSTER, called)


def said(place: PinsPlace, section: str, name: str) -> Any:
    """What is pinned; None when nothing is."""
    return value_at(place.document.data, (*place.path, section, name))


def pinning(specs: RepositorySpecs, section: str, name: str) -> Iterator[PinsPlace]:
    """All places that pin it, what lies below others first."""
    for place in _places(specs):
        if said(place, section, name) is not None:
            yield place


def _places(specs: RepositorySpecs) -> Iterator[PinsPlace]:
    yield from (ring_pins(specs, ring.name) for ring in specs.shared.fleet.delivery.rings)
    fleet = specs.document(FLEET_FILE)
    yield PinsPlace(fleet, ("spec", "defaults", "pins"), "spec.defaults", PinLayer.DEFAULTS)
    for file in specs.files:
        if kind_of(file) == "Group":
            name = stem(file)
            yield PinsPlace(specs.document(file), ("spec", "pins"), f"group {name}", PinLayer.GROUP, name)
    for name, file in specs.clusters.items():
        # A look at the text spares the reading of a thousand files that pin nothing.
        if file in specs.texts or "pins" in (specs.root / file).read_text("utf-8", "replace"):
            yield cluster_pins(specs, name)


def beneath(specs: RepositorySpecs, place: PinsPlace, section: str, name: str) -> Sequence[Any]:
    """What holds at a place without its own pin: pins of its ring, then of its defaults and groups together."""
    if place.layer is not PinLayer.CLUSTER:
        return ()
    layers = layers_of(specs.shared, place.document)[0]
    below = value_at(resolve(layers[:-1]).spec, ("pins", section, name))
    ring = resolve(layers).spec.get("ring")
    names = [item.name for item in specs.shared.fleet.delivery.rings]
    rings = [said(ring_pins(specs, ring), section, name)] if ring in names else []
    return [pin for pin in (*rings, below) if pin is not None]


def _lies_below(specs: RepositorySpecs, other: PinsPlace, place: PinsPlace) -> bool:
    """Whether the pin of another place would hold somewhere if this place had none."""
    if other.layer >= place.layer and other.layer is not PinLayer.GROUP:
        return False
    if place.layer is not PinLayer.CLUSTER:
        # Some cluster of the group may be in that ring, or in the other group.
        return True
    spec = resolve(layers_of(specs.shared, place.document)[0]).spec
    match other.layer:
        case PinLayer.RING:
            return bool(spec.get("ring") == other.name)
        case PinLayer.GROUP:
            return other.name in _groups(specs, place)
    return True


def _groups(specs: RepositorySpecs, place: PinsPlace) -> Sequence[str]:
    document, _ = read_cluster_file(specs.root, place.document.file)
    named = value_at(document.data, ("spec", "groups")) if document else None
    return named if isinstance(named, list) else ()


def pin(place: PinsPlace, section: str, name: str, value: Any) -> Edit:
    """A pin says this, or goes when it would say nothing."""
    document, path = place.document, (*place.path, section, name)
    before = said(place, section, name)
    if value:
        text = put(document.text, path, value, order_of(kind_of(document.file)))
        return Edit({document.file: text}, (f"{place.called}: {name}: {shown(before)} -> {shown(value)}",))
    if before is None:
        return Edit()
    text = drop(document.text, _outermost(document.data, path))
    return Edit({document.file: text}, (f"{place.called}: {name} is that of the fleet again",))


def _outermost(data: Any, path: Path) -> Path:
    """What goes with a pin: `pins` itself when nothing else is in it, and defaults that said nothing else."""
    while {"pins", "defaults"} & set(path[:-1]) and not value_at(without(data, path), path[:-1]):
        path = path[:-1]
    return path


def cleared(specs: RepositorySpecs, section: str, name: str, done: Callable[[Any], bool]) -> Edit:
    """Without the pins that say what holds everywhere now; sentences about those that stay.

    A pin also stays where another one would take its place.
    """
    texts: dict[str, str] = {}
    told: list[str] = []
    stay: list[PinsPlace] = []
    for place in pinning(specs, section, name):
        value, file = said(place, section, name), place.document.file
        below = next((other for other in stay if _lies_below(specs, other, place)), None)
        if not done(value):
            told.append(f"{place.called} stays with {shown(value)}: it is pinned there")
            stay.append(place)
        elif below is not None:
            told.append(f"{place.called} keeps its pin: without it that of {below.called} would hold there")
            stay.append(place)
        else:
            text = texts.get(file, place.document.text)
            texts[file] = drop(text, _outermost(read_text(text)[0], (*place.path, section, name)))
            told.append(f"{place.called}: its pin goes, all have it")
    return Edit(texts, tuple(told))


def over_ring(specs: RepositorySpecs, section: str, name: str) -> Iterator[str]:
    """Pins that win over those of any ring, as sentences."""
    for place in pinning(specs, section, name):
        if place.layer in {PinLayer.DEFAULTS, PinLayer.GROUP}:
            yield f"{place.called} pins {name} to {shown(said(place, section, name))}, which wins over a ring's pin"


def shown(value: Any) -> str:
    """A version, a pin or an image, as people say it."""
    if isinstance(value, dict):
        source = str(value.get("source", ""))
        digest = source.rpartition("@sha256:")[2][:12] if "@sha256:" in source else source
        return ", ".join(
            part for part in (f"version {value['version']}" if "version" in value else "", digest) if part
        )
    return "the fleet's" if value is None else str(value)
