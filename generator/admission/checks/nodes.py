"""Rules about nodes: Kueue counts quota and does not look at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...components.kit.component import Cluster
from ...components.kit.counting import said
from ...components.kit.tolerations import untolerated
from ...components.kueue import KUEUE
from ...components.kueue.spec import Flavor
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ..cohorts import ENDLESS
from ..demand import Pods
from ..judge import Analysis, analyse
from ..offer import NodeKind, has_labels
from ..placing import Option
from ..sentences.nodes import left, node_hint, node_reasons
from ..sentences.workloads import who
from ..verdict import Decision, Obstacle

SILENT = "kueue issues #3210, #931: quota is reserved, the pods stay Pending"


class _Flavored(NamedTuple):
    """A flavor that some queue gives quota for, with its place in the spec and the nodes of its labels."""

    at: int
    flavor: Flavor
    nodes: tuple[NodeKind, ...]


def _flavored(cluster: Cluster, found: Analysis) -> Iterator[_Flavored]:
    spec = cluster.part(KUEUE)
    named = {name for queue in spec.queues for name in queue.quota}
    for i, flavor in enumerate(spec.flavors):
        if flavor.name in named:
            nodes = tuple(kind for kind in found.given.kinds if has_labels(kind, flavor.nodeLabels))
            yield _Flavored(i, flavor, nodes)


@rule("ADMIT005", source=f"kubernetes NodeResourcesFit, NodeAffinity, TaintToleration; {SILENT}")
def nodes_can_run_it(cluster: Cluster) -> Iterator[Problem]:
    """The nodes that a queued workload is admitted to can run its pods.

    A pod needs one node with the labels of its flavor and of its nodeSelector, whose taints it tolerates and
    which has all it asks for. Kueue reserves the quota without looking, and the pods stay Pending.
    """
    found = analyse(cluster)
    failing = [
        verdict
        for verdict in found.verdicts
        if verdict.decision is Decision.NEVER and verdict.obstacle is Obstacle.NODES
    ]
    broken = _broken(cluster, found) if failing else frozenset()
    for verdict in failing:
        line = found.given.lines[verdict.queue, verdict.namespace]
        # What is wrong with all flavors of the queue is said once, of these.
        if verdict.problem and not line.queue.quota.keys() <= broken:
            yield verdict.problem


def _broken(cluster: Cluster, found: Analysis) -> frozenset[str]:
    """Flavors that ADMIT006 or ADMIT007 speaks of."""
    return frozenset(
        item.flavor.name for item in _flavored(cluster, found) if not item.nodes or _shut(item, found)
    )


@rule("ADMIT006", source=SILENT)
def flavors_have_nodes(cluster: Cluster) -> Iterator[Problem]:
    """The labels of a flavor are those of a kind of node.

    Kueue admits workloads to it and holds the quota, and their pods stay Pending.
    """
    found = analyse(cluster)
    for item in _flavored(cluster, found) if found.given.kinds else ():
        if not item.nodes:
            labels = ", ".join(f"{key}: {value}" for key, value in sorted(item.flavor.nodeLabels.items()))
            seen = _labels(found, item.flavor)
            text = f"flavor {item.flavor.name} is for nodes with {labels}; spec.nodes has {seen}"
            at = ("kueue", "flavors", item.at, "nodeLabels")
            yield Problem(at, text, "write the label as the nodes have it")


def _labels(found: Analysis, flavor: Flavor) -> str:
    seen = {
        f"{key}: {kind.labels[key]}"
        for kind in found.given.kinds
        for key in flavor.nodeLabels
        if key in kind.labels
    }
    return ", ".join(sorted(seen)) or "no such label"


def _shut(item: _Flavored, found: Analysis) -> str:
    """The taint of all nodes of a flavor that neither it nor a workload tolerates; empty when there is none."""
    taints = [next(untolerated(kind.taints, item.flavor.tolerations), None) for kind in item.nodes]
    if not taints or None in taints:
        return ""
    for pods in _users(item.flavor, found):
        own = (*pods.tolerations, *item.flavor.tolerations)
        if not all(any(untolerated(kind.taints, own)) for kind in item.nodes):
            return ""
    return next(f"{taint.key}:{taint.effect}" for taint in taints if taint)


def _users(flavor: Flavor, found: Analysis) -> Iterator[Pods]:
    """Pods of the queues that give quota for a flavor."""
    for verdict in found.verdicts:
        line = found.given.lines.get((verdict.queue, verdict.namespace))
        if line and flavor.name in line.queue.quota:
            yield from verdict.workload.pods


@rule(
    "ADMIT007", covers=("RF-9",), source="kueue issues #1233, #5711: only spec.tolerations are given to pods"
)
def flavors_tolerate_their_nodes(cluster: Cluster) -> Iterator[Problem]:
    """A flavor tolerates the taints of its nodes, or a workload that uses it does.

    A flavor's nodeTaints keep workloads out and are given to nobody; its tolerations are given to the pods.
    Without them the pods stay Pending with their quota reserved.
    """
    found = analyse(cluster)
    for item in _flavored(cluster, found) if found.given.kinds else ():
        taint = _shut(item, found)
        if taint:
            key, _, effect = taint.rpartition(":")
            text = f"all nodes of flavor {item.flavor.name} have taint {taint}, and nothing tolerates it"
            hint = f"tolerations: [{{key: {key}, operator: Exists, effect: {effect}}}]"
            at = ("kueue", "flavors", item.at)
            there = (((*at, "tolerations", j, "key")) for j in range(len(item.flavor.tolerations)))
            yield Problem(at, text, hint, tuple(there))


@rule("ADMIT008", Severity.WARNING, source="kueue counts quota only; topology-aware scheduling is not used")
def quota_is_there(cluster: Cluster) -> Iterator[Problem]:
    """The nominal quota of a flavor over all queues is at most what its nodes have.

    Kueue would admit more than can run, and pods stay Pending.
    """
    found = analyse(cluster)
    for item in _flavored(cluster, found) if found.given.kinds else ():
        if not item.nodes:
            continue
        sums: dict[str, int] = {}
        for line in found.given.lines.values():
            for resource in line.queue.quota.get(item.flavor.name, ()):
                sums[resource] = sums.get(resource, 0) + line.cells[item.flavor.name, resource].nominal
        for resource, whole in sums.items():
            if whole > _has(resource, item.nodes):
                yield _more_than_there_is(cluster, item, resource, whole, found)


def _has(resource: str, nodes: tuple[NodeKind, ...]) -> int:
    """What all nodes have of a resource; endless when one of them does not list a resource every node has."""
    if "/" not in resource and any(resource not in kind.has for kind in nodes):
        return ENDLESS
    return sum(kind.nodes * kind.has.get(resource, 0) for kind in nodes)


def _more_than_there_is(
    cluster: Cluster, item: _Flavored, resource: str, whole: int, found: Analysis
) -> Problem:
    name = item.flavor.name
    places = {(queue.name, queue.namespace): i for i, queue in enumerate(cluster.part(KUEUE).queues)}
    terms = [
        (
            places.get((line.queue.name, line.queue.namespace), 0),
            line.queue.name,
            line.cells[name, resource].nominal,
        )
        for line in found.given.lines.values()
        if resource in line.queue.quota.get(name, ())
    ]
    has = said(resource, _has(resource, item.nodes))
    asked = " + ".join(f"{queue} {said(resource, number)}" for _, queue, number in terms)
    there = " + ".join(f"{kind.nodes} {kind.name} x {left(kind, resource)}" for kind in item.nodes)
    text = (
        f"flavor {name}: nominal {asked} = {said(resource, whole)} {resource}, its nodes have {there} = {has}"
    )
    at = max(terms, key=lambda term: term[2])[0]
    return Problem(("kueue", "queues", at, "quota", name, resource), text, f"give at most {has}")


@rule("ADMIT009", Severity.WARNING, source=SILENT)
def first_flavor_has_the_node(cluster: Cluster) -> Iterator[Problem]:
    """The flavor that Kueue tries first for a pod is one whose nodes can run it.

    Kueue takes the first flavor with enough quota; when its nodes are too small for the pod, the pod stays
    Pending although another flavor would do.
    """
    for verdict in analyse(cluster).verdicts:
        if verdict.at_first:
            yield verdict.at_first


@rule("ADMIT011", source="kubernetes NodeResourcesFit, NodeAffinity, TaintToleration")
def unqueued_pods_have_a_node(cluster: Cluster) -> Iterator[Problem]:
    """There is a node also for each pod that runs without a queue, and room for all of them.

    The pod stays Pending.
    """
    found = analyse(cluster)
    if not found.given.kinds:
        return
    for work, pods, nodes in found.loose:
        if not nodes:
            alone = Option((), (), 0)
            reasons = "; ".join(node_reasons(pods, alone, 1, found.given.kinds))
            text = f"{who(work)}: no node can run {pods.name}: {reasons}"
            at, hint = node_hint(pods, alone, found.given.kinds)
            asked = ((*pods.path, "resources", name) for name in pods.requests)
            yield Problem(at, text, hint, tuple(place for place in asked if place != at))
    if found.crowded:
        yield found.crowded


@rule("ADMIT012", Severity.WARNING, source="first fit, largest first: sufficient, not necessary")
def pods_find_a_place_each(cluster: Cluster) -> Iterator[Problem]:
    """The pods of all workloads can be put onto the nodes one by one.

    A pod is never spread over two nodes: half a node free on each of two does not hold a pod that needs a
    whole one. That the scheduler takes such a way where there is one is ADMIT025.
    """
    yield from analyse(cluster).unpacked


@rule("ADMIT013", Severity.NOTE)
def nodes_are_described(cluster: Cluster) -> Iterator[Problem]:
    """A cluster with queues describes its nodes.

    Without them only quota is compared: whether a node can run an admitted pod is not checked.
    """
    found = analyse(cluster)
    if found.verdicts and not found.given.kinds:
        yield Problem(
            ("nodes",),
            "no nodes are declared: workloads are compared with quota only",
            "describe them in spec.nodes",
        )
