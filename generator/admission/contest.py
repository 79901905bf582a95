"""Verdicts where not everything fits at once: an assignment is looked for.

Each workload alone in an empty cluster (else NEVER), then with all that compete for the same quota and nodes
(else IF-IDLE).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..findings.rule import Problem
from . import sentences
from . import sentences_nodes as telling_nodes
from . import sentences_rivals as telling_rivals
from .demand import Pods, Workload
from .offer import Offer, slots
from .packing import packs
from .placing import Case, Ground, Option, Slot, piece
from .search import Piece, Room, Space, Taken, Undecided, assign
from .verdict import Decision, Obstacle, Verdict

ORDERS = 12
"""Up to how many competing workloads are asked one by one who stands in whose way, and whether order matters."""


class ContestResult(NamedTuple):
    """Verdicts, workloads without one, and pods for which no place was found."""

    verdicts: tuple[Verdict, ...]
    undecided: tuple[Workload, ...]
    unpacked: tuple[Problem, ...]


def pieces_of(found: tuple[Slot, ...], on: Ground | None) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """What the search moves: with nodes, and as Kueue sees it."""
    wishes = tuple(piece(item, None) for item in found)
    return (wishes if on is None else tuple(piece(item, on) for item in found)), wishes


def names(option: Option) -> tuple[str, ...]:
    """The flavors of an option."""
    return tuple(flavor.name for flavor in option.flavors)


def load(
    chosen: Iterable[tuple[Slot, Option]], loose: Iterable[tuple[Workload, Pods, int]]
) -> list[tuple[Pods, int, int]]:
    """(pods, how many, kinds of nodes) of what is admitted and of what stays without a queue."""
    queued = [(item.pods, item.pods.replicas, option.nodes) for item, option in chosen]
    return queued + [(pods, pods.replicas, mask) for work, pods, mask in loose if work.lasting and mask]


def searched(
    cases: Sequence[Case], room: Room, loose: Sequence[tuple[Workload, Pods, int]], given: Offer
) -> ContestResult:
    """Verdicts by search."""
    judged: list[Verdict] = []
    undecided: list[Workload] = []
    possible: list[Case] = []
    for case in cases:
        try:
            obstacle = _alone(case, room, given)
        except Undecided:
            undecided.append(case.work)
            continue
        if obstacle is Obstacle.NONE:
            possible.append(case)
        else:
            problem = _never(case, given, obstacle)
            judged.append(Verdict(case.work, Decision.NEVER, obstacle, problem))
    unpacked: list[Problem] = []
    for rivals in _rivals(possible, room):
        found = _among(rivals, room, loose, given)
        judged += found.verdicts
        undecided += found.undecided
        unpacked += found.unpacked
    return ContestResult(tuple(judged), tuple(undecided), tuple(unpacked))


def _never(case: Case, given: Offer, obstacle: Obstacle) -> Problem:
    if obstacle is Obstacle.NODES:
        return telling_nodes.no_node(case.work, case.slots, given)
    return sentences.never(case, given)


def _alone(case: Case, room: Room, given: Offer) -> Obstacle:
    """What keeps a workload out of an empty cluster."""
    if not all(part.choices for part in case.wishes) or assign(case.wishes, Space(given.room)) is None:
        return Obstacle.QUOTA
    if not given.kinds:
        return Obstacle.NONE
    if not all(part.choices for part in case.pieces) or assign(case.pieces, Space(room)) is None:
        return Obstacle.NODES
    return Obstacle.NONE if all(_has_places(item, given) for item in case.slots) else Obstacle.NODES


def _has_places(item: Slot, given: Offer) -> bool:
    """Whether so many replicas of a pod can stand on the nodes, each node by itself."""
    reachable = 0
    for option in item.options:
        reachable |= option.nodes
    places = sum(kind.nodes * slots(kind, item.pods.real) for kind in given.kinds if kind.bit & reachable)
    return places >= item.copies


def _rivals(cases: Sequence[Case], room: Room) -> list[list[Case]]:
    """Workloads in groups that have no quota and no node in common."""
    found: list[tuple[set[int], list[Case]]] = []
    for case in cases:
        # A pool is told from a cell by its sign.
        touched = {
            -1 - room.pool_of[cell] if room.pool_of[cell] >= 0 else cell
            for part in case.pieces
            for uses in part.choices
            for cell, _ in uses
        }
        meeting = [item for item in found if item[0] & touched]
        found = [item for item in found if not item[0] & touched]
        members = [member for _, group in meeting for member in group]
        found.append((touched.union(*(cells for cells, _ in meeting)), [*members, case]))
    return [group for _, group in found]


def _among(
    rivals: Sequence[Case], room: Room, loose: Sequence[tuple[Workload, Pods, int]], given: Offer
) -> ContestResult:
    """Verdicts on workloads that compete with each other and each fit alone."""
    try:
        fitting = assign([part for case in rivals for part in case.pieces], Space(room))
    except Undecided:
        free = _untouched(rivals, room)
        judged = tuple(_safe(case, given) for case, safe in zip(rivals, free, strict=True) if safe)
        unclear = tuple(case.work for case, safe in zip(rivals, free, strict=True) if not safe)
        return ContestResult(judged, unclear, ())
    if fitting is not None:
        unpacked = tuple(_unpacked(rivals, fitting, loose, given))
        return ContestResult(tuple(_all_fit(rivals, fitting, given)), (), unpacked)
    by_quota = not _fit([part for case in rivals for part in case.wishes], given.room)
    contest = _Contest(rivals, room, given, Obstacle.QUOTA if by_quota else Obstacle.NODES)
    judged = tuple(
        _safe(case, given) if safe else _blocked(case, contest)
        for case, safe in zip(rivals, _untouched(rivals, room), strict=True)
    )
    return ContestResult(judged, (), ())


class _Contest(NamedTuple):
    """Workloads that do not all fit, and what there is too little of."""

    rivals: Sequence[Case]
    room: Room
    given: Offer
    obstacle: Obstacle


def _safe(case: Case, given: Offer) -> Verdict:
    return Verdict(case.work, Decision.ADMIT, line=case.line, at_first=_at_first(case, given))


def _all_fit(rivals: Sequence[Case], fitting: Taken, given: Offer) -> Iterator[Verdict]:
    start = 0
    for case in rivals:
        taken = fitting[start : start + len(case.pieces)]
        start += len(case.pieces)
        yield replace(
            _safe(case, given),
            taken=_taken(case, taken, given),
            late=_late(case, rivals, given) if len(rivals) <= ORDERS else None,
        )


def _blocked(case: Case, contest: _Contest) -> Verdict:
    """A workload that fits alone but not beside all others, and who of these stands in its way."""
    given, obstacle = contest.given, contest.obstacle
    others = [other for other in contest.rivals if other is not case]
    near = others if len(others) <= ORDERS else ()
    blocking = [other for other in near if not _fit((*case.pieces, *other.pieces), contest.room)]
    if blocking:
        wishes = [part for item in (case, *blocking) for part in item.wishes]
        obstacle = Obstacle.NODES if _fit(wishes, given.room) else Obstacle.QUOTA
    works = [other.work for other in blocking or others]
    if obstacle is Obstacle.NODES:
        problem = telling_nodes.crowding(case.work, works, given)
    else:
        problem = telling_rivals.if_idle(case, works, given)
    return Verdict(
        case.work, Decision.IF_IDLE, obstacle, problem, line=case.line, at_first=_at_first(case, given)
    )


def _fit(pieces: Sequence[Piece], room: Room) -> bool:
    """Whether an assignment was found; also True where the search was given up."""
    try:
        return assign(pieces, Space(room)) is not None
    except Undecided:
        return True


def _taken(case: Case, taken: Taken, given: Offer) -> tuple[tuple[tuple[str, ...], int], ...]:
    found = []
    for item, numbers in zip(case.slots, taken, strict=True):
        options = [option for option in item.options if option.nodes or not given.kinds]
        found += [
            (names(option), number * item.times)
            for option, number in zip(options, numbers, strict=True)
            if number
        ]
    return tuple(found)


def _unpacked(
    rivals: Sequence[Case], fitting: Taken, loose: Sequence[tuple[Workload, Pods, int]], given: Offer
) -> Iterator[Problem]:
    """What the nodes have room for in total, but perhaps not in pieces."""
    if not given.kinds:
        return
    options = [
        (item, [option for option in item.options if option.nodes]) for case in rivals for item in case.slots
    ]
    queued = [
        (item.pods, number * item.times, option.nodes)
        for (item, usable), numbers in zip(options, fitting, strict=True)
        for option, number in zip(usable, numbers, strict=True)
        if number
    ]
    if not packs(queued + load((), loose), given.kinds):
        yield telling_nodes.unpacked([case.work for case in rivals], given)


def _untouched(rivals: Sequence[Case], room: Room) -> list[bool]:
    """Which workloads fit whatever the others do: one of their choices is large enough for all who could take it."""
    wanted: dict[int, int] = {}
    for part in (part for case in rivals for part in case.pieces):
        largest: dict[int, int] = {}
        for uses in part.choices:
            for cell, number in uses:
                largest[cell] = max(largest.get(cell, 0), number * part.copies)
        for cell, number in largest.items():
            wanted[cell] = wanted.get(cell, 0) + number
    pools = [0] * len(room.pools)
    for cell, number in wanted.items():
        if room.pool_of[cell] >= 0:
            pools[room.pool_of[cell]] += max(0, number - room.kept[cell])

    def free(cell: int) -> bool:
        pool = room.pool_of[cell]
        return wanted[cell] <= room.limits[cell] and (pool < 0 or pools[pool] <= room.pools[pool])

    ample = {cell for cell in wanted if free(cell)}
    return [
        all(any(all(cell in ample for cell, _ in uses) for uses in part.choices) for part in case.pieces)
        for case in rivals
    ]


def _at_first(case: Case, given: Offer) -> Problem | None:
    """The flavor that Kueue takes in an empty cluster although none of its nodes can hold the pods."""
    if not given.kinds:
        return None
    try:
        taken = assign(case.wishes, Space(given.room))
    except Undecided:
        return None
    for item, numbers in zip(case.slots, taken or (), strict=False):
        for option, count in zip(item.options, numbers, strict=True):
            if count and not option.nodes:
                return telling_nodes.misplaced(case.work, item, option, given)
    return None


def _late(case: Case, rivals: Sequence[Case], given: Offer) -> Problem | None:
    """Whether a workload finds no room when all others came first and each took what Kueue tries first."""
    space = Space(given.room)
    try:
        before = [
            other.work for other in rivals if other is not case and assign(other.wishes, space) is not None
        ]
        return None if assign(case.wishes, space) is not None else telling_rivals.late(case.work, before)
    except Undecided:
        return None
