"""Both sides of a change, compiled by this nearedge: the specs of a commit, and those on disk.

Only clusters whose own file differs, or that use a shared file which differs, are compiled on both sides. Of the
others the hub needs to know who they are; the cache of the last render says so, else they are compiled once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from types import MappingProxyType
from typing import Any, NamedTuple

from .. import hub
from ..disk.tree import Tree
from ..documents.files import Root, is_spec, read_file, whole_of
from ..documents.folders import beside
from ..documents.paths import value_at
from ..findings.finding import Finding, Severity, has_errors
from ..fleet.cluster import DEFAULTS, SPEC
from ..fleet.fleet import Fleet
from ..fleet.spec_files import FLEET_FILE, PART, Shared, kind_of, no_clusters, read_shared, repeated_names
from ..fleet.teams import misplaced_parts
from ..flow import incremental
from ..flow.engine import Engine
from ..flow.inputs import documents_of, said
from ..flow.judge import Asked, judge_fleet
from ..flow.parallel import PROCESSES
from ..flow.read import cluster_files, read
from ..flow.rendered import CompiledCluster, Progress, Rendered, silent
from ..git.commit import Snapshot, contents, files_that_differ
from .changes import ObjectChange, object_changes
from .clusters import BothSpecs, ClusterChange, Pair, differ_in, slim
from .pairs import pairs_of
from .reach import HubChange, hub_change


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
    hubs: tuple[HubChange, ...] = ()
    """What changes on each hub."""
    lost: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    broken: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """Text at the commit of the spec files that differ."""
    now: Mapping[str, str] = field(default_factory=dict)
    """Text on disk of spec files that are new."""

    @property
    def hub(self) -> tuple[ObjectChange, ...]:
        """What changes on all hubs."""
        return tuple(change for hub in self.hubs for change in hub.changes)

    @property
    def after(self) -> Fleet | None:
        """The fleet as it is on disk."""
        return self.judged.fleet


def both(
    root: File, taken: Snapshot, progress: Progress = silent, today: str = "", engine: Engine = PROCESSES
) -> Sides:
    """Compile what differs between a commit and the specs below `root`."""
    files, shared, findings = read(root, progress)
    differ = files_that_differ(root, taken, files)
    common = tuple(file for file in taken.blobs if kind_of(file) != "Cluster")
    then = contents(root, taken, sorted({*differ, *common}))
    known = incremental.remembered(root, cluster_files(files)) if shared else {}
    sealed = (
        incremental.compiled_before(root, then, taken.blobs) if shared and len(known) < len(files) else {}
    )
    read_now = Read(root, files, shared, findings)
    was = Then(then, frozenset(taken.blobs), differ)
    return compared(read_now, was, Known(known, sealed), progress, today, engine=engine)


def between(before: Mapping[str, bytes], after: Mapping[str, bytes], progress: Progress = silent) -> Sides:
    """Compile what differs between two sets of spec files that were read from commits."""
    files = tuple(sorted(file for file in after if is_spec(file)))
    shared, findings = read_shared(after, tuple(file for file in files if kind_of(file) != "Cluster"))
    of_teams = misplaced_parts(files, shared) if shared is not None else ()
    findings = (*findings, *repeated_names(files), *no_clusters(files), *of_teams)
    every = {file for file in (*before, *files) if is_spec(file)}
    differ = frozenset(file for file in every if before.get(file) != after.get(file))
    texts = {file: before[file] for file in before if is_spec(file)}
    then = Then(beside(texts, before), frozenset(every & before.keys()), differ)
    return compared(Read(after, files, shared, findings), then, Known(), progress)


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
    differ: frozenset[str]
    """Files of either side that are not the same on the other."""


class Known(NamedTuple):
    """What the last render remembers: clusters as they are on disk, and as they were at the commit."""

    now: Mapping[str, CompiledCluster] = MappingProxyType({})
    then: Mapping[str, CompiledCluster] = MappingProxyType({})


def compared(  # noqa: PLR0913 - both sides, what is known of them, on which day, by whom, and who is told
    read_now: Read,
    then: Then,
    known: Known,
    progress: Progress = silent,
    today: str = "",
    *,
    engine: Engine = PROCESSES,
) -> Sides:
    """Both sides; `known` clusters need no second look."""
    root, files, shared, findings = read_now
    differ = then.differ
    texts = {file: then.texts[file].decode("utf-8", "replace") for file in differ if file in then.texts}
    new = (file for file in differ if file not in then.listed)
    now = {file: document.text for file in new if (document := read_file(root, file)[0])}
    if shared is None:
        return Sides(differ, Rendered(findings, Tree({})), texts=texts, now=now)
    common = tuple(sorted(file for file in then.listed if kind_of(file) != "Cluster"))
    was, broken = _shared_then(root, then.texts, common)
    shared_now = frozenset((*_saying_other(shared, was, differ), *_naming_other(shared, was)))
    ruled = any(kind_of(file) == "Rules" for file in differ)
    specs = BothSpecs(
        *(root, frozenset(files), shared, then.texts, then.listed, was, differ, shared_now),
        # What other rules said of clusters then is not what these say.
        *(known.now, {} if broken or ruled else known.then),
    )
    pairs = pairs_of(specs, progress, engine)
    lost = {pair.file: pair.before.findings for pair in pairs if pair.lost and pair.before}
    judged = judge_fleet(
        root, shared, tuple(pair.after for pair in pairs if pair.after), findings, Asked(today)
    )
    before = _fleet(was, pairs)
    if judged.fleet is None or has_errors(judged.findings):
        return Sides(differ, judged, before, lost=lost, broken=broken, texts=texts, now=now)
    changed = tuple(pair.change for pair in pairs if pair.change)
    return Sides(
        differ, judged, before, changed, tuple(_hubs(before, judged.fleet)), lost, broken, texts, now
    )


def _saying_other(shared: Shared, was: Shared | None, differ: frozenset[str]) -> Iterator[str]:
    """Shared files that say something else, or are on one side only; a comment is nobody's business."""
    sides = [
        {document.file: document.data for document in documents_of(side)} if side else {}
        for side in (shared, was)
    ]
    for file in differ:
        if kind_of(file) == PART:
            now, then = (_part(side, file) for side in (shared, was))
        elif kind_of(file) in {"Fleet", "Group", "Model"}:
            now, then = (side.get(file) for side in sides)
        else:
            continue
        if now is None or then is None or said(now) != said(then):
            yield file


