"""What a cluster has to give: quota by queue, flavor and resource, and nodes.

A queue that Kueue keeps inactive, because a flavor or a check is missing or its cohorts form a cycle, gives nothing and
takes part in nothing; rules of their own speak of it (KUEUE001, KUEUE010, KUEUE020). A queue that is stopped
(stopPolicy) still lends its quota.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ..components.kit.component import Cluster
from ..components.kit.counting import amounts, left_on
from ..components.kueue import KUEUE
from ..components.kueue.spec import Flavor, KueueSpec, Queue, covered_resources, groups, roots_of
from ..fleet.kinds import Node
from ..specs.types import Taint
from .cohorts import ENDLESS, Key, Tree, grown, limits
from .fungibility import Manner, Ranks, manner_of
from .search import Room

BASIC = frozenset({"cpu", "memory", "ephemeral-storage", "pods"})
"""Every node has these, whether a spec says how much or not."""

SELF_LABELED = ("kubernetes.io/", "topology.kubernetes.io/", "node.kubernetes.io/")
"""Prefixes of labels that nodes get by themselves; a spec need not list them."""


class Cell(NamedTuple):
    """Quota of one resource of one flavor in one queue; `key` is (flavor, resource)."""

    at: int
    key: Key
    nominal: int
    limit: int
    kept: int
    pool: int


class ResourceGroup(NamedTuple):
    """A resource group of a queue: flavors in the order Kueue tries them, and all their label keys."""

    flavors: tuple[Flavor, ...]
    keys: frozenset[str]


class ActiveQueue(NamedTuple):
    """An active queue: which group covers a resource, the cells by flavor and resource, its cohort, how it takes flavors.

    `zeros`: what pods ask zero of has to be covered too (profile.kueue.coversZero).
    """

    queue: Queue
    groups: tuple[ResourceGroup, ...]
    covers: Mapping[str, int]
    cells: Mapping[Key, Cell]
    cohort: str
    manner: Manner = Manner()
    zeros: bool = False

    @property
    def stopped(self) -> bool:
        """Whether it admits nothing."""
        return self.queue.stopPolicy != "None"


class NodeKind(NamedTuple):
    """A kind of node; `bit` stands for it in sets of kinds, `has` is what is left of one beside what is reserved there."""

    bit: int
    name: str
    nodes: int
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    has: Mapping[str, int]
    reserved: Mapping[str, int] = MappingProxyType({})


class Offer(NamedTuple):
    """Queues by name and namespace of each LocalQueue, cells and room, and the nodes; `own_keys`: see profile.kueue.flavorKeys.

    `standing` is what stays on the nodes without a queue.
    """

    lines: Mapping[tuple[str, str], ActiveQueue]
    cells: tuple[Cell, ...]
    tree: Tree
    room: Room
    kinds: tuple[NodeKind, ...]
    own_keys: bool
    standing: Mapping[str, int] = MappingProxyType({})


def offer(cluster: Cluster) -> Offer:
    """What queues and nodes of a cluster give."""
    known = cluster.profile.kueue
    lines, cells, tree = _lines(cluster.part(KUEUE), known.flavorRank, zeros=known.coversZero)
    kinds = tuple(_kind(i, node) for i, node in enumerate(cluster.spec.nodes))
    return Offer(lines, cells, tree, _room(cells, tree), kinds, known.flavorKeys == "flavor")


def _lines(
    spec: KueueSpec, ranks: Ranks, *, zeros: bool
) -> tuple[dict[tuple[str, str], ActiveQueue], tuple[Cell, ...], Tree]:
    flavors = {flavor.name: flavor for flavor in spec.flavors}
    checks = {check.name for check in spec.admissionChecks}
    roots = roots_of(spec)
    listed: dict[str, tuple[Queue, str]] = {}
    for queue in spec.queues:
        cohort = queue.cohort or spec.cohort or ""
        missing = (
            queue.quota.keys() - flavors.keys() or {item.name for item in queue.admissionChecks} - checks
        )
        if queue.name not in listed and not missing and roots.get(cohort, cohort) is not None:
            listed[queue.name] = (queue, cohort)
    lent: dict[str, list[tuple[Key, int]]] = {}
    for queue, cohort in listed.values():
        for key in _keys(queue) if cohort else ():
            said = limits(queue.quota[key[0]].get(key[1]), key[1])
            lent.setdefault(cohort, []).append((key, said.nominal - said.kept(said.nominal)))
    populated = {cohort for queue, cohort in listed.values() if queue.stopPolicy == "None"}
    tree = grown(spec, lent, populated)
    lines: dict[tuple[str, str], ActiveQueue] = {}
    cells: list[Cell] = []
    for queue, cohort in listed.values():
        manner = manner_of(queue.flavorFungibility, ranks)
        line = _line(queue, cohort, tree, flavors, len(cells))._replace(manner=manner, zeros=zeros)
        cells.extend(line.cells.values())
        for lead in queue.leads:
            lines.setdefault(lead, line)
    return lines, tuple(cells), tree


def _keys(queue: Queue) -> list[Key]:
    """All flavors and resources of a queue."""
    return [
        (name, resource)
        for names in groups(queue.quota)
        for resource in covered_resources(queue.quota, names)
        for name in names
    ]


def _line(queue: Queue, cohort: str, tree: Tree, flavors: Mapping[str, Flavor], first: int) -> ActiveQueue:
    """A queue; its cells are numbered from `first`."""
    found = groups(queue.quota)
    covers = {
        resource: i for i, names in enumerate(found) for resource in covered_resources(queue.quota, names)
    }
    own: dict[Key, Cell] = {}
    for key in _keys(queue):
        said = limits(queue.quota[key[0]].get(key[1]), key[1])
        nominal = said.nominal
        place = (
            (said.most(nominal), said.kept(nominal), tree.nodes[cohort].pools[key])
            if cohort
            else (nominal, 0, -1)
        )
        own[key] = Cell(first + len(own), key, nominal, *place)
    return ActiveQueue(queue, tuple(_group(names, flavors) for names in found), covers, own, cohort)


def _room(cells: tuple[Cell, ...], tree: Tree) -> Room:
    return Room(
        tuple(cell.limit for cell in cells),
        tuple(cell.kept for cell in cells),
        tuple(cell.pool for cell in cells),
        tree.pools,
        tuple(cell.key[1] for cell in cells),
    )


def _group(names: tuple[str, ...], flavors: Mapping[str, Flavor]) -> ResourceGroup:
    members = tuple(flavors[name] for name in names)
    return ResourceGroup(members, frozenset(key for flavor in members for key in flavor.nodeLabels))


def _kind(index: int, node: Node) -> NodeKind:
    left = left_on(node)
    reserved = {name: number for name, number in amounts(node.reserved).items() if name in left}
    return NodeKind(1 << index, node.name, node.count, node.labels, node.taints, left, reserved)


def most(cell: Cell, room: Room) -> int:
    """What a cell can hold when nothing else is used: kueue's potentialAvailable."""
    return cell.limit if cell.pool < 0 else min(cell.limit, cell.kept + _most_in(cell.pool, room))


def _most_in(pool: int, room: Room) -> int:
    it = room.pools[pool]
    return it.limit if it.parent < 0 else min(it.limit, it.kept + _most_in(it.parent, room))


def has_labels(kind: NodeKind, wanted: Mapping[str, str]) -> bool:
    """Whether nodes of a kind have these labels, as far as the spec tells."""
    for key, value in wanted.items():
        has = kind.labels.get(key)
        if has != value and (has is not None or not key.startswith(SELF_LABELED)):
            return False
    return True


def holds(kind: NodeKind, asked: Mapping[str, int]) -> bool:
    """Whether an empty node of a kind can hold one pod; a basic resource that the spec leaves out is enough."""
    for name, number in asked.items():
        has = kind.has.get(name)
        if number > has if has is not None else number and name not in BASIC:
            return False
    return True


def slots(kind: NodeKind, asked: Mapping[str, int]) -> int:
    """How many such pods an empty node of a kind can hold at once."""
    counts = [kind.has[name] // number for name, number in asked.items() if number and name in kind.has]
    pods = [kind.has["pods"]] if "pods" in kind.has else []
    return min([*counts, *pods], default=ENDLESS)
