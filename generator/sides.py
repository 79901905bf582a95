"""Both sides of a change, compiled by this nearedge: the specs of a commit, and those on disk.

Only clusters whose own file differs, or that use a shared file which differs, are compiled on both sides. Of the
others the hub needs to know who they are; the cache of the last render says so, else they are compiled once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path as File
from types import MappingProxyType
from typing import NamedTuple

from . import hub, incremental
from .capacity import Meter, Room, VerdictChange, decided, moved, room
from .changes import Action, ObjectChange, compare
from .compile import Emitted, emit
from .component import Cluster
from .effects import Consequence, consequences, started_again
from .finding import Finding, Severity, has_errors
from .fleet import Fleet
from .judge import Asked, judge
from .load import Document, Root, is_spec, read_file
from .manifest import Manifest
from .parallel import in_parts
from .pipeline import cluster_files, judge_site, read, site_of, takes_from
from .pulls import Download, download
from .rendered import Memo, Progress, Rendered, Site, silent
from .repository import Snapshot, contents, differing
from .sources import FLEET_FILE, Shared, kind_of, no_clusters, read_cluster, read_shared, repeated_names, stem
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
    capacity: tuple[Meter, ...] = ()
    verdicts: tuple[VerdictChange, ...] = ()
    used_queues: frozenset[tuple[str, str]] = frozenset()
    """(kind, namespace/name) of queues that workloads used before."""


class Half(NamedTuple):
    """One cluster on one side; no manifests when it cannot be compiled there."""

    cluster: Cluster | None
    manifests: tuple[Manifest, ...] | None
    site: Site
    room: Room | None = None


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

    `lost` are clusters whose earlier spec this nearedge cannot compile, with the reasons; `broken` are shared spec
    files of the commit that it cannot read, in whose place those of today were taken.
    """

    files: frozenset[str]
    """Spec files that differ."""
    judged: Rendered
    before: Fleet | None = None
    clusters: tuple[ClusterChange, ...] = ()
    hubs: tuple[tuple[str, tuple[ObjectChange, ...]], ...] = ()
    """Name of each hub, and what changes there."""
    lost: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    broken: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
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

    root: Root
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
    """What the last render said of clusters as they are on disk."""
    sealed: Mapping[str, Site] = field(default_factory=dict)
    """What it said of those as they were at the commit, when it was that commit's specs that it rendered."""


Given = tuple[Document | None, tuple[Finding, ...]]
"""A cluster's file as it was read."""


def both(root: File, taken: Snapshot, progress: Progress = silent, today: str = "") -> Sides:
    """Compile what differs between a commit and the specs below `root`."""
    files, shared, findings = read(root, progress)
    differ = differing(root, taken, files)
    common = tuple(file for file in taken.blobs if kind_of(file) != "Cluster")
    then = contents(root, taken, sorted({*differ, *common}))
    known = incremental.remembered(root, cluster_files(files)) if shared else {}
    sealed = (
        incremental.compiled_before(root, then, taken.blobs) if shared and len(known) < len(files) else {}
    )
    read_now = Read(root, files, shared, findings)
    return compared(
        read_now, differ, Then(then, frozenset(taken.blobs)), Known(known, sealed), progress, today
    )


def between(before: Mapping[str, bytes], after: Mapping[str, bytes], progress: Progress = silent) -> Sides:
    """Compile what differs between two sets of spec files that were read from commits."""
    files = tuple(sorted(file for file in after if is_spec(file)))
    shared, findings = read_shared(after, tuple(file for file in files if kind_of(file) != "Cluster"))
    findings = (*findings, *repeated_names(files), *no_clusters(files))
    every = {file for file in (*before, *files) if is_spec(file)}
    differ = frozenset(file for file in every if before.get(file) != after.get(file))
    then = Then({file: before[file] for file in before if is_spec(file)}, frozenset(every & before.keys()))
    return compared(Read(after, files, shared, findings), differ, then, Known(), progress)


class Read(NamedTuple):
    """The later side: where its specs are, what they are, and what is wrong with its files."""

    root: Root
    files: tuple[str, ...]
    shared: Shared | None
    findings: tuple[Finding, ...]


class Then(NamedTuple):
    """The earlier side: those of its files that differ and all shared ones, and the names of all."""

    texts: Mapping[str, bytes]
    listed: frozenset[str]


class Known(NamedTuple):
    """What the last render remembers: clusters as they are on disk, and as they were at the commit."""

    now: Mapping[str, Site] = MappingProxyType({})
    then: Mapping[str, Site] = MappingProxyType({})


