"""Tables of what many clusters have alike, and lists of places in them, short enough for thousands of clusters.

Rows of one table that come one behind the other on the first cluster stand so in the table, and on every cluster like
it: a list of places is written as runs, [first, how many, first, how many, ...].
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

Row = Hashable
"""A text, a number, or a tuple of rows."""


class Table:
    """Rows in the order in which they were first seen, each once."""

    def __init__(self) -> None:
        self._places: dict[Row, int] = {}

    def place(self, row: Row) -> int:
        """Where a row stands; it is entered when it is new."""
        return self._places.setdefault(row, len(self._places))

    def runs(self, rows: Iterable[Row]) -> list[int]:
        """Where rows stand, as runs."""
        return runs(self.place(row) for row in rows)

    @property
    def rows(self) -> list[Row]:
        """All rows."""
        return list(self._places)


def runs(places: Iterable[int]) -> list[int]:
    """Numbers as runs of those that follow each other.

    >>> runs([4, 5, 6, 9])
    [4, 3, 9, 1]
    """
    found: list[int] = []
    for place in places:
        if found and place == found[-2] + found[-1]:
            found[-1] += 1
        else:
            found += [place, 1]
    return found
