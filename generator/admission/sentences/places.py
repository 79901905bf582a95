"""Sentences about pods for which the scheduler has no node left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...components.kit.counting import said
from ...findings.finding import Path
from ...findings.rule import Problem
from ..demand import Workload
from ..offer import NodeKind
from ..spreading import Group, Nodes, Shortage
from ..verdict import named
from .workloads import many, who

HINT = "leave more room, give the large pods nodes of their own (nodeSelector) or a podPriorityClassName above that of the others"


HINT_OF_LLM = "leave room for one pod more: nothing can be said against starting it first"


def homeless(short: Sequence[Shortage], kinds: Sequence[NodeKind]) -> Problem:
    """Pods that find a node in some orders and in others none, the largest first."""
    item, *more = short
    group, work = item.group, item.work
    which = f"{item.pods} of {group.number} {_named(group)}"
    whose = which if group.number > 1 else f"its {_named(group)}"
    where = f"where {' '.join(_before(item))}, " if item.before else ""
    rest = [one for one in _works(one.work for one in more) if one is not work]
    too = f"; in other orders pods of {many(rest)} find none" if rest else ""
    text = (
        f"{who(work)}: {whose} may find no node: the scheduler puts each pod onto the emptiest node and moves none, and"
        f" {where}{'; '.join(_left(group, item.left, kinds))}{too}"
    )
    others = tuple(one.group.pods.path for one in more)
    return Problem(group.pods.path, text, HINT, (*_amounts(group), *others))


def no_room_to_update(work: Workload, group: Group, nodes: Nodes, kinds: Sequence[NodeKind]) -> Problem:
    """A server whose update starts a pod for which no node is left."""
    left = "; ".join(_left(group, nodes.most_left(), kinds))
    text = f"{who(work)}: an update starts a new {group.pods.name} first, and while all others run {left}"
    hint = "deploymentStrategy: Recreate stops the old pod first, or leave room for one pod more"
    said = HINT_OF_LLM if work.kind == "LLMInferenceService" else hint
    return Problem(work.path, text, said, tuple(_amounts(group)))


def _amounts(group: Group) -> Iterator[Path]:
    """Where the spec says what one of the pods asks for: of an amount that is wrong nothing else is said."""
    return ((*group.pods.path, "resources", name) for name in group.pods.real)


def _named(group: Group) -> str:
    """Pods by what they are: workers have a name of the spec, which says little by itself."""
    worker = "workers" if group.number > 1 else "worker"
    name = named(group.pods.name, group.number)
    return f"{worker} {name}" if "workers" in group.pods.path else name


def _works(found: Iterable[Workload | None]) -> list[Workload]:
    """Each once, those of operators left out."""
    return [*{id(one): one for one in found if one is not None}.values()]


def _before(item: Shortage) -> Iterator[str]:
    """Who stood on the nodes already."""
    works = _works(one.work for one in item.before if one.work is not item.work)
    own = ["its other pods"] if any(one.work is item.work for one in item.before) else []
    operators = any(one.work is None for one in item.before)
    if works or own:
        yield f"{' and '.join([*([many(works)] if works else []), *own])} came first"
        yield from ["beside operators and agents"] if operators else []
    elif operators:
        yield "operators and agents came first"


def _left(group: Group, most: Mapping[int, Mapping[str, int]], kinds: Sequence[NodeKind]) -> Iterator[str]:
    """For each kind of node, what is too little."""
    for kind in kinds:
        if not kind.bit & group.nodes:
            continue
        left = most[kind.bit]
        over = [
            f"{said(name, left[name])} {name}"
            for name, number in group.asked.items()
            if name in left and number > left[name]
        ]
        have = "has" if kind.nodes == 1 else "have"
        each = "" if kind.nodes == 1 else " each"
        short = (
            f"at most {' and '.join(over)} left{each}"
            if over
            else f"too little of one thing or another left{each}"
        )
        yield f"{kind.nodes} {kind.name} {have} {short}"
