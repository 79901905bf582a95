"""The whole program: specs in, tree out.

    find -> read -> merge -> validate -> check -> compile -> factor -> tree -> (write -> verify)

Every step is a function from one frozen value to the next (rendered.py); only `read` looks at the disk, and nothing
is written here. `render` is the composition; `judge.py` is what is wrong with the fleet as a whole, `incremental.py`
runs the same steps for the clusters that changed, and `tree.py` brings the result to disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path as File

from ..components.credentials import delivered
from ..components.kit.component import Cluster
from ..components.kit.images_in import repositories, uses_mirror
from ..components.models.trained import fetched, trained
from ..components.namespaces import managed_labels
from ..components.platform import chosen
from ..disk.tree import Tree, with_index
from ..documents.files import Document, Root, find_specs
from ..documents.merge import Resolved, resolve
from ..findings.finding import Finding, has_errors, ordered
from ..fleet.cluster import cluster_of, layers_of, mentions
from ..fleet.fleet import Member
from ..fleet.spec_files import (
    FLEET_FILE,
    Shared,
    kind_of,
    no_clusters,
    read_cluster_file,
    read_shared,
    repeated_names,
    stem,
)
from ..objects.manifest import Manifest
from ..overlays.base import base_files
from ..overlays.files import folder_files
from ..overlays.overlay import Emitted, collisions, emit, nothing, overlay_of
from ..rules.run import check_cluster
from ..rules.waivers import refuses, waivers_of
from .judge import Asked, judge_fleet
from .rendered import CompiledCluster, Memo, Progress, Rendered, Whole, silent


def render(root: File, progress: Progress = silent, today: str = "") -> Rendered:
    """Compile the fleet whose specs lie in `root`/clusters; `today` ends waivers, and without it none ends."""
    files, shared, findings = read(root, progress)
    if shared is None:
        return Rendered(ordered(findings), Tree({}))
    clusters, bases = compile_clusters(root, shared, cluster_files(files), progress)
    return assemble(judge_fleet(root, shared, clusters, findings, Asked(today)), Tree(bases))


def read(
    root: File, progress: Progress = silent, *, known: bool = False
) -> tuple[tuple[str, ...], Shared | None, tuple[Finding, ...]]:
    """All spec files, what all clusters share, and findings about the files themselves.

    `known` says that what all clusters share was found to be right before.
    """
    progress("read", 0, 1)
    files, misplaced = find_specs(root)
    others = tuple(file for file in files if kind_of(file) != "Cluster")
    shared, findings = read_shared(root, others, known=known)
    return files, shared, (*misplaced, *findings, *repeated_names(files), *no_clusters(files))


def cluster_files(files: Iterable[str]) -> tuple[str, ...]:
    """The files that describe clusters."""
    return tuple(file for file in files if kind_of(file) == "Cluster")


def compile_clusters(
    root: File, shared: Shared, files: tuple[str, ...], progress: Progress = silent
) -> tuple[tuple[CompiledCluster, ...], dict[str, str]]:
    """All clusters and the texts of their bases, one cluster after the other."""
    memo = Memo()
    clusters = []
    for i, file in enumerate(files):
        progress("compile", i, len(files))
        clusters.append(compile_cluster(root, shared, file, memo))
    # A base that was made for a cluster which then could not use it (one that is retired) is nobody's.
    named = {folder for compiled in clusters for folder in compiled.bases}
    bases = (base for folder, base in memo.bases.items() if folder in named)
    return tuple(clusters), {path: text for base in bases for path, text in base_files(base).items()}


def uses_files(root: Root, shared: Shared, file: str, part: frozenset[str]) -> bool:
    """Whether a cluster takes anything from these shared spec files."""
    document, _ = read_cluster_file(root, file)
    return document is not None and takes_from(document, shared, part)


def takes_from(document: Document, shared: Shared, part: frozenset[str]) -> bool:
    """Whether a cluster's document takes anything from these shared spec files."""
    layers, _ = layers_of(shared, document)
    named = frozenset(stem(item) for item in part if kind_of(item) == "Model")
    return any(layer.document.file in part and layer.data for layer in layers) or mentions(
        resolve(layers).spec, named
    )


def check_clusters(
    root: File, shared: Shared, files: tuple[str, ...], progress: Progress = silent
) -> tuple[tuple[CompiledCluster, ...], dict[str, str]]:
    """All clusters, judged but without overlays: for those who only want to know what is wrong."""
    memo = Memo()
    clusters = []
    for i, file in enumerate(files):
        progress("check", i, len(files))
        clusters.append(check_one(root, shared, file, memo))
    return tuple(clusters), {}


