"""Which fields of the output change with a value of a spec, and on which lines of which files they stand.

Between explain.py, which asks, and probe.py, which compiles the value and another one in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any

from ..documents.paths import value_at
from ..findings.finding import Path
from ..flow.assemble import hub_files
from ..objects.manifest import Manifest, ResourceId
from ..overlays.base import base_files
from .output_lines import FieldLine, field_lines
from .probe import Compiled, Objects, OnHub, compiled
from .subject import subject_of


@dataclass(frozen=True)
class Reach:
    """A field of the output that changes with the value; `pointer` is empty when the object itself does."""

    identity: ResourceId
    pointer: Path
    value: Any
    file: str
    line: int


def reached(before: Compiled, others: Iterator[Compiled]) -> Iterator[Reach]:
    """Each field once, objects on the cluster first, in the order in which they are emitted."""
    on_hub = OnHub(before)
    here, starts, hub = before.final(), before.starting(), on_hub(before)
    found: dict[tuple[ResourceId, Path], None] = {}
    first: dict[tuple[ResourceId, Path], None] = {}
    there: dict[tuple[ResourceId, Path], None] = {}
    for after in others:
        found.update(dict.fromkeys(differences(here, after.final())))
        first.update(dict.fromkeys(differences(starts, after.starting())))
        there.update(dict.fromkeys(differences(hub, on_hub(after))))
    places = places_of(before, {identity.name for identity, _ in (*found, *first, *there)})
    for objects, differing in ((here, found), (starts, first), (hub, there)):
        yield from listed(objects, differing, places)


def listed(
    objects: Objects, differing: Collection[tuple[ResourceId, Path]], places: Places
) -> Iterator[Reach]:
    """Fields that differ, in the order in which their objects are emitted, each with its place."""
    order = {identity: i for i, identity in enumerate(objects)}
    for identity, path in sorted(differing, key=lambda pair: order.get(pair[0], len(order))):
        file, line = _place(places, identity, path)
        value = value_at(objects.get(identity), path) if path else None
        yield Reach(identity, path, value, file, line)


def with_lines(root: File, name: str, reaches: Iterable[Reach]) -> tuple[Reach, ...]:
    """With the lines that fields of the hub's objects have in its files, beside all other clusters of the fleet."""
    found = tuple(reaches)
    files = {item.file for item in found if item.file.startswith("acm/")}
    whole = compiled(subject_of(root, name, everyone=True)) if files else None
    if whole is None:
        return found
    texts = hub_files(whole.on_hub(), whole.fleet)
    names = {item.identity.name for item in found}
    places = places_in_files({file: texts[file] for file in files if file in texts}, (), names)
    return tuple(
        replace(item, line=_place(places, item.identity, item.pointer)[1])
        if item.identity in places
        else item
        for item in found
    )


Places = Mapping[ResourceId, tuple[tuple[str, FieldLine], ...]]


def places_of(before: Compiled, names: Collection[str]) -> Places:
    """Object -> where the files of the output speak of it: bases first, then the overlay, then the hub.

    Of objects of these names; of others little is read.
    """
    if not names:
        return {}
    texts: dict[str, str] = {}
    for folder in before.named:
        texts |= base_files(before.bases[folder])
    texts |= before.files
    texts |= hub_files(before.on_hub(), before.fleet)
    return places_in_files(texts, before.emitted.manifests, names)


def places_in_files(
    texts: Mapping[str, str], manifests: Iterable[Manifest], names: Collection[str]
) -> Places:
    """The same of these files, whose patches may correct these manifests."""
    found: dict[ResourceId, list[tuple[str, FieldLine]]] = {}
    for file, text in texts.items():
        for spot in field_lines(text, manifests, names):
            if spot.identity is not None and spot.sets:
                found.setdefault(spot.identity, []).append((file, spot))
    return {identity: tuple(items) for identity, items in found.items()}


def _place(places: Places, identity: ResourceId, path: Path) -> tuple[str, int]:
    """The line that sets a field: the overlay's when it corrects it, otherwise the nearest one above it."""
    known = [(file, spot) for file, spot in places.get(identity, ()) if spot.path == path[: len(spot.path)]]
    if not known:
        return "", 0
    own = [item for item in known if item[0].startswith("overlays/") and item[1].path]
    file, spot = max(own or known, key=lambda item: len(item[1].path))
    return file, spot.line


def differences(before: Objects, after: Objects) -> tuple[tuple[ResourceId, Path], ...]:
    """Fields that differ, as (object, path); an object that is only on one side as (object, ())."""
    found: list[tuple[ResourceId, Path]] = []
    for identity, other in paired(before, after).items():
        if other is None:
            found.append((identity, ()))
        else:
            found += ((identity, path) for path in _differing(before[identity], after[other], ()))
    paired_ = {other for other in paired(before, after).values() if other}
    found += ((identity, ()) for identity in after if identity not in paired_)
    return tuple(found)


def paired(before: Objects, after: Objects) -> dict[ResourceId, ResourceId | None]:
    """Each object and what it is called afterwards: of one kind in order, when its name is another."""
    spare: dict[tuple[str, str], list[ResourceId]] = {}
    for identity in after:
        if identity not in before:
            spare.setdefault(identity[:2], []).append(identity)
    result: dict[ResourceId, ResourceId | None] = {}
    for identity in before:
        if identity in after:
            result[identity] = identity
        else:
            left = spare.get(identity[:2], [])
            result[identity] = left.pop(0) if left else None
    return result


def _differing(before: Any, after: Any, path: Path) -> Iterator[Path]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*before, *(key for key in after if key not in before)):
            if key in before and key in after:
                yield from _differing(before[key], after[key], (*path, key))
            else:
                yield (*path, key)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differing(one, other, (*path, i))
    elif before != after or type(before) is not type(after):
        yield path
