"""Who may be stopped for a Workload, those first who are stopped first.

Source: kueue v0.19.2 pkg/scheduler/preemption/classical/candidate_generator.go NewCandidateIterator, candidateIsValid;
hierarchical_preemption.go collectCandidatesForHierarchicalReclaim, classifyPreemptionVariant;
pkg/scheduler/preemption/common SatisfiesPreemptionPolicy, CandidatesOrdering; pkg/cache/scheduler/resource_node.go
QuantitiesFitInQuota, IsWithinNominalInResources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..cohorts import Key
from ..offer import ActiveQueue, Offer
from ..search import Space
from .assigner import Flavors


class Admission(NamedTuple):
    """A Workload that has its quota: which contender it is of, when it came and when it was admitted."""

    at: int
    queue: ActiveQueue
    priority: int
    came: int
    admitted: int
    flavors: Flavors
    usage: Mapping[int, int]


class Ask(NamedTuple):
    """A Workload that wants quota."""

    queue: ActiveQueue
    priority: int
    came: int

    @property
    def stops_others(self) -> bool:
        """Whether anybody may be stopped for it."""
        return self.queue.queue.preemption is not None

    @property
    def may_borrow(self) -> bool:
        """Whether others may be stopped for it although it borrows as well."""
        rules = self.queue.queue.preemption
        return bool(rules and rules.borrowWithinCohort and rules.borrowWithinCohort.policy != "Never")


class Candidate(NamedTuple):
    """Somebody who may be stopped, and the lowest cohort that it has in common with who wants quota.

    `unless_borrowing`: only where that one does not borrow then.
    """

    item: Admission
    shared: str = ""
    unless_borrowing: bool = False


class Candidates(NamedTuple):
    """All of them in order.

    `others`: some are of other queues. `entitled`: to the quota of some of them the Workload is closer than they are.
    """

    listed: tuple[Candidate, ...]
    others: bool
    entitled: bool


class Need(NamedTuple):
    """What a Workload would use by cell, the (flavor, resource) pairs that there is too little of, and what there is."""

    usage: Mapping[int, int]
    keys: frozenset[Key]
    ask: Ask
    space: Space
    given: Offer


def candidates(need: Need, admitted: Sequence[Admission]) -> Candidates:
    """Who may be stopped for a Workload."""
    ask, rules = need.ask, need.ask.queue.queue.preemption
    using = [item for item in admitted if any(need.given.cells[cell].key in need.keys for cell in item.usage)]
    own: list[Candidate] = []
    if rules and rules.withinClusterQueue != "Never":
        own = [
            Candidate(item)
            for item in using
            if item.queue is ask.queue and _may_stop(rules.withinClusterQueue, ask, item)
        ]
    near: list[Candidate] = []
    far: list[Candidate] = []
    if rules and ask.queue.cohort and rules.reclaimWithinCohort != "Never":
        for queue, cohort, entitled in _lending(need):
            for item in using:
                if item.queue.queue.name == queue and _may_stop(rules.reclaimWithinCohort, ask, item):
                    only = not entitled and _unless_borrowing(ask, item)
                    (near if entitled else far).append(Candidate(item, cohort, only))
    listed = (*sorted(near, key=_turn), *sorted(far, key=_turn), *sorted(own, key=_turn))
    return Candidates(listed, bool(near or far), bool(near))


def is_valid(one: Candidate, need: Need, *, borrowing: bool) -> bool:
    """Whether stopping it still gives back something that was borrowed."""
    if one.item.queue is need.ask.queue:
        return True
    if (borrowing and one.unless_borrowing) or _within(one.item.queue, need):
        return False
    for cohort in need.given.tree.path(one.item.queue.cohort):
        if cohort == one.shared:
            return True
        if _within_cohort(cohort, need):
            return False
    return True


def _lending(need: Need) -> Iterator[tuple[str, str, bool]]:
    """Queues that borrow, the lowest cohort in common with each, and whether the Workload is entitled to what they use.

    It is from the first cohort on whose own quota has all that it asks for: whoever uses that from farther away gives it
    back.
    """
    space, cells, room = need.space, need.given.cells, need.given.room.pools
    entitled = all(space.used(cell) + number <= cells[cell].nominal for cell, number in need.usage.items())
    left = {cells[cell].key: max(0, number - space.left_alone(cell)) for cell, number in need.usage.items()}
    done = ""
    for cohort in need.given.tree.path(need.ask.queue.cohort):
        for queue in _borrowing(cohort, done, need):
            if queue != need.ask.queue.queue.name:
                yield queue, cohort, entitled
        pools = need.given.tree.nodes[cohort].pools
        fits = all(space.drawn(pools[key]) + number <= room[pools[key]].quota for key, number in left.items())
        left = {key: max(0, number - space.left_in(pools[key])) for key, number in left.items()}
        entitled, done = entitled or fits, cohort


def _borrowing(cohort: str, done: str, need: Need) -> Iterator[str]:
    """Queues below a cohort that use more than they have, but for those below `done`."""
    for child in need.given.tree.nodes[cohort].children:
        if child != done and not _within_cohort(child, need):
            yield from _borrowing(child, done, need)
    lines = {line.queue.name: line for line in need.given.lines.values() if line.cohort == cohort}
    for name, line in lines.items():
        if not line.stopped and not _within(line, need):
            yield name


def _within(line: ActiveQueue, need: Need) -> bool:
    cells = (line.cells[key] for key in need.keys if key in line.cells)
    return all(need.space.used(cell.at) <= cell.nominal for cell in cells)


def _within_cohort(cohort: str, need: Need) -> bool:
    pools = need.given.tree.nodes[cohort].pools
    room = need.given.room.pools
    there = (pools[key] for key in need.keys if key in pools)
    return all(need.space.drawn(pool) <= room[pool].quota for pool in there)


def _unless_borrowing(ask: Ask, item: Admission) -> bool:
    """Whether it may be stopped only where the Workload does not borrow (isAboveBorrowingThreshold)."""
    rules = ask.queue.queue.preemption
    within = rules.borrowWithinCohort if rules else None
    if not ask.may_borrow or within is None or item.priority >= ask.priority:
        return True
    return within.maxPriorityThreshold is not None and item.priority > within.maxPriorityThreshold


def _may_stop(policy: str, ask: Ask, item: Admission) -> bool:
    """Whether a policy lets a Workload stop another (preemption/common SatisfiesPreemptionPolicy)."""
    if policy == "Never":
        return False
    if policy == "Any" or ask.priority > item.priority:
        return True
    newer = ask.priority == item.priority and ask.came < item.came
    return policy == "LowerOrNewerEqualPriority" and newer


def _turn(one: Candidate) -> tuple[int, int]:
    """Lower priority first, then who was admitted last (CandidatesOrdering)."""
    return one.item.priority, -one.item.admitted
