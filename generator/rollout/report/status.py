"""The state of a rollout in words: a table of rings with a bar each, then the clusters that differ, and why.

The same reasons on many clusters are told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...report.plan.capacity import bar
from ...report.plan.words import names
from ...report.text import printable, table
from ..position import Position
from ..status import RingStatus, Status

_REASONS = 6
"""Reasons that one line names."""


def as_text(found: Status, fresh: str) -> str:
    """For a terminal; `fresh` says how old the knowledge of the remote is."""
    return "".join(_lines(found, fresh))


def _lines(found: Status, fresh: str) -> Iterator[str]:
    yield f"{found.ref} is at {found.head[:12]} {printable(found.subject)}\n{fresh}\n\n"
    rows: list[tuple[str, ...]] = [
        ("ring", "follows", "holds", "behind", "as the main branch", "", "last move")
    ]
    rows += [_row(item) for item in found.rings]
    yield table(rows)
    for ring in found.rings:
        if ring.differ:
            yield f"\n{ring.position.ring.name}: {len(ring.differ)} of {len(ring.clusters)} clusters differ\n"
            yield from (f"  {line}\n" for line in _clusters(ring))
    if found.hub:
        yield "\nThe hub's objects follow no ring: acm/ is applied by the hub's administrator. Changed beyond the last ring:\n"
        yield f"  {', '.join(found.hub)}\n"
    if found.notes:
        yield "\n"
        yield from (f"! {printable(note)}\n" for note in found.notes)


def _row(item: RingStatus) -> tuple[str, ...]:
    at = item.position
    same = len(item.clusters) - len(item.differ)
    return (
        at.ring.name,
        at.ring.revision.removeprefix("refs/heads/"),
        at.holds[:12] if at.holds else "its own tree" if at.commit else "not there",
        str(at.behind) if at.holds else "?",
        bar(same, len(item.clusters)),
        f"{same} of {len(item.clusters)}",
        last_move(at),
    )


def last_move(at: Position) -> str:
    """What the last step of a ring did."""
    if at.step is None:
        return "by hand" if at.commit else ""
    back = f" from {at.step.came_from[:12]}" if at.step.came_from else ""
    accepted = f", {len(at.step.acknowledged)} acknowledged" if at.step.acknowledged else ""
    return f"{at.step.action.value}{back}{accepted}"


def _clusters(ring: RingStatus) -> Iterable[str]:
    told: dict[tuple[str, ...], list[str]] = {}
    for site in ring.differ:
        told.setdefault(site.reasons, []).append(site.name)
    for reasons, clusters in sorted(told.items(), key=lambda item: (-len(item[1]), item[1])):
        more = f" and {len(reasons) - _REASONS} more" if len(reasons) > _REASONS else ""
        yield f"{names(clusters)}: {', '.join(reasons[:_REASONS])}{more}"
