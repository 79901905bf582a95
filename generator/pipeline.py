"""The whole program: specs in, tree out.

    find -> read -> merge -> validate -> check -> compile -> factor -> tree -> (write -> verify)

Every step is a function from one frozen value to the next; only `read` looks at the disk, and nothing is written
here. `render` is the composition; `incremental.py` runs the same steps for the clusters that changed, and
`tree.py` brings the result to disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from . import hub
from .check import apply, check_cluster, rules
from .compile import Base, Overlay, base_files, compile_cluster, folder_files
from .component import Cluster
from .components.namespaces import managed_labels
from .finding import Finding, Path, Where, has_errors, ordered
from .fleet import Fleet, Member
from .load import Root, find_specs
from .manifest import Manifest
from .resolve import Resolved, resolve
from .site import cluster_of, layers_of
from .sources import FLEET_FILE, Shared, kind_of, no_clusters, read_cluster, read_shared, repeated_names
from .tree import Tree, with_index

Progress = Callable[[str, int, int], None]
"""Called with a stage, how much of it is done, and how much there is."""


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass
class Memo:
    """What clusters share while they are compiled: bases by folder, and sections that groups give alone."""

    bases: dict[str, Base] = field(default_factory=dict)
    sections: dict[tuple[str, ...], Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Site:
    """One cluster, compiled: what the fleet needs to know of it, its overlay, and what is wrong."""

    file: str
    findings: tuple[Finding, ...]
    member: Member | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    """Paths of the overlay that are known to be right on disk; then `files` is empty."""
    bases: tuple[str, ...] = ()
    objects: int = 0


@dataclass(frozen=True)
class Rendered:
    """A compiled fleet. The tree is complete only when no finding is an error."""

    findings: tuple[Finding, ...]
    tree: Tree
    fleet: Fleet | None = None
    sites: tuple[Site, ...] = ()
    bases: tuple[str, ...] = ()
    hub_objects: int = 0


def render(root: File, progress: Progress = silent) -> Rendered:
    """Compile the fleet whose specs lie in `root`/clusters."""
    files, shared, findings = read(root, progress)
    if shared is None:
        return Rendered(ordered(findings), Tree({}))
    sites, bases = compile_sites(root, shared, cluster_files(files), progress)
    return assemble(root, shared, sites, Tree(bases), findings)


def read(
    root: File, progress: Progress = silent
) -> tuple[tuple[str, ...], Shared | None, tuple[Finding, ...]]:
    """All spec files, what all clusters share, and findings about the files themselves."""
    progress("read", 0, 1)
    files, misplaced = find_specs(root)
    shared, findings = read_shared(root, tuple(file for file in files if kind_of(file) != "Cluster"))
    return files, shared, (*misplaced, *findings, *repeated_names(files), *no_clusters(files))


def cluster_files(files: Iterable[str]) -> tuple[str, ...]:
    """The files that describe clusters."""
    return tuple(file for file in files if kind_of(file) == "Cluster")


def compile_sites(
    root: File, shared: Shared, files: tuple[str, ...], progress: Progress = silent
) -> tuple[tuple[Site, ...], dict[str, str]]:
    """All clusters and the texts of their bases, one cluster after the other."""
    memo = Memo()
    sites = []
    for i, file in enumerate(files):
        progress("compile", i, len(files))
        sites.append(compile_site(root, shared, file, memo))
    return tuple(sites), {
        path: text for base in memo.bases.values() for path, text in base_files(base).items()
    }


def compile_site(root: File, shared: Shared, file: str, memo: Memo) -> Site:
    """One cluster from its file to its overlay."""
    cluster, resolved, findings = read_site(root, shared, file, memo)
    if cluster is None or resolved is None:
        return Site(file, findings)
    findings += check_cluster(cluster, resolved)
    if has_errors(findings):
        return Site(file, findings, member_of(cluster))
    overlay, collisions = compile_cluster(cluster, memo.bases)
    findings += collisions
    if overlay is None:
        return Site(file, findings, member_of(cluster))
    return Site(
        file, findings, member_of(cluster, overlay), overlay.files, (), overlay.bases, len(overlay.manifests)
    )


def read_site(
    root: Root, shared: Shared, file: str, memo: Memo
) -> tuple[Cluster | None, Resolved | None, tuple[Finding, ...]]:
    """One cluster from its file to a validated value."""
    document, findings = read_cluster(root, file)
    if document is None:
        return None, None, findings
    cluster, resolved, more = cluster_of(shared, document, memo.sections)
    return cluster, resolved, (*findings, *more)


def member_of(cluster: Cluster, overlay: Overlay | None = None) -> Member:
    """The little that the hub knows of a cluster."""
    manifests = overlay.manifests if overlay else ()
    named = sorted(item["metadata"]["name"] for item in manifests if item["kind"] == "Namespace")
    marks = tuple(sorted(managed_labels(cluster.profile).items()))
    return Member(
        name=cluster.name,
        file=cluster.file,
        tier=cluster.spec.tier,
        ring=cluster.spec.ring,
        labels=dict(cluster.labels),
        namespaces=tuple((name, marks) for name in named),
        profile=cluster.profile.name,
        openshift=cluster.profile.openshift,
    )


def assemble(
    root: File, shared: Shared, sites: tuple[Site, ...], bases: Tree, findings: tuple[Finding, ...]
) -> Rendered:
    """Fleet rules, the hub's objects, and the tree of everything."""
    members = sorted((site.member for site in sites if site.member), key=lambda member: member.name)
    fleet = Fleet(shared.fleet_name, shared.fleet, tuple(members))
    found = (*findings, *(item for site in sites for item in site.findings))
    if all(site.member for site in sites):
        # Of a cluster that could not be read nothing is known: the fleet's rules would only guess.
        found = (*found, *check_fleet(root, shared, fleet))
    found = ordered(found)
    if has_errors(found):
        return Rendered(found, Tree({}), fleet, sites)
    emitted = hub.emit(fleet)
    texts = {**bases.texts, **{path: text for site in sites for path, text in site.files.items()}}
    texts |= hub_files(fleet, emitted)
    named = tuple(sorted({base for site in sites for base in site.bases}))
    objects = sum(len(items) for items in emitted.values())
    same = bases.same.union(path for site in sites for path in site.kept)
    return Rendered(found, with_index(Tree(texts, same)), fleet, sites, named, objects)


def hub_files(fleet: Fleet, emitted: Mapping[str, tuple[Manifest, ...]]) -> dict[str, str]:
    """The files of acm/<hub>/; none when the fleet is delivered without a hub."""
    return folder_files(f"acm/{fleet.spec.hub.cluster}", emitted, FLEET_FILE) if emitted else {}


def check_fleet(root: File, shared: Shared, fleet: Fleet) -> Iterator[Finding]:
    """Findings of the rules that look at the whole fleet."""
    for item in rules("fleet"):
        yield from apply(item, fleet, lambda path: _fleet_place(root, shared, fleet, path))


def _fleet_place(root: File, shared: Shared, fleet: Fleet, path: Path) -> Where:
    """Place of a path below the fleet's spec, or below a member's: ("members", name, ...)."""
    if path[:1] != ("members",):
        return shared.fleet_document.where(("spec", *path))
    file = next(member.file for member in fleet.members if member.name == path[1])
    document, _ = read_cluster(root, file)
    if document is None:
        return Where(file, 1, 1)
    if path[2:3] == ("metadata",):
        return document.where(path[2:])
    return resolve(layers_of(shared, document)[0]).where(path[2:])
