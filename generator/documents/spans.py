r"""The word at a place of a text: the key or value that a finding is about, in characters counted from 0.

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


def offsets_of(text: str, where: Where) -> tuple[int, int]:
    """Where the word at the place of a finding begins and ends, in characters of the whole text."""
    span = span_of(text, where)
    row = sum(len(line) + 1 for line in text.split("\n")[: span.line])
    return row + span.start, row + span.end
