"""Words that several parts of a plan are told with: names of clusters, bytes, numbers of things."""

from __future__ import annotations

from collections.abc import Sequence

NAMES = 12
"""Clusters that a title names; of more it says how many."""
SOME = 3
"""Things that a line names in passing."""
_UNITS = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))


def names(clusters: Sequence[str]) -> str:
    """A list of clusters: all of a few, the first of many."""
    if len(clusters) <= NAMES:
        return (
            ", ".join(clusters) if len(clusters) == 1 else f"{len(clusters)} clusters: {', '.join(clusters)}"
        )
    return f"{len(clusters)} clusters: {', '.join(clusters[:NAMES])} and {len(clusters) - NAMES} more"


def some(listed: Sequence[str], most: int = SOME) -> str:
    """The first few of a list, and how many more there are.

    >>> some(["a", "b", "c", "d"]), some(["a"])
    ('a, b, c and 1 more', 'a')
    """
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return f"{', '.join(listed[:most])}{more}"


def size(number: int) -> str:
    """Bytes as people say them.

    >>> size(188743680), size(512)
    ('180 MiB', '512 B')
    """
    for unit, length in _UNITS:
        if number >= length:
            return f"{number / length:.4g} {unit}"
    return f"{number} B"


def number_of(number: int, what: str) -> str:
    """A number of things.

    >>> number_of(1, "queue"), number_of(2, "queue")
    ('1 queue', '2 queues')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"
