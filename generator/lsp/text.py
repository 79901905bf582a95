r"""Places in a text as editors count them: lines and columns from 0, in characters; the server turns them into UTF-16.

>>> word_at("spec:\n  ring: canary  # why\n", 1, 8)
Span(line=1, start=8, end=14)
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..findings.finding import Where

_QUOTED = re.compile(r"""[!&][^\s]*|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'""")
_KEY_END = re.compile(r"\s*:(?=\s|$)")


class Span(NamedTuple):
    """Characters of one line, from `start` up to `end`."""

    line: int
    start: int
    end: int


class Change(NamedTuple):
    """What stands between two places of a text becomes `new`."""

    line: int
    column: int
    end_line: int
    end_column: int
    new: str


def span_of(text: str, where: Where) -> Span:
    """The word at the place of a finding."""
    return word_at(text, where.line - 1, where.column - 1)


def word_at(text: str, line: int, column: int) -> Span:
    """The key or value that begins at a place; of one in brackets all that stands in the same line."""
    rows = text.split("\n")
    if line >= len(rows):
        return Span(max(0, len(rows) - 1), 0, 0)
    row = rows[line].rstrip("\r")
    start = min(column, len(row))
    if found := _QUOTED.match(row, start):
        return Span(line, start, found.end())
    if row[start : start + 1] in {"{", "["}:
        return Span(line, start, _bracket_end(row, start))
    inside = row.count("{", 0, start) + row.count("[", 0, start) > row.count("}", 0, start) + row.count(
        "]", 0, start
    )
    end = len(row)
    for at in range(start, len(row)):
        ends = _KEY_END.match(row, at) or (row[at] == "#" and at > start and row[at - 1] in " \t")
        if ends or (inside and row[at] in ",{}[]"):
            end = at
            break
    end = start + len(row[start:end].rstrip())
    return Span(line, start, end if end > start else min(start + 1, len(row)))


def _bracket_end(row: str, start: int) -> int:
    depth = 0
    for at in range(start, len(row)):
        depth += (row[at] in "{[") - (row[at] in "}]")
        if depth == 0:
            return at + 1
    return len(row.rstrip())


def change_of(before: str, after: str) -> Change:
    """The one change that makes a text of another: what both begin and end with stays."""
    first = 0
    shorter = min(len(before), len(after))
    while first < shorter and before[first] == after[first]:
        first += 1
    last = 0
    while last < shorter - first and before[-1 - last] == after[-1 - last]:
        last += 1
    end = len(before) - last
    return Change(*_place(before, first), *_place(before, end), after[first : len(after) - last])


def _place(text: str, at: int) -> tuple[int, int]:
    line = text.count("\n", 0, at)
    return line, at - (text.rfind("\n", 0, at) + 1)
