"""Which flavors the pods of a workload can take, and which nodes they can then run on.

A pod set takes one flavor in each resource group that it asks something of; all its pods get that flavor's
node labels and tolerations. Source: kueue pkg/scheduler/flavorassigner/flavorassigner.go
findFlavorForPodSets, checkFlavorForPodSets, fitsResourceQuota.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from ..components.kit.tolerations import untolerated
from ..components.kueue.spec import Flavor
from .demand import Pods, Workload
from .offer import ActiveQueue, NodeKind, Offer, ResourceGroup, has_labels, holds, most, slots
from .scheduling.assigner import PodSet
from .scheduling.scheduler import Contender
from .search import Piece, Room, Uses

PODS = "pods"
"""Resource by which a queue limits the number of pods (corev1.ResourcePods)."""


class Option(NamedTuple):
    """Flavors that pods can take, what that uses of the quota, and the kinds of nodes left to them.

    `nodes` is a set of Kind bits: 0 when no declared node can hold such a pod.
    """

    flavors: tuple[Flavor, ...]
    uses: Uses
    nodes: int


class Slot(NamedTuple):
    """Pods and their options in the order Kueue tries them; `copies` is 1 for a pod set of any size."""

    pods: Pods
    copies: int
    times: int
    options: tuple[Option, ...]


class Case(NamedTuple):
    """One workload with its queue and its pods' options; `pieces` with nodes, `wishes` as Kueue sees them."""

    work: Workload
    line: ActiveQueue
    slots: tuple[Slot, ...]
    pieces: tuple[Piece, ...]
    wishes: tuple[Piece, ...]

    def contender(self, given: Offer) -> Contender:
        """The workload as it comes to Kueue."""
        sets = tuple(pod_set(item, self.line, own_keys=given.own_keys) for item in self.slots)
        copies = 1 if self.work.whole else self.slots[0].copies
        return Contender(self.line, sets, copies, self.work.priority)


def counted(pods: Pods, line: ActiveQueue) -> dict[str, int]:
    """What one of the pods takes of a queue."""
    asked = {name: number for name, number in pods.requests.items() if number}
    return {**asked, PODS: 1} if PODS in line.covers else asked


def slots_of(work: Workload, line: ActiveQueue, given: Offer, *, grown: bool = False) -> tuple[Slot, ...]:
    """All pods of a workload with their options; `grown` to the most that there can be."""
    return tuple(slot(pods, work, line, given, pods.most if grown else pods.replicas) for pods in work.pods)


def slot(pods: Pods, work: Workload, line: ActiveQueue, given: Offer, count: int) -> Slot:
    """One set of pods with the options that quota and flavors leave it in an empty cluster."""
    copies, times = (1, count) if work.whole else (count, 1)
    return Slot(pods, copies, times, tuple(_options(pods, line, given, times)))


def asked_by_group(pods: Pods, line: ActiveQueue, times: int) -> dict[int, dict[str, int]] | None:
    """What so many pods ask of each resource group; None where a resource has no quota in the queue."""
    if line.zeros and not pods.requests.keys() <= line.covers.keys():
        return None
    found: dict[int, dict[str, int]] = {}
    for name, number in counted(pods, line).items():
        group = line.covers.get(name)
        if group is not None:
            found.setdefault(group, {})[name] = number * times
        elif times:
            return None
    return found


def pod_set(item: Slot, line: ActiveQueue, *, own_keys: bool) -> PodSet:
    """Pods as the flavor assigner sees them."""
    asked = asked_by_group(item.pods, line, item.times)
    groups = tuple(
        tuple(
            None
            if refusal(item.pods, flavor, line.groups[at], own_keys=own_keys)
            else tuple((line.cells[flavor.name, name].at, number) for name, number in part.items() if number)
            for flavor in line.groups[at].flavors
        )
        for at, part in (asked or {}).items()
    )
    return PodSet(item.pods.name, groups, covered=asked is not None)


def option_of(item: Slot, line: ActiveQueue, flavors: Sequence[int]) -> Option:
    """The option that stands for the flavors that the assigner gave, one for each group that pods ask something of."""
    asked = asked_by_group(item.pods, line, item.times) or {}
    names = tuple(line.groups[at].flavors[index].name for at, index in zip(asked, flavors, strict=True))
    return next(one for one in item.options if tuple(flavor.name for flavor in one.flavors) == names)


def _options(pods: Pods, line: ActiveQueue, given: Offer, times: int) -> Iterator[Option]:
    by_group = asked_by_group(pods, line, times)
    if by_group is None:
        return
    fitting = [_fitting(pods, line, given, line.groups[at], part) for at, part in by_group.items()]
    for chosen in product(*fitting):
        uses = tuple(use for _, part in chosen for use in part)
        flavors = tuple(flavor for flavor, _ in chosen)
        yield Option(flavors, uses, kinds_for(pods, flavors, given.kinds, times))


