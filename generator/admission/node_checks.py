"""Rules about nodes: Kueue counts quota and does not look at them."""

from __future__ import annotations

from collections.abc import Iterator

from ..component import Cluster
from ..components.kueue import KUEUE, Flavor, quota_of
from ..finding import Problem, Severity, rule
from .amounts import amount, said
from .judge import Analysis, analyse
from .offer import Kind, has_labels, untolerated
from .placing import Option
from .telling import node_reasons, who
from .verdict import Decision, Obstacle, Verdict

SILENT = "kueue issues #3210, #931: quota is reserved, the pods stay Pending"


def _used(cluster: Cluster) -> Iterator[tuple[int, Flavor]]:
    """Flavors that some queue gives quota for."""
    spec = cluster.part(KUEUE)
    named = {name for queue in spec.queues for name in queue.quota}
    return ((i, flavor) for i, flavor in enumerate(spec.flavors) if flavor.name in named)


def _nodes_of(flavor: Flavor, kinds: tuple[Kind, ...]) -> list[Kind]:
    return [kind for kind in kinds if has_labels(kind, flavor.nodeLabels)]


@rule("ADMIT005", source=f"kubernetes NodeResourcesFit, NodeAffinity, TaintToleration; {SILENT}")
def nodes_can_run_it(cluster: Cluster) -> Iterator[Problem]:
    """The nodes that a queued workload is admitted to can run its pods.

    A pod needs one node with the labels of its flavor and of its nodeSelector, whose taints it tolerates and
    which has all it asks for. Kueue reserves the quota without looking, and the pods stay Pending.
    """
    found = analyse(cluster)
    broken = set(_without_nodes(cluster, found)) | set(_shut(cluster, found))
    for verdict in found.verdicts:
        is_never = verdict.decision is Decision.NEVER and verdict.obstacle is Obstacle.NODES
        if is_never and verdict.problem and not _said_of_flavor(verdict, found, broken):
            yield verdict.problem


def _said_of_flavor(verdict: Verdict, found: Analysis, broken: set[str]) -> bool:
    """Whether ADMIT006 or ADMIT007 names the cause already."""
    work = verdict.workload
    line = found.given.lines.get((work.queue or "", work.namespace))
    return bool(broken) and line is not None and line.queue.quota.keys() <= broken


def _without_nodes(cluster: Cluster, found: Analysis) -> Iterator[str]:
    if found.given.kinds:
        yield from (flavor.name for _, flavor in _used(cluster) if not _nodes_of(flavor, found.given.kinds))


@rule("ADMIT006", source=SILENT)
def flavors_have_nodes(cluster: Cluster) -> Iterator[Problem]:
    """The labels of a flavor are those of a kind of node.

    Kueue admits workloads to it and holds the quota, and their pods stay Pending.
    """
    found = analyse(cluster)
    missing = set(_without_nodes(cluster, found))
    for i, flavor in _used(cluster):
        if flavor.name in missing:
            labels = ", ".join(f"{key}: {value}" for key, value in sorted(flavor.nodeLabels.items()))
            text = f"flavor {flavor.name} is for nodes with {labels}; spec.nodes has {_labels(found, flavor)}"
            yield Problem(("kueue", "flavors", i, "nodeLabels"), text, "write the label as the nodes have it")


def _labels(found: Analysis, flavor: Flavor) -> str:
    seen = {
        f"{key}: {kind.labels[key]}" for kind in found.given.kinds for key in flavor.nodeLabels if key in kind.labels
    }
    return ", ".join(sorted(seen)) or "no such label"


def _shut(cluster: Cluster, found: Analysis) -> dict[str, str]:
    """Flavors all of whose nodes are tainted and that tolerate it neither themselves nor through a workload."""
    shut = {}
    for _, flavor in _used(cluster):
        kinds = _nodes_of(flavor, found.given.kinds)
        taints = [next(untolerated(kind.taints, flavor.tolerations), None) for kind in kinds]
        pods = [
            pods
            for verdict in found.verdicts
            for pods in verdict.workload.pods
            if (line := found.given.lines.get((verdict.queue, verdict.namespace))) and flavor.name in line.queue.quota
        ]
        opened = any(
            not any(untolerated(kind.taints, (*item.tolerations, *flavor.tolerations)))
            for item in pods
            for kind in kinds
        )
        if kinds and all(taints) and not opened:
            taint = next(item for item in taints if item)
            shut[flavor.name] = f"{taint.key}:{taint.effect}"
    return shut


