"""Who uses what of the quota, how more of it could be had, and whom Kueue stops for whom.

Source: kueue v0.19.2 pkg/scheduler/preemption/preemption.go classicalPreemptions, preemption_oracle.go
SimulatePreemption; pkg/scheduler/preemption/classical/hierarchical_preemption.go FindHeightOfLowestSubtreeThatFits;
pkg/scheduler/flavorassigner/flavorassigner.go fitsResourceQuota.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ..fungibility import Grade, Mode
from ..offer import Offer, most
from ..search import Space
from .candidates import Admission, Ask, Candidates, Need, candidates, is_valid


class Ledger:
    """What is used of the quota of a cluster's queues, and by whom."""

    def __init__(
        self, given: Offer, space: Space | None = None, admissions: Iterable[Admission] = ()
    ) -> None:
        """Nothing is used, or what is said."""
        self._given = given
        self._space = space or Space(given.room)
        self.admissions = list(admissions)

    def copy(self) -> Ledger:
        """The same use of the same quota, which goes on by itself."""
        return Ledger(self._given, self._space.copy(), self.admissions)

    @property
    def state(self) -> tuple[int, ...]:
        """What is used of each cell."""
        return self._space.state

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
        if amount > most(self._given.cells[cell], self._given.room):
            return Mode.NO_FIT, 0
        level, reclaims = self._level(cell, amount)
        if amount <= self._space.available(cell):
            return Mode.FIT, -level
        if amount > self._given.cells[cell].nominal and not reclaims and not ask.may_borrow:
            return Mode.NO_FIT, -level
        targets = self.targets({cell: amount}, {cell}, ask)
        if not targets:
            return Mode.NO_CANDIDATES, -level
        if ask.queue.manner.ranks != "mode":
            level = self._level_without(targets, cell, amount)
        own = any(item.queue is ask.queue for item in targets)
        return (Mode.PREEMPT if own else Mode.RECLAIM), -level

    def _level(self, cell: int, amount: int) -> tuple[int, bool]:
        """The height of the lowest cohort that has so much, 0 for the queue itself, and whether there is one above."""
        mine, space, room = self._given.cells[cell], self._space, self._given.room
        if mine.pool < 0 or space.used(cell) + amount <= mine.nominal:
            return 0, mine.pool >= 0
        left = amount - space.left_alone(cell)
        height = 0
        for pool in room.above(cell):
            it = room.pools[pool]
            height = it.height
            if space.drawn(pool) + left <= it.quota:
                return height, it.parent >= 0
            left -= space.left_in(pool)
        return height, False

    def _level_without(self, targets: Sequence[Admission], cell: int, amount: int) -> int:
        for one in targets:
            self.evict(one)
        level, _ = self._level(cell, amount)
        for one in targets:
            self.admit(one)
        return level

    def targets(self, usage: Mapping[int, int], short: Collection[int], ask: Ask) -> tuple[Admission, ...]:
        """Whom Kueue stops so that a Workload finds what it would use; none when that would not do.

        `short` are the cells that there is too little of.
        """
        if ask.queue.stopped:
            return ()
        keys = frozenset(self._given.cells[cell].key for cell in short)
        need = Need(usage, keys, ask, self._space, self._given)
        found = candidates(need, self.admissions)
        for borrowing in self._ways(found, short, ask):
            removed: list[Admission] = []
            for one in found.listed:
                if not is_valid(one, need, borrowing=borrowing):
                    continue
                self.evict(one.item)
                removed.append(one.item)
                if self._fits(usage, borrowing=borrowing):
                    chosen = self._filled_back(removed, usage, borrowing=borrowing)
                    for item in chosen:
                        self.admit(item)
                    return tuple(chosen)
            for item in removed:
                self.admit(item)
        return ()

    def _borrows(self, cell: int, amount: int) -> bool:
        mine = self._given.cells[cell]
        return mine.pool >= 0 and self._space.used(cell) + amount > mine.nominal

    def _fits(self, usage: Mapping[int, int], *, borrowing: bool) -> bool:
        return all(
            amount <= self._space.available(cell) and (borrowing or not self._borrows(cell, amount))
            for cell, amount in usage.items()
        )

    def _ways(self, found: Candidates, short: Collection[int], ask: Ask) -> Sequence[bool]:
        """Whether the Workload may borrow when others are stopped for it: what is tried first, and what then."""
        under = all(self._space.used(cell) < self._given.cells[cell].nominal for cell in short)
        if not found.others or (not ask.may_borrow and not under):
            return (True,)
        return (False, True) if not ask.may_borrow and not found.entitled else (True, False)

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
