"""A part of a plan: a title, and lines whose first sign says what happens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A part of a plan that is shown whole or not at all; `lines` are a diff: their first sign says what happens."""

    title: str
    lines: tuple[str, ...]
    clusters: tuple[str, ...] = ()
    """Those of which all of it is true, where it is about some."""
    cells: tuple[tuple[str, ...], ...] = ()
    """The first lines as a table, for a terminal: its heads, then a row for each of them."""
