"""Both sides of a change, compiled by this nearedge: the specs of a commit, and those on disk.

Only clusters whose own file differs, or that use a shared file which differs, are compiled on both sides. Of the
others the hub needs to know who they are; the cache of the last render says so, else they are compiled once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path as File
from typing import NamedTuple

from . import hub, incremental
from .changes import Action, ObjectChange, compare
from .component import Cluster
from .effects import Consequence, consequences
from .finding import Finding, Severity, has_errors
from .fleet import Fleet
from .load import Root, read_file
from .manifest import Manifest
from .parallel import in_parts
from .pipeline import (
    Asked,
    Memo,
    Progress,
    Rendered,
    Site,
    cluster_files,
    judge,
    judge_site,
    read,
    read_site,
    silent,
    uses,
)
from .pulls import Download, download
from .repository import Snapshot, contents, differing
from .sources import FLEET_FILE, Shared, kind_of, read_shared, stem
from .tree import Tree

WORTH_A_PROCESS = 100
"""Clusters, compiled on both sides, below which a second process costs more than it gains."""


@dataclass(frozen=True)
class ClusterChange:
    """What happens to one cluster."""

    name: str
    file: str
    tier: str
    ring: str
    action: Action
    changes: tuple[ObjectChange, ...]
    consequences: tuple[Consequence, ...] = ()
    download: Download | None = None
    used_queues: frozenset[tuple[str, str]] = frozenset()
    """(kind, namespace/name) of queues that workloads used before."""


class Half(NamedTuple):
    """One cluster on one side; no manifests when it cannot be compiled there."""

    cluster: Cluster | None
    manifests: tuple[Manifest, ...] | None
    site: Site


@dataclass(frozen=True)
class Pair:
    """One cluster on both sides; a side on which it is not has no site."""

    file: str
    before: Site | None
    after: Site | None
    change: ClusterChange | None = None
    lost: bool = False
    """Whether it was there before and cannot be compiled any more as it was."""


@dataclass(frozen=True)
class Sides:
    """A fleet before and after. `judged` is all that is wrong with it now.

    `lost` are clusters whose earlier spec this nearedge cannot compile, with the reasons; when the fleet's shared
    specs are among them, under the fleet's own file, nothing can be compared.
    """

    files: frozenset[str]
    """Spec files that differ."""
    judged: Rendered
    before: Fleet | None = None
    clusters: tuple[ClusterChange, ...] = ()
    hubs: tuple[tuple[str, tuple[ObjectChange, ...]], ...] = ()
    """Name of each hub, and what changes there."""
    lost: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """Text at the commit of the spec files that differ."""
    now: Mapping[str, str] = field(default_factory=dict)
    """Text on disk of spec files that are new."""

    @property
    def hub(self) -> tuple[ObjectChange, ...]:
        """What changes on all hubs."""
        return tuple(change for _, changes in self.hubs for change in changes)

    @property
    def after(self) -> Fleet | None:
        """The fleet as it is on disk."""
        return self.judged.fleet


@dataclass(frozen=True)
class Specs:
    """What both sides are compiled from."""

    root: File
    files: frozenset[str]
    shared: Shared
    then: Mapping[str, bytes]
    """Files of the commit that differ, and all of its shared ones."""
    listed: frozenset[str]
    """All files of the commit."""
    was: Shared | None
    differ: frozenset[str]
    common: frozenset[str]
    """Shared spec files that differ."""
    known: Mapping[str, Site] = field(default_factory=dict)
    """What the last render said of clusters."""


def both(root: File, taken: Snapshot, progress: Progress = silent, today: str = "") -> Sides:
    """Compile what differs between a commit and the specs below `root`."""
    files, shared, findings = read(root, progress)
    differ = differing(root, taken, files)
    common = tuple(file for file in taken.blobs if kind_of(file) != "Cluster")
    then = contents(root, taken, sorted({*differ, *common}))
    texts = {file: then[file].decode("utf-8", "replace") for file in differ if file in then}
    new = (file for file in differ if file not in taken.blobs)
    now = {file: document.text for file in new if (document := read_file(root, file)[0])}
    if shared is None:
        return Sides(differ, Rendered(findings, Tree({})), texts=texts, now=now)
    was, trouble = read_shared(then, common) if FLEET_FILE in common else (None, ())
    errors = tuple(item for item in trouble if item.severity is Severity.ERROR)
    specs = Specs(
        root,
        frozenset(files),
        shared,
        then,
        frozenset(taken.blobs),
        was,
        differ,
        frozenset(file for file in differ if kind_of(file) in {"Fleet", "Group", "Model"}),
        incremental.remembered(root, cluster_files(files)),
    )
    if errors:
        judged = incremental.check(root, progress, today)
        return Sides(differ, judged, lost={FLEET_FILE: errors}, texts=texts, now=now)
    pairs = _pairs(specs, progress)
    lost = {pair.file: pair.before.findings for pair in pairs if pair.lost and pair.before}
    judged = judge(root, shared, tuple(pair.after for pair in pairs if pair.after), findings, Asked(today))
    before = _fleet(was, pairs)
    if judged.fleet is None or has_errors(judged.findings):
        return Sides(differ, judged, before, lost=lost, texts=texts, now=now)
    changed = tuple(pair.change for pair in pairs if pair.change)
    return Sides(differ, judged, before, changed, tuple(_hubs(before, judged.fleet)), lost, texts, now)


def _pairs(specs: Specs, progress: Progress) -> tuple[Pair, ...]:
    names = {*cluster_files(specs.files), *cluster_files(specs.listed)}
    every = tuple(sorted(names))
    quick = {file: pair for file in every if (pair := _untouched(specs, file)) is not None}
    rest = tuple(file for file in every if file not in quick)
    progress("compile", 0, len(rest))
    parts = in_parts(partial(_compiled, specs), rest, WORTH_A_PROCESS)
    done = {**quick, **{pair.file: pair for part in parts for pair in part}}
    return tuple(done[file] for file in every)


def _untouched(specs: Specs, file: str) -> Pair | None:
    """A cluster that nothing about it has changed, as the last render remembers it."""
    site = specs.known.get(file)
    if specs.common or file in specs.differ or site is None:
        return None
    return Pair(file, site, site)


def _compiled(specs: Specs, files: tuple[str, ...]) -> tuple[Pair, ...]:
    memos = (Memo(), Memo())
    return tuple(_pair(specs, file, memos) for file in files)


def _pair(specs: Specs, file: str, memos: tuple[Memo, Memo]) -> Pair:
    earlier: Root = specs.then if file in specs.differ else specs.root
    after = _half(specs.root, specs.shared, file, memos[1]) if file in specs.files else None
    if after is not None and not _touched(specs, earlier, file):
        return Pair(file, after.site, after.site)
    there = specs.was is not None and file in specs.listed
    before = _half(earlier, specs.was, file, memos[0]) if there and specs.was else None
    lost = before is not None and before.manifests is None
    change = None if lost else _change(file, before, after)
    return Pair(file, before.site if before else None, after.site if after else None, change, lost)


def _touched(specs: Specs, earlier: Root, file: str) -> bool:
    if file in specs.differ or FLEET_FILE in specs.common or specs.was is None:
        return True
    if not specs.common:
        return False
    return uses(specs.root, specs.shared, file, specs.common) or uses(earlier, specs.was, file, specs.common)


def _half(root: Root, shared: Shared, file: str, memo: Memo) -> Half:
    cluster, resolved, findings = read_site(root, shared, file, memo)
    if cluster is None or resolved is None:
        return Half(None, None, Site(file, findings))
    site, emitted = judge_site(cluster, resolved, findings)
    return Half(cluster, emitted.manifests if emitted else None, site)


def _change(file: str, before: Half | None, after: Half | None) -> ClusterChange | None:
    was = (before.manifests or ()) if before else ()
    now = (after.manifests or ()) if after else ()
    changes = compare(was, now)
    cluster = (after and after.cluster) or (before and before.cluster)
    if not cluster or (before and after and not changes):
        return None
    action = Action.CHANGE if before and after else Action.ADD if after else Action.REMOVE
    return ClusterChange(
        name=stem(file),
        file=file,
        tier=cluster.spec.tier,
        ring=cluster.spec.ring or "",
        action=action,
        changes=tuple(_slim(change) for change in changes),
        consequences=consequences(changes, now) if action is Action.CHANGE else (),
        download=_download(before, after),
        used_queues=queues_in_use(was),
    )


def _download(before: Half | None, after: Half | None) -> Download | None:
    if after is None or after.cluster is None:
        return None
    was = (before.cluster, before.manifests or ()) if before and before.cluster else None
    return download(was, (after.cluster, after.manifests or ()))


def _slim(change: ObjectChange) -> ObjectChange:
    """Without what its fields say already; thousands of these go from one process to another."""
    whole = change.action in {Action.ADD, Action.REMOVE}
    return change if whole else replace(change, before=None, after=None)


def queues_in_use(manifests: tuple[Manifest, ...]) -> frozenset[tuple[str, str]]:
    """(kind, place) of the queues that workloads name, and of the ClusterQueues behind them."""
    label = "kueue.x-k8s.io/queue-name"
    named = {
        f"{item['metadata'].get('namespace', '')}/{item['metadata']['labels'][label]}"
        for item in manifests
        if label in item["metadata"].get("labels", {})
    }
    local = [item for item in manifests if item["kind"] == "LocalQueue"]
    behind = {
        item["spec"]["clusterQueue"]
        for item in local
        if f"{item['metadata']['namespace']}/{item['metadata']['name']}" in named
    }
    return frozenset(
        {*(("LocalQueue", place) for place in named), *(("ClusterQueue", name) for name in behind)}
    )


def _fleet(was: Shared | None, pairs: tuple[Pair, ...]) -> Fleet | None:
    if was is None:
        return None
    members = [pair.before.member for pair in pairs if pair.before and pair.before.member]
    return Fleet(was.fleet_name, was.fleet, tuple(sorted(members, key=lambda member: member.name)))


def _hubs(before: Fleet | None, after: Fleet) -> Iterator[tuple[str, tuple[ObjectChange, ...]]]:
    was, now = hub.emit_all(before) if before else {}, hub.emit_all(after)
    for name in sorted({*was, *now}):
        pair = ([item for items in side.get(name, {}).values() for item in items] for side in (was, now))
        yield name, tuple(_slim(change) for change in compare(*pair))
