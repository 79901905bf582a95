"""What an edit does to a fleet: both sides compared, the same change told once, dangers first.

    sides -> rails -> plan -> text | markdown | json

Nothing here prints; `report/plan/text.py` and `report/plan/json.py` do the wording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from ..documents.files import Root
from ..findings.finding import Finding, ordered
from ..flow.engine import Engine
from ..flow.parallel import PROCESSES
from ..flow.rendered import Progress, silent
from ..git.commit import snapshot_if_any
from .capacity import Meter, VerdictChange
from .changes import Action, ObjectChange
from .clusters import ClusterChange
from .contents import Contents
from .downloads import Pull
from .effects import DANGERS, Consequence
from .plan_class import guards
from .platforms import PlatformMove, platform_moves, policies_of_moves
from .rails import refused
from .reach import HubChange
from .renames import Rename, renamed
from .ring_order import Applications, RingOrder, applications, ring_order
from .sides import Sides, both


@dataclass(frozen=True)
class AlikeClusters:
    """Changes that are the same on all of these clusters, and on no other."""

    clusters: tuple[str, ...]
    changes: tuple[ObjectChange, ...]
    consequences: tuple[Consequence, ...]
    verdicts: tuple[VerdictChange, ...] = ()
    by_hand: tuple[ObjectChange, ...] = ()
    """What somebody has to apply on the clusters themselves."""

    @property
    def dangerous(self) -> bool:
        """Whether something is lost, left behind, away for a while, or not admitted any more."""
        return (
            any(change.action is Action.REMOVE for change in self.changes)
            or any(item.effect in DANGERS for item in self.consequences)
            or any(item.worse for item in self.verdicts)
            or bool(self.by_hand)
        )


@dataclass(frozen=True)
class RingShare:
    """How much of a ring a change touches."""

    name: str
    touched: int
    clusters: int


@dataclass(frozen=True)
class Counts:
    """Objects of all clusters and of the hub; one that is replaced counts as that alone."""

    add: int
    change: int
    remove: int
    replace: int = 0

    def __str__(self) -> str:
        replaced = f", {self.replace} to replace" if self.replace else ""
        return f"{self.add} to add, {self.change} to change{replaced}, {self.remove} to remove"

    def __bool__(self) -> bool:
        return bool(self.add or self.change or self.remove or self.replace)


@dataclass(frozen=True)
class HubReach:
    """Clusters that the hub gives something else as soon as acm/ is applied, and how much of each ring they are."""

    clusters: tuple[str, ...] = ()
    rings: tuple[RingShare, ...] = ()


@dataclass(frozen=True)
class Plan:
    """All that a change does. `refused` stops it; with `findings` that are errors nothing was compared."""

    ref: str
    commit: str
    files: tuple[str, ...]
    findings: tuple[Finding, ...]
    refused: tuple[Finding, ...]
    renames: tuple[Rename, ...]
    rings: tuple[RingShare, ...]
    clusters: tuple[ClusterChange, ...]
    groups: tuple[AlikeClusters, ...]
    hubs: tuple[HubChange, ...]
    """What changes on each hub."""
    pulls: tuple[tuple[Pull, tuple[str, ...]], ...]
    counts: Counts
    capacity: tuple[tuple[Meter, tuple[str, ...]], ...] = ()
    """Room that is there before and after, with the clusters on which it is the same; the fullest first."""
    reach: HubReach = field(default_factory=HubReach)
    moves: tuple[PlatformMove, ...] = ()
    by_moves: frozenset[str] = frozenset()
    """Names of the hub's Policies that come and go with `moves`."""
    order: RingOrder = field(default_factory=RingOrder)
    applications: Applications = field(default_factory=Applications)
    guards: tuple[str, ...] = ()
    """Spec files with a new waiver or other own rules."""
    only: str = ""
    """The one cluster that it is about (narrow.py); "" for all."""

    @property
    def touched(self) -> int:
        """Clusters of which an object comes, changes or goes."""
        return sum(bool(item.changes or item.by_hand) for item in self.clusters)

    @property
    def hub(self) -> tuple[ObjectChange, ...]:
        """What changes on all hubs."""
        return tuple(change for hub in self.hubs for change in hub.changes)

    @property
    def of(self) -> int:
        """Clusters that the fleet has now and had before."""
        return sum(ring.clusters for ring in self.rings)


def plan(
    root: File, ref: str, progress: Progress = silent, today: str = "", engine: Engine = PROCESSES
) -> Plan:
    """What the specs below `root` change, compared with where this branch left `ref`; all of them before the first commit.

    Raises:
        NoSuchCommit, ToolMissing, ToolFailed: the commit cannot be read.
    """
    taken = snapshot_if_any(root, ref)
    return plan_of(root, both(root, taken, progress, today, engine), ref, taken.commit)


def plan_of(root: Root, sides: Sides, ref: str, commit: str, *, operators: bool = True) -> Plan:
    """What two compiled sides are told as; `root` is where the later specs are.

    What a ring's ref brings has no `operators` in it.
    """
    moves = platform_moves(sides.before, sides.after, running(sides.clusters), operators=operators)
    shares = rings(sides)
    return Plan(
        ref=ref,
        commit=commit,
        files=tuple(sorted(sides.files)),
        findings=sides.judged.findings,
        refused=ordered(refused(root, sides)),
        renames=renamed(sides),
        rings=shares,
        clusters=sides.clusters,
        groups=alike_clusters(sides.clusters),
        hubs=sides.hubs,
        pulls=pulls(sides.clusters),
        capacity=capacity(sides.clusters),
        counts=counts((*of_clusters(sides.clusters), *sides.hub)),
        reach=reach(sides, shares),
        moves=moves,
        by_moves=policies_of_moves(sides.before, sides.after, moves),
        order=ring_order(sides.before, sides.after),
        applications=applications(sides.before, sides.after),
        guards=guards(root, sides),
    )


