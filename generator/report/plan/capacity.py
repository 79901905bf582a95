"""The part of a plan that speaks of room: who is admitted otherwise, and meters that moved, in aligned columns.

    # queue ai-serving/inference  nvidia.com/gpu  [#####.....] 1 of 2 -> [##########] 2 of 2  store-001

What is asked for is what the specs declare to run at the same time; nobody asks a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ...plan.capacity import ABSENT, Level, Meter, VerdictChange, amount_text

_BAR = 10
"""Characters of a bar."""


def verdict_rows(found: Iterable[VerdictChange]) -> Iterator[str]:
    """A line for each workload that Kueue decides otherwise about, with the sum."""
    for item in found:
        sign = "!" if item.worse else "#"
        moved = f"{item.before} -> {item.after}" if item.before != ABSENT else f"new: {item.after}"
        yield f"{sign} admission: {item.kind} {item.namespace}/{item.name}: {moved}: {item.reason}"


def capacity_rows(
    found: Sequence[tuple[Meter, tuple[str, ...]]], names: Callable[[Sequence[str]], str]
) -> list[str]:
    """A line for each meter and the clusters where it is so, the columns aligned."""
    rows = [
        (item.place, item.resource, *_side(item.before, item.resource), *_side(item.after, item.resource))
        for item, _ in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        f"{'!' if item.overflows else '#'} {_aligned(row, widths)}  {names(clusters)}"
        for (item, clusters), row in zip(found, rows, strict=True)
    ]


def capacity_cells(
    found: Sequence[tuple[Meter, tuple[str, ...]]], names: Callable[[Sequence[str]], str]
) -> tuple[tuple[str, ...], ...]:
    """The same as the cells of a table, under heads."""
    rows = (
        (
            f"! {item.place}" if item.overflows else item.place,
            item.resource,
            *(" ".join(filter(None, _side(level, item.resource))) for level in (item.before, item.after)),
            names(clusters),
        )
        for item, clusters in found
    )
    return (("PLACE", "RESOURCE", "BEFORE", "AFTER", "CLUSTERS"), *rows)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    place, resource, bar_before, before, bar_after, after = (
        text.rjust(width) if i in {3, 5} else text.ljust(width)
        for i, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return f"{place}  {resource}  {bar_before} {before} -> {bar_after} {after}"


def _side(level: Level | None, resource: str) -> tuple[str, str]:
    if level is None:
        return "", "not there"
    used = amount_text(resource, level.used)
    if level.of is None:
        return "", used
    return bar(level.used, level.of), f"{used} of {amount_text(resource, level.of)}"


def bar(used: int, of: int) -> str:
    """A share as a picture; more than everything ends in `!`.

    >>> bar(1, 4), bar(5, 4), bar(0, 0), bar(1, 1000)
    ('[##........]', '[#########!]', '[..........]', '[#.........]')
    """
    if used > of:
        return f"[{'#' * (_BAR - 1)}!]"
    # Something is never shown as nothing, and not everything never as everything.
    full = 0 if of == 0 else used * _BAR // of
    full = max(full, 1) if used else full
    return f"[{'#' * full}{'.' * (_BAR - full)}]"
