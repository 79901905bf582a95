"""Rules about the scheduler of Kubernetes: it spreads pods over the nodes as they come, and moves none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...components.kit.component import Cluster
from ...components.serving import starts_first, waits_for_itself
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ..demand import Workload
from ..judge import Analysis, analyse
from ..offer import NodeKind
from ..packing import largest_of, packs, size
from ..sentences.places import homeless, no_room_to_update
from ..spreading import Group, Nodes, Shortage, shortages
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
    certain = _certain(found)
    for standing in _standings(cluster, found):
        for item in shortages(standing.load, standing.kinds, standing.first):
            if id(item.work) in certain:
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
    certain = _certain(found)
    for standing in _standings(cluster, found):
        nodes = Nodes(standing.kinds)
        if nodes.put((one, one.number) for one in (*standing.first, *standing.load)):
            continue
        for group in standing.load:
            work = group.work
            if (
                work is None
                or id(work) not in certain
                or id(work) in told
                or not _starts_first(work, cluster)
            ):
                continue
            if not nodes.rated(group) and not nodes.room_for(group):
                told.add(id(work))
                yield no_room_to_update(work, group, nodes, found.given.kinds)


def _starts_first(work: Workload, cluster: Cluster) -> bool:
    section, *at = work.path
    if section != "serving":
        return False
    item = cluster.spec.serving[int(at[0])]
    # Where the reason is certain, SERVE026 and LLM006 say it.
    return starts_first(item, cluster) and waits_for_itself(item, cluster) is None


class _Standing(NamedTuple):
    """Pods that stand at once, the nodes that they have, and the operators that were there before."""

    load: tuple[Group, ...]
    kinds: tuple[NodeKind, ...]
    first: tuple[Group, ...] = ()


def _standings(cluster: Cluster, found: Analysis) -> Iterator[_Standing]:
    """All loads that find a place in some order: those that find none have findings of their own."""
    if found.crowded or found.unpacked or not found.loads:
        return
    kinds = found.given.kinds
    there = beside(cluster, kinds)
    first = tuple(Group(None, pods, pods.replicas, there.open_to) for pods in there.pods)
    for load in found.loads:
        running = [(one.pods, one.number, one.nodes) for one in load]
        if packs([*running, *there.load], there.kinds):
            yield _Standing(load, there.kinds, first)
        # Where operators find no room beside them ADMIT024 says so, and they are left out here.
        elif packs(running, kinds):
            yield _Standing(load, kinds)


def _certain(found: Analysis) -> set[int]:
    """Workloads of which nothing else says that they may not run, by id."""
    admitted = {
        id(item.workload)
        for item in found.verdicts
        if item.decision is Decision.ADMIT and not item.late and not item.at_first
    }
    return admitted | {id(work) for work, _, mask in found.loose if mask}
