"""The clusters of a fleet that are meant, merged and validated, and those of which that much cannot be said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as File

from ..components.kit.component import Cluster
from ..documents.near import suggestion
from ..errors import NearedgeError
from ..fleet.spec_files import FLEET_FILE, Shared, kind_of, stem
from ..flow.read import cluster_files, cluster_in, read
from ..flow.rendered import Memo
from .selector import NotASelector, Selector


class NothingToList(NearedgeError):
    """There is no usable fleet file."""

    exit_code = 1


@dataclass(frozen=True)
class Specs:
    """The spec files of a repository, of which those that all clusters share are read."""

    root: File
    files: tuple[str, ...]
    shared: Shared


@dataclass(frozen=True)
class Fleet:
    """What a list is made of: clusters sorted by name, and the spec files that all share."""

    shared: Shared
    files: tuple[str, ...]
    clusters: tuple[Cluster, ...]
    unreadable: tuple[str, ...] = ()
    """Names of clusters with errors in their spec's form: whether they are meant is not known."""

    def file_of(self, kind: str, name: str) -> str:
        """The file of a group or model."""
        return next(file for file in self.files if kind_of(file) == kind and stem(file) == name)


def specs_of(root: File) -> Specs:
    """The spec files of a repository.

    Raises:
        NothingToList: clusters/fleet.yaml cannot be used.
    """
    files, shared, _ = read(root)
    if shared is None:
        raise NothingToList(f"{FLEET_FILE} cannot be used: nearedge check says why")
    return Specs(root, files, shared)


def fleet_of(specs: Specs, selector: Selector) -> Fleet:
    """The clusters that a selector means.

    Raises:
        NotASelector: it names a ring or a group that there is not.
    """
    shared = specs.shared
    refuse_unknown(shared, selector)
    memo = Memo()
    wanted = {stem(file): file for file in cluster_files(specs.files)}
    if selector.names is not None:
        wanted = {name: file for name, file in wanted.items() if name in selector.names}
    found = {name: cluster_in(specs.root, shared, file, memo)[0] for name, file in wanted.items()}
    clusters = tuple(
        cluster
        for _, cluster in sorted(found.items())
        if cluster is not None and selector.holds(cluster.labels, cluster.spec.ring, cluster.groups)
    )
    unreadable = tuple(sorted(name for name, cluster in found.items() if cluster is None))
    return Fleet(shared, specs.files, clusters, unreadable)


def refuse_unknown(shared: Shared, selector: Selector) -> None:
    """A selector names rings and groups that there are.

    Raises:
        NotASelector: one is not there.
    """
    _refuse_unknown("ring", selector.rings, [ring.name for ring in shared.fleet.delivery.rings])
    _refuse_unknown("group", selector.groups, list(shared.groups))


def _refuse_unknown(kind: str, asked: frozenset[str], there: list[str]) -> None:
    for name in sorted(asked.difference(there)):
        raise NotASelector(f"there is no {kind} {name}{suggestion(name, there)}")
