"""Whether a second pod of a server finds quota beside everything else, as an update needs it that starts the new pod first.

A yes is certain: whatever flavors the rest has taken, one of those that the pod can take is left with room for it. What a
queue could borrow is nobody's for sure, and does not count. Whether an update that is asked for can finish is found out in
`admission`, as Kueue would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from ...specs.types import Resources
from .. import ray, training, workbenches
from ..kit.component import Cluster, once
from ..kit.counting import amount
from ..kit.demand import Pods, Workload
from ..kit.quota import resource_of, taken_by_pod
from ..kit.tolerations import untolerated
from ..kueue.spec import (
    Cells,
    Cohort,
    Flavor,
    KueueSpec,
    Queue,
    Quota,
    covered_resources,
    groups,
    queue_of,
    quota_of,
    roots_of,
)
from .demand import workloads
from .spec import Service

PODS = "pods"
"""Resource by which a queue limits the number of pods (corev1.ResourcePods)."""

WAYS = 4096
"""Most ways to be short that are looked at; of a queue with more nothing is certain."""


@once
def declared(cluster: Cluster) -> tuple[Workload, ...]:
    """Everything that servers, Ray, training jobs and workbenches ask for."""
    parts = (
        workloads(cluster),
        ray.workloads(cluster),
        training.workloads(cluster),
        workbenches.workloads(cluster),
    )
    return tuple(found.work for part in parts for found in part)


def has_room(item: Service, cluster: Cluster) -> bool:
    """Whether quota holds one more pod of each kind that a Deployment runs for a server."""
    mine = _by_name(cluster).get((item.namespace, item.name), ())
    pods = [one for work in mine if not work.whole for one in work.pods]
    return all(_in_queue(one, item, cluster) and _in_namespace(one, item.namespace, cluster) for one in pods)


@once
def _by_name(cluster: Cluster) -> Mapping[tuple[str, str], Sequence[Workload]]:
    found: dict[tuple[str, str], list[Workload]] = {}
    for work in declared(cluster):
        found.setdefault((work.namespace, work.name), []).append(work)
    return found


def _in_namespace(pods: Pods, namespace: str, cluster: Cluster) -> bool:
    quota: Resources = next((item.quota for item in cluster.spec.namespaces if item.name == namespace), {})
    for name, hard in quota.items():
        each = taken_by_pod(pods, name)
        if each and _taken(cluster)[namespace, name] + each > amount(resource_of(name), hard):
            return False
    return True


@once
def _taken(cluster: Cluster) -> Mapping[tuple[str, str], int]:
    """(namespace, resource that its quota limits) -> what is declared of it."""
    limited = {item.name: tuple(item.quota) for item in cluster.spec.namespaces}
    total: Counter[tuple[str, str]] = Counter()
    for work in declared(cluster):
        for name in limited.get(work.namespace, ()):
            total[work.namespace, name] += sum(one.most * (taken_by_pod(one, name) or 0) for one in work.pods)
    return total


class _Asked(NamedTuple):
    """Pods of a queue: `peak` is how many there can be while they are updated, `together` how many get one flavor.

    `single`: each of them is a Workload, which takes the first flavor that has room.
    """

    pods: Pods
    peak: int
    together: int
    single: bool


@dataclass(frozen=True, eq=False)
class _Line:
    """A queue, the other queues of its cohort, and what is declared for each of them, by (name, namespace)."""

    queue: Queue
    others: tuple[Queue, ...]
    asked: Mapping[tuple[str, str], Sequence[_Asked]]
    covered: Mapping[tuple[str, str], tuple[str, ...]]
    """(queue, flavor) -> the resources of the resource group that the queue has the flavor in."""
    nominal: Mapping[tuple[str, str], int]
    """(flavor, resource) -> the quota of all of them together."""
    answers: dict[tuple[int, str, int], bool] = field(default_factory=dict)
    """What `may_take` said."""
    demands: dict[tuple[int, str, tuple[str, ...], frozenset[int]], int] = field(default_factory=dict)
    """What `demand` said: the servers of a queue ask the same, one after the other."""
    gone: dict[tuple[str, ...], frozenset[int]] = field(default_factory=dict)
    """What `_settled` said, by the flavors of a group and the one that it was asked about."""

    def of(self, queue: Queue) -> Sequence[_Asked]:
        """What is declared for a queue."""
        return [item for lead in queue.leads for item in self.asked.get(lead, ())]

    def covers(self, queue: Queue, flavor: Flavor) -> tuple[str, ...]:
        """The resources of the resource group that a queue has a flavor in."""
        return self.covered.get((queue.name, flavor.name), ())

    def may_take(self, queue: Queue, flavor: Flavor, item: _Asked) -> bool:
        """Whether pods may get a flavor: no label of it is another for them, and all queues have enough of it for them."""
        asked = id(queue), flavor.name, id(item)
        if asked not in self.answers:
            self.answers[asked] = self._may_take(queue, flavor, item)
        return self.answers[asked]

    def _may_take(self, queue: Queue, flavor: Flavor, item: _Asked) -> bool:
        if any(item.pods.selector.get(key, value) != value for key, value in flavor.nodeLabels.items()):
            return False
        return all(
            _each(item.pods, name) * item.together <= self.nominal.get((flavor.name, name), 0)
            for name in self.covers(queue, flavor)
            if name != PODS
        )

    def demand(
        self, queue: Queue, name: str, flavors: Sequence[Flavor], settled: frozenset[int] = frozenset()
    ) -> int:
        """The most that is taken of a resource of these flavors through a queue, but by those `settled` (by id)."""
        asked = id(queue), name, tuple(flavor.name for flavor in flavors), settled
        if asked not in self.demands:
            self.demands[asked] = self._demand(queue, name, flavors, settled)
        return self.demands[asked]

    def _demand(self, queue: Queue, name: str, flavors: Sequence[Flavor], settled: Collection[int]) -> int:
        return sum(
            item.pods.most * _each(item.pods, name)
            for item in self.of(queue)
            if id(item) not in settled and any(self.may_take(queue, flavor, item) for flavor in flavors)
        )


def _in_queue(pods: Pods, item: Service, cluster: Cluster) -> bool:
    spec: KueueSpec = cluster.spec.kueue
    queue = queue_of(spec, item.queue, item.namespace)
    if queue is None:
        return True
    if any(_limited(cohort.quota) for cohort in spec.cohorts):
        # Of what the cohorts have, a queue may get less than all of it.
        return False
    covered = {name for resources in queue.quota.values() for name in resources}
    if any(number and name not in covered for name, number in pods.requests.items()):
        return False
    line = _lines(cluster).of(queue)
    flavors = {flavor.name: flavor for flavor in spec.flavors}
    return all(
        _in_group(pods, [flavors[name] for name in names if name in flavors], line)
        for names in groups(queue.quota)
    )


def _limited(quota: Cells) -> bool:
    cells = (quota_of(cell) for cells in quota.values() for cell in cells.values())
    return any(cell.borrowingLimit is not None or cell.lendingLimit is not None for cell in cells)


def _above(queue: Queue, spec: KueueSpec, roots: Mapping[str, str | None]) -> str | None:
    """The topmost cohort above a queue; "" for none, None when the parents form a cycle."""
    named = queue.cohort or spec.cohort or ""
    return roots.get(named, named)


@dataclass(frozen=True, eq=False)
class _Lines:
    """Those of a cluster that a server has asked about, by id of the queue."""

    cluster: Cluster
    known: dict[int, _Line] = field(default_factory=dict)

    def of(self, queue: Queue) -> _Line:
        if id(queue) not in self.known:
            self.known[id(queue)] = _line(queue, self.cluster.spec.kueue, self.cluster)
        return self.known[id(queue)]


_lines = once(_Lines)


def _line(queue: Queue, spec: KueueSpec, cluster: Cluster) -> _Line:
    roots = roots_of(spec)
    root = _above(queue, spec, roots)
    others = (one for one in spec.queues if one is not queue and root)
    beside = tuple(one for one in others if _above(one, spec, roots) == root)
    queues = (queue, *beside)
    return _Line(queue, beside, _through(cluster), dict(_covered(queues)), _nominal(queues, spec.cohorts))


@once
def _through(cluster: Cluster) -> Mapping[tuple[str, str], Sequence[_Asked]]:
    """(name, namespace) of a LocalQueue -> what is declared for it."""
    asked: dict[tuple[str, str], list[_Asked]] = {}
    for work in declared(cluster):
        if work.queue:
            asked.setdefault((work.queue, work.namespace), []).extend(_asked(work))
    return asked


def _nominal(queues: Iterable[Queue], cohorts: Iterable[Cohort]) -> Mapping[tuple[str, str], int]:
    total: Counter[tuple[str, str]] = Counter()
    for quota in (*(queue.quota for queue in queues), *(cohort.quota for cohort in cohorts)):
        for flavor, resources in quota.items():
            total.update({(flavor, name): _cell(name, value).nominal for name, value in resources.items()})
    return total


def _covered(queues: Iterable[Queue]) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    for queue in queues:
        for names in groups(queue.quota):
            resources = covered_resources(queue.quota, names)
            yield from (((queue.name, flavor), resources) for flavor in names)


def _asked(work: Workload) -> Iterable[_Asked]:
    for pods in work.pods:
        # To the pods of a Deployment an update may add a quarter, rounded up.
        more = 0 if work.whole else -(-pods.most // 4)
        yield _Asked(pods, pods.most + more, pods.replicas if work.whole else 1, not work.whole)


def _settled(group: Sequence[Flavor], until: Flavor, line: _Line) -> frozenset[int]:
    """Pods of the queue, by id, that never come to a flavor: one before it has enough for all that may come to that."""
    asked = (*(flavor.name for flavor in group), until.name)
    if asked not in line.gone:
        line.gone[asked] = frozenset(_gone(group, until, line))
    return line.gone[asked]


def _gone(group: Sequence[Flavor], until: Flavor, line: _Line) -> set[int]:
    found: set[int] = set()
    keys = {key for flavor in group for key in flavor.nodeLabels}
    for flavor in group:
        if flavor is until:
            break
        coming = [
            item
            for item in line.of(line.queue)
            if id(item) not in found and line.may_take(line.queue, flavor, item)
        ]
        if _holds(flavor, coming, line):
            found |= {id(item) for item in coming if item.single and _takes(flavor, item.pods, keys)}
    return found


def _holds(flavor: Flavor, coming: Sequence[_Asked], line: _Line) -> bool:
    """Whether quota of a flavor is enough for all that may come to it, also while they are updated."""
    for name in line.covers(line.queue, flavor):
        peak = sum(item.peak * _each(item.pods, name) for item in coming)
        free = _quota(line.queue, flavor, name).nominal - peak
        if free < 0 or free + sum(_lent(other, name, [flavor], line) for other in line.others) < 0:
            return False
    return True


def _in_group(pods: Pods, group: Sequence[Flavor], line: _Line) -> bool:
    """Whether some flavor of a resource group is certainly left for a pod.

    Suppose none were: then each flavor is short of some resource, by the queue's own quota or by the cohort's. It is
    certain when what is declared is too little for that, whichever way the flavors are short.
    """
    covered = covered_resources(line.queue.quota, tuple(flavor.name for flavor in group))
    asked = [name for name in covered if _each(pods, name)]
    keys = {key for flavor in group for key in flavor.nodeLabels}
    sure = [
        flavor
        for flavor in group
        if _takes(flavor, pods, keys)
        and all(_quota(line.queue, flavor, name).nominal >= _each(pods, name) for name in asked)
    ]
    reasons = list(product(asked, (False, True) if line.others else (False,)))
    if not asked:
        return True
    if not sure or len(reasons) ** len(sure) > WAYS:
        return False
    settled = {flavor.name: _settled(group, flavor, line) for flavor in sure}
    return all(_cannot_be(way, sure, pods, line, settled) for way in product(reasons, repeat=len(sure)))


def _cannot_be(
    way: Sequence[tuple[str, bool]],
    flavors: Sequence[Flavor],
    pods: Pods,
    line: _Line,
    settled: Mapping[str, frozenset[int]],
) -> bool:
    """Whether flavors cannot all be short of these resources, of the cohort's where it says True."""
    for reason in dict.fromkeys(way):
        short = [flavor for flavor, one in zip(flavors, way, strict=True) if one == reason]
        name, in_cohort = reason
        free = sum(_quota(line.queue, flavor, name).nominal - _each(pods, name) for flavor in short)
        gone = frozenset.intersection(*(settled[flavor.name] for flavor in short))
        free -= line.demand(line.queue, name, short, gone)
        if in_cohort:
            free += sum(_lent(other, name, short, line) for other in line.others)
        if free >= 0:
            return True
    return False


