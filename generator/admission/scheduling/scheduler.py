"""What becomes of Workloads that come to Kueue one after the other: its queues, its attempts, and whom it stops.

    contenders in the order in which they come -> who is admitted with which flavors, who waits and behind whom

The head of a queue is tried first. In a StrictFIFO queue nobody behind it is looked at while it waits. In a
BestEffortFIFO queue it steps aside once no flavor is left to try; a head that always has one left is put back to the
front after each attempt, and those behind it are not looked at either.

Source: kueue v0.19.2 pkg/scheduler/scheduler.go schedule, processEntry; pkg/cache/queue/cluster_queue.go
RequeueIfNotPresent, requeueIfNotPresent (the same in 0.12.10, 0.14.8, 0.16.6 and 0.18.4), issues 3710 and 8309.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import NamedTuple

from ..fungibility import Grade, Manner, Mode
from ..offer import ActiveQueue, Offer
from ..search import Undecided
from .assigner import FlavorAssignment, Flavors, PodSet, attempts
from .candidates import Admission, Ask
from .ledger import Ledger

ROUNDS = 200
"""Most times that some are stopped for others before this is given up."""


class Contender(NamedTuple):
    """A Workload of several pod sets, or `copies` Workloads of the same pod set."""

    queue: ActiveQueue
    pod_sets: tuple[PodSet, ...]
    copies: int
    priority: int


class Placed(NamedTuple):
    """A contender's Workloads that were admitted with the same flavors, in the order of their admission."""

    at: int
    flavors: Flavors
    copies: int


class Outcome(NamedTuple):
    """What has become of contenders, by their place in what was given; all of them came.

    `behind` says behind whom somebody waits who was not looked at, `stopped` who was admitted and for whom it had to
    go, `restless` who waits and never leaves the head of its queue.
    """

    placed: tuple[Placed, ...]
    waiting: frozenset[int]
    behind: Mapping[int, int]
    stopped: Mapping[int, int]
    restless: frozenset[int]


class _Entry:
    """A contender that has come: how many of its Workloads still wait, and whether Kueue tries them of itself."""

    def __init__(self, at: int, came: int, item: Contender) -> None:
        self.at, self.came, self.item = at, came, item
        self.left = item.copies
        self.active = True
        self.restless = False


class _Quota(NamedTuple):
    """The quota as one Workload sees it."""

    ledger: Ledger
    ask: Ask

    @property
    def manner(self) -> Manner:
        return self.ask.queue.manner

    def grade(self, cell: int, amount: int) -> Grade:
        return self.ledger.grade(cell, amount, self.ask)


def first_attempt(contender: Contender, given: Offer) -> FlavorAssignment:
    """What Kueue gives a Workload first when nothing is used."""
    quota = _Quota(Ledger(given), Ask(contender.queue, contender.priority, 0))
    return next(attempts(contender.pod_sets, quota))


def outcome(contenders: Sequence[Contender], order: Sequence[int], given: Offer) -> Outcome:
    """What becomes of contenders that come in this order. Raises Undecided where they keep stopping each other."""
    return next(outcomes(contenders, [order], given))


def outcomes(
    contenders: Sequence[Contender], orders: Sequence[Sequence[int]], given: Offer
) -> Iterator[Outcome]:
    """The same for several orders. What an order and the next one begin with is gone through once."""
    begun = {0: _Run(given)}
    shared = 0
    for order, then in zip(orders, (*orders[1:], ()), strict=True):
        run, first = begun[shared], shared
        shared = _common(order, then)
        begun = {depth: one for depth, one in begun.items() if depth <= shared}
        for came in range(first, len(order)):
            if came in begun:
                run = run.copy()
            run.come(_Entry(order[came], came, contenders[order[came]]))
            if came < shared:
                begun[came + 1] = run
        yield run.end()


def _common(order: Sequence[int], then: Sequence[int]) -> int:
    """With how many the two begin alike."""
    pairs = enumerate(zip(order, then, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(order), len(then)))


