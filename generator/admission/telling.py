"""Verdicts in sentences: the sum, what there is, by how much it is short, and which number would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..components.kueue import Flavor
from ..finding import Path, Problem
from .amounts import said
from .demand import Pods, Workload
from .offer import Kind, Line, Offer, has_labels, most, slots
from .placing import Case, Ground, Option, Slot, counted, misfit, refusal
from .search import Room
from .verdict import Obstacle, named, number, spelled, term, total


def who(work: Workload) -> str:
    """A workload by kind and name."""
    return f"{work.kind} {work.name}"


def many(works: Sequence[Workload]) -> str:
    """Several workloads by name."""
    names = [work.name for work in works]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def too_many(work: Workload) -> Problem:
    """More pod sets than a Workload can have (RAY005 says it to the user)."""
    return Problem((*work.path, "workers"), f"{who(work)} has {len(work.pods)} pod sets")


def _at(pods: Pods, resource: str) -> Path:
    return (*pods.path, "resources", resource)


def never(case: Case, given: Offer, obstacle: Obstacle) -> Problem:
    """Why a workload is never admitted, or never runs."""
    work, line, found = case.work, case.line, case.slots
    if obstacle is Obstacle.NODES:
        return _no_node(work, found, given)
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
        or _too_much(work, line, given)
    )


def _uncovered(work: Workload, line: Line) -> Problem | None:
    for pods in work.pods:
        for resource, each in pods.requests.items():
            if each and pods.replicas and resource not in line.covers:
                queue = line.queue.name
                text = (
                    f"{who(work)} is never admitted: {total(work, resource)}, and queue {queue} has no quota for"
                    f" {resource}, only for {', '.join(line.covers)}"
                )
                hint = f"add {resource} to a flavor of queue {queue}, or do not ask for it"
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


def _shortage(flavor: Flavor, line: Line, given: Offer, sums: dict[str, tuple[int, str]]) -> Iterator[_Short]:
    for resource, (wanted, asked) in sums.items():
        cell = line.cells.get((flavor.name, resource))
        if cell is None:
            continue
        there = most(cell, given.room)
        if wanted > there:
            borrow = said(resource, there - cell.nominal)
            has = f"nominal {said(resource, cell.nominal)}, may borrow {borrow}"
            yield _Short(flavor.name, resource, asked, has, cell.nominal + wanted - there, wanted - there)


def _no_flavor(work: Workload, item: Slot, line: Line, given: Offer) -> Problem | None:
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
    if item.times == 1 and item.pods.replicas > 1:
        return f"one {item.pods.name} {said(resource, each)} {resource}"
    return spelled([term(item.pods.name, item.pods.replicas, resource, each)], resource, each * item.times)


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


def _too_much(work: Workload, line: Line, given: Offer) -> Problem:
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


def _largest(work: Workload, resource: str) -> Path:
    pods = max(work.pods, key=lambda item: item.replicas * item.requests.get(resource, 0))
    if not work.whole and pods.replicas > 1:
        return (*work.path, "replicas")
    return _at(pods, resource)


def _no_node(work: Workload, found: Sequence[Slot], given: Offer) -> Problem:
    for item in found:
        if not any(option.nodes for option in item.options):
            option = item.options[0]
            reasons = "; ".join(node_reasons(item.pods, option, item.times, given.kinds))
            flavor = _in_flavor(option)
            text = f"{who(work)}: no node can run {item.pods.name}{flavor}: {reasons}"
            return Problem(item.pods.path, text, _node_hint(item.pods, option, given.kinds))
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


def _free(resource: str, given: Offer) -> int:
    """What all nodes have of a resource beside what stays there without a queue."""
    has = sum(kind.nodes * kind.has.get(resource, 0) for kind in given.kinds)
    return has - given.standing.get(resource, 0)


def _all_nodes(resource: str, given: Offer) -> str:
    parts = [
        f"{kind.nodes} {kind.name} x {said(resource, kind.has[resource])}"
        for kind in given.kinds
        if resource in kind.has
    ]
    standing = given.standing.get(resource, 0)
    less = f" less {said(resource, standing)} that runs without a queue" if standing else ""
    return f"{' + '.join(parts) or 'nothing'}{less}"


def node_reasons(pods: Pods, option: Option, times: int, kinds: Sequence[Kind]) -> Iterator[str]:
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
                f"one needs {said(name, each)} {name}, a node {kind.name} has {said(name, kind.has.get(name, 0))}"
                for name, each in pods.real.items()
                if each > kind.has.get(name, 0 if "/" in name else each)
            )
        elif why:
            yield f"{why} of {kind.name} is not tolerated"
        else:
            places = kind.nodes * slots(kind, pods.real)
            yield f"{kind.nodes} {kind.name} hold {places} of {times}"


def _node_hint(pods: Pods, option: Option, kinds: Sequence[Kind]) -> str:
    reasons = [misfit(pods, option.flavors, kind) for kind in kinds]
    taint = next((why for why in reasons if why.startswith("taint ")), "")
    if taint:
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


def late(work: Workload, before: Sequence[Workload]) -> Problem:
    """A workload that only fits while others have not come first."""
    text = (
        f"{who(work)} fits beside all others only in some orders: when {many(before)} came first and took the first"
        f" flavors that fit, nothing is left for it in queue {work.queue}"
    )
    hint = "keep the others off its flavor (nodeSelector, another order of flavors), or raise the quota"
    return Problem((*work.path, "queue"), text, hint)


def if_idle(case: Case, others: Sequence[Workload], given: Offer, obstacle: Obstacle) -> Problem:
    """Who stands in the way of a workload that fits alone."""
    work, line = case.work, case.line
    if obstacle is Obstacle.NODES:
        wanted = "; ".join(
            f"{said(name, sum(number_real(item, name) for item in (work, *others)))} {name} of {_all_nodes(name, given)}"
            for name in _scarce(work, others, given)
        )
        text = f"{who(work)} finds room on the nodes only while {many(others)} {_is(others)} not running: together {wanted}"
        return Problem(work.path, text, "fewer or smaller pods, or more nodes")
    text = (
        f"{who(work)} is admitted to queue {work.queue} only while {many(others)} {_is(others)} not running"
    )
    contested = next(_contested(case, others, given), None)
    preempting = line.queue.preemption and (
        line.queue.preemption.withinClusterQueue != "Never"
        or line.queue.preemption.reclaimWithinCohort != "Never"
    )
    may = "; by its preemption rules the queue may also stop others for it" if preempting else ""
    if contested is None:
        return Problem(
            (*work.path, "queue"),
            f"{text}: there is no way to spread them over the flavors{may}",
            "raise the quota",
        )
    resource, why, short = contested
    hint = f"{said(resource, short)} more {resource} would do for all, or fewer at a time"
    return Problem((*work.path, "queue"), f"{text}: {why}{may}", hint)


def number_real(work: Workload, resource: str) -> int:
    """What a workload takes of the nodes."""
    return sum(pods.replicas * pods.real.get(resource, 0) for pods in work.pods)


def _is(works: Sequence[Workload]) -> str:
    return "is" if len(works) == 1 else "are"


def _scarce(work: Workload, others: Sequence[Workload], given: Offer) -> list[str]:
    names = list(dict.fromkeys(name for pods in work.pods for name in pods.real))
    over = [
        name
        for name in names
        if sum(number_real(item, name) for item in (work, *others)) > _free(name, given)
    ]
    return over or names


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
            terms = " + ".join(f"{item.name} {said(resource, value)}" for item, value in sums if value)
            names = " and ".join(
                sorted({flavor for (flavor, name), cell in line.cells.items() if cell in cells})
            )
            why = (
                f"{terms} = {said(resource, wanted)} {resource}; flavor {names} has {said(resource, there)}:"
                f" short by {said(resource, wanted - there)}"
            )
            yield resource, why, wanted - there


def growth(work: Workload, line: Line, given: Offer) -> Problem:
    """A workload that cannot become as large as the spec allows."""
    pods = next(item for item in work.pods if item.most > item.replicas)
    at: Path = (*work.path, "replicas", "max") if not work.whole else (*pods.path, "maxReplicas")
    names = [name for name in counted(pods, line) if pods.requests.get(name)]
    sums = []
    for name in names:
        cells = [(flavor, cell) for (flavor, key), cell in line.cells.items() if key == name]
        there = sum(most(cell, given.room) for _, cell in cells)
        sums.append(
            (
                name,
                f"{total(work, name, grown=True)}, queue {line.queue.name} has at most {said(name, there)}",
            )
        )
    text = f"{who(work)} could not grow to {pods.most} {named(pods.name, pods.most)}: {'; '.join(sums)}"
    hint = "pods above the quota wait for ever: lower the maximum, or raise the quota and the nodes"
    return Problem(at, f"{text}; not all of that is free beside the other workloads", hint)


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
