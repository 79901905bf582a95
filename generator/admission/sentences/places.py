"""Sentences about pods for which the scheduler has no node left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...components.kit.counting import said
from ...findings.rule import Problem
from ..demand import Workload
from ..offer import NodeKind
from ..spreading import Shortage
from ..verdict import named
from .workloads import many, who

HINT = "leave more room, give the large pods nodes of their own (nodeSelector) or a podPriorityClassName above that of the others"


def homeless(short: Sequence[Shortage], kinds: Sequence[NodeKind]) -> Problem:
    """Pods that find a node in some orders and in others none, the largest first."""
    item, *more = short
    group, work = item.group, item.work
    which = f"{item.pods} of {group.number} {named(group.pods.name, group.number)}"
    whose = which if group.number > 1 else f"its {group.pods.name}"
    works = _works(one.work for one in item.before if one.work is not work)
    came = [*([f"{many(works)} came first"] if works else []), *_operators(item)]
    where = f"where {' '.join(came)}, " if works else ""
    rest = [one for one in _works(one.work for one in more) if one is not work]
    too = f"; in other orders pods of {many(rest)} find none" if rest else ""
    text = (
        f"{who(work)}: {whose} may find no node: the scheduler puts each pod onto the emptiest node and moves none, and"
        f" {where}{'; '.join(_left(item, kinds))}{too}"
    )
    return Problem(group.pods.path, text, HINT, tuple(one.group.pods.path for one in more))


def _works(found: Iterable[Workload | None]) -> list[Workload]:
    """Each once, those of operators left out."""
    return [*{id(one): one for one in found if one is not None}.values()]


def _operators(item: Shortage) -> list[str]:
    return ["beside operators and agents"] if any(one.work is None for one in item.before) else []


def _left(item: Shortage, kinds: Sequence[NodeKind]) -> Iterator[str]:
    """For each kind of node, what is too little."""
    for kind in kinds:
        if not kind.bit & item.group.nodes:
            continue
        left = item.left[kind.bit]
        over = [
            f"{said(name, left[name])} {name}"
            for name, number in item.group.asked.items()
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
