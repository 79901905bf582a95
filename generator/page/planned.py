"""A plan as plain data for the page's script: its sentences and sections as the terminal has them, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..plan.capacity import Level
from ..plan.clusters import ClusterChange
from ..plan.plan import Plan, RingShare
from ..plan.plan_class import class_of
from ..report.plan.text import has_stopped, head, last, sections
from .table import runs


def plan_data(plan: Plan, names: Mapping[str, int]) -> dict[str, Any]:
    """The plan; clusters are places in the page's list, and behind it in `others`, which the page does not show."""
    others: dict[str, int] = {}

    def places(clusters: Iterable[str]) -> list[int]:
        known = (names.get(name) for name in clusters)
        missing = len(names)
        return runs(
            sorted(
                place if place is not None else others.setdefault(name, missing + len(others))
                for name, place in zip(clusters, known, strict=True)
            )
        )

    body = {
        "ref": plan.ref,
        "commit": plan.commit,
        "files": list(plan.files),
        "sentence": last(plan),
        "class": _class(plan, places),
        "head": head(plan).splitlines(),
        "counts": [plan.counts.add, plan.counts.change, plan.counts.replace, plan.counts.remove],
        "stopped": has_stopped(plan),
        "refused": len(plan.refused),
        "touched": [plan.touched, plan.of],
        "rings": _rings(plan.rings),
        "reach": [places(plan.reach.clusters), _rings(plan.reach.rings)],
        "clusters": [[places([item.name])[0], *_cluster(item)] for item in plan.clusters],
        "sections": [[item.title, list(item.lines), places(item.clusters)] for item in sections(plan)],
        "dangers": sum(group.dangerous for group in plan.groups),
        "capacity": [
            [
                meter.place,
                meter.resource,
                _level(meter.before),
                _level(meter.after),
                int(meter.overflows),
                places(clusters),
            ]
            for meter, clusters in plan.capacity
        ],
        "verdicts": [
            [*item, int(item.worse), places(group.clusters)]
            for group in plan.groups
            for item in group.verdicts
        ],
    }
    return {**body, "others": list(others)}


def _class(plan: Plan, places: Callable[[Iterable[str]], list[int]]) -> list[Any]:
    """routine, caution or danger; then why: what it means, that class of it, and the clusters."""
    found = class_of(plan)
    reasons = [[item.means, item.level.value, places(item.clusters)] for item in found.reasons]
    return [found.level.value, reasons]


def _rings(rings: Iterable[RingShare]) -> list[list[Any]]:
    return [[ring.name, ring.touched, ring.clusters] for ring in rings]


def _level(level: Level | None) -> list[int | None] | None:
    return [level.used, level.of] if level else None


def _cluster(item: ClusterChange) -> list[Any]:
    """Ring, what happens to it, objects; of what it pulls: bytes, images of unknown size, seconds, window, whether it fits."""
    load = item.download
    pulled = (
        [load.size, load.unknown, load.seconds, load.window, int(not load.too_slow)]
        if load and load.pulls
        else []
    )
    return [item.ring, item.action.value, len(item.changes) + len(item.by_hand), *pulled]
