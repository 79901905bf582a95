"""The tree of a cluster's cohorts: what each holds for those below it, and what it lends to the one above.

    queues, cohorts with quota and limits -> a pool for each flavor and resource of each cohort

Source: kueue v0.19.2 pkg/cache/scheduler/resource_node.go updateCohortResourceNode, accumulateFromChild, localQuota;
pkg/cache/scheduler/snapshot.go: the quota of a queue that is stopped stays in its cohorts, the queue itself is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..components.kit.counting import amount
from ..components.kueue.spec import KueueSpec, Quota, covered_resources, groups, quota_of, roots_of
from .search import Pool

ENDLESS = 2**63 - 1
"""No limit: what Kueue's own 64-bit counters hold."""

Key = tuple[str, str]
"""(flavor, resource)"""


class Limits(NamedTuple):
    """A quota as numbers; None: no limit."""

    nominal: int
    borrowing: int | None = None
    lending: int | None = None

    def most(self, quota: int) -> int:
        """The most that may be used of so much: with what may be borrowed from above."""
        return ENDLESS if self.borrowing is None else quota + self.borrowing

    def kept(self, quota: int) -> int:
        """What of so much is not lent to those above."""
        return 0 if self.lending is None else max(0, quota - self.lending)


def limits(said: Quota | str | None, resource: str) -> Limits:
    """A quota of a spec in numbers; a resource without quota has none of its own."""
    quota = Quota(nominal="0") if said is None else quota_of(said)
    borrowing = None if quota.borrowingLimit is None else amount(resource, quota.borrowingLimit)
    lending = None if quota.lendingLimit is None else amount(resource, quota.lendingLimit)
    return Limits(amount(resource, quota.nominal), borrowing, lending)


class CohortNode(NamedTuple):
    """A cohort: the one above it, those below, and its pool of each flavor and resource."""

    parent: str
    children: tuple[str, ...]
    pools: Mapping[Key, int]


class Tree(NamedTuple):
    """Cohorts by name, and their pools."""

    nodes: Mapping[str, CohortNode]
    pools: tuple[Pool, ...]

    def path(self, cohort: str) -> Iterable[str]:
        """A cohort and all above it."""
        while cohort:
            yield cohort
            cohort = self.nodes[cohort].parent


Lent = Mapping[str, Sequence[tuple[Key, int]]]
"""Cohort -> what each of its queues lends to it."""


def grown(spec: KueueSpec, lent: Lent, populated: Iterable[str]) -> Tree:
    """The tree of all cohorts that are in no cycle; `populated` are those with a queue that is not stopped."""
    parents = _parents(spec, lent)
    children: dict[str, list[str]] = {name: [] for name in parents}
    for name, parent in parents.items():
        if parent:
            children[parent].append(name)
    downwards = [name for name in parents if not parents[name]]
    for name in downwards:
        downwards.extend(children[name])
    heights = _heights(downwards, children, frozenset(populated))
    held, own = _held(spec, lent, parents, downwards)
    pools: list[Pool] = []
    nodes: dict[str, CohortNode] = {}
    for name in downwards:
        above = nodes[parents[name]].pools if parents[name] else {}
        numbers = {}
        for key, quota in held[name].items():
            numbers[key] = len(pools)
            said = own[name].get(key, Limits(0))
            pool = above.get(key, -1)
            most, kept = (quota, 0) if pool < 0 else (said.most(quota), said.kept(quota))
            pools.append(Pool(quota, most, kept, pool, heights[name]))
        nodes[name] = CohortNode(parents[name], tuple(children[name]), numbers)
    return Tree(nodes, tuple(pools))


def _parents(spec: KueueSpec, lent: Lent) -> dict[str, str]:
    """Cohort -> the one above it, or nothing."""
    said = {cohort.name: cohort.parent or "" for cohort in spec.cohorts}
    names = dict.fromkeys([*said, *lent, *(parent for parent in said.values() if parent)])
    roots = roots_of(spec)
    return {name: said.get(name, "") for name in names if roots.get(name, name) is not None}


def _heights(
    downwards: Sequence[str], children: Mapping[str, Sequence[str]], populated: frozenset[str]
) -> dict[str, int]:
    """How high each cohort stands above its queues (hierarchical_preemption.go getNodeHeight)."""
    heights: dict[str, int] = {}
    for name in reversed(downwards):
        least = int(name in populated or bool(children[name]))
        heights[name] = max([least, *(heights[child] + 1 for child in children[name])])
    return heights


Held = dict[str, dict[Key, int]]


def _held(
    spec: KueueSpec, lent: Lent, parents: Mapping[str, str], downwards: Sequence[str]
) -> tuple[Held, Mapping[str, Mapping[Key, Limits]]]:
    """What each cohort holds (SubtreeQuota): its own quota, and what those below it lend. And its own words."""
    own: dict[str, dict[Key, Limits]] = {name: {} for name in parents}
    for cohort in spec.cohorts:
        for names in groups(cohort.quota) if cohort.name in own and cohort.quota else ():
            for resource in covered_resources(cohort.quota, names):
                for flavor in names:
                    own[cohort.name][flavor, resource] = limits(cohort.quota[flavor].get(resource), resource)
    held: Held = {name: {key: said.nominal for key, said in own[name].items()} for name in parents}
    for name, listed in lent.items():
        for key, number in listed:
            held[name][key] = held[name].get(key, 0) + number
    for name in reversed(downwards):
        if parent := parents[name]:
            for key, quota in held[name].items():
                given = quota - own[name].get(key, Limits(0)).kept(quota)
                held[parent][key] = held[parent].get(key, 0) + given
    return held, own
