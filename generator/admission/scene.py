"""What is judged: workloads as cases, and the ground that they stand on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..findings.rule import Problem
from .demand import Pods, Workload
from .offer import Offer
from .packing import packs
from .placing import Case, Ground, Option, Slot, option_of, piece, stands_on
from .scheduling.scheduler import Outcome
from .search import Piece, Room, Space, first_choices
from .spreading import Group
from .verdict import Decision, Verdict


class Loose(NamedTuple):
    """Pods that run without a queue, and the nodes they can use."""

    work: Workload
    pods: Pods
    nodes: int


class Scene(NamedTuple):
    """What there is: quota, nodes as a part of the room, and what stays on them without a queue."""

    given: Offer
    room: Room
    on: Ground | None
    loose: tuple[Loose, ...]


class Judged(NamedTuple):
    """Verdicts, workloads without one, pods for which no place was found, and heads of queues that let nobody by.

    `loads` are the pods that stand on the nodes at once, for each set of workloads that some order lets run.
    """

    verdicts: tuple[Verdict, ...]
    undecided: tuple[Workload, ...] = ()
    unpacked: tuple[Problem, ...] = ()
    restless: tuple[Problem, ...] = ()
    loads: tuple[tuple[Group, ...], ...] = ()


def pieces_of(found: tuple[Slot, ...], on: Ground | None) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """What the search moves: with nodes, and as Kueue sees it."""
    wishes = tuple(piece(item, None) for item in found)
    return (wishes if on is None else tuple(piece(item, on) for item in found)), wishes


def names(option: Option) -> tuple[str, ...]:
    """The flavors of an option."""
    return tuple(flavor.name for flavor in option.flavors)


def load(chosen: Iterable[tuple[Pods, int, int]], loose: Iterable[Loose]) -> list[tuple[Pods, int, int]]:
    """(pods, how many, kinds of nodes) of what is admitted and of what stays without a queue."""
    staying = [(pods, pods.replicas, mask) for work, pods, mask in loose if work.lasting and mask]
    return [*chosen, *staying]


def at_once(cases: Sequence[Case], scene: Scene) -> Judged | None:
    """Verdicts when every pod set gets what Kueue tries first: then it does in every order."""
    kinds = scene.given.kinds
    chosen: list[tuple[Pods, int, int]] = []
    for item in (item for case in cases for item in case.slots):
        if not item.options or (kinds and not item.options[0].nodes):
            return None
        chosen.append((item.pods, item.pods.replicas, item.options[0].nodes))
    if not first_choices([part for case in cases for part in case.pieces], scene.room):
        return None
    if _goes_elsewhere(cases, scene):
        return None
    if kinds and not packs(load(chosen, scene.loose), kinds):
        return None
    judged = (
        Verdict(
            case.work,
            Decision.ADMIT,
            line=case.line,
            taken=tuple((names(item.options[0]), item.pods.replicas) for item in case.slots),
        )
        for case in cases
    )
    groups = [
        Group(case.work, item.pods, item.pods.replicas, item.options[0].nodes, item.options[0].flavors)
        for case in cases
        for item in case.slots
    ]
    return Judged(tuple(judged), loads=(tuple(groups),) if kinds else ())


def _goes_elsewhere(cases: Sequence[Case], scene: Scene) -> bool:
    """Whether somebody borrows with its first choice whose queue then looks at the next flavor (whenCanBorrow)."""
    listed = [case for case in cases if case.line.manner.lends_first and case.line.cohort]
    if not listed:
        return False
    used: Counter[int] = Counter()
    for case in listed:
        for item in case.slots:
            used.update({cell: number * item.copies for cell, number in item.options[0].uses})
    return any(number > scene.given.cells[cell].nominal for cell, number in used.items())


class Stand(NamedTuple):
    """Pods of a workload that were admitted with the same flavors."""

    at: int
    item: Slot
    option: Option
    pods: int


def stands(cases: Sequence[Case], found: Outcome) -> Iterator[Stand]:
    """Everything that was admitted, in the order of its admission."""
    for one in found.placed:
        case = cases[one.at]
        for item, flavors in zip(case.slots, one.flavors, strict=True):
            yield Stand(one.at, item, option_of(item, case.line, flavors), one.copies * item.times)


def standing(cases: Sequence[Case], found: Outcome) -> tuple[Group, ...]:
    """The pods of everything that was admitted and has nodes, alike ones together."""
    numbers: Counter[tuple[int, int, int]] = Counter()
    groups: dict[tuple[int, int, int], Group] = {}
    for at, item, option, pods in stands(cases, found):
        if not option.nodes:
            continue
        key = (at, id(item), id(option))
        numbers[key] += pods
        groups[key] = Group(cases[at].work, item.pods, 0, option.nodes, option.flavors)
    return tuple(replace(groups[key], number=number) for key, number in numbers.items())


def crowded(cases: Sequence[Case], found: Outcome, scene: Scene) -> frozenset[int]:
    """Who was admitted to nodes that have no room left for all of its pods, but for those that have none anyhow."""
    full: set[int] = set()
    if scene.on is None:
        return frozenset()
    space = Space(scene.room)
    for at, item, option, count in stands(cases, found):
        if option.nodes and at not in full:
            uses = stands_on(item.pods, option.nodes, count, scene.on)
            if space.holds(uses):
                space.add(uses, 1)
            else:
                full.add(at)
    return frozenset(full)
