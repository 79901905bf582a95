"""Rules about the scheduler of Kubernetes: it spreads pods over the nodes as they come, and moves none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from ...components.kit.component import Cluster, once
from ...components.serving import starts_first, waits_for_itself
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ..demand import Workload
from ..judge import Analysis, analyse
from ..offer import NodeKind
from ..packing import largest_of, packs, size
from ..sentences.places import homeless, no_room_to_update
from ..spreading import Group, Nodes, Shortage, certain, shortages
from ..verdict import Decision
from .operators import beside

SCHEDULER = (
    "kubernetes scheduler NodeResourcesFit (LeastAllocated), NodeResourcesBalancedAllocation, TaintToleration,"
    " DefaultPreemption"
)


@rule(
    "ADMIT025",
    Severity.WARNING,
    source=f"{SCHEDULER}; seen of kube-scheduler 1.35.4 (make live PART=nodes)",
)
def pods_find_a_place_in_any_order(cluster: Cluster) -> Iterator[Problem]:
    """Each pod that stays finds a node in whatever order the pods come.

    The scheduler puts each pod onto the emptiest node that takes it, and moves none afterwards: small pods lie on all nodes, and
    a large one that comes last stays Pending, although another order had a place for it. Its quota is reserved all the while.
    """
    found = analyse(cluster)
    short: dict[tuple[int, str], Shortage] = {}
    admitted = _admitted(found)
    for standing in _standings(cluster):
        for item in shortages(standing.load, standing.kinds, standing.first):
            if id(item.work) in admitted:
                short.setdefault((id(item.work), item.group.pods.name), item)
    if short:
        largest = largest_of(found.given.kinds)
        by_size = sorted(short.values(), key=lambda one: -size(one.group.pods, largest))
        yield homeless(by_size, found.given.kinds)


@rule(
    "ADMIT026",
    Severity.WARNING,
    source=f"kubernetes #89209: a Deployment stops no old pod before the new one is ready; {SCHEDULER}",
)
def updates_find_a_place(cluster: Cluster) -> Iterator[Problem]:
    """The pod that an update of a server starts first finds a node while everything else runs.

    It stays Pending, and no old pod is stopped before it is ready: what was changed never arrives.
    """
    found = analyse(cluster)
    told = {id(one.work) for one in found.stuck}
    admitted = _admitted(found)
    for standing in _standings(cluster):
        asking = [
            (work, one)
            for one in standing.load
            if (work := one.work) is not None
            and id(work) in admitted - told
            and _in_doubt(one, standing)
            and _starts_first(work, cluster)
        ]
        nodes = Nodes(standing.kinds)
        if not asking or nodes.put((one, one.number) for one in (*standing.first, *standing.load)):
            continue
        for work, one in asking:
            if not nodes.rated(one) and not nodes.room_for(one) and id(work) not in told:
                told.add(id(work))
                yield no_room_to_update(work, one, nodes, found.given.kinds)


def _in_doubt(group: Group, standing: _Standing) -> bool:
    """Whether others may keep a pod more of a server out."""
    if group.work is None or group.work.path[0] != "serving":
        return False
    more = replace(group, number=group.number + 1)
    load = (*standing.first, *(more if one is group else one for one in standing.load))
    return not certain(more, load, standing.kinds)


def _starts_first(work: Workload, cluster: Cluster) -> bool:
    item = cluster.spec.serving[int(work.path[1])]
    # Where the reason is certain, SERVE026 and LLM006 say it.
    return starts_first(item, cluster) and waits_for_itself(item, cluster) is None


class _Standing(NamedTuple):
    """Pods that stand at once, the nodes that they have, and the operators that were there before."""

    load: tuple[Group, ...]
    kinds: tuple[NodeKind, ...]
    first: tuple[Group, ...] = ()


@once
def _standings(cluster: Cluster) -> tuple[_Standing, ...]:
    """All loads that find a place in some order: those that find none have findings of their own."""
    found = analyse(cluster)
    return () if found.crowded or found.unpacked else tuple(_of_loads(cluster, found))


def _of_loads(cluster: Cluster, found: Analysis) -> Iterator[_Standing]:
    if not found.loads:
        return
    kinds = found.given.kinds
    there = beside(cluster)
    for load in found.loads:
        running = [(one.pods, one.number, one.nodes) for one in load]
        if packs([*running, *there.load], there.kinds):
            first = tuple(Group(None, pods, pods.replicas, there.open_to) for pods in there.pods)
            yield _Standing(load, there.kinds, first)
        # Where operators find no room beside them ADMIT024 says so, and they are left out here.
        elif packs(running, kinds):
            yield _Standing(load, kinds)


def _admitted(found: Analysis) -> set[int]:
    """Workloads of which nothing else says that they may not run, by id."""
    admitted = {
        id(item.workload)
        for item in found.verdicts
        if item.decision is Decision.ADMIT and not item.late and not item.at_first
    }
    return admitted | {id(work) for work, _, mask in found.loose if mask}
