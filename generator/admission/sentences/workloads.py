"""Verdicts in sentences: what a queue's quota cannot hold, by how much it is short, and which number would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...components.kit.counting import said
from ...components.kueue.spec import Flavor
from ...documents.near import nearest_device
from ...findings.finding import Path
from ...findings.rule import Problem
from ..demand import Pods, Workload
from ..offer import ActiveQueue, Offer, most
from ..placing import Case, Option, Slot, counted, option_of, refusal
from ..scheduling.scheduler import first_attempt
from ..search import Space, Undecided, assign
from ..verdict import added, number, sum_text, term, total

NAMED = 5
"""Most workloads that a sentence names."""


def who(work: Workload) -> str:
    """A workload by kind and name."""
    return f"{work.kind} {work.name}"


def many(works: Sequence[Workload]) -> str:
    """Several workloads by name."""
    names = [work.name for work in works]
    if len(names) > NAMED:
        names = [*names[:NAMED], f"{len(names) - NAMED} others"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def is_or_are(works: Sequence[Workload]) -> str:
    """The verb for one workload, or for several."""
    return "is" if len(works) == 1 else "are"


def too_many(work: Workload) -> Problem:
    """More pod sets than a Workload can have (RAY005 says it to the user)."""
    return Problem((*work.path, "workers"), f"{who(work)} has {len(work.pods)} pod sets")


def stopped(work: Workload, line: ActiveQueue) -> Problem:
    """A workload of a queue that admits nothing."""
    text = f"{who(work)} is not admitted while queue {line.queue.name} has stopPolicy {line.queue.stopPolicy}"
    return Problem((*work.path, "queue"), text, "stopPolicy: None lets it in")


def _at(pods: Pods, resource: str) -> Path:
    return (*pods.path, "resources", resource)


def never(case: Case, given: Offer) -> Problem:
    """Why a workload is never admitted."""
    work, line, found = case.work, case.line, case.slots
    return (
        _uncovered(work, line)
        or next(
            (
                problem
                for item in found
                if not item.options and (problem := _no_flavor(work, item, line, given))
            ),
            None,
        )
        or _out_of_reach(case, given)
        or _too_much(work, line, given)
    )


def _uncovered(work: Workload, line: ActiveQueue) -> Problem | None:
    for pods in work.pods:
        for resource, each in pods.requests.items():
            asked = bool(each and pods.replicas)
            if resource not in line.covers and (asked or line.zeros):
                queue = line.queue.name
                # Kueue looks for the resource before it looks at how much of it is asked.
                what = (
                    total(work, resource)
                    if asked
                    else f"{pods.name} names {resource}, though it asks for none of it"
                )
                text = (
                    f"{who(work)} is never admitted: {what}, and queue {queue} has no quota for"
                    f" {resource}, only for {', '.join(line.covers)}"
                )
                near = nearest_device(resource, (name for name in line.covers if "/" in name))
                add = f"add {resource} to a flavor of queue {queue}, or do not ask for it"
                hint = f"did you mean {near}?" if near else add
                return Problem(_at(pods, resource), text, hint)
    return None


class _Short(NamedTuple):
    """A resource of a flavor and by how much it is short."""

    flavor: str
    resource: str
    asked: str
    has: str
    needed: int
    short: int


def _shortage(
    flavor: Flavor, line: ActiveQueue, given: Offer, sums: dict[str, tuple[int, str]]
) -> Iterator[_Short]:
    for resource, (wanted, asked) in sums.items():
        cell = line.cells.get((flavor.name, resource))
        if cell is None:
            continue
        there = most(cell, given.room)
        if wanted > there:
            borrow = said(resource, there - cell.nominal)
            has = f"nominal {said(resource, cell.nominal)}, may borrow {borrow}"
            yield _Short(flavor.name, resource, asked, has, cell.nominal + wanted - there, wanted - there)


def _no_flavor(work: Workload, item: Slot, line: ActiveQueue, given: Offer) -> Problem | None:
    """Why one set of pods finds no flavor in one of its resource groups."""
    pods = item.pods
    asked = counted(pods, line)
    for group in line.groups:
        part = {
            name: (each * item.times, _alone(item, name, each))
            for name, each in asked.items()
            if (group.flavors[0].name, name) in line.cells
        }
        refused = {
            flavor.name: refusal(pods, flavor, group, own_keys=given.own_keys) for flavor in group.flavors
        }
        short = [
            (next(_shortage(flavor, line, given, part), None), flavor)
            for flavor in group.flavors
            if not refused[flavor.name]
        ]
        if not part or any(found is None for found, _ in short):
            continue
        reasons = [f"flavor {name}: {why}" for name, why in refused.items() if why]
        return _refused(work, item, reasons, [found for found, _ in short if found])
    return None


def _alone(item: Slot, resource: str, each: int) -> str:
    more = added(item.pods, resource)
    if item.times == 1 and item.pods.replicas > 1:
        return f"one {item.pods.name} {said(resource, each)} {resource}{more}"
    sum_ = sum_text([term(item.pods.name, item.pods.replicas, resource, each)], resource, each * item.times)
    return f"{sum_}{more}"


def _refused(work: Workload, item: Slot, reasons: Sequence[str], short: Sequence[_Short]) -> Problem:
    if not short:
        text = f"{who(work)} is never admitted: {item.pods.name} can take no flavor: {'; '.join(reasons)}"
        return Problem(item.pods.path, text, "give the pods the tolerations and node labels of a flavor")
    least = min(short, key=lambda found: found.short)
    parts = [
        f"flavor {found.flavor} has {found.has}: short by {said(found.resource, found.short)}"
        for found in short
        if found.resource == least.resource
    ]
    others = [
        f"flavor {found.flavor} is short by {said(found.resource, found.short)} {found.resource}"
        for found in short
        if found.resource != least.resource
    ]
    text = f"{who(work)} is never admitted: {least.asked}; {'; '.join([*parts, *others, *reasons])}"
    return Problem(_at(item.pods, least.resource), text, _enough(least))


def _enough(short: _Short) -> str:
    needed, less = said(short.resource, short.needed), said(short.resource, short.short)
    return (
        f"nominal {needed} of {short.resource} in flavor {short.flavor} would do, or asking for {less} less"
    )


def _too_much(work: Workload, line: ActiveQueue, given: Offer) -> Problem:
    """Why pods that each find a flavor do not together."""
    names = dict.fromkeys(name for pods in work.pods for name in counted(pods, line))
    sums = {name: (number(work, name), total(work, name)) for name in names}
    for resource, (wanted, asked) in sums.items():
        cells = [(flavor, cell) for (flavor, name), cell in line.cells.items() if name == resource]
        there = sum(most(cell, given.room) for _, cell in cells)
        if wanted > there:
            parts = [
                f"flavor {flavor} has nominal {said(resource, cell.nominal)},"
                f" may borrow {said(resource, most(cell, given.room) - cell.nominal)}"
                for flavor, cell in cells
            ]
            flavor, cell = max(cells, key=lambda item: item[1].nominal)
            short = _Short(flavor, resource, asked, "", cell.nominal + wanted - there, wanted - there)
            text = f"{who(work)} is never admitted: {asked}; {'; '.join(parts)}: short by {said(resource, short.short)}"
            return Problem(_largest(work, resource), text, _enough(short))
    flavors = [flavor for group in line.groups for flavor in group.flavors]
    short_of = [found for flavor in flavors for found in list(_shortage(flavor, line, given, sums))[:1]]
    parts = [
        f"{found.asked}, of which flavor {found.flavor} has {found.has}: short by {said(found.resource, found.short)}"
        for found in short_of
    ]
    text = (
        f"{who(work)} is never admitted: its pod sets cannot be spread over the flavors: {'; '.join(parts)}"
    )
    hint = _enough(short_of[0]) if short_of else "raise the quota"
    return Problem(_largest(work, short_of[0].resource) if short_of else work.path, text, hint)


def _out_of_reach(case: Case, given: Offer) -> Problem | None:
    """Flavors that would do, and which Kueue never tries together; None when there are none, or nobody knows."""
    if not case.work.whole:
        return None
    try:
        fitting = assign(case.wishes, Space(given.room))
    except Undecided:
        return None
    if fitting is None:
        return None
    first = first_attempt(case.contender(given), given)
    would = [item.options[numbers.index(1)] for item, numbers in zip(case.slots, fitting, strict=True)]
    given_ = [
        option_of(item, case.line, flavors)
        for item, flavors in zip(case.slots, first.flavors, strict=False)
        if flavors
    ]
    stuck = case.slots[len(given_)].pods
    gives = ", ".join(
        f"{item.pods.name} {_names(option)}" for item, option in zip(case.slots, given_, strict=False)
    )
    does = ", ".join(
        f"{item.pods.name} {_names(option)}" for item, option in zip(case.slots, would, strict=True)
    )
    text = (
        f"{who(case.work)} is never admitted: Kueue gives its pod sets the first flavor that fits, one after the other:"
        f" {gives}, and then has none for {stuck.name}; {does} would do, which it does not try"
    )
    # The first one that took what a later one needs.
    turned = next(
        (
            (item, option)
            for item, option, had in zip(case.slots, would, given_, strict=False)
            if _names(option) != _names(had)
        ),
        (case.slots[0], would[0]),
    )
    labels = {key: value for flavor in turned[1].flavors for key, value in flavor.nodeLabels.items()}
    told = ", ".join(f"{key}: {value}" for key, value in sorted(labels.items()))
    hint = (
        f"give {turned[0].pods.name} nodeSelector: {{{told}}}"
        if told
        else "give the flavors nodeLabels and the pods a nodeSelector"
    )
    return Problem(turned[0].pods.path, text, f"{hint}, or raise the quota of {_names(turned[1])}")


def _names(option: Option) -> str:
    return " and ".join(flavor.name for flavor in option.flavors)


def _largest(work: Workload, resource: str) -> Path:
    pods = max(work.pods, key=lambda item: item.replicas * item.requests.get(resource, 0))
    if not work.whole and pods.replicas > 1:
        return (*work.path, "replicas")
    return _at(pods, resource)
