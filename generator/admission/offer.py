"""What a cluster has to give: quota by queue, flavor and resource, and nodes.

A queue that Kueue keeps inactive, because a flavor is missing or its cohorts form a cycle, gives nothing and
takes part in nothing; rules of their own speak of it (KUEUE001, KUEUE010).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..cluster import Node
from ..component import Cluster
from ..components.kueue import KUEUE, Flavor, KueueSpec, Queue, covered_resources, groups, quota_of
from ..components.kueue_checks import root_of
from ..spec import Taint, Toleration
from .amounts import amount, amounts
from .search import Room

ENDLESS = 2**63 - 1
"""No limit: what Kueue's own 64-bit counters hold."""

BASIC = frozenset({"cpu", "memory", "ephemeral-storage", "pods"})
"""Every node has these, whether a spec says how much or not."""

SELF_LABELED = ("kubernetes.io/", "topology.kubernetes.io/", "node.kubernetes.io/")
"""Prefixes of labels that nodes get by themselves; a spec need not list them."""

KEEPING_OUT = frozenset({"NoSchedule", "NoExecute"})


class Cell(NamedTuple):
    """Quota of one resource of one flavor in one queue."""

    index: int
    nominal: int
    limit: int
    kept: int
    pool: int


class Group(NamedTuple):
    """A resource group of a queue: flavors in the order Kueue tries them, and all their label keys."""

    flavors: tuple[Flavor, ...]
    keys: frozenset[str]


class Line(NamedTuple):
    """An active queue: which group covers a resource, and the cells by flavor and resource."""

    queue: Queue
    groups: tuple[Group, ...]
    covers: Mapping[str, int]
    cells: Mapping[tuple[str, str], Cell]


class Kind(NamedTuple):
    """A kind of node; `bit` stands for it in sets of kinds."""

    bit: int
    name: str
    count: int
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    has: Mapping[str, int]


class Offer(NamedTuple):
    """Queues by (name, namespace), their room, and the nodes; `own_keys`: see profile.kueue.flavorKeys."""

    lines: Mapping[tuple[str, str], Line]
    room: Room
    kinds: tuple[Kind, ...]
    own_keys: bool


def offer(cluster: Cluster) -> Offer:
    """What queues and nodes of a cluster give."""
    lines, room = _lines(cluster.part(KUEUE))
    kinds = tuple(_kind(i, node) for i, node in enumerate(cluster.spec.nodes))
    return Offer(lines, room, kinds, cluster.profile.kueue.flavorKeys == "flavor")


def _lines(spec: KueueSpec) -> tuple[dict[tuple[str, str], Line], Room]:
    flavors = {flavor.name: flavor for flavor in spec.flavors}
    lines: dict[tuple[str, str], Line] = {}
    cells: list[Cell] = []
    pools: dict[tuple[str, str, str], int] = {}
    shared: list[int] = []
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
                    cell = _cell(queue, name, resource, len(cells), root, pools)
                    if cell.pool == len(shared):
                        shared.append(0)
                    if cell.pool >= 0:
                        shared[cell.pool] += cell.nominal - cell.kept
                    own[name, resource] = cell
                    cells.append(cell)
        lines[key] = Line(queue, tuple(_group(names, flavors) for names in found), covers, own)
    room = Room(
        tuple(cell.limit for cell in cells),
        tuple(cell.kept for cell in cells),
        tuple(cell.pool for cell in cells),
        tuple(shared),
    )
    return lines, room


def _group(names: tuple[str, ...], flavors: Mapping[str, Flavor]) -> Group:
    members = tuple(flavors[name] for name in names)
    return Group(members, frozenset(key for flavor in members for key in flavor.nodeLabels))


def _cell(
    queue: Queue,
    flavor: str,
    resource: str,
    index: int,
    root: str,
    pools: dict[tuple[str, str, str], int],
) -> Cell:
    said = queue.quota[flavor].get(resource)
    if said is None or isinstance(said, str):
        nominal, limit, kept = amount(resource, said or "0"), ENDLESS, 0
    else:
        quota = quota_of(said)
        nominal = amount(resource, quota.nominal)
        borrowed, lent = quota.borrowingLimit, quota.lendingLimit
        limit = ENDLESS if borrowed is None else nominal + amount(resource, borrowed)
        kept = 0 if lent is None else max(0, nominal - amount(resource, lent))
    if not root:
        return Cell(index, nominal, nominal, 0, -1)
    return Cell(index, nominal, limit, kept, pools.setdefault((root, flavor, resource), len(pools)))


def _kind(index: int, node: Node) -> Kind:
    return Kind(1 << index, node.name, node.count, node.labels, node.taints, amounts(node.allocatable))


def most(cell: Cell, room: Room) -> int:
    """What a cell can hold when nothing else is used: kueue's potentialAvailable."""
    return cell.limit if cell.pool < 0 else min(cell.limit, cell.kept + room.pools[cell.pool])


def untolerated(taints: Iterable[Taint], tolerations: Iterable[Toleration]) -> Iterator[Taint]:
    """The taints that keep a pod out."""
    for taint in taints:
        if taint.effect in KEEPING_OUT and not any(_tolerates(item, taint) for item in tolerations):
            yield taint


def _tolerates(item: Toleration, taint: Taint) -> bool:
    """As k8s.io/component-helpers scheduling/corev1 ToleratesTaint."""
    if item.effect is not None and item.effect != taint.effect:
        return False
    if item.key is None:
        return item.operator == "Exists"
    return item.key == taint.key and (item.operator == "Exists" or (item.value or "") == taint.value)


def has_labels(kind: Kind, wanted: Mapping[str, str]) -> bool:
    """Whether nodes of a kind have these labels, as far as the spec tells."""
    for key, value in wanted.items():
        has = kind.labels.get(key)
        if has != value and (has is not None or not key.startswith(SELF_LABELED)):
            return False
    return True


def holds(kind: Kind, asked: Mapping[str, int]) -> bool:
    """Whether an empty node of a kind can hold one pod; a basic resource that the spec leaves out is enough."""
    for name, number in asked.items():
        has = kind.has.get(name)
        if number > has if has is not None else number and name not in BASIC:
            return False
    return True


def slots(kind: Kind, asked: Mapping[str, int]) -> int:
    """How many such pods an empty node of a kind can hold at once."""
    counts = [kind.has[name] // number for name, number in asked.items() if number and name in kind.has]
    pods = [kind.has["pods"]] if "pods" in kind.has else []
    return min([*counts, *pods], default=ENDLESS)
