"""A spec as it counts, each line with the place that says it: `nearedge show`.

bandwidth: 50Mbit    # clusters/groups/retail-gpu.yaml:12
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..documents.files import Document
from ..documents.merge import Layer, Resolved
from ..documents.paths import leaves, value_at, written
from ..findings.finding import Path, Where
from ..fleet.spec_files import FLEET_FILE, PART, kind_of, stem
from ..yaml.positions import marks_of, place_of
from ..yaml.writer import to_yaml


class Said(NamedTuple):
    """A leaf of a spec, who says it and where; nobody says a default."""

    path: str
    value: Any
    layer: str
    where: Where | None


@dataclass(frozen=True)
class Effective:
    """A spec as it counts: its YAML, line by line, and of each leaf who says it."""

    spec: dict[str, Any]
    lines: tuple[tuple[str, Said | None], ...]

    @property
    def said(self) -> tuple[Said, ...]:
        """The leaves in the order of the lines."""
        return tuple(said for _, said in self.lines if said is not None)


def effective(resolved: Resolved, whole: dict[str, Any] | None = None) -> Effective:
    """The merged spec of a cluster; with `whole`, which is the same with all defaults, also what nobody says."""
    spec = resolved.spec if whole is None else _with_defaults(resolved.spec, whole)
    return _annotated(spec, {path: _said(resolved, spec, path) for path in leaves(spec)})


def plain(document: Document) -> Effective:
    """The spec of a file by itself: a group's, a model's."""
    spec = document.data["spec"]
    layer = f"{kind_of(document.file).lower()} {stem(document.file)}"
    said = {
        path: Said(written(spec, path), value_at(spec, path), layer, document.where(("spec", *path)))
        for path in leaves(spec)
    }
    return _annotated(spec, said)


def layer_name(layer: Layer) -> str:
    """What a layer of a cluster's spec is called."""
    if layer.document.file == FLEET_FILE:
        return "fleet defaults"
    kind = kind_of(layer.document.file)
    return f"{'team' if kind == PART else kind.lower()} {stem(layer.document.file)}"


def _said(resolved: Resolved, spec: dict[str, Any], path: Path) -> Said:
    value, name = value_at(spec, path), written(spec, path)
    found = resolved.said(path)
    if not found:
        return Said(name, value, "default", None)
    layer, inside = found[-1]
    return Said(name, value, layer_name(layer), layer.document.where((*layer.root, *inside)))


def _with_defaults(said: Any, whole: Any) -> Any:
    """What is said, in its order and its words, and behind it the defaults that nobody says."""
    if isinstance(said, dict) and isinstance(whole, dict):
        given = {key: _with_defaults(item, whole.get(key)) for key, item in said.items()}
        rest = {key: _said_only(item) for key, item in whole.items() if key not in said}
        return {**given, **{key: item for key, item in rest.items() if item not in _SILENT}}
    if isinstance(said, list) and isinstance(whole, list) and len(said) == len(whole):
        return [_with_defaults(*pair) for pair in zip(said, whole, strict=True)]
    return said


_SILENT: tuple[Any, ...] = (None, [], {})
"""Defaults that say nothing."""


def _said_only(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _said_only(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in _SILENT}
    return [_said_only(item) for item in value] if isinstance(value, list) else value


def _annotated(spec: dict[str, Any], said: dict[Path, Said]) -> Effective:
    text = to_yaml(spec) if spec else ""
    marks = marks_of(text)
    by_line = {place_of(marks, path)[0]: item for path, item in said.items() if path}
    return Effective(spec, tuple(_lines(text, by_line)))


def _lines(text: str, by_line: dict[int, Said]) -> Iterator[tuple[str, Said | None]]:
    for number, line in enumerate(text.splitlines(), 1):
        yield line, by_line.get(number)
