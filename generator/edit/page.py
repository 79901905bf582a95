"""A file while it is changed: its text, where its lines are, and the cuts that are made in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .layout import Layout, layout_of
from .nodes import NOWHERE, YamlNode, nodes_of

_COMMENT = re.compile(r"[,\]}]*(?P<gap> +)#")
_ALIGNED = 3
"""Blanks before a comment from which on it is taken for aligned with those of other lines."""


class Splice(NamedTuple):
    """Characters from `start` up to `end` become `new`."""

    start: int
    end: int
    new: str


class Unreachable(Exception):
    """A value is written in a form that cannot be cut: the caller tells where."""


@dataclass(frozen=True)
class Page:
    """A file as it is before a change."""

    text: str
    root: YamlNode
    layout: Layout

    def line_start(self, at: int) -> int:
        """Where the line of `at` begins."""
        return self.text.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        """Where the line of `at` ends, before its line end."""
        end = self.text.find("\n", at)
        end = len(self.text) if end == NOWHERE else end
        return end - 1 if self.text[at:end].endswith("\r") else end

    def next_line(self, at: int) -> int:
        """Where the line behind that of `at` begins."""
        end = self.text.find("\n", at)
        return len(self.text) if end == NOWHERE else end + 1

    def leads(self, at: int) -> bool:
        """Whether only blanks stand before it in its line."""
        return not self.text[self.line_start(at) : at].strip(" ")

    def joined(self, lines: list[str]) -> str:
        """Lines, with the line ends of this file between them."""
        return self.layout.newline.join(lines)


def page_of(text: str) -> Page:
    """A file, ready to be cut."""
    root = nodes_of(text)
    return Page(text, root, layout_of(text, root))


def applied(page: Page, splices: list[Splice]) -> str:
    """The text after all cuts; they do not overlap."""
    text = page.text
    ordered = sorted([*splices, *_aligned(page, splices)], key=lambda splice: (splice.start, splice.end))
    # From the end, so that offsets hold; of two at one place the first one given comes first.
    for start, end, new in reversed(ordered):
        text = text[:start] + new + text[end:]
    return text


def _aligned(page: Page, splices: list[Splice]) -> list[Splice]:
    """A comment behind what changes in one line keeps its column, when it is one of several below each other."""
    start, end = min(splices).start, max(splice.end for splice in splices)
    if end > page.line_end(start) or any("\n" in splice.new for splice in splices):
        return []
    behind = max(at for at in _ends(page.root) if at <= page.line_end(start))
    found = _COMMENT.match(page.text, max(behind, end))
    if not found or len(found["gap"]) < _ALIGNED:
        return []
    longer = sum(len(splice.new) - (splice.end - splice.start) for splice in splices)
    gap = max(1, len(found["gap"]) - longer)
    return [Splice(*found.span("gap"), " " * gap)]


def _ends(node: YamlNode) -> Iterator[int]:
    yield node.end
    for entry in node.entries:
        yield max(entry.after, entry.start)
        yield from _ends(entry.node)
