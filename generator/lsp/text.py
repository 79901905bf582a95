"""Changes of a text as editors take them: lines and columns from 0, in characters; the server turns them into UTF-16."""

from __future__ import annotations

from typing import NamedTuple


class Change(NamedTuple):
    """What stands between two places of a text becomes `new`."""

    line: int
    column: int
    end_line: int
    end_column: int
    new: str


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
