"""Who of several workloads runs whatever the others do, and who stands in whose way.

They were let come in several orders (`scheduling.orders`). Who runs in all of them is ADMIT, who does not is IF-IDLE; where all run in
one order and somebody does not in another, the order is what matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..findings.rule import Problem
from .demand import Workload
from .packing import packs
from .placing import Case
from .scene import Judged, Scene, Stand, crowded, load, names, standing, stands
from .scheduling.orders import Tried, alone, pair
from .scheduling.scheduler import Outcome
from .search import Undecided
from .sentences import nodes as telling_nodes
from .sentences import rivals as telling_rivals
from .spreading import Group
from .verdict import Decision, Obstacle, Verdict

NEAR = 12
"""Up to how many others are asked one by one whether they stand in somebody's way."""


class Rivalry(NamedTuple):
    """Workloads, those of them that fit alone, and the orders in which they were let come.

    `full` says for each order who was admitted and found no room on the nodes.
    """

    cases: Sequence[Case]
    able: frozenset[int]
    tried: Tried
    full: tuple[frozenset[int], ...]
    scene: Scene

    def good(self) -> int | None:
        """An order in which all that fit alone run."""
        both = zip(self.tried.outcomes, self.full, strict=True)
        return next((i for i, (one, full) in enumerate(both) if not self.able & (one.waiting | full)), None)

    def before(self, at: int, order: int) -> list[Workload]:
        """Who came before somebody in an order and has quota at its end."""
        came = self.tried.orders[order]
        there = {one.at for one in self.tried.outcomes[order].placed}
        return [self.cases[i].work for i in came[: came.index(at)] if i in there]


def judged(rivalry: Rivalry) -> Judged:
    """Verdicts on those that fit alone."""
    good = rivalry.good()
    # Of many workloads nothing is looked through for each of them.
    there = {i: _there(rivalry, i) for i in {0, good} if i is not None}
    verdicts = tuple(_verdict(at, rivalry, good, there) for at in sorted(rivalry.able))
    return Judged(verdicts, (), tuple(_unpacked(rivalry)), tuple(_restless(rivalry)), _loads(rivalry))


def _loads(rivalry: Rivalry) -> tuple[tuple[Group, ...], ...]:
    """What stands on the nodes at the end of each order, each set of workloads once."""
    if not rivalry.scene.given.kinds:
        return ()
    found: dict[frozenset[tuple[int, int, int]], tuple[Group, ...]] = {}
    for outcome in rivalry.tried.outcomes:
        groups = standing(rivalry.cases, outcome)
        found.setdefault(frozenset((id(one.pods), one.number, id(one.flavors)) for one in groups), groups)
    return tuple(found.values())


def _there(rivalry: Rivalry, order: int) -> dict[int, list[Stand]]:
    """What was admitted in an order, by whose it is."""
    found: dict[int, list[Stand]] = {}
    for one in stands(rivalry.cases, rivalry.tried.outcomes[order]):
        found.setdefault(one.at, []).append(one)
    return found


def _verdict(
    at: int, rivalry: Rivalry, all_run: int | None, there: Mapping[int, Mapping[int, Sequence[Stand]]]
) -> Verdict:
    case, scene = rivalry.cases[at], rivalry.scene
    at_first = _at_first(case, scene)
    safe = Verdict(case.work, Decision.ADMIT, line=case.line, at_first=at_first)
    waits = _waits(at, rivalry)
    # Who is put onto nodes that cannot hold it when it is alone has that told by `at_first`.
    crowd = next((i for i, full in enumerate(rivalry.full) if at in full), None) if not at_first else None
    bad = waits if waits is not None else crowd
    good = 0 if bad is None else all_run
    if good is not None:
        late = None if bad is None else _late(at, bad, rivalry, by_nodes=waits is None)
        return replace(safe, taken=_taken(case, there[good].get(at, ())), late=late)
    if waits is not None:
        return _waiting(at, waits, rivalry, safe)
    works = [rivalry.cases[i].work for i in _in_the_way(at, rivalry)] or rivalry.before(at, bad or 0)
    problem = telling_nodes.crowding(case.work, works, scene.given)
    return replace(safe, decision=Decision.IF_IDLE, obstacle=Obstacle.NODES, problem=problem)


def _waits(at: int, rivalry: Rivalry) -> int | None:
    """An order in which somebody ends up waiting: stopped, else for want of quota, else behind somebody else."""
    found = rivalry.tried.outcomes
    orders = [i for i, one in enumerate(found) if at in one.waiting]
    return min(orders, key=lambda i: (at not in found[i].stopped, at in found[i].behind), default=None)


