"""Where the scheduler of Kubernetes puts pods: one after the other as they come, each onto the emptiest node that takes it.

It moves none afterwards. So a large pod that comes last may find no place although all of them could stand (`packing`): the
small ones before it lie spread over all nodes. A pod of a higher PriorityClass makes itself room.

    Nodes.rated(group) -> the nodes that take a pod of it, with the scheduler's scores
    shortages(load)    -> who finds no place in some order

Scores are those of the default profile: NodeResourcesFit (LeastAllocated), NodeResourcesBalancedAllocation and, three times,
TaintToleration. Left out are those that speak of other pods, as spread constraints do. Of nodes with one score the scheduler
takes one by lot.

Source: kubernetes v1.35.4 pkg/scheduler/apis/config/v1/default_plugins.go (weights), framework/plugins/noderesources
(least_allocated.go, balanced_allocation.go, resource_allocation.go), framework/plugins/tainttoleration, util/pod_resources.go
(what a pod without requests counts as), schedule_one.go selectHost (lots), framework/plugins/defaultpreemption and
framework/preemption (whom it stops).
Seen: tests/live/recorded/kube-scheduler-1.35.4 and tests/data/nodes (`make live PART=nodes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import groupby
from random import Random
from typing import NamedTuple

from ..components.kit.tolerations import tolerates
from ..components.kueue.spec import Flavor
from .demand import Pods, Workload
from .offer import NodeKind
from .packing import MANY, fits, largest_of, size, take
from .placing import PODS

SCORED = {"cpu": 100, "memory": 200 * 2**20}
"""What counts for a score, with what a pod that asks for none of it counts as (GetNonzeroRequestForResource)."""
BEST = 100
SHUNS = "PreferNoSchedule"
TAINT_WEIGHT = 3
ABOVE = 2**31
"""No value of a PriorityClass is as far below zero (preemption.go minSumPrioritiesScoreFunc)."""
SHUFFLED = 16
"""Orders that are drawn, beside those that are thought out."""
WORK = 100_000
"""Nodes looked at and pods put, in all orders of a load together; orders beyond that are not tried."""


@dataclass(frozen=True, eq=False)
class Group:
    """Pods that are alike: whose they are (None: of operators and agents), how many, the kinds of nodes that take them.

    `flavors` are those that Kueue gave them.
    """

    work: Workload | None
    pods: Pods
    number: int
    nodes: int
    flavors: tuple[Flavor, ...] = ()

    @cached_property
    def asked(self) -> Mapping[str, int]:
        """What one of them takes of a node."""
        return {**{name: number for name, number in self.pods.real.items() if number}, PODS: 1}

    @property
    def rank(self) -> int:
        """The value of their PriorityClass."""
        return self.work.rank if self.work else 0

    @property
    def stops(self) -> bool:
        """Whether pods of a lower class are stopped for them."""
        return self.work is not None and self.work.stops

    def shies(self, kind: NodeKind) -> int:
        """How many taints of a kind would rather have them elsewhere."""
        soft = [taint for taint in kind.taints if taint.effect == SHUNS]
        given = (*self.pods.tolerations, *(item for flavor in self.flavors for item in flavor.tolerations))
        return sum(not any(tolerates(item, taint) for item in given) for taint in soft)


class Shortage(NamedTuple):
    """Pods that found no place in an order: how many, who stood on their nodes, and the most that one of each kind had left."""

    group: Group
    work: Workload
    pods: int
    before: tuple[Group, ...]
    left: Mapping[int, Mapping[str, int]]


def shortages(
    load: Sequence[Group], kinds: Sequence[NodeKind], first: Sequence[Group] = ()
) -> list[Shortage]:
    """For each group the first order in which some of it find no place; `first` is there before all others.

    Of more than MANY pods only sums are compared, as in `packing`.
    """
    load = [one for one in load if one.number and one.nodes]
    if sum(one.number for one in (*first, *load)) > MANY:
        return []
    doubtful = [one for one in load if not certain(one, (*first, *load), kinds)]
    found: dict[Group, Shortage] = {}
    work = 0
    for order in orders(load, kinds, doubtful):
        nodes = Nodes(kinds, order.lots)
        nodes.put((one, one.number) for one in first)
        for one, pods in nodes.put(order.runs).items():
            if one.work is not None and one not in found:
                there = nodes.beside(one)
                before = tuple(other for other in (*first, *load) if other in there)
                found[one] = Shortage(one, one.work, pods, before, nodes.most_left())
        work += nodes.work
        if work > WORK or all(one in found for one in doubtful):
            break
    return [found[one] for one in load if one in found]


def certain(group: Group, load: Sequence[Group], kinds: Sequence[NodeKind]) -> bool:
    """Whether the others cannot keep one of the pods out, however they lie.

    A node is shut by one resource of which too much is taken there. So at most as many are shut as each resource for itself can
    shut with what all others ask of it, on the nodes where that takes least.
    """
    others = dict.fromkeys(group.asked, 0)
    for one in load:
        if one.nodes & group.nodes:
            for name in others:
                others[name] += one.asked.get(name, 0) * (one.number - (one is group))
    open_to = [kind for kind in kinds if kind.bit & group.nodes]
    shut = 0
    for name, number in group.asked.items():
        left = others[name]
        for need, nodes in sorted(
            (kind.has[name] - number + 1, kind.nodes) for kind in open_to if name in kind.has
        ):
            there = min(nodes, left // need)
            shut += there
            left -= there * need
    return shut < sum(kind.nodes for kind in open_to)


class Order(NamedTuple):
    """Pods as they come, so many of a group at a time. With `lots` the nodes of one score are taken by lot, else in the spec's order."""

    runs: tuple[tuple[Group, int], ...]
    lots: Random | None = None