def of_clusters(clusters: Iterable[ClusterChange]) -> Iterator[ObjectChange]:
    """All objects that change on clusters, whoever brings them."""
    return (change for item in clusters for change in (*item.changes, *item.by_hand))


def counts(changes: Iterable[ObjectChange]) -> Counts:
    """How many objects are added, changed, replaced and removed."""
    number = Counter(change.action for change in changes)
    return Counts(
        number[Action.ADD], number[Action.CHANGE], number[Action.REMOVE], replace=number[Action.REPLACE]
    )


def running(clusters: Iterable[ClusterChange]) -> Mapping[str, Contents]:
    """What the clusters run that go to another platform."""
    return {item.name: item.contents for item in clusters if item.platform and item.contents}


def reach(sides: Sides, shares: Iterable[RingShare]) -> HubReach:
    """Whom the changes of all hubs reach, whatever their ring holds."""
    names = frozenset[str]().union(*(hub.clusters for hub in sides.hubs))
    touched = Counter(
        member.ring or "" for member in (sides.after.members if sides.after else ()) if member.name in names
    )
    counted = (RingShare(ring.name, touched[ring.name], ring.clusters) for ring in shares)
    return HubReach(tuple(sorted(names)), tuple(ring for ring in counted if ring.touched))


class _Told:
    """What is the same on one set of clusters."""

    def __init__(self) -> None:
        self.changes: list[ObjectChange] = []
        self.consequences: list[Consequence] = []
        self.verdicts: list[VerdictChange] = []
        self.by_hand: list[ObjectChange] = []

    def group(self, clusters: tuple[str, ...]) -> AlikeClusters:
        """The same, frozen."""
        parts = (self.changes, self.consequences, self.verdicts, self.by_hand)
        return AlikeClusters(clusters, *(tuple(part) for part in parts))  # type: ignore[arg-type]


def alike_clusters(clusters: Iterable[ClusterChange]) -> tuple[AlikeClusters, ...]:
    """Everything that is told of clusters by the clusters that it is the same on; dangers first, then the most.

    Clusters that come or go as a whole are told by themselves.
    """
    found: dict[tuple[str, Any], tuple[str, Any, list[str]]] = {}
    for cluster in clusters:
        if cluster.action is not Action.CHANGE:
            continue
        for part in ("changes", "by_hand"):
            for change in getattr(cluster, part):
                found.setdefault((part, _signature(change)), (part, change, []))[2].append(cluster.name)
        for part in ("consequences", "verdicts"):
            for item in getattr(cluster, part):
                found.setdefault((part, item), (part, item, []))[2].append(cluster.name)
    sets: dict[tuple[str, ...], _Told] = {}
    for part, item, names in found.values():
        getattr(sets.setdefault(tuple(names), _Told()), part).append(item)
    listed = (told.group(names) for names, told in sets.items())
    return tuple(
        sorted(listed, key=lambda group: (not group.dangerous, -len(group.clusters), group.clusters))
    )


def _signature(change: ObjectChange) -> str:
    return repr((change.action, change.identity, change.was, change.fields))


def rings(sides: Sides) -> tuple[RingShare, ...]:
    """Rings in the order of the rollout, then clusters of none ("")."""
    members: dict[str, set[str]] = {}
    for fleet in (sides.before, sides.after):
        for ring in fleet.rings if fleet else ():
            members.setdefault(ring.name, set())
    for fleet in (sides.before, sides.after):
        for member in fleet.members if fleet else ():
            members.setdefault(member.ring or "", set()).add(member.name)
    touched = {item.name for item in sides.clusters if item.changes or item.by_hand}
    return tuple(RingShare(name, len(names & touched), len(names)) for name, names in members.items())


def capacity(clusters: Iterable[ClusterChange]) -> tuple[tuple[Meter, tuple[str, ...]], ...]:
    """Meters that moved, and on which clusters; the fullest first."""
    found: dict[Meter, list[str]] = {}
    for cluster in clusters:
        for meter in cluster.capacity:
            found.setdefault(meter, []).append(cluster.name)
    listed = sorted(
        found.items(), key=lambda item: (-item[0].fullness, item[1], item[0].place, item[0].resource)
    )
    return tuple((meter, tuple(names)) for meter, names in listed)


def pulls(clusters: Iterable[ClusterChange]) -> tuple[tuple[Pull, tuple[str, ...]], ...]:
    """What has to be pulled, and by which clusters; the most bytes first."""
    found: dict[Pull, list[str]] = {}
    for cluster in clusters:
        for pull in cluster.download.pulls if cluster.download else ():
            found.setdefault(pull, []).append(cluster.name)
    listed = sorted(found.items(), key=lambda item: (-(item[0].size or 0) * len(item[1]), item[0].what))
    return tuple((pull, tuple(names)) for pull, names in listed)