def _naming_other(shared: Shared, was: Shared | None) -> Iterator[str]:
    """Shared files that name a folder in which something else lies than did, though they say the same."""
    if was is None:
        return
    for document in documents_of(shared):
        root = DEFAULTS if document.file == FLEET_FILE else SPEC
        if differ_in(shared, was, value_at(document.data, root)):
            yield document.file


def _part(side: Shared | None, file: str) -> Any:
    """What a team's file says on one side."""
    known = side is not None and file in side.parts.files.get(whole_of(file), ())
    document = side.parts.read(file).document if side is not None and known else None
    return None if document is None else document.data


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
    return read_shared(beside({**then, **instead}, then), common)[0], broken


def _fleet(was: Shared | None, pairs: tuple[Pair, ...]) -> Fleet | None:
    if was is None:
        return None
    members = [pair.before.member for pair in pairs if pair.before and pair.before.member]
    return Fleet(was.fleet_name, was.fleet, tuple(sorted(members, key=lambda member: member.name)))


def _hubs(before: Fleet | None, after: Fleet) -> Iterator[HubChange]:
    was, now = hub.emit_all(before) if before else {}, hub.emit_all(after)
    for name in sorted({*was, *now}):
        old, new = ([item for items in side.get(name, {}).values() for item in items] for side in (was, now))
        yield hub_change(name, old, new, tuple(slim(change) for change in object_changes(old, new)))