def orders(load: Sequence[Group], kinds: Sequence[NodeKind], doubtful: Sequence[Group]) -> Iterator[Order]:
    """The small ones first, as the spec has them, the other way round, each of the doubtful after all others; then shuffled.

    Where nothing is doubtful, no order need be tried.
    """
    if not doubtful:
        return
    largest = largest_of(kinds)
    rising = sorted(load, key=lambda one: size(one.pods, largest))
    late = sorted(doubtful, key=rising.index, reverse=True)
    thought = (
        tuple(rising),
        tuple(load),
        tuple(reversed(load)),
        *((*(one for one in rising if one is not last), last) for last in late),
    )
    for whole in dict.fromkeys(thought):
        yield Order(tuple((one, one.number) for one in whole))
    pods = [i for i, one in enumerate(load) for _ in range(one.number)]
    for number in range(SHUFFLED):
        draw = Random(number)  # noqa: S311 - the same orders every time
        came = draw.sample(pods, len(pods))
        yield Order(tuple((load[i], len([*same])) for i, same in groupby(came)), draw)


@dataclass(slots=True)
class Node:
    """A node: what is left of it, what counts for its score, and who stands there, in the order in which they came."""

    kind: NodeKind
    left: dict[str, int]
    counted: dict[str, int]
    there: list[Group] = field(default_factory=list)

    def takes(self, group: Group) -> bool:
        """Whether a pod of a group fits beside those that are there."""
        return bool(self.kind.bit & group.nodes) and fits(group.asked, self.left)

    def add(self, group: Group) -> None:
        """Put a pod there."""
        self._count(group, 1)
        self.there.append(group)

    def remove(self, group: Group) -> None:
        """Take the pod of a group away that came last."""
        self._count(group, -1)
        del self.there[len(self.there) - 1 - self.there[::-1].index(group)]

    def _count(self, group: Group, times: int) -> None:
        take(group.asked, self.left, times)
        for name, least in SCORED.items():
            self.counted[name] += (group.asked.get(name) or least) * times

    def score(self, group: Group) -> int:
        """How gladly the scheduler would put a pod here, but for taints."""
        free, taken = [], []
        for name, least in SCORED.items():
            whole = self.kind.has.get(name, 0) + self.kind.reserved.get(name, 0)
            if not whole:
                continue
            counted = self.counted[name] + (group.asked.get(name) or least)
            free.append(max(0, whole - counted) * BEST // whole)
            taken.append(min(1.0, (whole - self.left[name] + group.asked.get(name, 0)) / whole))
        if not free:
            return BEST
        apart = abs(taken[0] - taken[-1]) / 2
        return sum(free) // len(free) + int((1 - apart) * BEST)

    def victims(self, group: Group) -> list[Group]:
        """Whom a pod would stop here: of all lower ones those that cannot stay beside it. The highest stay first, then who came first."""
        lower = sorted((one for one in self.there if one.rank < group.rank), key=lambda one: -one.rank)
        left = dict(self.left)
        for one in lower:
            take(one.asked, left, -1)
        if not lower or not self.kind.bit & group.nodes or not fits(group.asked, left):
            return []
        take(group.asked, left)
        stopped: list[Group] = []
        for one in lower:
            if fits(one.asked, left):
                take(one.asked, left)
            else:
                stopped.append(one)
        return stopped


class Nodes:
    """The nodes of a cluster while pods come; `work` counts what was looked at."""

    def __init__(self, kinds: Sequence[NodeKind], lots: Random | None = None) -> None:
        self.nodes = [
            Node(kind, dict(kind.has), {name: kind.reserved.get(name, 0) for name in SCORED})
            for kind in kinds
            for _ in range(kind.nodes)
        ]
        self.lots = lots
        self.work = 0
        self.shunned = any(taint.effect == SHUNS for kind in kinds for taint in kind.taints)

    def rated(self, group: Group) -> list[tuple[int, int]]:
        """(score, index) of each node that takes a pod."""
        self.work += len(self.nodes)
        open_to = [(i, node) for i, node in enumerate(self.nodes) if node.takes(group)]
        bonus = self._bonus(group, (node.kind for _, node in open_to))
        return [(node.score(group) + bonus.get(node.kind.bit, 0), i) for i, node in open_to]

    def put(self, runs: Iterable[tuple[Group, int]]) -> dict[Group, int]:
        """Let pods come; gives how many of which group found no place.

        Who is stopped for another comes again after all others.
        """
        waiting = [*runs]
        left: dict[Group, int] = {}
        for group, number in waiting:
            missing = self._run(group, number)
            while missing and (room := self.room_for(group)):
                # Only who has a lower class is stopped, so this comes to an end.
                i, stopped = room[0]
                for one in stopped:
                    self.nodes[i].remove(one)
                    waiting.append((one, 1))
                self.nodes[i].add(group)
                missing -= 1
            if missing:
                left[group] = left.get(group, 0) + missing
        return left

    def room_for(self, group: Group) -> list[tuple[int, list[Group]]]:
        """The nodes on which room would be made for a pod, each with whom that stops; all are as good."""
        if not group.stops:
            return []
        self.work += len(self.nodes)
        found: list[tuple[tuple[int, int], int, list[Group]]] = []
        for i, node in enumerate(self.nodes):
            if stopped := node.victims(group):
                whole = sum(one.rank + ABOVE for one in stopped)
                found.append(((max(one.rank for one in stopped), whole), i, stopped))
        least = min((item[0] for item in found), default=None)
        return [(i, stopped) for cost, i, stopped in found if cost == least]

    def beside(self, group: Group) -> set[Group]:
        """Who else stands on nodes that take a group."""
        return {one for node in self.nodes if node.kind.bit & group.nodes for one in node.there} - {group}

    def most_left(self) -> dict[int, dict[str, int]]:
        """Of each kind, by its bit, the most that one of its nodes has left of each resource."""
        found: dict[int, dict[str, int]] = {}
        for node in self.nodes:
            most = found.setdefault(node.kind.bit, dict(node.left))
            for name, number in node.left.items():
                most[name] = max(most[name], number)
        return found

    def _run(self, group: Group, number: int) -> int:
        """Put so many pods; gives how many found no place."""
        heap = [(-score, self._lot(), i) for score, i in self.rated(group)]
        bonus = self._bonus(group, (self.nodes[i].kind for _, _, i in heap))
        heapify(heap)
        while number and heap:
            _, _, i = heappop(heap)
            node = self.nodes[i]
            node.add(group)
            self.work += 1
            number -= 1
            if node.takes(group):
                heappush(heap, (-node.score(group) - bonus.get(node.kind.bit, 0), self._lot(), i))
        return number

    def _lot(self) -> float:
        return self.lots.random() if self.lots else 0.0

    def _bonus(self, group: Group, kinds: Iterable[NodeKind]) -> dict[int, int]:
        """What a kind gets, by its bit, for having few taints that would rather have the pods elsewhere."""
        if not self.shunned:
            return {}
        shies = {kind.bit: group.shies(kind) for kind in kinds}
        most = max(shies.values(), default=0)
        return {bit: -TAINT_WEIGHT * (BEST * number // most) if most else 0 for bit, number in shies.items()}
