"""Verdicts on everything that waits in a queue of a cluster.

First the usual case: all first choices fit at once, then they do in every order. Only where they do not is an
assignment looked for: alone in an empty cluster (else NEVER), then with all that compete for the same quota
and nodes (else IF-IDLE).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from ..component import Cluster
from ..finding import Problem
from . import telling
from .amounts import together
from .demand import Pods, Workload, demands
from .offer import Line, Offer, offer, slots
from .packing import packs
from .placing import Case, Ground, Option, Slot, ground, kinds_for, piece, placed, stands_on, with_nodes
from .search import Piece, Room, Space, Taken, Undecided, assign, first_choices
from .verdict import Decision, Obstacle, Verdict

ORDERS = 12
"""Up to how many competing workloads are asked whether their order matters."""


@dataclass(frozen=True)
class Analysis:
    """All that is known of a cluster's workloads; `loose` runs without a queue, with the nodes it can use."""

    given: Offer
    verdicts: tuple[Verdict, ...] = ()
    undecided: tuple[Workload, ...] = ()
    loose: tuple[tuple[Workload, Pods, int], ...] = ()
    crowded: Problem | None = None
    unpacked: tuple[Problem, ...] = ()
    growth: tuple[Problem, ...] = field(default=())


def verdicts(cluster: Cluster) -> tuple[Verdict, ...]:
    """A verdict on each queued workload, in the order of the spec.

    Left out are workloads of a queue that does not exist or that Kueue keeps inactive (rules RAY008, SERVE004,
    KUEUE001 and KUEUE010 speak of those), and those where the search was given up (ADMIT010).
    """
    return analyse(cluster).verdicts


