"""The fleet as a commit has it, as far as a rollout needs it: its rings, and which cluster is in which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..documents.merge import resolve
from ..errors import NearedgeError
from ..findings.finding import has_errors
from ..fleet.cluster import layers_of
from ..fleet.spec_files import FLEET_FILE, Shared, kind_of, read_cluster_file, read_shared, stem
from ..git.commit import contents, snapshot_at
from ..publish.place import UNSAID, ForgeChoice
from ..specs.fleet import Ring, hub_names
from .history import ID, Repo

KEPT = 4
"""Commits of which the specs are kept: a move asks several times about its two, and what they hold never changes."""


class NoFleet(NearedgeError):
    """A commit has no fleet that can be read."""


@dataclass(frozen=True)
class RingMember:
    """A cluster and the ring whose ref its Argo CD follows; None for one that nothing is delivered to."""

    name: str
    ring: str | None
    tier: str


@dataclass(frozen=True)
class CommitSpecs:
    """The specs of a commit: the text of each file, the fleet, and its clusters by name."""

    commit: str
    texts: Mapping[str, bytes]
    shared: Shared
    places: Mapping[str, RingMember]

    @property
    def rings(self) -> tuple[Ring, ...]:
        """Rings in the order of the rollout."""
        return self.shared.fleet.delivery.rings

    @property
    def hubs(self) -> frozenset[str]:
        """Names of the hubs."""
        return hub_names(self.shared.fleet)

    def of(self, ring: str) -> tuple[str, ...]:
        """The clusters of a ring, by name."""
        return tuple(sorted(place.name for place in self.places.values() if place.ring == ring))


def texts_of(repo: Repo, commit: str) -> Mapping[str, bytes]:
    """The spec files of a commit."""
    return _texts(repo, commit) if ID.fullmatch(commit) else _texts.__wrapped__(repo, commit)


@lru_cache(maxsize=KEPT)
def _texts(repo: Repo, commit: str) -> Mapping[str, bytes]:
    taken = snapshot_at(repo.root, commit)
    return contents(repo.root, taken, sorted(taken.blobs))


def shared_of(repo: Repo, commit: str) -> Shared:
    """What all clusters of a commit share, without a look at them.

    Raises:
        NoFleet: clusters/fleet.yaml is not there, or this nearedge cannot read it.
        NoSuchCommit, ToolFailed: the commit cannot be read.
    """
    taken = snapshot_at(repo.root, commit)
    common = sorted(file for file in taken.blobs if kind_of(file) != "Cluster")
    return _shared(commit, contents(repo.root, taken, common))


def _shared(commit: str, texts: Mapping[str, bytes]) -> Shared:
    shared, findings = read_shared(texts, tuple(file for file in sorted(texts) if kind_of(file) != "Cluster"))
    if shared is None:
        why = next(
            (f"{item.where}: {item.message}" for item in findings if has_errors((item,))), "it is not there"
        )
        message = f"{commit[:12]} has no fleet that this nearedge can read: {why}"
        raise NoFleet(message)
    return shared


def specs_of(repo: Repo, commit: str) -> CommitSpecs:
    """The fleet of a commit, with its clusters.

    Raises:
        NoFleet, NoSuchCommit, ToolFailed: as `shared_of`.
    """
    return _specs(repo, commit) if ID.fullmatch(commit) else _specs.__wrapped__(repo, commit)


@lru_cache(maxsize=KEPT)
def _specs(repo: Repo, commit: str) -> CommitSpecs:
    texts = texts_of(repo, commit)
    shared = _shared(commit, texts)
    places = {place.name: place for place in _places(texts, tuple(sorted(texts)), shared)}
    return CommitSpecs(commit, texts, shared, places)


def forge_of_fleet(shared: Shared) -> ForgeChoice:
    """What the fleet says of the forge of its repository."""
    return UNSAID.over(shared.fleet.repository)


def _places(texts: Mapping[str, bytes], files: tuple[str, ...], shared: Shared) -> Iterator[RingMember]:
    rings = [ring.name for ring in shared.fleet.delivery.rings]
    for file in files:
        if kind_of(file) != "Cluster":
            continue
        document, _ = read_cluster_file(texts, file)
        spec = resolve(layers_of(shared, document)[0]).spec if document else {}
        said, name = spec.get("ring"), stem(file)
        if name in hub_names(shared.fleet) and rings:
            # As hub/delivery/applicationsets.py has it: the hub comes last unless it says otherwise.
            said = said if said in rings else rings[-1]
        yield RingMember(name, said if said in rings else None, str(spec.get("tier", "")))


__all__ = [
    "FLEET_FILE",
    "CommitSpecs",
    "NoFleet",
    "RingMember",
    "forge_of_fleet",
    "shared_of",
    "specs_of",
    "texts_of",
]
