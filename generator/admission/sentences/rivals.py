"""Verdicts in sentences: what fits alone, but not beside others or not when it grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...components.kit.counting import said
from ...findings.finding import Path
from ...findings.rule import Problem
from ..demand import Workload
from ..offer import ActiveQueue, Offer, most
from ..placing import Case, counted
from ..verdict import named, number, total
from .workloads import NAMED, is_or_are, many, who


def late(work: Workload, before: Sequence[Workload]) -> Problem:
    """A workload that only fits while others have not come first."""
    text = (
        f"{who(work)} fits beside all others only in some orders: when {many(before)} came first and took the first"
        f" flavors that fit, nothing is left for it in queue {work.queue}"
    )
    hint = "keep the others off its flavor (nodeSelector, another order of flavors), or raise the quota"
    return Problem((*work.path, "queue"), text, hint)


def held_up(work: Workload, head: Case, *, strict: bool) -> Problem:
    """A workload that is not looked at while another waits at the head of their queue."""
    queue = work.queue
    if strict:
        why = f"queue {queue} is StrictFIFO"
        hint = "queueingStrategy: BestEffortFIFO lets it by, or a quota that holds both"
    else:
        why = f"Kueue goes on trying flavors for {head.work.name} and looks at nothing behind it"
        hint = f"a queue of its own, or a quota that holds {head.work.name} too"
    text = f"{who(work)} is admitted to queue {queue} only while {who(head.work)} is not waiting before it: {why}"
    return Problem((*work.path, "queue"), text, hint, ((*head.work.path, "queue"),))


def restless(head: Case, held: Sequence[Workload]) -> Problem:
    """A workload that never leaves the head of its queue while it waits."""
    work = head.work
    text = (
        f"{who(work)} keeps the head of queue {work.queue} while it waits: its pod sets always have a flavor left"
        f" to try, and {many(held)} behind it {is_or_are(held)} not looked at, whatever quota is free"
    )
    hint = "give its pods the nodeSelector of one flavor, a queue of its own, or quota enough"
    return Problem((*work.path, "queue"), text, hint, tuple((*one.path, "queue") for one in held))


def stopped(case: Case, others: Sequence[Workload]) -> Problem:
    """A workload that has its quota until another one comes."""
    work, by = case.work, others[0]
    higher = (
        f", whose priority {by.priority} is higher than {work.priority}"
        if by.priority > work.priority
        else ""
    )
    own = (by.queue, by.namespace) in case.line.queue.leads
    way = "withinClusterQueue" if own else "reclaimWithinCohort"
    text = (
        f"{who(work)} runs in queue {work.queue} only while {many(others)} {is_or_are(others)} not there: Kueue stops it"
        f" for {by.name}{higher} ({way} of queue {by.queue})"
    )
    return Problem((*work.path, "queue"), text, "raise the quota so that nobody has to stop, or its priority")


def if_idle(case: Case, others: Sequence[Workload], given: Offer) -> Problem:
    """Who stands in the way of a workload that fits alone."""
    work = case.work
    text = f"{who(work)} is admitted to queue {work.queue} only while {many(others)} {is_or_are(others)} not running"
    contested = next(_contested(case, others, given), None)
    if contested is None:
        hint = "raise the quota, or tell flavors apart by a nodeSelector"
        why = "Kueue takes the first flavors that fit, and what is left of them is not enough"
        return Problem((*work.path, "queue"), f"{text}: {why}", hint)
    resource, why, short = contested
    hint = f"{said(resource, short)} more {resource} would do for all, or fewer at a time"
    return Problem((*work.path, "queue"), f"{text}: {why}", hint)


def _contested(case: Case, others: Sequence[Workload], given: Offer) -> Iterator[tuple[str, str, int]]:
    """Resources of which all together ask for more than the flavors have that this one can take."""
    work, line, found = case.work, case.line, case.slots
    flavors = {flavor.name for item in found for option in item.options for flavor in option.flavors}
    for resource in dict.fromkeys(name for pods in work.pods for name in counted(pods, line)):
        cells = [
            cell for (flavor, name), cell in line.cells.items() if name == resource and flavor in flavors
        ]
        there = sum(most(cell, given.room) for cell in cells)
        sums = [(item, number(item, resource)) for item in (work, *others)]
        wanted = sum(value for _, value in sums)
        if wanted > there and sum(value > 0 for _, value in sums) > 1:
            named_ = [f"{item.name} {said(resource, value)}" for item, value in sums[: NAMED + 1] if value]
            rest = sum(value for _, value in sums[NAMED + 1 :])
            terms = " + ".join([*named_, *([f"others {said(resource, rest)}"] if rest else [])])
            names = " and ".join(
                sorted({flavor for (flavor, name), cell in line.cells.items() if cell in cells})
            )
            why = (
                f"{terms} = {said(resource, wanted)} {resource}; flavor {names} has {said(resource, there)}:"
                f" short by {said(resource, wanted - there)}"
            )
            yield resource, why, wanted - there


def growth(work: Workload, line: ActiveQueue, given: Offer) -> Problem:
    """A workload that cannot become as large as the spec allows."""
    pods = next(item for item in work.pods if item.most > item.replicas)
    at: Path = (*work.path, "replicas", "max") if not work.whole else (*pods.path, "maxReplicas")
    sums: list[str] = []
    over: list[str] = []
    for name in counted(pods, line):
        there = sum(most(cell, given.room) for (_, key), cell in line.cells.items() if key == name)
        wanted = number(work, name, grown=True)
        (over if wanted > there else sums).append(
            f"{total(work, name, grown=True)}, queue {line.queue.name} has {said(name, there)}"
        )
    beside = "" if over else ", but quota or nodes have less than that beside the other workloads"
    count = f"{pods.most} {named(pods.name, pods.most)}"
    text = f"{who(work)} could not grow to {count}: {'; '.join(over or sums)}{beside}"
    hint = "pods above what there is wait: lower the maximum, or raise quota and nodes"
    return Problem(at, text, hint)
