r"""Where everything stands in the text of a spec: the first and the last character of every node.

`yaml/positions.py` says where a node begins, which is what a finding needs; to cut a node out and put another one in its
place its end has to be known as well, and where its key's colon or its dash is.

    >>> node = nodes_of("spec:\n  tier: core  # why\n").entries[0].node.entries[0].node
    >>> node.start, node.end
    (14, 18)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from ..findings.finding import Path

NOWHERE = -1

_COLON = re.compile(r"[ \t]*:")
_DASH = re.compile(r"^[ ]*-(?=\s|\Z)", re.MULTILINE)
_HEADER = re.compile(r"[|>][-+0-9]*")


@dataclass(frozen=True)
class YamlNode:
    """A value: where its text begins and ends, how it is written, and what it holds.

    A block collection ends with its last entry, a block scalar with its last line of text.
    """

    kind: Literal["scalar", "mapping", "sequence"]
    start: int
    end: int
    column: int
    """Of the first character, from 0: in block style that of all keys or dashes."""
    style: str = ""
    """Of a scalar: "" (plain), ', ", | or >."""
    flow: bool = False
    entries: tuple[Entry, ...] = ()

    @property
    def block(self) -> bool:
        """Whether it is a mapping or a list with an entry a line."""
        return self.kind != "scalar" and not self.flow


@dataclass(frozen=True)
class Entry:
    """A key and its value, or an item of a list."""

    start: int
    """Of the key, the dash or, in flow style, of the item."""
    after: int
    """Behind the colon or the dash; NOWHERE when there is none on the same line."""
    node: YamlNode
    key: str | None = None


def node_at(node: YamlNode, path: Path) -> YamlNode:
    """The node at a path that exists."""
    for step in path:
        node = entry_of(node, step).node
    return node


def entry_of(node: YamlNode, step: str | int) -> Entry:
    """The entry of a key or an index that exists."""
    if isinstance(step, int):
        return node.entries[step]
    return next(entry for entry in node.entries if entry.key == step)


def nodes_of(text: str) -> YamlNode:
    """All nodes of a document that `read_text` found no fault with."""
    return _Places(text).root()


class _Places:
    """One pass over the parser's events."""

    def __init__(self, text: str) -> None:
        self._text = text
        # libyaml ends a line at \r as well; a text with one that is not part of \r\n is not edited.
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._events: Iterator[Any] = iter(yaml.CSafeLoader(text).get_event, None)

    def root(self) -> YamlNode:
        event = next(event for event in self._events if isinstance(event, yaml.NodeEvent))
        return self._node(event)

    def _at(self, mark: Any) -> int:
        # From line and column: an index of libyaml counts otherwise where a character has more than one byte.
        if mark.line >= len(self._lines):
            return len(self._text)
        at: int = self._lines[mark.line] + mark.column
        return min(at, len(self._text))

    def _node(self, event: Any) -> YamlNode:
        kind = type(event)
        start, column = self._at(event.start_mark), int(event.start_mark.column)
        if kind is yaml.ScalarEvent:
            style, end = event.style or "", self._at(event.end_mark)
            end = self._block_end(start, end) if style in {"|", ">"} else end
            return YamlNode("scalar", start, end, column, style)
        mapping, flow = kind is yaml.MappingStartEvent, bool(event.flow_style)
        entries = tuple(self._pairs() if mapping else self._items(start, column, flow=flow))
        end = self._end if flow else entries[-1].node.end
        return YamlNode("mapping" if mapping else "sequence", start, end, column, "", flow, entries)

    def _pairs(self) -> Iterator[Entry]:
        for event in self._events:
            if type(event) is yaml.MappingEndEvent:
                self._end = self._at(event.end_mark)
                return
            colon = _COLON.match(self._text, self._at(event.end_mark))
            node = self._node(next(self._events))
            after = colon.end() if colon else NOWHERE
            yield Entry(self._at(event.start_mark), after, node, event.value)

    def _items(self, start: int, column: int, *, flow: bool) -> Iterator[Entry]:
        search = start
        for event in self._events:
            if type(event) is yaml.SequenceEndEvent:
                self._end = self._at(event.end_mark)
                return
            dash = search if flow or search == start else self._dash(search, column)
            node = self._node(event)
            search = node.end
            yield Entry(node.start, NOWHERE, node) if flow else Entry(dash, dash + 1, node)

    def _dash(self, search: int, column: int) -> int:
        """The next dash of a list; between two items are only comments and blank lines."""
        for found in _DASH.finditer(self._text, self._text.find("\n", search) + 1):
            if found.end() - found.start() == column + 1:
                return found.end() - 1
        raise AssertionError

    def _block_end(self, start: int, end: int) -> int:
        """The end of the last line that counts: blank lines behind it only do with a + in the header."""
        body = self._text[start:end]
        header = _HEADER.match(body)
        if header and "+" in header[0]:
            return start + len(body.removesuffix("\n").removesuffix("\r"))
        return start + len(body.rstrip(" \r\n"))
