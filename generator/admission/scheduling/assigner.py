"""Which flavors Kueue gives the pod sets of one Workload: its own walk, attempt by attempt.

    pod sets, a cursor, what is used -> one attempt -> the next cursor -> ... -> FIT, or no flavor is left to try

Kueue does not search. Pod set by pod set, and in each resource group, it takes the first flavor that fits beside what
it has just given to the pod sets before. Where a later pod set finds none, the attempt has failed; in the next one
every pod set that had got a flavor begins behind it, all of them at once. So an assignment may exist that is never
tried.

Source: kueue v0.19.2 pkg/scheduler/flavorassigner/flavorassigner.go assignFlavors, findFlavorForPodSets,
fitsResourceQuota, shouldTryNextFlavor, isPreferred; pkg/workload/workload.go NextFlavorToTryForPodSetResource,
PendingFlavors. 0.12.10, 0.14.8, 0.16.6 and 0.18.5 walk alike but for the rank of flavors that do not simply fit
(profile.kueue.flavorRank).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from ..manner import Grade, Manner, Mode
from ..search import Uses


class PodSet(NamedTuple):
    """Pods that get the same flavors: for each resource group that they ask something of, its flavors in their order.

    A flavor stands for what it would be used of; None where it does not take such pods.
    """

    name: str
    groups: tuple[tuple[Uses | None, ...], ...]
    covered: bool = True
    """Whether there is quota for every resource that they ask for."""


Flavors = tuple[tuple[int, ...], ...]
"""The flavor of each pod set in each of its resource groups, as an index."""

Cursor = tuple[tuple[int, ...], ...]
"""The flavor that was tried last, by pod set and resource group; -1: all were (LastTriedFlavorIdx)."""


class Quota(Protocol):
    """What an attempt asks of a queue's quota."""

    @property
    def manner(self) -> Manner:
        """How the queue takes flavors."""

    def grade(self, cell: int, amount: int) -> Grade:
        """How so much of a cell could be had."""


class FlavorAssignment(NamedTuple):
    """One attempt: its worst mode, the flavor of each pod set in each group, where the next attempt begins.

    It ends with the first pod set that finds no flavor, which has none. `usage` is what it would use by cell, `short` the
    cells for which others would have to stop.
    """

    mode: Mode
    flavors: Flavors
    cursor: Cursor
    usage: Mapping[int, int]
    short: frozenset[int] = frozenset()

    @property
    def pending(self) -> bool:
        """Whether there are flavors left to try (PendingFlavors)."""
        return any(index != -1 for indices in self.cursor for index in indices)


def assign_flavors(pod_sets: Sequence[PodSet], cursor: Cursor, quota: Quota) -> FlavorAssignment:
    """One attempt at all pod sets of a Workload."""
    usage: dict[int, int] = {}
    short: set[int] = set()
    flavors: list[tuple[int, ...]] = []
    tried: list[tuple[int, ...]] = []
    worst = Mode.FIT
    for i, pods in enumerate(pod_sets):
        found = _flavors_of(pods, cursor[i] if i < len(cursor) else (), quota, usage)
        if len(found) < len(pods.groups) or not pods.covered:
            return FlavorAssignment(Mode.NO_FIT, (*flavors, ()), (*tried, ()), usage)
        flavors.append(tuple(item.flavor for item in found))
        tried.append(tuple(item.tried for item in found))
        worst = min([worst, *(item.mode for item in found)])
        short.update(cell for item in found for cell in item.short)
        for item, group in zip(found, pods.groups, strict=True):
            for cell, amount in group[item.flavor] or ():
                usage[cell] = usage.get(cell, 0) + amount
    return FlavorAssignment(worst, tuple(flavors), tuple(tried), usage, frozenset(short))


class _Found(NamedTuple):
    """What one resource group gives to one pod set."""

    flavor: int
    mode: Mode
    tried: int
    short: tuple[int, ...] = ()


def _flavors_of(pods: PodSet, tried: tuple[int, ...], quota: Quota, usage: Mapping[int, int]) -> list[_Found]:
    """A flavor of each group, up to the first one that has none."""
    found: list[_Found] = []
    for i, group in enumerate(pods.groups):
        one = _find_flavor(group, tried[i] + 1 if i < len(tried) else 0, quota, usage)
        if one is None:
            break
        found.append(one)
    return found


def _find_flavor(
    group: Sequence[Uses | None], start: int, quota: Quota, usage: Mapping[int, int]
) -> _Found | None:
    """The first flavor from `start` on that ends the search; else the best of all that could be had."""
    best: _Found | None = None
    best_rank = quota.manner.rank(NOTHING)
    last = len(group) - 1
    for index in range(start, len(group)):
        uses = group[index]
        if uses is None:
            continue
        grades = [(cell, quota.grade(cell, usage.get(cell, 0) + amount)) for cell, amount in uses]
        grade = quota.manner.worst([one for _, one in grades])
        short = tuple(cell for cell, one in grades if one[0] < Mode.FIT)
        if not quota.manner.goes_on(grade):
            return _Found(index, grade[0], -1 if index == last else index, short)
        if (rank := quota.manner.rank(grade)) > best_rank:
            # All flavors were looked at, so that the next attempt begins anew.
            best, best_rank = _Found(index, grade[0], -1, short), rank
    return best


NOTHING: Grade = (Mode.NO_FIT, 0)


def attempts(pod_sets: Sequence[PodSet], quota: Quota) -> Iterator[FlavorAssignment]:
    """The attempts that Kueue makes at a Workload while nothing else changes.

    The last one fits, or leaves no flavor to try. Where neither ever happens, the attempts come round to where they
    began, and the last one is still `pending`.
    """
    cursor: Cursor = ()
    seen: set[Cursor] = set()
    while cursor not in seen:
        seen.add(cursor)
        found = assign_flavors(pod_sets, cursor, quota)
        yield found
        if found.mode is Mode.FIT or not found.pending:
            return
        cursor = found.cursor