def compared(  # noqa: PLR0913, PLR0917 - both sides and what is known of them
    read_now: Read,
    differ: frozenset[str],
    then: Then,
    known: Known,
    progress: Progress = silent,
    today: str = "",
) -> Sides:
    """Both sides, of which the files `differ` are not the same; `known` clusters need no second look."""
    root, files, shared, findings = read_now
    texts = {file: then.texts[file].decode("utf-8", "replace") for file in differ if file in then.texts}
    new = (file for file in differ if file not in then.listed)
    now = {file: document.text for file in new if (document := read_file(root, file)[0])}
    if shared is None:
        return Sides(differ, Rendered(findings, Tree({})), texts=texts, now=now)
    common = tuple(sorted(file for file in then.listed if kind_of(file) != "Cluster"))
    was, broken = _shared_then(root, then.texts, common)
    shared_now = frozenset(file for file in differ if kind_of(file) in {"Fleet", "Group", "Model"})
    specs = Specs(
        *(root, frozenset(files), shared, then.texts, then.listed, was, differ, shared_now),
        *(known.now, {} if broken else known.then),
    )
    pairs = _pairs(specs, progress)
    lost = {pair.file: pair.before.findings for pair in pairs if pair.lost and pair.before}
    judged = judge(root, shared, tuple(pair.after for pair in pairs if pair.after), findings, Asked(today))
    before = _fleet(was, pairs)
    if judged.fleet is None or has_errors(judged.findings):
        return Sides(differ, judged, before, lost=lost, broken=broken, texts=texts, now=now)
    changed = tuple(pair.change for pair in pairs if pair.change)
    return Sides(
        differ, judged, before, changed, tuple(_hubs(before, judged.fleet)), lost, broken, texts, now
    )


def _shared_then(
    root: Root, then: Mapping[str, bytes], common: tuple[str, ...]
) -> tuple[Shared | None, dict[str, tuple[Finding, ...]]]:
    """What all clusters shared at the commit, and what was wrong with it, by file.

    In place of a file that this nearedge cannot read stands that of today, so that everything else is compared.
    """
    if FLEET_FILE not in common:
        return None, {}
    was, trouble = read_shared(then, common)
    broken: dict[str, tuple[Finding, ...]] = {}
    for item in trouble:
        if item.severity is Severity.ERROR:
            broken[item.where.file] = (*broken.get(item.where.file, ()), item)
    if not broken:
        return was, {}
    instead = {file: document.text.encode() for file in broken if (document := read_file(root, file)[0])}
    return read_shared({**then, **instead}, common)[0], broken


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
    there = specs.was is not None and file in specs.listed
    now = read_cluster(specs.root, file) if file in specs.files else None
    then = (read_cluster(specs.then, file) if file in specs.differ else now) if there else None
    if now and then and not _touched(specs, file, then[0]):
        site = specs.sealed.get(file) or _half(now, specs.shared, file, memos[1]).site
        return Pair(file, site, site)
    after = _half(now, specs.shared, file, memos[1]) if now else None
    before = _half(then, specs.was, file, memos[0], specs.sealed.get(file)) if then and specs.was else None
    lost = before is not None and before.manifests is None
    change = None if lost else _change(file, before, after)
    return Pair(file, before.site if before else None, after.site if after else None, change, lost)


def _touched(specs: Specs, file: str, document: Document | None) -> bool:
    if file in specs.differ or FLEET_FILE in specs.common or specs.was is None:
        return True
    if not specs.common or document is None:
        return False
    return any(takes_from(document, shared, specs.common) for shared in (specs.shared, specs.was))


def _half(given: Given, shared: Shared, file: str, memo: Memo, sealed: Site | None = None) -> Half:
    """One cluster on one side; of one that is `sealed` the rules have been asked before."""
    cluster, resolved, findings = site_of(given, shared, memo)
    if cluster is None or resolved is None:
        return Half(None, None, Site(file, findings))
    if sealed is not None:
        emitted: Emitted | None = emit(cluster)
        site = sealed
    else:
        site, emitted = judge_site(cluster, resolved, findings)
    if emitted is None:
        return Half(cluster, None, site)
    # Right behind the rules, which have just asked for the same analysis.
    return Half(cluster, emitted.manifests, site, room(cluster, emitted.manifests))


def _change(file: str, before: Half | None, after: Half | None) -> ClusterChange | None:
    was = (before.manifests or ()) if before else ()
    now = (after.manifests or ()) if after else ()
    changes = compare(was, now)
    cluster = (after and after.cluster) or (before and before.cluster)
    rooms = (before.room if before else None, after.room if after else None)
    whole = before is None or after is None
    capacity = () if whole else moved(*rooms)
    verdicts = () if after is None else decided(*rooms)
    if not cluster or not (whole or changes or capacity or verdicts):
        return None
    action = Action.CHANGE if before and after else Action.ADD if after else Action.REMOVE
    effects = consequences(changes, now) if action is Action.CHANGE else ()
    return ClusterChange(
        name=stem(file),
        file=file,
        tier=cluster.spec.tier,
        ring=cluster.spec.ring or "",
        action=action,
        changes=tuple(_slim(change) for change in changes),
        consequences=effects,
        download=_download(before, after, started_again(effects)),
        capacity=capacity,
        verdicts=verdicts,
        used_queues=queues_in_use(was),
    )


def _download(before: Half | None, after: Half | None, again: frozenset[tuple[str, str]]) -> Download | None:
    if after is None or after.cluster is None:
        return None
    was = (before.cluster, before.manifests or ()) if before and before.cluster else None
    return download(was, (after.cluster, after.manifests or ()), again)


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
