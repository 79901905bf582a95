"""What the steps of the flow hand on: a compiled cluster, what the fleet as a whole gives, and all of it together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..disk.tree import Tree
from ..findings.finding import Finding
from ..fleet.fleet import Fleet, Member
from ..objects.manifest import Manifest
from ..rules.waivers import Waived, Waiver

if TYPE_CHECKING:
    from ..components.kit.component import Cluster
    from ..overlays.base import Base
    from ..overlays.overlay import Overlay

Progress = Callable[[str, int, int], None]
"""Called with a stage, how much of it is done, and how much there is."""


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass
class Memo:
    """What clusters share while they are compiled: bases by folder, and sections that groups give alone."""

    bases: dict[str, Base] = field(default_factory=dict)
    sections: dict[tuple[str, ...], Mapping[str, Any]] = field(default_factory=dict)


class Seen(NamedTuple):
    """What a witness saw of some folders: the key of each one's proof, and what is not proven yet (proof/evidence.py)."""

    keys: tuple[tuple[str, str], ...] = ()
    evidence: tuple[Any, ...] = ()


UNSEEN = Seen()


class Witness(Protocol):
    """Looks at folders while the manifests that they mean are at hand, in the process that made them."""

    def knows(self, keys: tuple[tuple[str, str], ...]) -> bool:
        """Whether folders are proven already: what is not known has to be compiled again to be looked at."""

    def cluster(self, cluster: Cluster, overlay: Overlay, files: Mapping[str, str], memo: Memo) -> Seen:
        """A cluster's overlay, with the bases that it names."""

    def hub(self, fleet: Fleet, emitted: Mapping[str, Emitted], files: Mapping[str, str]) -> Seen:
        """The folders of the hubs."""

    def away(self) -> DistantWitness:
        """What makes one like it on a machine that has none of our files."""

    def agrees(self, files: Mapping[str, str]) -> bool:
        """Whether what one far away saw of these files is what would be seen here."""


class DistantWitness(Protocol):
    """A witness as a value that can be pickled."""

    def arrived(self) -> Witness:
        """The witness, where it is to look."""


Emitted = Mapping[str, tuple[Manifest, ...]]
"""Files of a hub's folder -> what is in them."""


@dataclass(frozen=True)
class CompiledCluster:
    """One cluster, compiled: what the fleet needs to know of it, its overlay, and what is wrong."""

    file: str
    findings: tuple[Finding, ...]
    member: Member | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    """Paths of the overlay that are known to be right on disk; then `files` is empty."""
    bases: tuple[str, ...] = ()
    objects: int = 0
    waivers: tuple[Waiver, ...] = ()
    """What its findings are to be judged by, on the day of the report."""
    seen: Seen = UNSEEN
    uses: tuple[str, ...] = ()
    """Shared spec files that it is made of, beside the fleet's."""
    folders: tuple[tuple[str, str], ...] = ()
    """Folders beside the specs that it is made of, each with the digest of what was taken of it."""


@dataclass(frozen=True)
class Whole:
    """What the fleet as a whole gives: findings of its rules, and the files and objects of the hub."""

    found: tuple[tuple[str, Finding], ...] = ()
    """Each with the cluster it is about ("" for none)."""
    files: frozenset[str] = frozenset()
    objects: int = 0
    seen: Seen = UNSEEN


NOTHING = Whole()


@dataclass(frozen=True)
class Rendered:
    """A compiled fleet. The tree is complete only when no finding is an error."""

    findings: tuple[Finding, ...]
    tree: Tree
    fleet: Fleet | None = None
    clusters: tuple[CompiledCluster, ...] = ()
    bases: tuple[str, ...] = ()
    whole: Whole = NOTHING
    waived: tuple[Waived, ...] = ()
