"""A file of the output, line by line: which object each line belongs to, and which path in it.

Reads what `overlays/overlay.py` writes: documents of `resources.yaml` and of acm/, and the `resources`, `images` and
`patches` of an overlay's kustomization, where a line inside a patch belongs to the object that it corrects.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..findings.finding import Path
from ..objects.manifest import Manifest, ResourceId, identify
from ..yaml.positions import Mark, marks_of
from ..yaml.strict import read_text

KUSTOMIZATION = "Kustomization"


@dataclass(frozen=True)
class FieldLine:
    """Where a line leads: a path in an object, or in the kustomization itself (`identity` is None then)."""

    line: int
    identity: ResourceId | None
    path: Path
    sets: bool = True
    """False where a patch only tests."""


def field_lines(
    text: str, manifests: Iterable[Manifest], names: Collection[str] | None = None
) -> tuple[FieldLine, ...]:
    """All places of a file in the order of its lines; `manifests` are those that its patches may correct.

    With `names` only places in objects of these names are of interest: what does not hold one is not read.
    """
    known = tuple(manifests)
    found: list[FieldLine] = []
    for first, part in _documents(text):
        # A patch may write a name in another way.
        if names is not None and KUSTOMIZATION not in part and not any(name in part for name in names):
            continue
        data, _ = read_text(part)
        if not isinstance(data, dict):
            continue
        marks = marks_of(part)
        if data.get("kind") == KUSTOMIZATION:
            found += _kustomization(data, marks, known)
        elif "kind" in data:
            identity = identify(data)
            found.append(FieldLine(first + marks.at[0], identity, ()))
            found += (FieldLine(first + line, identity, path) for line, path in _lines(marks))
    return tuple(sorted(found, key=lambda spot: spot.line))


def places_in(text: str) -> tuple[FieldLine, ...]:
    """All places of a document that describes no object: a spec."""
    return tuple(FieldLine(line, None, path) for line, path in _lines(marks_of(text)))


def field_line(found: Iterable[FieldLine], line: int) -> FieldLine | None:
    """The deepest place that begins at or before a line."""
    before = [spot for spot in found if spot.line <= line]
    return max(before, key=lambda spot: (spot.line, len(spot.path))) if before else None


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """(lines before it, text) of each document; what we write has `---` only between documents."""
    first = 0
    part: list[str] = []
    for number, line in enumerate(text.splitlines(keepends=True)):
        if line.rstrip() == "---":
            yield first, "".join(part)
            first, part = number + 1, []
        else:
            part.append(line)
    yield first, "".join(part)


def _lines(mark: Mark, path: Path = ()) -> Iterator[tuple[int, Path]]:
    if path:
        yield (mark.key or mark.at)[0], path
    inside = mark.inside.items() if isinstance(mark.inside, Mapping) else enumerate(mark.inside)
    for step, item in inside:
        yield from _lines(item, (*path, step))


def _kustomization(data: Manifest, marks: Mark, known: tuple[Manifest, ...]) -> Iterator[FieldLine]:
    for line, path in _lines(marks):
        if path[:1] != ("patches",) or len(path) == 1:
            yield FieldLine(line, None, path)
    for i, patch in enumerate(data.get("patches", ())):
        item = _step(_step(marks, "patches"), i)
        identity = next((identify(one) for one in known if _is_target(one, patch["target"])), None)
        yield FieldLine(item.at[0], identity, ())
        # A block scalar begins on the line after its key.
        start = (_step(item, "patch").key or item.at)[0]
        for line, path, sets in _operations(patch["patch"]):
            yield FieldLine(start + line, identity, path, sets)


def _operations(text: str) -> Iterator[tuple[int, Path, bool]]:
    operations, _ = read_text(text)
    marks = marks_of(text)
    for i, operation in enumerate(operations or ()):
        mark = _step(marks, i)
        path = pointed(operation["path"])
        sets = operation["op"] != "test"
        yield mark.at[0], path, sets
        value = mark.inside.get("value") if isinstance(mark.inside, Mapping) else None
        for line, inner in _lines(value) if value else ():
            yield line, (*path, *inner), sets


def pointed(pointer: str) -> Path:
    """The steps of a JSON pointer; numbers are indices."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    return tuple(int(step) if step.isdigit() else step for step in steps)


def pointer(path: Path) -> str:
    """A path as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _is_target(manifest: Manifest, target: Mapping[str, Any]) -> bool:
    identity = identify(manifest)
    same = (identity.group, identity.kind, identity.namespace) == (
        target.get("group", ""),
        target["kind"],
        target.get("namespace", ""),
    )
    return same and re.fullmatch(target["name"], identity.name) is not None


def _step(mark: Mark, step: str | int) -> Mark:
    inside: Any = mark.inside
    found: Mark = inside[step]
    return found