def _lent(other: Queue, name: str, flavors: Sequence[Flavor], line: _Line) -> int:
    """What another queue certainly gives to the cohort, less what it may take of it."""
    cells = [_quota(other, flavor, name) for flavor in flavors]
    demand = line.demand(other, name, flavors)
    # With several flavors it may have its fill of one, and keep the other for itself.
    beyond = max(0, demand - cells[0].kept) if len(cells) == 1 else demand
    return sum(cell.nominal - cell.kept for cell in cells) - beyond


class _Amounts(NamedTuple):
    """Quota of one cell, and what of it is not lent."""

    nominal: int
    kept: int


_NOTHING = _Amounts(0, 0)


def _quota(queue: Queue, flavor: Flavor, name: str) -> _Amounts:
    value = queue.quota.get(flavor.name, {}).get(name)
    return _NOTHING if value is None else _cell(name, value)


@lru_cache(maxsize=4096)
def _cell(name: str, value: Quota | str) -> _Amounts:
    said = quota_of(value)
    nominal = amount(name, said.nominal)
    lends = nominal if said.lendingLimit is None else amount(name, said.lendingLimit)
    return _Amounts(nominal, max(0, nominal - lends))


def _each(pods: Pods, name: str) -> int:
    return 1 if name == PODS else pods.requests.get(name, 0)


def _takes(flavor: Flavor, pods: Pods, keys: Iterable[str]) -> bool:
    """Whether pods can take a flavor for sure, whichever label keys of the group count."""
    wanted = {key: pods.selector[key] for key in keys if key in pods.selector}
    return all(flavor.nodeLabels.get(key) == value for key, value in wanted.items()) and not any(
        untolerated(flavor.nodeTaints, (*pods.tolerations, *flavor.tolerations))
    )
