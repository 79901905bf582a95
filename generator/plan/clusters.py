"""Each cluster before and after: compiled where something about it differs, remembered or judged once where nothing does.

The part of sides.py that engines share out (pairs.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ..components.kit.component import Cluster
from ..documents.files import Document, Root
from ..fleet.folders import named_in
from ..fleet.spec_files import FLEET_FILE, Shared, read_cluster_file, stem
from ..flow.clusters import check_read, emitted_of, judge_cluster, own_rules, with_own
from ..flow.read import Given, cluster_of_document, takes_from
from ..flow.rendered import CompiledCluster, Memo
from ..flow.texts import Texts
from ..hub.delivery import standalone
from ..objects.manifest import Manifest
from ..overlays.overlay import Emitted
from .capacity import ClusterCapacity, Meter, VerdictChange, capacity_of, decided, moved
from .changes import Action, ObjectChange, object_changes
from .contents import Contents, contents_of
from .downloads import Download, download
from .effects import Consequence, consequences, started_again

if TYPE_CHECKING:
    from ..own.clusters import Asking


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
    platform: tuple[str, str] | None = None
    """Platform before and after, where it is another one."""
    contents: Contents | None = None
    """What it runs, where that is worth a word: of a cluster that comes or goes, or goes to another platform."""
    by_hand: tuple[ObjectChange, ...] = ()
    """Without a hub: what is in its bootstrap/, which nobody brings but whoever applies it there."""


class Half(NamedTuple):
    """One cluster on one side; no manifests when it cannot be compiled there."""

    cluster: Cluster | None
    manifests: tuple[Manifest, ...] | None
    compiled: CompiledCluster
    room: ClusterCapacity | None = None


@dataclass(frozen=True)
class Pair:
    """One cluster on both sides; a side on which it is not has no site."""

    file: str
    before: CompiledCluster | None
    after: CompiledCluster | None
    change: ClusterChange | None = None
    lost: bool = False
    """Whether it was there before and cannot be compiled any more as it was."""


@dataclass(frozen=True)
class BothSpecs:
    """What both sides are compiled from."""

    root: Root
    files: frozenset[str]
    shared: Shared
    then: Texts
    """Files of the commit that differ, and all of its shared ones."""
    listed: frozenset[str]
    """All files of the commit."""
    was: Shared | None
    differ: frozenset[str]
    common: frozenset[str]
    """Shared spec files that differ."""
    known: Mapping[str, CompiledCluster] = field(default_factory=dict)
    """What the last render said of clusters as they are on disk."""
    sealed: Mapping[str, CompiledCluster] = field(default_factory=dict)
    """What it said of those as they were at the commit, when it was that commit's specs that it rendered."""


def compiled_pairs(specs: BothSpecs, files: Iterable[str]) -> tuple[Pair, ...]:
    """These clusters, one after the other."""
    memos, own = (Memo(), Memo()), own_rules(specs.root, specs.shared)
    pairs = [_pair(specs, file, memos, own) for file in files]
    after = with_own([pair.after for pair in pairs if pair.after], own)
    judged = {item.file: item for item in after}
    return tuple(replace(pair, after=judged.get(pair.file)) for pair in pairs)


def _pair(specs: BothSpecs, file: str, memos: tuple[Memo, Memo], own: Asking | None) -> Pair:
    there = specs.was is not None and file in specs.listed
    now = read_cluster_file(specs.root, file) if file in specs.files else None
    then = (read_cluster_file(specs.then, file) if file in specs.differ else now) if there else None
    if now and then and not _touched(specs, file, then[0]):
        compiled = specs.sealed.get(file) or check_read(now, specs.shared, file, memos[1], own)
        return Pair(file, compiled, compiled)
    after = _half(now, specs.shared, file, memos[1], own=own) if now else None
    before = _half(then, specs.was, file, memos[0], specs.sealed.get(file)) if then and specs.was else None
    lost = before is not None and before.manifests is None
    change = None if lost else _change(file, before, after)
    return Pair(file, before.compiled if before else None, after.compiled if after else None, change, lost)


def _touched(specs: BothSpecs, file: str, document: Document | None) -> bool:
    if file in specs.differ or FLEET_FILE in specs.common or specs.was is None:
        return True
    if document is None:
        return False
    if _names_other(specs, document):
        return True
    return bool(specs.common) and any(
        takes_from(document, shared, specs.common) for shared in (specs.shared, specs.was)
    )


