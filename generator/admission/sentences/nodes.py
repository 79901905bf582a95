"""Verdicts in sentences: what the nodes cannot hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...components.kit.counting import said
from ...documents.near import nearest, nearest_device
from ...findings.finding import Path
from ...findings.rule import Problem
from ..demand import Pods, Workload
from ..offer import NodeKind, Offer, has_labels, slots
from ..placing import Ground, Option, Slot, misfit
from ..search import Room
from ..verdict import added, total
from .workloads import is_or_are, many, who


def no_node(work: Workload, found: Sequence[Slot], given: Offer) -> Problem:
    """Why a workload that has its quota finds no node."""
    for item in found:
        if not any(option.nodes for option in item.options):
            option = item.options[0]
            reasons = "; ".join(node_reasons(item.pods, option, item.times, given.kinds))
            flavor = _in_flavor(option)
            text = f"{who(work)}: no node can run {item.pods.name}{flavor}: {reasons}"
            at, hint = node_hint(item.pods, option, given.kinds)
            return Problem(at, text, hint)
    sums = [f"{total(work, name)} of {_all_nodes(name, given)}" for name in _short_of(work, given)]
    text = f"{who(work)} finds no room on the nodes: {'; '.join(sums) or 'its pods do not fit onto them together'}"
    hint = "fewer or smaller pods, or more nodes; what runs there without a queue counts too"
    return Problem(work.path, text, hint)


def _in_flavor(option: Option) -> str:
    names = [flavor.name for flavor in option.flavors]
    return f" in flavor {' and '.join(names)}" if names else ""


def _short_of(work: Workload, given: Offer) -> list[str]:
    names = dict.fromkeys(name for pods in work.pods for name in pods.real)
    scarce = []
    for name in names:
        wanted = sum(pods.replicas * pods.real.get(name, 0) for pods in work.pods)
        if wanted > _free(name, given):
            scarce.append(name)
    return scarce or list(names)


def left(kind: NodeKind, resource: str) -> str:
    """What pods can have of a resource on one node."""
    reserved = kind.reserved.get(resource, 0)
    beside = f" beside {said(resource, reserved)} reserved" if reserved else ""
    return f"{said(resource, kind.has.get(resource, 0))}{beside}"


def _free(resource: str, given: Offer) -> int:
    """What all nodes have of a resource beside what stays there without a queue."""
    has = sum(kind.nodes * kind.has.get(resource, 0) for kind in given.kinds)
    return has - given.standing.get(resource, 0)


def _all_nodes(resource: str, given: Offer) -> str:
    parts = [
        f"{kind.nodes} {kind.name} x {left(kind, resource)}" for kind in given.kinds if resource in kind.has
    ]
    standing = given.standing.get(resource, 0)
    less = f" less {said(resource, standing)} that runs without a queue" if standing else ""
    return f"{' + '.join(parts) or 'nothing'}{less}"


def node_reasons(pods: Pods, option: Option, times: int, kinds: Sequence[NodeKind]) -> Iterator[str]:
    """For each kind of node, why it cannot run the pods."""
    wanted = {**pods.selector}
    for flavor in option.flavors:
        wanted |= flavor.nodeLabels
    for kind in kinds:
        why = misfit(pods, option.flavors, kind)
        if why == "labels":
            labels = ", ".join(
                f"{key}: {value}" for key, value in wanted.items() if not has_labels(kind, {key: value})
            )
            yield f"{kind.name} has no label {labels}"
        elif why == "size":
            yield from (
                f"one needs {said(name, each)} {name}{added(pods, name, unseen=True)}, a node {kind.name} has {left(kind, name)}"
                for name, each in pods.real.items()
                if each > kind.has.get(name, 0 if "/" in name else each)
            )
        elif why:
            yield f"{why} of {kind.name} is not tolerated"
        else:
            places = kind.nodes * slots(kind, pods.real)
            yield f"{kind.nodes} {kind.name} hold {places} of {times}"


def node_hint(pods: Pods, option: Option, kinds: Sequence[NodeKind]) -> tuple[Path, str]:
    """What to do where no kind of node can run the pods, and the place of what is wrong with them."""
    offered = {name for kind in kinds for name in kind.has if "/" in name}
    device = next((name for name in pods.real if "/" in name and name not in offered), None)
    if device is not None:
        near = nearest_device(device, sorted(offered))
        otherwise = f"no node in spec.nodes offers {device}: say it in allocatable, or do not ask for it"
        return (*pods.path, "resources", device), f"did you mean {near}?" if near else otherwise
    there = sorted({f"{key}: {value}" for kind in kinds for key, value in kind.labels.items()})
    for key, value in pods.selector.items():
        if f"{key}: {value}" not in there and (near := nearest(f"{key}: {value}", there)):
            return pods.path, f"nodeSelector: did you mean {near}?"
    return pods.path, _fitting(pods, option, kinds)


def _fitting(pods: Pods, option: Option, kinds: Sequence[NodeKind]) -> str:
    # What has no such device is no place for the pods, whatever else is in the way.
    able = [kind for kind in kinds if all(name in kind.has for name in pods.real if "/" in name)]
    reasons = [misfit(pods, option.flavors, kind) for kind in able]
    taint = next((why for why in reasons if why.startswith("taint ")), "")
    if taint and "size" not in reasons:
        whom = f"flavor {option.flavors[0].name}" if option.flavors else "the pods"
        key, _, effect = taint.removeprefix("taint ").rpartition(":")
        return f"give {whom} tolerations: [{{key: {key}, operator: Exists, effect: {effect}}}]"
    if all(why == "labels" for why in reasons):
        return "compare nodeLabels of the flavor and nodeSelector with the labels in spec.nodes"
    return "ask for what one node has, or describe a larger node in spec.nodes"


def misplaced(work: Workload, item: Slot, option: Option, given: Offer) -> Problem:
    """A flavor that Kueue gives first and whose nodes cannot run the pods."""
    usable = next((other for other in item.options if other.nodes), None)
    reasons = "; ".join(node_reasons(item.pods, option, item.times, given.kinds))
    text = (
        f"{who(work)}: Kueue tries the flavor {' and '.join(flavor.name for flavor in option.flavors)} first and"
        f" does not see that no node of it can run {item.pods.name}: {reasons}"
    )
    fit = f" or put {' and '.join(flavor.name for flavor in usable.flavors)} first" if usable else ""
    return Problem(
        item.pods.path,
        text,
        f"give the pods a nodeSelector that tells the flavors apart,{fit}" if fit else "raise the nodes",
    )


def overfilled(work: Workload, options: Sequence[Option], given: Offer) -> Problem:
    """Flavors that Kueue gives first and whose nodes cannot hold all pods of a workload together."""
    flavors = " and ".join(dict.fromkeys(flavor.name for option in options for flavor in option.flavors))
    sums = "; ".join(f"{total(work, name)} of {_all_nodes(name, given)}" for name in _short_of(work, given))
    text = (
        f"{who(work)}: Kueue gives it flavor {flavors} first and does not see that these nodes cannot hold all of its"
        f" pods: {sums}"
    )
    return Problem(work.path, text, "give the pods a nodeSelector that spreads them over the flavors")


def late(work: Workload, before: Sequence[Workload], given: Offer) -> Problem:
    """A workload that finds room on the nodes only while others have not come first."""
    wanted = ", ".join(_scarce(work, before, given))
    text = (
        f"{who(work)} finds room on the nodes only in some orders: when {many(before)} came first and took the first"
        f" flavors that fit, their nodes have too little {wanted} left for it"
    )
    hint = "keep the others off its flavor (nodeSelector, another order of flavors), or more nodes"
    return Problem(work.path, text, hint)


def crowding(work: Workload, others: Sequence[Workload], given: Offer) -> Problem:
    """Who stands in the way of a workload on the nodes."""
    wanted = "; ".join(
        f"{said(name, sum(_real(item, name) for item in (work, *others)))} {name} of {_all_nodes(name, given)}"
        for name in _scarce(work, others, given)
    )
    text = f"{who(work)} finds room on the nodes only while {many(others)} {is_or_are(others)} not running: together {wanted}"
    return Problem(work.path, text, "fewer or smaller pods, or more nodes")


def _real(work: Workload, resource: str) -> int:
    """What a workload takes of the nodes."""
    return sum(pods.replicas * pods.real.get(resource, 0) for pods in work.pods)


def _scarce(work: Workload, others: Sequence[Workload], given: Offer) -> list[str]:
    names = list(dict.fromkeys(name for pods in work.pods for name in pods.real))
    over = [name for name in names if sum(_real(item, name) for item in (work, *others)) > _free(name, given)]
    return over or names


def unpacked(works: Sequence[Workload], given: Offer) -> Problem:
    """Pods whose sum fits onto the nodes, but for which no place was found one by one."""
    nodes = ", ".join(f"{kind.nodes} {kind.name}" for kind in given.kinds)
    text = (
        f"the pods of {many(works)} fit onto {nodes} in sum, but no way was found to put each onto one node"
    )
    return Problem(("nodes",), text, "leave more room on the nodes, or make the pods smaller")


def crowded(lasting: Sequence[tuple[Pods, int]], on: Ground, room: Room, given: Offer) -> Problem:
    """What runs without a queue asks for more than the nodes have."""
    over = [name for cells in on.cells.values() for name, cell in cells.items() if room.limits[cell] < 0]
    parts = []
    for name in dict.fromkeys(over):
        terms = [
            f"{pods.replicas} x {said(name, pods.real[name])}"
            for pods, _ in lasting
            if pods.real.get(name) and pods.replicas
        ]
        wanted = sum(pods.replicas * pods.real.get(name, 0) for pods, _ in lasting)
        parts.append(f"{' + '.join(terms)} = {said(name, wanted)} {name} of {_all_nodes(name, given)}")
    text = f"what runs without a queue does not fit onto the nodes: {'; '.join(parts)}"
    return Problem(lasting[0][0].path, text, "fewer replicas, smaller requests, or more nodes")
