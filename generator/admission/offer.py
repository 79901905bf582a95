"""What a cluster has to give: quota by queue, flavor and resource, and nodes.

A queue that Kueue keeps inactive, because a flavor is missing or its cohorts form a cycle, gives nothing and
takes part in nothing; rules of their own speak of it (KUEUE001, KUEUE010).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ..components.kit.component import Cluster
from ..components.kit.counting import amount, amounts
from ..components.kueue import KUEUE
from ..components.kueue.spec import (
    Flavor,
    KueueSpec,
    Queue,
    Quota,
    covered_resources,
    groups,
    quota_of,
    root_of,
)
from ..fleet.kinds import Node
from ..specs.types import Taint
from .search import Room

ENDLESS = 2**63 - 1
"""No limit: what Kueue's own 64-bit counters hold."""

BASIC = frozenset({"cpu", "memory", "ephemeral-storage", "pods"})
"""Every node has these, whether a spec says how much or not."""

SELF_LABELED = ("kubernetes.io/", "topology.kubernetes.io/", "node.kubernetes.io/")
"""Prefixes of labels that nodes get by themselves; a spec need not list them."""


class Cell(NamedTuple):
    """Quota of one resource of one flavor in one queue."""

    at: int
    nominal: int
    limit: int
    kept: int
    pool: int


class ResourceGroup(NamedTuple):
    """A resource group of a queue: flavors in the order Kueue tries them, and all their label keys."""

    flavors: tuple[Flavor, ...]
    keys: frozenset[str]


class ActiveQueue(NamedTuple):
    """An active queue: which group covers a resource, and the cells by flavor and resource."""

    queue: Queue
    groups: tuple[ResourceGroup, ...]
    covers: Mapping[str, int]
    cells: Mapping[tuple[str, str], Cell]


class NodeKind(NamedTuple):
    """A kind of node; `bit` stands for it in sets of kinds."""

    bit: int
    name: str
    nodes: int
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    has: Mapping[str, int]


class Offer(NamedTuple):
    """Queues by (name, namespace), their cells and room, and the nodes; `own_keys`: see profile.kueue.flavorKeys.

    `standing` is what stays on the nodes without a queue.
    """

    lines: Mapping[tuple[str, str], ActiveQueue]
    cells: tuple[Cell, ...]
    room: Room
    kinds: tuple[NodeKind, ...]
    own_keys: bool
    standing: Mapping[str, int] = MappingProxyType({})


def offer(cluster: Cluster) -> Offer:
    """What queues and nodes of a cluster give."""
    lines, cells, room = _lines(cluster.part(KUEUE))
    kinds = tuple(_kind(i, node) for i, node in enumerate(cluster.spec.nodes))
    return Offer(lines, cells, room, kinds, cluster.profile.kueue.flavorKeys == "flavor")


def _lines(spec: KueueSpec) -> tuple[dict[tuple[str, str], ActiveQueue], tuple[Cell, ...], Room]:
    flavors = {flavor.name: flavor for flavor in spec.flavors}
    lines: dict[tuple[str, str], ActiveQueue] = {}
    cells: list[Cell] = []
    classes: list[str] = []
    pools: dict[tuple[str, str, str], int] = {}
    for queue in spec.queues:
        root = root_of(queue.cohort or spec.cohort, spec)
        key = (queue.name, queue.namespace)
        if key in lines or root is None or not queue.quota.keys() <= flavors.keys():
            continue
        covers: dict[str, int] = {}
        own: dict[tuple[str, str], Cell] = {}
        found = groups(queue)
        for i, names in enumerate(found):
            for resource in covered_resources(queue, names):
                covers[resource] = i
                for name in names:
                    nominal, limit, kept = _limits(
                        queue.quota[name].get(resource), resource, lends=bool(root)
                    )
                    pool = pools.setdefault((root, name, resource), len(pools)) if root else -1
                    own[name, resource] = Cell(len(cells), nominal, limit, kept, pool)
                    cells.append(own[name, resource])
                    classes.append(resource)
        lines[key] = ActiveQueue(queue, tuple(_group(names, flavors) for names in found), covers, own)
    return lines, tuple(cells), _room(cells, len(pools), classes)


def _limits(quota: Quota | str | None, resource: str, *, lends: bool) -> tuple[int, int, int]:
    """(nominal, the most that can be used, what is not lent); a resource without quota has none of its own."""
    said = Quota(nominal="0") if quota is None else quota_of(quota)
    nominal = amount(resource, said.nominal)
    if not lends:
        return nominal, nominal, 0
    limit = ENDLESS if said.borrowingLimit is None else nominal + amount(resource, said.borrowingLimit)
    kept = 0 if said.lendingLimit is None else max(0, nominal - amount(resource, said.lendingLimit))
    return nominal, limit, kept


def _room(cells: Sequence[Cell], pools: int, classes: Sequence[str]) -> Room:
    shared = [0] * pools
    for cell in cells:
        if cell.pool >= 0:
            shared[cell.pool] += cell.nominal - cell.kept
    return Room(
        tuple(cell.limit for cell in cells),
        tuple(cell.kept for cell in cells),
        tuple(cell.pool for cell in cells),
        tuple(shared),
        tuple(classes),
    )


def _group(names: tuple[str, ...], flavors: Mapping[str, Flavor]) -> ResourceGroup:
    members = tuple(flavors[name] for name in names)
    return ResourceGroup(members, frozenset(key for flavor in members for key in flavor.nodeLabels))


def _kind(index: int, node: Node) -> NodeKind:
    return NodeKind(1 << index, node.name, node.count, node.labels, node.taints, amounts(node.allocatable))


def most(cell: Cell, room: Room) -> int:
    """What a cell can hold when nothing else is used: kueue's potentialAvailable."""
    return cell.limit if cell.pool < 0 else min(cell.limit, cell.kept + room.pools[cell.pool])


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
