"""Rules about room for operators and agents beside the workloads: they are there first, and nobody counts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...components.kit.component import Cluster, once
from ...components.kit.counting import said, together
from ...components.platform import GPU, Standing, standing, unknown, wanted
from ...findings.finding import Path, Severity
from ...findings.rule import Problem, rule
from ..demand import Pods
from ..judge import Analysis, analyse
from ..offer import NodeKind
from ..packing import Load, packs
from ..placing import kinds_for
from ..scene import load
from ..verdict import Decision

NODES: Path = ("nodes",)
MOST = 3
"""Operators that a sum names one by one; the others are summed up."""


@rule(
    "ADMIT024",
    Severity.WARNING,
    source="generator/data/requests.yaml (requests of upstream's own manifests); kubernetes NodeResourcesFit",
)
def operators_have_room_too(cluster: Cluster) -> Iterator[Problem]:
    """The nodes hold what operators, their controllers and the agents of the hub ask for beside everything that is admitted.

    They are there first: what is left is smaller than `allocatable`, and a pod that Kueue has admitted stays Pending.
    Figures are the requests in upstream's own manifests; OpenShift's own pods are `reserved` of the nodes.
    """
    found = analyse(cluster)
    asked = standing(cluster)
    kinds = found.given.kinds
    # What does not fit even without operators has a finding of its own.
    if not kinds or not asked or found.crowded or found.unpacked:
        return
    there, running = beside(cluster), _running(found)
    # On nodes that are all tainted they find a place on others, which the spec does not describe.
    if not there.open_to or packs([*running, *there.load], there.kinds):
        return
    yield _no_room(cluster, asked, running, [kind for kind in kinds if kind.bit & there.open_to])


class Beside(NamedTuple):
    """Nodes less what runs on each of them, the kinds that operators can be on, and their pods that run anywhere."""

    kinds: tuple[NodeKind, ...]
    open_to: int
    pods: tuple[Pods, ...]

    @property
    def load(self) -> Load:
        """The pods as a load of their nodes."""
        return [(pods, pods.replicas, self.open_to) for pods in self.pods]


@once
def beside(cluster: Cluster) -> Beside:
    """What operators and agents take and leave of the nodes."""
    asked, kinds = standing(cluster), analyse(cluster).given.kinds
    return Beside(_less_daemons(asked, cluster, kinds), _open(kinds), tuple(_pods(asked)))


def _running(found: Analysis) -> list[tuple[Pods, int, int]]:
    """Everything that runs at once: what is admitted, with the flavors that it got, and what needs no queue."""
    kinds = found.given.kinds
    chosen: list[tuple[Pods, int, int]] = []
    for item in found.verdicts:
        if item.decision is not Decision.ADMIT or item.line is None:
            continue
        flavors = {flavor.name: flavor for group in item.line.groups for flavor in group.flavors}
        for pods, (names, count) in zip(item.workload.pods, item.taken, strict=False):
            # Where the first flavor has no node for it, ADMIT009 speaks of that.
            if nodes := kinds_for(pods, [flavors[name] for name in names], kinds, 1):
                chosen.append((pods, count, nodes))
    return load(chosen, found.loose)


def _less_daemons(
    asked: Sequence[Standing], cluster: Cluster, kinds: Sequence[NodeKind]
) -> tuple[NodeKind, ...]:
    """The nodes less what runs on each of them."""
    found = []
    for kind, node in zip(kinds, cluster.spec.nodes, strict=True):
        each: Mapping[str, int] = {}
        for item in asked:
            if item.each == "node" or (item.each == "gpu" and GPU in node.allocatable):
                each = together(each, item.requests)
        has = {name: number - each.get(name, 0) for name, number in kind.has.items()}
        found.append(kind._replace(has=has))
    return tuple(found)


def _open(kinds: Sequence[NodeKind]) -> int:
    """The kinds of nodes that operators and agents can be on: none of them is counted on to tolerate a taint."""
    shut = (any(taint.effect != "PreferNoSchedule" for taint in kind.taints) for kind in kinds)
    return sum(kind.bit for kind, not_there in zip(kinds, shut, strict=True) if not not_there)


def _pods(asked: Sequence[Standing]) -> Iterator[Pods]:
    """Pods of operators and agents that run anywhere."""
    for item in asked:
        if item.each not in {"node", "gpu"}:
            yield Pods(item.name, item.number, item.number, item.requests, item.requests, {}, (), NODES)


def _no_room(
    cluster: Cluster, asked: Sequence[Standing], running: Load, there: Sequence[NodeKind]
) -> Problem:
    """`there` are the nodes that operators can be on; workloads that can be on others as well are not counted beside them."""
    sums: dict[str, int] = {}
    for item in asked:
        sums = together(sums, item.whole)
    open_to = sum(kind.bit for kind in there)
    beside: dict[str, int] = {}
    for pods, count, mask in running:
        if not mask & ~open_to:
            beside = together(beside, {name: number * count for name, number in pods.real.items()})
    has = {
        name: sum(kind.nodes * kind.has[name] for kind in there)
        for name in sums
        if all(name in kind.has for kind in there)
    }
    over = [name for name, all_ in has.items() if sums[name] + beside.get(name, 0) > all_]
    nodes = ", ".join(f"{kind.nodes} {kind.name}" for kind in there)
    parts = [
        f"{said(name, sums[name])} {name} ({_largest(asked, name)}), with {said(name, beside.get(name, 0))} of workloads"
        f" {said(name, sums[name] + beside.get(name, 0))} of {said(name, has[name])} ({nodes})"
        for name in over or list(has)
    ]
    alone = "" if over else ": they fit in sum, but no way was found to put each pod onto one node"
    left_out = [name for names in unknown(cluster).values() for name in names]
    more = f"; not known and not counted: {', '.join(left_out)}" if left_out else ""
    text = f"operators and agents ask for {'; '.join(parts)}{alone}{more}"
    hint = "larger nodes, fewer operators or smaller requests; waive it where allocatable is already what they leave"
    return Problem(NODES, text, hint, tuple(path for path, _ in wanted(cluster) if path[0] == "operators"))


def _largest(asked: Sequence[Standing], resource: str) -> str:
    """Who asks for most of a resource."""
    sums: dict[str, int] = {}
    for item in asked:
        sums[item.operator] = sums.get(item.operator, 0) + item.whole.get(resource, 0)
    ranked = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    named = [f"{name} {said(resource, number)}" for name, number in ranked[:MOST] if number]
    rest = sum(number for _, number in ranked[MOST:])
    return ", ".join([*named, *([f"others {said(resource, rest)}"] if rest else [])])