class _Same:
    """A cluster as a key: the very same value, not an equal one."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def __hash__(self) -> int:
        return id(self.cluster)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.cluster is self.cluster


def analyse(cluster: Cluster) -> Analysis:
    """Everything at once; several rules ask for it one after the other."""
    return _analyse(_Same(cluster))


@lru_cache(maxsize=1)
def _analyse(key: _Same) -> Analysis:
    works = demands(key.cluster)
    given = offer(key.cluster)
    if not works:
        return Analysis(given)
    limit = key.cluster.profile.kueue.podSets
    loose = _loose(works, given)
    if loose:
        given = given._replace(standing=_standing(loose))
    waiting = [
        (work, line, placed(work, line, given))
        for work in works
        if work.queue and (line := given.lines.get((work.queue, work.namespace)))
    ]
    able = [item for item in waiting if not (item[0].whole and len(item[0].pods) > limit)]
    never = [_too_many(item[0]) for item in waiting if item not in able] if len(able) < len(waiting) else []
    on, room, crowded = _nodes(able, loose, given)
    cases = [Case(*item, *_pieces(item[2], on)) for item in able]
    found = _usual(cases, room, loose, given) or _searched(cases, room, loose, given)
    growth = tuple(_growth(cases, room, on, given, found))
    order = {id(work): i for i, work in enumerate(works)}
    judged = sorted((*never, *found.verdicts), key=lambda item: order[id(item.workload)])
    return Analysis(given, tuple(judged), found.undecided, loose, crowded, found.unpacked, growth)


def _pieces(found: tuple[Slot, ...], on: Ground | None) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    wishes = tuple(piece(item, None) for item in found)
    return (wishes if on is None else tuple(piece(item, on) for item in found)), wishes


def _loose(works: Iterable[Workload], given: Offer) -> tuple[tuple[Workload, Pods, int], ...]:
    return tuple(
        (work, pods, kinds_for(pods, (), given.kinds, 1))
        for work in works
        if work.queue is None
        for pods in work.pods
    )


def _standing(loose: Iterable[tuple[Workload, Pods, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for work, pods, mask in loose:
        if work.lasting and mask:
            found = together(found, {name: each * pods.replicas for name, each in pods.real.items()})
    return found


def _nodes(
    able: Sequence[tuple[Workload, Line, tuple[Slot, ...]]],
    loose: Sequence[tuple[Workload, Pods, int]],
    given: Offer,
) -> tuple[Ground | None, Room, Problem | None]:
    """Nodes as a part of the room, less what stays there without a queue; a problem when that alone is too much."""
    if not given.kinds:
        return None, given.room, None
    lasting = [(pods, mask) for work, pods, mask in loose if work.lasting and mask]
    on = ground(
        (item for _, _, found in able for item in found), lasting, given.kinds, len(given.room.limits)
    )
    taken = [stands_on(pods, mask, pods.replicas, on) for pods, mask in lasting]
    room = with_nodes(given.room, on, taken)
    if min(room.limits, default=0) >= 0:
        return on, room, None
    crowded = telling.crowded(lasting, on, room, given)
    return on, with_nodes(given.room, on, ()), crowded


class _Found(NamedTuple):
    verdicts: tuple[Verdict, ...]
    undecided: tuple[Workload, ...]
    unpacked: tuple[Problem, ...]


def _usual(
    cases: Sequence[Case], room: Room, loose: Sequence[tuple[Workload, Pods, int]], given: Offer
) -> _Found | None:
    """Verdicts when every pod set gets what Kueue tries first."""
    chosen: list[tuple[Slot, Option]] = []
    for case in cases:
        for item in case.slots:
            if not item.options or (given.kinds and not item.options[0].nodes):
                return None
            chosen.append((item, item.options[0]))
    if not first_choices([part for case in cases for part in case.pieces], room):
        return None
    if given.kinds and not packs(_load(chosen, loose), given.kinds):
        return None
    judged = tuple(
        Verdict(
            case.work,
            Decision.ADMIT,
            taken=tuple((_names(item.options[0]), item.pods.replicas) for item in case.slots),
        )
        for case in cases
    )
    return _Found(judged, (), ())


def _names(option: Option) -> tuple[str, ...]:
    return tuple(flavor.name for flavor in option.flavors)


def _load(
    chosen: Iterable[tuple[Slot, Option]], loose: Iterable[tuple[Workload, Pods, int]]
) -> list[tuple[Pods, int, int]]:
    """(pods, how many, kinds of nodes) of what is admitted and of what stays without a queue."""
    queued = [(item.pods, item.pods.replicas, option.nodes) for item, option in chosen]
    return queued + [(pods, pods.replicas, mask) for work, pods, mask in loose if work.lasting and mask]


def _too_many(work: Workload) -> Verdict:
    return Verdict(work, Decision.NEVER, Obstacle.POD_SETS, telling.too_many(work))


def _searched(
    cases: Sequence[Case], room: Room, loose: Sequence[tuple[Workload, Pods, int]], given: Offer
) -> _Found:
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
            problem = telling.never(case, given, obstacle)
            judged.append(Verdict(case.work, Decision.NEVER, obstacle, problem))
    unpacked: list[Problem] = []
    for rivals in _rivals(possible, room):
        try:
            judged += _among(rivals, room, loose, given, unpacked)
        except Undecided:
            undecided += [case.work for case in rivals]
    return _Found(tuple(judged), tuple(undecided), tuple(unpacked))


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
    rivals: Sequence[Case],
    room: Room,
    loose: Sequence[tuple[Workload, Pods, int]],
    given: Offer,
    unpacked: list[Problem],
) -> Iterator[Verdict]:
    """Verdicts on workloads that compete with each other and each fit alone."""
    pieces = [part for case in rivals for part in case.pieces]
    fitting = assign(pieces, Space(room))
    if fitting is not None:
        unpacked += _unpacked(rivals, fitting, loose, given)
        start = 0
        for case in rivals:
            taken = fitting[start : start + len(case.pieces)]
            start += len(case.pieces)
            late = _late(case, rivals, given) if len(rivals) <= ORDERS else None
            yield Verdict(
                case.work,
                Decision.ADMIT,
                taken=_taken(case, taken, given),
                at_first=_at_first(case, given),
                late=late,
            )
        return
    for case in rivals:
        if _untouched(case, rivals, room):
            yield Verdict(case.work, Decision.ADMIT, at_first=_at_first(case, given))
            continue
        others = [other for other in rivals if other is not case]
        blocking = [
            other for other in others if assign((*case.pieces, *other.pieces), Space(room)) is None
        ] or others
        by_quota = (
            assign([part for item in (case, *blocking) for part in item.wishes], Space(given.room)) is None
        )
        obstacle = Obstacle.QUOTA if by_quota else Obstacle.NODES
        works = [other.work for other in blocking]
        problem = telling.if_idle(case, works, given, obstacle)
        yield Verdict(case.work, Decision.IF_IDLE, obstacle, problem, at_first=_at_first(case, given))


def _taken(case: Case, taken: Taken, given: Offer) -> tuple[tuple[tuple[str, ...], int], ...]:
    found = []
    for item, numbers in zip(case.slots, taken, strict=True):
        options = [option for option in item.options if option.nodes or not given.kinds]
        found += [
            (_names(option), number * item.times)
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
    if not packs(queued + _load((), loose), given.kinds):
        yield telling.unpacked([case.work for case in rivals], given)


def _untouched(case: Case, rivals: Sequence[Case], room: Room) -> bool:
    """Whether a workload fits whatever the others do: its choices are large enough for all who could take them."""
    wanted: dict[int, int] = {}
    for other in rivals:
        for part in other.pieces:
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

    return all(any(all(free(cell) for cell, _ in uses) for uses in part.choices) for part in case.pieces)


def _at_first(case: Case, given: Offer) -> Problem | None:
    """The flavor that Kueue takes in an empty cluster although none of its nodes can hold the pods."""
    if not given.kinds:
        return None
    taken = assign(case.wishes, Space(given.room))
    for item, numbers in zip(case.slots, taken or (), strict=False):
        for option, count in zip(item.options, numbers, strict=True):
            if count and not option.nodes:
                return telling.misplaced(case.work, item, option, given)
    return None


def _late(case: Case, rivals: Sequence[Case], given: Offer) -> Problem | None:
    """Whether a workload finds no room when all others came first and each took what Kueue tries first."""
    space = Space(given.room)
    before = [other.work for other in rivals if other is not case and assign(other.wishes, space) is not None]
    if assign(case.wishes, space) is not None:
        return None
    return telling.late(case.work, before)


def _growth(
    cases: Sequence[Case], room: Room, on: Ground | None, given: Offer, found: _Found
) -> Iterator[Problem]:
    """Workloads that could not grow to what the spec lets them grow to."""
    admitted = {id(item.workload) for item in found.verdicts if item.decision is Decision.ADMIT}
    for case in cases:
        if id(case.work) not in admitted or all(pods.most == pods.replicas for pods in case.work.pods):
            continue
        larger = placed(case.work, case.line, given, grown=True)
        pieces, _ = _pieces(larger, on)
        others = [
            part
            for other in cases
            if other is not case and id(other.work) in admitted
            for part in other.pieces
        ]
        missing = not all(part.choices for part in pieces)
        try:
            if not missing and (
                first_choices([*others, *pieces], room) or assign([*others, *pieces], Space(room))
            ):
                continue
        except Undecided:
            continue
        yield telling.growth(case.work, case.line, given)
