"""Clusters that come or go as a whole: what runs there, and what a new one has to pull."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...plan.clusters import ClusterChange
from ...plan.contents import Contents
from ..text import printable
from .fields import change_rows
from .section import Section
from .words import names, number_of, size, some


def whole_sections(
    title: str, sign: str, clusters: Sequence[ClusterChange], *, every: bool
) -> Iterator[Section]:
    """One section: clusters of which the same is to be said share a line; with `every` all objects stand below it."""
    alike: dict[tuple[str, int, str], list[ClusterChange]] = {}
    for item in clusters:
        alike.setdefault((_place(item), len(item.changes), _said(item)), []).append(item)
    rows: list[str] = []
    for (place, number, said), found in alike.items():
        each = " each" if len(found) > 1 else ""
        named = names([item.name for item in found])
        rows.append(f"{sign} {named} ({place}): {number_of(number, 'object')}{each}")
        rows += [f"    {said}"] if said else []
        if every:
            shown = (change for item in found for change in (*item.changes, *item.by_hand))
            rows += [row for change in shown for row in change_rows(change, every=True)]
    if rows:
        yield Section(title, tuple(printable(row) for row in rows))


def _place(item: ClusterChange) -> str:
    platform = [f"platform {item.contents.platform}"] if item.contents else []
    ring = [f"ring {item.ring}"] if item.ring else []
    return ", ".join((item.tier, *ring, *platform))


def _said(item: ClusterChange) -> str:
    """What runs there, and what it takes over the link."""
    runs = contents_words(item.contents) if item.contents else ""
    hand = f"{number_of(len(item.by_hand), 'object')} of bootstrap/ by hand" if item.by_hand else ""
    return "; ".join(filter(None, (runs, _pulled(item), hand)))


def contents_words(found: Contents) -> str:
    """What a cluster runs, in one line.

    >>> from ...plan.contents import Server
    >>> till = Server("ai", "till", "shelf", "7", "ovms")
    >>> contents_words(Contents("odh-3.4", (till,), (("queue", ("inference", "training")),)))
    '1 server (till: shelf 7 on ovms), 2 queues (inference, training)'
    """
    servers = [f"{number_of(len(found.servers), 'server')} ({some([str(item) for item in found.servers])})"]
    others = [f"{number_of(len(listed), what)} ({some(listed)})" for what, listed in found.others]
    return ", ".join((*(servers if found.servers else ()), *others))


def _pulled(item: ClusterChange) -> str:
    load = item.download
    if load is None or not load.pulls:
        return ""
    unknown = f" and {number_of(load.unknown, 'image')} of unknown size" if load.unknown else ""
    return f"pulls {size(load.size)}{unknown}"
