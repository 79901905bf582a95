"""What a change of a ClusterQueue does to what is admitted and to what waits.

Source: kueue v0.19.2 pkg/controller/core/workload_controller.go reconcileOnClusterQueueActiveState (stopPolicy),
syncAdmissionCheckConditions, reconcileCheckBasedEviction (checks); pkg/scheduler/scheduler.go: flavors and whom to stop
are decided when somebody is to be admitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...objects.object_names import at
from ..changes import ObjectChange
from .consequence import Consequence, Effect

STOP = {
    "None": (Effect.LATER, "it admits again what waits"),
    "Hold": (Effect.LATER, "nothing more is admitted; what runs goes on"),
    "HoldAndDrain": (Effect.DOWNTIME, "Kueue stops everything that runs in it, and admits nothing"),
}
_NEVER = "Never"


def on_queues(change: ObjectChange) -> Iterator[Consequence]:
    """Stop policy, preemption, the search for flavors, checks; another order of flavors."""
    kind = change.identity.kind
    if kind not in {"ClusterQueue", "Cohort"}:
        return
    for item in change.fields:
        if item.order is not None and item.path[-1] == "flavors":
            text = f"what is admitted keeps its flavor; what comes next tries {', '.join(item.order[1])} in this order"
            yield Consequence(Effect.LATER, change.identity, text)
    if kind == "ClusterQueue":
        yield from _of_queue(change)


def _of_queue(change: ObjectChange) -> Iterator[Consequence]:
    was, is_now = change.before or {}, change.after or {}
    before, after = (at(item, "spec.stopPolicy") or "None" for item in (was, is_now))
    if before != after:
        effect, text = STOP[after]
        yield Consequence(effect, change.identity, text)
    if more := sorted(_may_stop(is_now) - _may_stop(was)):
        text = f"who waits may now stop what runs ({', '.join(more)})"
        yield Consequence(Effect.LATER, change.identity, text)
    if at(was, "spec.flavorFungibility") != at(is_now, "spec.flavorFungibility"):
        text = "what is admitted keeps its flavor; what comes next looks for one in another way"
        yield Consequence(Effect.LATER, change.identity, text)
    if new := [name for name in _checks(is_now) if name not in _checks(was)]:
        text = f"what runs goes on, and {', '.join(new)} is asked for it as well: what it rejects is stopped"
        yield Consequence(Effect.LATER, change.identity, text)


def _may_stop(queue: Any) -> set[str]:
    """The words of a queue by which workloads are stopped for others."""
    said = at(queue, "spec.preemption") or {}
    words = {name: value for name, value in said.items() if isinstance(value, str)}
    words["borrowWithinCohort"] = (said.get("borrowWithinCohort") or {}).get("policy", _NEVER)
    return {f"{name} {value}" for name, value in words.items() if value != _NEVER}


def _checks(queue: Any) -> list[str]:
    listed = at(queue, "spec.admissionChecksStrategy.admissionChecks") or []
    return [item["name"] for item in listed]
