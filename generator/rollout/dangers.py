"""What has to be acknowledged before a ring takes a change: one code for each kind of danger.

`--acknowledge DOWNTIME` accepts that kind on all clusters of the ring, `--acknowledge DOWNTIME/store-005` on one. What was
accepted stands in the step that moves the ring.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..fit.transfer import duration_text
from ..plan.capacity import Meter
from ..plan.changes import Action
from ..plan.clusters import ClusterChange
from ..plan.effects import DANGERS, Effect
from ..plan.plan import Plan
from ..report.plan.capacity import capacity_rows

ROLLED_BACK = "ROLLED-BACK"
CODES: Mapping[str, str] = {
    "RECREATE": "a field that nobody can change: the sync fails until the object is deleted and made again",
    "DOWNTIME": "nothing answers while the change is made",
    "LEFT": "stays on the cluster and nobody looks after it any more",
    "REMOVE": "objects are removed",
    "WINDOW": "what has to be pulled takes longer than a maintenance window",
    "ADMIT": "a workload that was admitted is not, or only while others do not run",
    "ROOM": "more is asked for than a queue, the nodes or a storage class have",
    ROLLED_BACK: "the ring was rolled back from this commit, or from one behind it",
}
"""Code -> what it means; the codes REMOVE001 to REMOVE005 of the plan's rails can be acknowledged beside them."""
_OF_EFFECT = {Effect.RECREATE: "RECREATE", Effect.DOWNTIME: "DOWNTIME", Effect.LEFT: "LEFT"}


class Danger(NamedTuple):
    """Something that a person has to accept; `cluster` is empty for what is about the ring as a whole."""

    code: str
    cluster: str
    text: str


def dangers(plan: Plan) -> tuple[Danger, ...]:
    """All dangers of a plan, the worst kind first."""
    found = [item for cluster in plan.clusters for item in _of(cluster)]
    found += [
        Danger("ROOM", name, _room(meter))
        for meter, names in plan.capacity
        if meter.overflows
        for name in names
    ]
    found += [Danger(item.code, "", item.message) for item in plan.refused]
    order = list(CODES)
    return tuple(sorted(found, key=lambda item: (order.index(item.code) if item.code in order else -1, item)))


def _of(cluster: ClusterChange) -> Iterator[Danger]:
    for item in cluster.consequences:
        if item.effect in DANGERS:
            yield Danger(_OF_EFFECT[item.effect], cluster.name, f"{item.identity}: {item.text}")
    gone = [change for change in cluster.changes if change.action is Action.REMOVE]
    if cluster.action is Action.REMOVE:
        yield Danger("REMOVE", cluster.name, f"the cluster goes, with {len(gone)} objects")
    else:
        yield from (Danger("REMOVE", cluster.name, f"{change.identity} is removed") for change in gone)
    load = cluster.download
    if load is not None and load.too_slow and load.seconds is not None and load.window_seconds is not None:
        text = f"{duration_text(load.seconds)} at {load.bandwidth}, the window {load.window} has {duration_text(load.window_seconds)}"
        yield Danger("WINDOW", cluster.name, text)
    yield from (Danger("ADMIT", cluster.name, item.reason) for item in cluster.verdicts if item.worse)


def _room(meter: Meter) -> str:
    return capacity_rows([(meter, ())], lambda _: "")[0].lstrip("!# ").rstrip()


def unaccepted(found: Iterable[Danger], accepted: Iterable[str]) -> tuple[Danger, ...]:
    """Dangers that nobody has acknowledged."""
    said = frozenset(accepted)
    return tuple(item for item in found if not {item.code, f"{item.code}/{item.cluster}"} & said)


def surplus(found: Iterable[Danger], accepted: Iterable[str]) -> tuple[str, ...]:
    """Acknowledgements that no danger has."""
    there = {name for item in found for name in (item.code, f"{item.code}/{item.cluster}")}
    return tuple(sorted(set(accepted) - there))
