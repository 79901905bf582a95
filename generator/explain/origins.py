"""Which leaves of the specs decide a field of the output: each is changed once, and what comes out compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..documents.paths import leaves, value_at, written
from ..facts.images import names_of
from ..findings.finding import Path, Where
from .output_lines import FieldLine
from .probe import Compiled, Objects, Subject, changed_in_file, changed_in_spec, dumped
from .reach import paired


@dataclass(frozen=True)
class Origin:
    """A leaf of a spec that a line of the output depends on."""

    where: Where
    path: str
    value: Any
    decides: str
    """"value", or "presence": whether the object is there at all."""


View = Callable[[Compiled], Objects]


def origins_of(
    subject: Subject, before: Compiled, spot: FieldLine, view: View, documents: Iterable[str]
) -> Iterator[Origin]:
    """Leaves of these documents that decide the field, or whether its object is there."""
    objects = view(before)
    for file in documents:
        told: set[Path] = set()
        for leaf, after in changes_of(subject, file):
            decides = what_is_decided(objects, view(after), spot)
            if decides and leaf not in told:
                told.add(leaf)
                yield origin_at(subject, file, leaf, decides)


def changes_of(subject: Subject, file: str) -> Iterator[tuple[Path, Compiled]]:
    """Each leaf of a document that may be changed, and what comes out then."""
    document = next(item for item in subject.documents() if item.file == file)
    for leaf in leaves(document.data):
        if (leaf[:1] == ("spec",) and "waivers" not in leaf) or leaf[:2] == ("metadata", "labels"):
            for after in changed_in_file(subject, file, leaf):
                yield leaf, after


def origin_at(subject: Subject, file: str, leaf: Path, decides: str) -> Origin:
    """A leaf of a document as it is shown."""
    document = next(item for item in subject.documents() if item.file == file)
    shown = written(document.data, leaf)
    return Origin(document.where(leaf), shown, value_at(document.data, leaf), decides)


def what_is_decided(before: Objects, after: Objects, spot: FieldLine) -> str:
    """`value` where the field says something else, `presence` where its object is not there, else nothing."""
    assert spot.identity is not None  # noqa: S101 - asked by the callers
    if not after:
        # All of it is gone: that says nothing of this line.
        return ""
    other = paired(before, after)[spot.identity]
    if other is None:
        return "presence"
    if not spot.path:
        return "value" if before[spot.identity] != after[other] else ""
    same = value_at(before[spot.identity], spot.path) == value_at(after[other], spot.path)
    return "" if same else "value"


def defaults_behind(before: Compiled, spot: FieldLine, view: View) -> Iterator[Origin]:
    """Fields that nobody gives and whose default decides the line; they are placed at what holds them."""
    whole, objects = dumped(before.cluster), view(before)
    for leaf in leaves(whole):
        if leaf[0] in {"waivers", "groups"} or before.resolved.said(leaf):
            continue
        for after in changed_in_spec(before, leaf):
            if what_is_decided(objects, view(after), spot) == "value":
                shown = written(whole, leaf)
                where = before.resolved.where(leaf)
                yield Origin(where, f"default of {shown}", value_at(whole, leaf), "value")
                break


def images_of_ours(value: Any) -> Iterator[str]:
    """Where an image is written down that comes with nearedge: a spec may choose it and does not say it."""
    named = list(names_of(value)) if isinstance(value, str) else []
    if named:
        yield f"generator/data/images.yaml ({', '.join(named)})"


def places_built_in(value: Any, before: Compiled, *, on_hub: bool) -> Iterator[str]:
    """Where in nearedge a value is written down that no spec decides."""
    if images := tuple(images_of_ours(value)):
        yield from images
    elif on_hub:
        yield "the code of nearedge, with its generator/data/hubs/"
    else:
        yield f"the code of nearedge, with its generator/data/profiles/{before.cluster.profile.name}.yaml"