class _Run:
    """The queues while Workloads come."""

    def __init__(self, given: Offer) -> None:
        self._ledger = Ledger(given)
        # In the order in which they are looked at: all, and those that Kueue tries of itself.
        self._entries: list[_Entry] = []
        self._trying: list[_Entry] = []
        self._clock = 0
        self._rounds = 0
        self._behind: dict[int, int] = {}
        self._stopped: dict[int, int] = {}
        self._known: dict[tuple[int, tuple[int, ...]], tuple[FlavorAssignment | None, bool]] = {}

    def copy(self) -> _Run:
        """Queues in the same state, which do not change with these."""
        return copy(self).apart()

    def apart(self) -> _Run:
        """Have nothing in common any more with what it was copied from, but what is known of attempts."""
        self._ledger = self._ledger.copy()
        self._entries = [copy(entry) for entry in self._entries]
        self._trying = [entry for entry in self._entries if entry.left and entry.active]
        self._behind, self._stopped = dict(self._behind), dict(self._stopped)
        return self

    def come(self, entry: _Entry) -> None:
        """Somebody comes, and every queue is looked through until nothing changes."""
        insort(self._entries, entry, key=_turn)
        insort(self._trying, entry, key=_turn)
        while self._look_through():
            pass

    def end(self) -> Outcome:
        """Where everybody is now."""
        placed: list[Placed] = []
        for item in sorted(self._ledger.admissions, key=lambda one: one.admitted):
            if placed and (placed[-1].at, placed[-1].flavors) == (item.at, item.flavors):
                placed[-1] = placed[-1]._replace(copies=placed[-1].copies + 1)
            else:
                placed.append(Placed(item.at, item.flavors, 1))
        waiting = frozenset(entry.at for entry in self._entries if entry.left)
        return Outcome(
            tuple(placed),
            waiting,
            {at: head for at, head in self._behind.items() if at in waiting},
            {at: by for at, by in self._stopped.items() if at in waiting},
            frozenset(entry.at for entry in self._entries if entry.left and entry.restless),
        )

    def _look_through(self) -> bool:
        """Try the heads of all queues; whether somebody was admitted."""
        moved = False
        heads: dict[int, _Entry] = {}
        following = 0
        while following < len(self._trying):
            entry = self._trying[following]
            following += 1
            queue = id(entry.item.queue)
            if queue in heads:
                self._behind[entry.at] = heads[queue].at
                continue
            stops = self._rounds
            moved |= self._admit(entry)
            if self._rounds > stops:
                following = bisect_right(self._trying, _turn(entry), key=_turn)
            if entry.left:
                strict = entry.item.queue.queue.queueingStrategy == "StrictFIFO"
                if strict or entry.restless:
                    heads[queue] = entry
                else:
                    entry.active = False
        self._trying = [entry for entry in self._trying if entry.left and entry.active]
        return moved

    def _admit(self, entry: _Entry) -> bool:
        """Admit as many of a contender's Workloads as there is quota for, stopping others where its queue may."""
        item, before = entry.item, entry.left
        ask = Ask(item.queue, item.priority, entry.came)
        while entry.left:
            found = self._attempt(entry, ask)
            if found is None:
                break
            # The next one may find that it would have to borrow now, and go to another flavor.
            most = 1 if item.queue.manner.lends_first else entry.left
            for _ in range(self._ledger.room_for(found.usage, most) if found.usage else most):
                self._clock += 1
                admitted = (entry.came, self._clock, found.flavors, found.usage)
                self._ledger.admit(Admission(entry.at, item.queue, item.priority, *admitted))
                entry.left -= 1
        return entry.left < before

    def _attempt(self, entry: _Entry, ask: Ask) -> FlavorAssignment | None:
        """The assignment that fits, after others were stopped for it if need be; None: it waits."""
        if ask.stops_others:
            return self._try(entry, ask)
        # Whoever stops nobody finds the same wherever the same is used: orders have much of that in common.
        state = entry.at, self._ledger.state
        if state not in self._known:
            self._known[state] = self._try(entry, ask), entry.restless
        found, entry.restless = self._known[state]
        return found

    def _try(self, entry: _Entry, ask: Ask) -> FlavorAssignment | None:
        entry.restless = False
        for found in attempts(entry.item.pod_sets, _Quota(self._ledger, ask)):
            if found.mode is Mode.FIT:
                return found
            if found.mode > Mode.NO_CANDIDATES:
                targets = self._ledger.targets(found.usage, found.short, ask)
                if targets:
                    self._stop(targets, entry)
                    return self._try(entry, ask)
            entry.restless = found.pending
        return None

    def _stop(self, targets: Sequence[Admission], entry: _Entry) -> None:
        self._rounds += 1
        if self._rounds > ROUNDS:
            raise Undecided
        by_at = {one.at: one for one in self._entries}
        for item in targets:
            self._ledger.evict(item)
            self._stopped[item.at] = entry.at
            by_at[item.at].left += 1
        # Quota that comes free brings everybody back who stepped aside (QueueInadmissibleWorkloads).
        for one in self._entries:
            one.active = True
        self._trying = [one for one in self._entries if one.left]


def _turn(entry: _Entry) -> tuple[int, int]:
    """When an entry is looked at."""
    return -entry.item.priority, entry.came
