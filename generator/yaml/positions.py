r"""A line and column for every path of a document that `documents/files.py` has read.

A pass of its own, made only when something has to be shown: most documents of a large fleet are never asked.

    >>> place_of(marks_of("spec:\n  tier: core\n"), ("spec", "tier"))
    (2, 9)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from ..findings.finding import Path

Position = tuple[int, int]
"""Line and column, both from 1."""


class Mark(NamedTuple):
    """Where a node stands, where its key stands, and the marks of what it holds."""

    at: Position
    key: Position | None = None
    inside: Mapping[str, Mark] | tuple[Mark, ...] = ()


def marks_of(text: str) -> Mark:
    """Marks of a document whose nesting `documents/files.py` has found to be bounded."""
    # yaml.parse() asks before each event whether there is one; the parser says None at the end.
    events = iter(yaml.CSafeLoader(text).get_event, None)
    start = next((event for event in events if isinstance(event, yaml.NodeEvent)), None)
    return Mark((1, 1)) if start is None else _node(events, start)


def _node(events: Iterator[Any], event: Any, key: Position | None = None) -> Mark:
    kind = type(event)
    if kind is yaml.MappingStartEvent:
        return Mark(position(event), key, _mapping(events))
    if kind is yaml.SequenceStartEvent:
        return Mark(position(event), key, tuple(_sequence(events)))
    return Mark(position(event), key)


def _mapping(events: Iterator[Any]) -> Mapping[str, Mark]:
    marks: dict[str, Mark] = {}
    for event in events:
        if type(event) is yaml.MappingEndEvent:
            break
        _node(events, event)
        mark = _node(events, next(events), position(event))
        if type(event) is yaml.ScalarEvent:
            # Of a key that stands twice the reader keeps the first.
            marks.setdefault(event.value, mark)
    return marks


def _sequence(events: Iterator[Any]) -> Iterator[Mark]:
    for event in events:
        if type(event) is yaml.SequenceEndEvent:
            break
        yield _node(events, event)


def position(event: Any) -> Position:
    """Where an event of the parser begins."""
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


def in_order(mark: Mark) -> Iterator[Position]:
    """Every key and every node, as they follow in the text: of two texts that say the same, one by one the same."""
    if mark.key is not None:
        yield mark.key
    yield mark.at
    for inner in mark.inside.values() if isinstance(mark.inside, Mapping) else mark.inside:
        yield from in_order(inner)


def place_of(mark: Mark, path: Path, *, key: bool = False) -> Position:
    """Place of a path, or of its nearest ancestor that exists; with `key`, of the key itself."""
    for step in path:
        found = _step(mark, step)
        if found is None:
            return mark.key or mark.at
        mark = found
    return mark.key if key and mark.key else mark.at


def _step(mark: Mark, step: str | int) -> Mark | None:
    inside = mark.inside
    found: Mark | None = None
    if isinstance(step, str) and isinstance(inside, Mapping):
        found = inside.get(step)
    elif isinstance(step, int) and isinstance(inside, tuple) and step < len(inside):
        found = inside[step]
    return found
