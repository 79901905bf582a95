"""Verdicts where not everything fits at once.

Each workload alone in an empty cluster (else NEVER), then in groups with all that compete for the same quota and nodes
or stand in the same queue.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..findings.rule import Problem
from .demand import Workload
from .offer import Offer, slots
from .placing import Case, Slot
from .rivalry import Rivalry, judged
from .scene import Judged, Scene, at_once, crowded
from .scheduling.orders import alone, tried
from .search import Room, Space, Undecided, assign
from .sentences import nodes as telling_nodes
from .sentences import workloads as telling
from .verdict import Decision, Obstacle, Verdict


def searched(cases: Sequence[Case], scene: Scene) -> Judged:
    """Verdicts on workloads that do not all get what Kueue tries first."""
    never: list[Verdict] = []
    undecided: list[Workload] = []
    able: set[int] = set()
    for at, case in enumerate(cases):
        try:
            obstacle = _alone(case, scene)
        except Undecided:
            undecided.append(case.work)
            continue
        if obstacle is Obstacle.NONE:
            able.add(at)
        else:
            never.append(Verdict(case.work, Decision.NEVER, obstacle, _never(case, scene.given, obstacle)))
    # Who never runs is let come too: it may hold the quota of some of its pods, and those behind it.
    found = [_among(cases, group, able, scene) for group in _rivals(cases, scene.room)]
    return Judged(
        (*never, *(item for one in found for item in one.verdicts)),
        (*undecided, *(item for one in found for item in one.undecided)),
        tuple(item for one in found for item in one.unpacked),
        tuple(item for one in found for item in one.restless),
        tuple(item for one in found for item in one.loads),
    )


def _never(case: Case, given: Offer, obstacle: Obstacle) -> Problem:
    if obstacle is Obstacle.NODES:
        return telling_nodes.no_node(case.work, case.slots, given)
    return telling.never(case, given)


def _alone(case: Case, scene: Scene) -> Obstacle:
    """What keeps a workload out of an empty cluster."""
    given = scene.given
    if not all(part.choices for part in case.wishes) or alone(case.contender(given), given).waiting:
        return Obstacle.QUOTA
    if not given.kinds:
        return Obstacle.NONE
    if not all(part.choices for part in case.pieces) or assign(case.pieces, Space(scene.room)) is None:
        return Obstacle.NODES
    return Obstacle.NONE if all(_has_places(item, given) for item in case.slots) else Obstacle.NODES


def _has_places(item: Slot, given: Offer) -> bool:
    """Whether so many replicas of a pod can stand on the nodes, each node by itself."""
    reachable = 0
    for option in item.options:
        reachable |= option.nodes
    places = sum(kind.nodes * slots(kind, item.pods.real) for kind in given.kinds if kind.bit & reachable)
    return places >= item.copies


def _rivals(cases: Sequence[Case], room: Room) -> list[list[int]]:
    """Workloads, by index, in groups that have no quota, no node and no queue in common."""
    found: list[tuple[set[tuple[str, int]], list[int]]] = []
    for at, case in enumerate(cases):
        touched = {
            ("pool", root) if (root := room.root(cell)) >= 0 else ("cell", cell)
            for part in (*case.pieces, *case.wishes)
            for uses in part.choices
            for cell, _ in uses
        }
        if _holds_up(case):
            touched.add(("queue", id(case.line)))
        meeting = [item for item in found if item[0] & touched]
        found = [item for item in found if not item[0] & touched]
        members = [member for _, group in meeting for member in group]
        found.append((touched.union(*(cells for cells, _ in meeting)), [*members, at]))
    return [sorted(group) for _, group in found]


def _holds_up(case: Case) -> bool:
    """Whether a workload that waits in this queue can keep others of it from being looked at."""
    strict = case.line.queue.queueingStrategy == "StrictFIFO"
    return strict or any(len(group.flavors) > 1 for group in case.line.groups)


def _among(cases: Sequence[Case], group: Sequence[int], able: set[int], scene: Scene) -> Judged:
    """Verdicts on those of a group that each fit alone."""
    rivals = [cases[at] for at in group]
    fit = frozenset(i for i, at in enumerate(group) if at in able)
    usual = at_once(rivals, scene) if len(fit) == len(rivals) else None
    if usual is not None or not fit:
        return usual or Judged(())
    try:
        found = tried([case.contender(scene.given) for case in rivals], scene.given)
    except Undecided:
        return Judged((), tuple(rivals[at].work for at in sorted(fit)))
    full = tuple(crowded(rivals, one, scene) for one in found.outcomes)
    return judged(Rivalry(rivals, fit, found, full, scene))