def _late(at: int, order: int, rivalry: Rivalry, *, by_nodes: bool) -> Problem:
    case, before = rivalry.cases[at], rivalry.before(at, order)
    head = rivalry.tried.outcomes[order].behind.get(at)
    if by_nodes:
        return telling_nodes.late(case.work, before, rivalry.scene.given)
    if head is not None:
        return telling_rivals.held_up(case.work, rivalry.cases[head], strict=_strict(case))
    return telling_rivals.late(case.work, before)


def _waiting(at: int, order: int, rivalry: Rivalry, safe: Verdict) -> Verdict:
    """A workload that does not run in an order, and no order lets all run."""
    case, found = rivalry.cases[at], rivalry.tried.outcomes[order]
    head = found.behind.get(at)
    if head is not None:
        problem = telling_rivals.held_up(case.work, rivalry.cases[head], strict=_strict(case))
        return replace(safe, decision=Decision.IF_IDLE, obstacle=Obstacle.TURN, problem=problem)
    if at in found.stopped:
        stoppers = [rivalry.cases[i].work for i in _stoppers(at, rivalry)]
        problem = telling_rivals.stopped(case, stoppers or [rivalry.cases[found.stopped[at]].work])
    else:
        works = [rivalry.cases[i].work for i in _in_the_way(at, rivalry)]
        problem = telling_rivals.if_idle(case, works or rivalry.before(at, order), rivalry.scene.given)
    return replace(safe, decision=Decision.IF_IDLE, obstacle=Obstacle.QUOTA, problem=problem)


def _strict(case: Case) -> bool:
    return case.line.queue.queueingStrategy == "StrictFIFO"


def _others(at: int, rivalry: Rivalry) -> list[int]:
    others = [i for i in range(len(rivalry.cases)) if i != at]
    return others if len(others) <= NEAR else []


def _in_the_way(at: int, rivalry: Rivalry) -> list[int]:
    """Who keeps somebody out when it came first, all by itself."""
    case, found = rivalry.cases[at], []
    for i in _others(at, rivalry):
        one = _pair(rivalry.cases[i], case, rivalry.scene)
        if one is not None and (
            1 in one.waiting or 1 in crowded((rivalry.cases[i], case), one, rivalry.scene)
        ):
            found.append(i)
    return found


def _stoppers(at: int, rivalry: Rivalry) -> list[int]:
    """For whom somebody is stopped."""
    pairs = ((i, _pair(rivalry.cases[at], rivalry.cases[i], rivalry.scene)) for i in _others(at, rivalry))
    return [i for i, one in pairs if one is not None and 0 in one.stopped]


def _pair(first: Case, then: Case, scene: Scene) -> Outcome | None:
    try:
        return pair(first.contender(scene.given), then.contender(scene.given), scene.given)
    except Undecided:
        return None


def _taken(case: Case, own: Sequence[Stand]) -> tuple[tuple[tuple[str, ...], int], ...]:
    """Flavors and how many pods take them, pod set by pod set."""
    order = {id(item): i for i, item in enumerate(case.slots)}
    return tuple((names(one.option), one.pods) for one in sorted(own, key=lambda one: order[id(one.item)]))


def _at_first(case: Case, scene: Scene) -> Problem | None:
    """The flavors that Kueue gives in an empty cluster although their nodes cannot hold the pods."""
    given = scene.given
    if not given.kinds:
        return None
    found = alone(case.contender(given), given)
    for one in stands((case,), found):
        if not one.option.nodes:
            return telling_nodes.misplaced(case.work, one.item, one.option, given)
    if crowded((case,), found, scene):
        return telling_nodes.overfilled(case.work, [one.option for one in stands((case,), found)], given)
    return None


def _unpacked(rivalry: Rivalry) -> Iterator[Problem]:
    """What the nodes have room for in total, but perhaps not in pieces."""
    good, scene = rivalry.good(), rivalry.scene
    if good is None or not scene.given.kinds:
        return
    there = stands(rivalry.cases, rivalry.tried.outcomes[good])
    queued = [(one.item.pods, one.pods, one.option.nodes) for one in there if one.option.nodes]
    if not packs(load(queued, scene.loose), scene.given.kinds):
        yield telling_nodes.unpacked([rivalry.cases[at].work for at in sorted(rivalry.able)], scene.given)


def _restless(rivalry: Rivalry) -> Iterator[Problem]:
    """Heads of queues that are tried again and again, and whom they let wait."""
    for at, case in enumerate(rivalry.cases):
        held = {
            victim
            for found in rivalry.tried.outcomes
            if at in found.restless and not _strict(case)
            for victim, head in found.behind.items()
            if head == at
        }
        if held:
            yield telling_rivals.restless(case, [rivalry.cases[i].work for i in sorted(held)])
