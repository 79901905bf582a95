"""What an edit does to a fleet: both sides compared, the same change told once, dangers first.

    sides -> rails -> plan -> text | markdown | json

Nothing here prints; `planshow.py` and `planjson.py` do the wording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path as File

from .changes import Action, ObjectChange
from .effects import DANGERS, Consequence
from .finding import Finding, ordered
from .pipeline import Progress, silent
from .pulls import Pull
from .rails import Rename, refused, renamed
from .repository import snapshot
from .sides import ClusterChange, Sides, both


@dataclass(frozen=True)
class Group:
    """Changes that are the same on all of these clusters, and on no other."""

    clusters: tuple[str, ...]
    changes: tuple[ObjectChange, ...]
    consequences: tuple[Consequence, ...]

    @property
    def dangerous(self) -> bool:
        """Whether something is lost, left behind or away for a while."""
        removed = any(change.action is Action.REMOVE for change in self.changes)
        return removed or any(item.effect in DANGERS for item in self.consequences)


@dataclass(frozen=True)
class Ring:
    """How much of a ring a change touches."""

    name: str
    touched: int
    clusters: int


@dataclass(frozen=True)
class Counts:
    """Objects of all clusters and of the hub; a replaced one is both added and removed."""

    add: int
    change: int
    remove: int

    def __str__(self) -> str:
        return f"{self.add} to add, {self.change} to change, {self.remove} to remove"

    def __bool__(self) -> bool:
        return bool(self.add or self.change or self.remove)


@dataclass(frozen=True)
class Plan:
    """All that a change does. `refused` stops it; with `findings` that are errors nothing was compared."""

    ref: str
    commit: str
    files: tuple[str, ...]
    findings: tuple[Finding, ...]
    refused: tuple[Finding, ...]
    renames: tuple[Rename, ...]
    rings: tuple[Ring, ...]
    clusters: tuple[ClusterChange, ...]
    groups: tuple[Group, ...]
    hubs: tuple[tuple[str, tuple[ObjectChange, ...]], ...]
    """Name of each hub, and what changes there."""
    pulls: tuple[tuple[Pull, tuple[str, ...]], ...]
    counts: Counts

    @property
    def hub(self) -> tuple[ObjectChange, ...]:
        """What changes on all hubs."""
        return tuple(change for _, changes in self.hubs for change in changes)

    @property
    def of(self) -> int:
        """Clusters that the fleet has now and had before."""
        return sum(ring.clusters for ring in self.rings)


def plan(root: File, ref: str, progress: Progress = silent, today: str = "") -> Plan:
    """What the specs below `root` change, compared with where this branch left `ref`.

    Raises:
        NoSuchCommit, ToolMissing, ToolFailed: the commit cannot be read.
    """
    taken = snapshot(root, ref)
    sides = both(root, taken, progress, today)
    return Plan(
        ref=ref,
        commit=taken.commit,
        files=tuple(sorted(sides.files)),
        findings=sides.judged.findings,
        refused=ordered(refused(root, sides)),
        renames=renamed(sides),
        rings=rings(sides),
        clusters=sides.clusters,
        groups=groups(sides.clusters),
        hubs=sides.hubs,
        pulls=pulls(sides.clusters),
        counts=counts((*(change for item in sides.clusters for change in item.changes), *sides.hub)),
    )


def counts(changes: Iterable[ObjectChange]) -> Counts:
    """How many objects are added, changed and removed."""
    number = Counter(change.action for change in changes)
    replaced = number[Action.REPLACE]
    return Counts(number[Action.ADD] + replaced, number[Action.CHANGE], number[Action.REMOVE] + replaced)


def groups(clusters: Iterable[ClusterChange]) -> tuple[Group, ...]:
    """Changes and their effects by the clusters that they are the same on; dangers first, then the most clusters.

    Clusters that come or go as a whole are told by themselves.
    """
    changes: dict[str, tuple[ObjectChange, list[str]]] = {}
    effects: dict[Consequence, list[str]] = {}
    for cluster in clusters:
        if cluster.action is not Action.CHANGE:
            continue
        for change in cluster.changes:
            changes.setdefault(_signature(change), (change, []))[1].append(cluster.name)
        for effect in cluster.consequences:
            effects.setdefault(effect, []).append(cluster.name)
    sets: dict[tuple[str, ...], tuple[list[ObjectChange], list[Consequence]]] = {}
    for change, names in changes.values():
        sets.setdefault(tuple(names), ([], []))[0].append(change)
    for effect, names in effects.items():
        sets.setdefault(tuple(names), ([], []))[1].append(effect)
    found = (Group(names, tuple(listed), tuple(said)) for names, (listed, said) in sets.items())
    return tuple(sorted(found, key=lambda group: (not group.dangerous, -len(group.clusters), group.clusters)))


def _signature(change: ObjectChange) -> str:
    return repr((change.action, change.identity, change.was, change.fields))


def rings(sides: Sides) -> tuple[Ring, ...]:
    """Rings in the order of the rollout, then clusters of none ("")."""
    members: dict[str, set[str]] = {}
    for fleet in (sides.before, sides.after):
        for ring in fleet.rings if fleet else ():
            members.setdefault(ring.name, set())
    for fleet in (sides.before, sides.after):
        for member in fleet.members if fleet else ():
            members.setdefault(member.ring or "", set()).add(member.name)
    touched = {item.name for item in sides.clusters}
    return tuple(Ring(name, len(names & touched), len(names)) for name, names in members.items())


def pulls(clusters: Iterable[ClusterChange]) -> tuple[tuple[Pull, tuple[str, ...]], ...]:
    """What has to be pulled, and by which clusters; the most bytes first."""
    found: dict[Pull, list[str]] = {}
    for cluster in clusters:
        for pull in cluster.download.pulls if cluster.download else ():
            found.setdefault(pull, []).append(cluster.name)
    listed = sorted(found.items(), key=lambda item: (-(item[0].size or 0) * len(item[1]), item[0].what))
    return tuple((pull, tuple(names)) for pull, names in listed)