@rule("ADMIT007", covers=("RF-9",), source="kueue issues #1233, #5711: only spec.tolerations are given to pods")
def flavors_tolerate_their_nodes(cluster: Cluster) -> Iterator[Problem]:
    """A flavor tolerates the taints of its nodes, or the workloads that use it do.

    A flavor's nodeTaints keep workloads out and are given to nobody; its tolerations are given to the pods.
    Without them the pods stay Pending with their quota reserved.
    """
    found = analyse(cluster)
    shut = _shut(cluster, found)
    for i, flavor in _used(cluster):
        if flavor.name in shut:
            key, _, effect = shut[flavor.name].rpartition(":")
            text = f"all nodes of flavor {flavor.name} have taint {shut[flavor.name]}, and nothing tolerates it"
            hint = f"tolerations: [{{key: {key}, operator: Exists, effect: {effect}}}]"
            yield Problem(("kueue", "flavors", i), text, hint)


@rule("ADMIT008", Severity.WARNING, source="kueue counts quota only; topology-aware scheduling is not used")
def quota_is_there(cluster: Cluster) -> Iterator[Problem]:
    """The nominal quota of a flavor over all queues is at most what its nodes have.

    Kueue would admit more than can run, and pods stay Pending.
    """
    kinds = analyse(cluster).given.kinds
    queues = cluster.part(KUEUE).queues
    for _, flavor in _used(cluster) if kinds else ():
        nodes = _nodes_of(flavor, kinds)
        given = [(i, queue, queue.quota[flavor.name]) for i, queue in enumerate(queues) if flavor.name in queue.quota]
        for resource in sorted({name for _, _, quota in given for name in quota}) if nodes else ():
            terms = [
                (i, queue.name, amount(resource, quota_of(quota[resource]).nominal))
                for i, queue, quota in given
                if resource in quota
            ]
            known = [kind for kind in nodes if resource in kind.has or "/" in resource]
            has = sum(kind.count * kind.has.get(resource, 0) for kind in known)
            whole = sum(number for _, _, number in terms)
            if len(known) == len(nodes) and whole > has:
                asked = " + ".join(f"{name} {said(resource, number)}" for _, name, number in terms)
                there = " + ".join(f"{kind.count} {kind.name} x {said(resource, kind.has.get(resource, 0))}" for kind in known)
                text = (
                    f"flavor {flavor.name}: nominal {asked} = {said(resource, whole)} {resource},"
                    f" its nodes have {there} = {said(resource, has)}"
                )
                at = max(terms, key=lambda item: item[2])[0]
                yield Problem(("kueue", "queues", at, "quota", flavor.name, resource), text, f"give at most {said(resource, has)}")


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
            reasons = "; ".join(node_reasons(pods, Option((), (), 0), 1, found.given.kinds))
            text = f"{who(work)}: no node can run {pods.name}: {reasons}"
            yield Problem(pods.path, text, "give it the tolerations, nodeSelector and size of one kind of node")
    if found.crowded:
        yield found.crowded


@rule("ADMIT012", Severity.WARNING, source="first fit, largest first: sufficient, not necessary")
def pods_find_a_place_each(cluster: Cluster) -> Iterator[Problem]:
    """The pods of all workloads can be put onto the nodes one by one.

    A pod is never spread over two nodes: half a node free on each of two does not hold a pod that needs a
    whole one. How the scheduler fills the nodes is not known beforehand.
    """
    yield from analyse(cluster).unpacked


@rule("ADMIT013", Severity.NOTE)
def nodes_are_described(cluster: Cluster) -> Iterator[Problem]:
    """A cluster with queues describes its nodes.

    Without them only quota is compared: whether a node can run an admitted pod is not checked.
    """
    found = analyse(cluster)
    if found.verdicts and not found.given.kinds:
        yield Problem(("nodes",), "no nodes are declared: workloads are compared with quota only", "describe them in spec.nodes")
