"""Whether the nodes hold one more pod of a server beside what always runs there: an update that starts the new pod first needs it.

Sums are compared, of what can be on these nodes and on no others. So what is said here is certain, and where nothing is said a
pod may still find no place (ADMIT026).
"""

from __future__ import annotations

from typing import NamedTuple

from .. import ray, workbenches
from ..kit.component import Cluster, once
from ..kit.counting import left_on, said
from ..kit.demand import Pods, Workload
from ..kit.tolerations import lets
from ..kueue.spec import KueueSpec, queue_of
from .demand import workloads
from .placement import ways
from .spec import Service


class _Standing(NamedTuple):
    """Pods that always run, and the kinds of nodes that they can be on, by index."""

    work: Workload
    pods: Pods
    kinds: frozenset[int]


def short_on_nodes(item: Service, cluster: Cluster) -> str | None:
    """What its nodes have too little of for one pod more; None where that is not certain."""
    standing = _standing(cluster)
    for one in standing:
        mine = (one.work.kind, one.work.namespace, one.work.name) == (item.kind, item.namespace, item.name)
        if not mine or one.work.whole or not one.kinds:
            continue
        there = _capacity(one.kinds, cluster)
        for name, has in there.items():
            taken = sum(
                other.pods.real.get(name, 0) * other.pods.replicas
                for other in standing
                if other.kinds and other.kinds <= one.kinds
            )
            each = one.pods.real.get(name, 0)
            if each and taken + each > has:
                return f"{name} it needs: {said(name, each)}, free on its nodes beside the old pods: {said(name, max(0, has - taken))}"
    return None


def _capacity(kinds: frozenset[int], cluster: Cluster) -> dict[str, int]:
    """What these nodes have of cpu, memory and disk, where all of them say so; devices are counted elsewhere."""
    listed = [(node.count, left_on(node)) for k, node in enumerate(cluster.spec.nodes) if k in kinds]
    names = [name for name in listed[0][1] if "/" not in name and name != "pods"]
    return {
        name: sum(count * has[name] for count, has in listed)
        for name in names
        if all(name in has for _, has in listed)
    }


@once
def _standing(cluster: Cluster) -> tuple[_Standing, ...]:
    """Servers, and what else runs all the time without asking Kueue."""
    if not cluster.spec.nodes:
        return ()
    servers = (found.work for found in workloads(cluster))
    others = (
        found.work for part in (ray.workloads(cluster), workbenches.workloads(cluster)) for found in part
    )
    works = (*servers, *(work for work in others if work.queue is None and work.lasting))
    return tuple(_Standing(work, pods, _kinds(work, pods, cluster)) for work in works for pods in work.pods)


def _kinds(work: Workload, pods: Pods, cluster: Cluster) -> frozenset[int]:
    spec: KueueSpec = cluster.spec.kueue
    queue = queue_of(spec, work.queue, work.namespace)
    open_to = [*ways(pods.selector, pods.tolerations, queue, spec)]
    devices = [name for name, number in pods.real.items() if number and "/" in name]
    return frozenset(
        k
        for k, node in enumerate(cluster.spec.nodes)
        if all(left_on(node).get(name, 0) for name in devices) and any(lets(node, *way) for way in open_to)
    )