def check_one(root: File, shared: Shared, file: str, memo: Memo) -> CompiledCluster:
    """One cluster from its file to its findings."""
    cluster, resolved, findings = cluster_in(root, shared, file, memo)
    if cluster is None or resolved is None:
        return CompiledCluster(file, findings)
    return judge_cluster(cluster, resolved, findings)[0]


def compile_cluster(root: File, shared: Shared, file: str, memo: Memo) -> CompiledCluster:
    """One cluster from its file to its overlay."""
    cluster, resolved, findings = cluster_in(root, shared, file, memo)
    if cluster is None or resolved is None:
        return CompiledCluster(file, findings)
    compiled, emitted = judge_cluster(cluster, resolved, findings)
    if emitted is None:
        return compiled
    overlay = overlay_of(cluster, emitted, memo.bases)
    return replace(compiled, files={**overlay.files, **bootstrap(cluster, compiled)}, bases=overlay.bases)


def bootstrap(cluster: Cluster, compiled: CompiledCluster) -> dict[str, str]:
    """What starts the delivery of a cluster that has no hub; nothing for others."""
    if cluster.fleet.delivery.model != "standalone" or compiled.member is None:
        return {}
    from ..hub.delivery import standalone  # noqa: PLC0415 - one cluster of a fleet with a hub needs none of it

    return standalone.files(cluster, compiled.member)


def judge_cluster(
    cluster: Cluster, resolved: Resolved, findings: tuple[Finding, ...]
) -> tuple[CompiledCluster, Emitted | None]:
    """All rules on one cluster, and what its components make of it when nothing is in the way."""
    waivers = waivers_of(cluster, resolved)
    findings += check_cluster(cluster, resolved)
    emitted = None if refuses(findings, waivers) else emit(cluster)
    if emitted is not None and (twice := collisions(cluster, emitted)):
        findings, emitted = (*findings, *twice), None
    if emitted is not None:
        findings += tuple(nothing(cluster, emitted, resolved.where(())))
    manifests = emitted.manifests if emitted else ()
    member = member_of(cluster, manifests)
    return CompiledCluster(cluster.file, findings, member, objects=len(manifests), waivers=waivers), emitted


def cluster_in(
    root: Root, shared: Shared, file: str, memo: Memo
) -> tuple[Cluster | None, Resolved | None, tuple[Finding, ...]]:
    """One cluster from its file to a validated value."""
    return cluster_of_document(read_cluster_file(root, file), shared, memo)


def cluster_of_document(
    given: tuple[Document | None, tuple[Finding, ...]], shared: Shared, memo: Memo
) -> tuple[Cluster | None, Resolved | None, tuple[Finding, ...]]:
    """One cluster from its document to a validated value."""
    document, findings = given
    if document is None:
        return None, None, findings
    cluster, resolved, more = cluster_of(shared, document, memo.sections)
    return cluster, resolved, (*findings, *more)


def member_of(cluster: Cluster, manifests: Sequence[Manifest] = ()) -> Member:
    """The little that the hub knows of a cluster."""
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
        operators=chosen(cluster),
        repositories=repositories(manifests) if uses_mirror(cluster) else (),
        credentials=tuple(map(tuple, delivered(cluster))),
        mirrored=uses_mirror(cluster),
        trained=trained(cluster),
        fetched=fetched(cluster),
        hub=cluster.spec.hub,
    )


def assemble(judged: Rendered, bases: Tree, known: Whole | None = None) -> Rendered:
    """The hub's objects and the tree of everything, unless an error is in the way.

    `known` is what the same members gave before, the hub's files being on disk as they were written.
    """
    fleet, clusters, whole = judged.fleet, judged.clusters, judged.whole
    if fleet is None or has_errors(judged.findings):
        return judged
    texts = {**bases.texts, **{path: text for compiled in clusters for path, text in compiled.files.items()}}
    if known is None:
        from .. import hub  # noqa: PLC0415 - a fleet with the members it had needs no hub

        emitted = hub.emit_all(fleet)
        files = hub_files(emitted)
        texts |= files
        number = sum(len(items) for made in emitted.values() for items in made.values())
        whole = Whole(whole.found, frozenset(files), number)
    named = tuple(sorted({base for compiled in clusters for base in compiled.bases}))
    kept = (path for compiled in clusters for path in compiled.kept)
    same = bases.same.union(kept, whole.files if known else ())
    return replace(judged, tree=with_index(Tree(texts, same)), bases=named, whole=whole)


def hub_files(emitted: Mapping[str, Mapping[str, tuple[Manifest, ...]]]) -> dict[str, str]:
    """The files of acm/, a folder for each hub; none when the fleet is delivered without one."""
    return {
        path: text
        for name, files in emitted.items()
        for path, text in folder_files(f"acm/{name}", files, FLEET_FILE).items()
    }