def _names_other(specs: BothSpecs, document: Document) -> bool:
    """Whether a cluster, or a team of it, names a folder in which something else lies than did."""
    own = (document, *specs.shared.parts.documents(document.file))
    was = specs.was
    return was is not None and any(differ_in(specs.shared, was, item.data.get("spec")) for item in own)


def differ_in(shared: Shared, was: Shared, spec: Any) -> bool:
    """Whether a folder that a spec names holds something else on one side than on the other."""
    return any(shared.folders.digest(folder) != was.folders.digest(folder) for _, folder in named_in(spec))


def folders_named(specs: BothSpecs, files: Iterable[str]) -> frozenset[str]:
    """The folders that clusters name by themselves."""
    read = (read_cluster_file(specs.root, file)[0] for file in files if file in specs.files)
    return frozenset(folder for item in read if item for _, folder in named_in(item.data.get("spec")))


def _half(  # noqa: PLR0913 - a side, and who looks at it as well
    given: Given,
    shared: Shared,
    file: str,
    memo: Memo,
    sealed: CompiledCluster | None = None,
    *,
    own: Asking | None = None,
) -> Half:
    """One cluster on one side; of one that is `sealed` the rules have been asked before."""
    cluster, resolved, findings = cluster_of_document(given, shared, memo)
    if cluster is None or resolved is None:
        return Half(None, None, CompiledCluster(file, findings))
    if sealed is not None:
        emitted: Emitted | None = emitted_of(cluster)
        compiled = sealed
    else:
        compiled, emitted = judge_cluster(cluster, resolved, findings, own)
    if emitted is None:
        return Half(cluster, None, compiled)
    # Right behind the rules, which have just asked for the same analysis.
    return Half(cluster, emitted.manifests, compiled, capacity_of(cluster, emitted.manifests))


def _change(file: str, before: Half | None, after: Half | None) -> ClusterChange | None:
    was = (before.manifests or ()) if before else ()
    now = (after.manifests or ()) if after else ()
    changes = object_changes(was, now)
    cluster = (after and after.cluster) or (before and before.cluster)
    rooms = (before.room if before else None, after.room if after else None)
    whole = before is None or after is None
    capacity = () if whole else moved(*rooms)
    verdicts = () if after is None else decided(*rooms)
    platform = None if whole else _platform(before, after)
    by_hand = object_changes(_bootstrap(before), _bootstrap(after))
    if not cluster or not (whole or changes or capacity or verdicts or platform or by_hand):
        return None
    action = Action.CHANGE if before and after else Action.ADD if after else Action.REMOVE
    effects = consequences(changes, now) if action is Action.CHANGE else ()
    return ClusterChange(
        name=stem(file),
        file=file,
        tier=cluster.spec.tier,
        ring=cluster.spec.ring or "",
        action=action,
        changes=tuple(slim(change) for change in changes),
        consequences=effects,
        download=_download(before, after, started_again(effects)),
        capacity=capacity,
        verdicts=verdicts,
        used_queues=queues_in_use(was),
        platform=platform,
        contents=_contents(after or before) if whole or platform else None,
        by_hand=tuple(slim(change) for change in by_hand),
    )


def _bootstrap(half: Half | None) -> tuple[Manifest, ...]:
    """What is applied on the cluster itself where there is no hub."""
    if half is None or half.cluster is None or half.compiled.member is None:
        return ()
    if half.cluster.fleet.delivery.model != "standalone":
        return ()
    folders = standalone.emit(half.cluster, half.compiled.member)
    return tuple(item for files in folders.values() for items in files.values() for item in items)


def _platform(before: Half | None, after: Half | None) -> tuple[str, str] | None:
    names = tuple(half.cluster.profile.name for half in (before, after) if half and half.cluster)
    return (names[0], names[1]) if len(set(names)) == 2 else None  # noqa: PLR2004 - one on each side


def _contents(half: Half | None) -> Contents | None:
    return contents_of(half.cluster, half.manifests or ()) if half and half.cluster else None


def _download(before: Half | None, after: Half | None, again: frozenset[tuple[str, str]]) -> Download | None:
    if after is None or after.cluster is None:
        return None
    was = (before.cluster, before.manifests or ()) if before and before.cluster else None
    return download(was, (after.cluster, after.manifests or ()), again)


def slim(change: ObjectChange) -> ObjectChange:
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
