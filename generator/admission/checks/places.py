"""A rule about the scheduler of Kubernetes: it spreads pods over the nodes as they come, and moves none."""

from __future__ import annotations

from collections.abc import Iterator

from ...components.kit.component import Cluster
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ..demand import Workload
from ..judge import Analysis, analyse
from ..packing import largest_of, packs, size
from ..sentences.places import homeless
from ..spreading import Group, Shortage, shortages
from ..verdict import Decision
from .operators import beside


@rule(
    "ADMIT025",
    Severity.WARNING,
    source="kubernetes scheduler NodeResourcesFit (LeastAllocated), NodeResourcesBalancedAllocation, TaintToleration,"
    " DefaultPreemption; seen of kube-scheduler 1.35.4 (make live PART=nodes)",
)
def pods_find_a_place_in_any_order(cluster: Cluster) -> Iterator[Problem]:
    """Each pod that stays finds a node in whatever order the pods come.

    The scheduler puts each pod onto the emptiest node that takes it, and moves none afterwards: small pods lie on all nodes, and
    a large one that comes last stays Pending, although another order had a place for it. Its quota is reserved all the while.
    """
    found = analyse(cluster)
    # What finds no place in any order has a finding of its own, here and below.
    if found.crowded or found.unpacked or not found.loads:
        return
    certain = [*_certain(found)]
    there = beside(cluster, found.given.kinds)
    short: dict[tuple[int, str], Shortage] = {}
    for load in found.loads:
        running = [(one.pods, one.number, one.nodes) for one in load]
        first, kinds = [], found.given.kinds
        # Where operators find no room beside them ADMIT024 says so, and they are left out here.
        if there.pods and packs([*running, *there.load], there.kinds):
            first = [Group(None, pods, pods.replicas, there.open_to) for pods in there.pods]
            kinds = there.kinds
        elif not packs(running, kinds):
            continue
        for item in shortages(load, kinds, first):
            if item.work in certain:
                short.setdefault((id(item.work), item.group.pods.name), item)
    if short:
        largest = largest_of(found.given.kinds)
        yield homeless(
            sorted(short.values(), key=lambda one: -size(one.group.pods, largest)), found.given.kinds
        )


def _certain(found: Analysis) -> Iterator[Workload]:
    """Workloads of which nothing else says that they may not run."""
    for item in found.verdicts:
        if item.decision is Decision.ADMIT and not item.late and not item.at_first:
            yield item.workload
    yield from (work for work, _, mask in found.loose if mask)