def _fitting(
    pods: Pods, line: ActiveQueue, given: Offer, group: ResourceGroup, asked: Mapping[str, int]
) -> list[tuple[Flavor, Uses]]:
    found = []
    for flavor in group.flavors:
        if refusal(pods, flavor, group, own_keys=given.own_keys):
            continue
        cells = [(line.cells[flavor.name, name], number) for name, number in asked.items()]
        if all(number <= most(cell, given.room) for cell, number in cells):
            found.append((flavor, tuple((cell.at, number) for cell, number in cells if number)))
    return found


def refusal(pods: Pods, flavor: Flavor, group: ResourceGroup, *, own_keys: bool) -> str:
    """Why pods can never take a flavor, whatever its quota; empty when they can."""
    if flavor.nodeTaints:
        for taint in untolerated(flavor.nodeTaints, (*pods.tolerations, *flavor.tolerations)):
            return f"its taint {taint.key}:{taint.effect} is not tolerated"
    if pods.selector:
        keys: Iterable[str] = flavor.nodeLabels if own_keys else group.keys
        for key in keys:
            wanted = pods.selector.get(key)
            if wanted is not None and flavor.nodeLabels.get(key) != wanted:
                return f"nodeSelector wants {key}: {wanted}, it has {flavor.nodeLabels.get(key) or 'no such label'}"
    return ""


def kinds_for(pods: Pods, flavors: Sequence[Flavor], kinds: Sequence[NodeKind], times: int) -> int:
    """The kinds of nodes that can hold one of the pods; none when there is no place for all `times` of them."""
    found, places = 0, 0
    for kind in kinds:
        if not misfit(pods, flavors, kind):
            found |= kind.bit
            if times > 1:
                places += kind.nodes * slots(kind, pods.real)
    return found if times <= 1 or places >= times else 0


def misfit(pods: Pods, flavors: Sequence[Flavor], kind: NodeKind) -> str:
    """Why a node of a kind cannot run one of the pods; empty when it can."""
    wanted = dict(pods.selector)
    for flavor in flavors:
        wanted |= flavor.nodeLabels
    if wanted and not has_labels(kind, wanted):
        return "labels"
    if kind.taints:
        tolerations = (*pods.tolerations, *(item for flavor in flavors for item in flavor.tolerations))
        for taint in untolerated(kind.taints, tolerations):
            return f"taint {taint.key}:{taint.effect}"
    return "" if holds(kind, pods.real) else "size"


class Ground(NamedTuple):
    """Nodes as cells of a room: for each set of kinds, its resources and what all its nodes hold together."""

    cells: Mapping[int, Mapping[str, int]]
    limits: tuple[int, ...]


def ground(
    slots_: Iterable[Slot], loose: Iterable[tuple[Pods, int]], kinds: Sequence[NodeKind], start: int
) -> Ground:
    """Cells for every set of kinds that some pods are confined to, numbered from `start`."""
    masks = {option.nodes for item in slots_ for option in item.options if option.nodes}
    masks |= {mask for _, mask in loose if mask}
    if len(masks) > 1:
        masks.add(_union(masks))
    cells: dict[int, dict[str, int]] = {}
    limits: list[int] = []
    for mask in sorted(masks):
        members = [kind for kind in kinds if kind.bit & mask]
        cells[mask] = {}
        for name in sorted(set().union(*(kind.has for kind in members))):
            # A basic resource that one of the kinds does not list is without limit.
            if name != PODS and ("/" in name or all(name in kind.has for kind in members)):
                cells[mask][name] = start + len(limits)
                limits.append(sum(kind.nodes * kind.has.get(name, 0) for kind in members))
    return Ground(cells, tuple(limits))


def _union(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def stands_on(pods: Pods, nodes: int, times: int, on: Ground) -> Uses:
    """What pods take of the nodes they are confined to, and of every larger set of nodes."""
    return tuple(
        (cells[name], number * times)
        for mask, cells in on.cells.items()
        if nodes & mask == nodes
        for name, number in pods.real.items()
        if number and times and name in cells
    )


def piece(item: Slot, on: Ground | None) -> Piece:
    """A slot for the search; with nodes only the options that have some, each with what it takes of them."""
    if on is None:
        return Piece(tuple(option.uses for option in item.options), item.copies)
    return Piece(
        tuple(
            option.uses + stands_on(item.pods, option.nodes, item.times, on)
            for option in item.options
            if option.nodes
        ),
        item.copies,
    )


def with_nodes(room: Room, on: Ground, taken: Iterable[Uses]) -> Room:
    """The room of the queues and of the nodes, less what runs on these without a queue."""
    limits = list(on.limits)
    start = len(room.limits)
    for uses in taken:
        for cell, number in uses:
            limits[cell - start] -= number
    more = len(limits)
    return Room(
        (*room.limits, *limits),
        (*room.kept, *([0] * more)),
        (*room.pool_of, *([-1] * more)),
        room.pools,
        (*room.classes, *(f"nodes {cell}" for cell in range(more))),
    )
