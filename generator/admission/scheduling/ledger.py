"""Who uses what of the quota, and whom Kueue stops for whom.

Source: kueue v0.19.2 pkg/scheduler/preemption/preemption.go classicalPreemptions, preemption_oracle.go
SimulatePreemption, classical/candidate_generator.go and hierarchical_preemption.go; cohorts with parents are one pool here, as in
`search`, and nothing is borrowed by stopping others (borrowWithinCohort is not a field).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..offer import ActiveQueue, Offer, most
from ..search import Space
from .assigner import Flavors, Grade, Mode


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


class Ledger:
    """What is used of the quota of a cluster's queues, and by whom."""

    def __init__(self, given: Offer) -> None:
        """Nothing is used."""
        self._given = given
        self._space = Space(given.room)
        self.admissions: list[Admission] = []

    def admit(self, item: Admission) -> None:
        """Take its quota."""
        self._space.add(tuple(item.usage.items()), 1)
        self.admissions.append(item)

    def evict(self, item: Admission) -> None:
        """Give its quota back."""
        self._space.add(tuple(item.usage.items()), -1)
        self.admissions.remove(item)

    def room_for(self, usage: Mapping[int, int], wanted: int) -> int:
        """How many Workloads that use so much there is room for, at most `wanted`."""
        return self._space.most(tuple(usage.items()), wanted)

    def grade(self, cell: int, amount: int, ask: Ask) -> Grade:
        """How a Workload could have so much of a cell (flavorassigner.go fitsResourceQuota)."""
        borrows = -int(self._borrows(cell, amount))
        if amount > most(self._given.cells[cell], self._given.room):
            return Mode.NO_FIT, 0
        if amount <= self._space.available(cell):
            return Mode.FIT, borrows
        if amount > self._given.cells[cell].nominal:
            return Mode.NO_FIT, 0
        targets = self.targets({cell: amount}, {cell}, ask)
        if not targets:
            return Mode.NO_CANDIDATES, borrows
        own = any(item.queue is ask.queue for item in targets)
        return (Mode.PREEMPT if own else Mode.RECLAIM), 0

    def targets(self, usage: Mapping[int, int], short: Collection[int], ask: Ask) -> tuple[Admission, ...]:
        """Whom Kueue stops so that a Workload finds what it would use; none when that would not do.

        `short` are the cells that there is too little of.
        """
        found = self._candidates(usage, short, ask)
        for borrowing in self._ways(found, short):
            removed: list[Admission] = []
            for item in self._in_turn(found, borrowing=borrowing):
                self.evict(item)
                removed.append(item)
                if self._fits(usage, borrowing=borrowing):
                    chosen = self._filled_back(removed, usage, borrowing=borrowing)
                    for one in chosen:
                        self.admit(one)
                    return tuple(chosen)
            for one in removed:
                self.admit(one)
        return ()

    def _borrows(self, cell: int, amount: int) -> bool:
        mine = self._given.cells[cell]
        return mine.pool >= 0 and self._space.used(cell) + amount > mine.nominal

    def _fits(self, usage: Mapping[int, int], *, borrowing: bool) -> bool:
        return all(
            amount <= self._space.available(cell) and (borrowing or not self._borrows(cell, amount))
            for cell, amount in usage.items()
        )

    def _within_nominal(self, queue: ActiveQueue, pools: Collection[int]) -> bool:
        """Whether a queue borrows nothing in these pools."""
        return all(
            self._space.used(cell.at) <= cell.nominal for cell in queue.cells.values() if cell.pool in pools
        )

    def _candidates(self, usage: Mapping[int, int], short: Collection[int], ask: Ask) -> _Candidates:
        """Everybody who may be stopped, those first who are stopped first (NewCandidateIterator)."""
        pools = {self._given.cells[cell].pool for cell in short} - {-1}
        rules = ask.queue.queue.preemption
        within = rules.withinClusterQueue if rules else "Never"
        reclaim = rules.reclaimWithinCohort if rules else "Never"
        own, others = [], []
        for item in self.admissions:
            if item.queue is ask.queue:
                if _may_stop(within, ask, item) and not item.usage.keys().isdisjoint(short):
                    own.append(item)
            elif (
                _may_stop(reclaim, ask, item)
                and any(self._given.cells[cell].pool in pools for cell in item.usage)
                and not self._within_nominal(item.queue, pools)
            ):
                others.append(item)
        entitled = all(
            self._space.used(cell) + amount <= self._given.cells[cell].nominal
            for cell, amount in usage.items()
        )
        return _Candidates(sorted(others, key=_turn), sorted(own, key=_turn), pools, entitled=entitled)

    def _ways(self, found: _Candidates, short: Collection[int]) -> Sequence[bool]:
        """Whether the Workload may borrow when others are stopped for it: what is tried first, and what then."""
        under = all(self._space.used(cell) < self._given.cells[cell].nominal for cell in short)
        if not found.others or not under:
            return (True,)
        return (True, False) if found.entitled else (False, True)

    def _in_turn(self, found: _Candidates, *, borrowing: bool) -> Iterator[Admission]:
        for item in found.others:
            # Who is not entitled to the quota by itself may not borrow what it takes from others.
            if (found.entitled or not borrowing) and not self._within_nominal(item.queue, found.pools):
                yield item
        yield from found.own

    def _filled_back(
        self, removed: Sequence[Admission], usage: Mapping[int, int], *, borrowing: bool
    ) -> list[Admission]:
        """Those of the removed without whom it does not do; the others are there again (fillBackWorkloads)."""
        kept = list(removed)
        for i in range(len(removed) - 2, -1, -1):
            self.admit(removed[i])
            if self._fits(usage, borrowing=borrowing):
                kept[i] = kept[-1]
                kept.pop()
            else:
                self.evict(removed[i])
        return kept


class _Candidates(NamedTuple):
    """Who may be stopped: of other queues and of its own, and the pools that there is too little of.

    `entitled`: the Workload stays within its queue's nominal quota, so others have to give back what they borrow.
    """

    others: list[Admission]
    own: list[Admission]
    pools: set[int]
    entitled: bool


def _may_stop(policy: str, ask: Ask, item: Admission) -> bool:
    """Whether a policy lets a Workload stop another (preemption/common SatisfiesPreemptionPolicy)."""
    if policy == "Never":
        return False
    if policy == "Any" or ask.priority > item.priority:
        return True
    newer = ask.priority == item.priority and ask.came < item.came
    return policy == "LowerOrNewerEqualPriority" and newer


def _turn(item: Admission) -> tuple[int, int]:
    """Lower priority first, then who was admitted last (CandidatesOrdering)."""
    return item.priority, -item.admitted
