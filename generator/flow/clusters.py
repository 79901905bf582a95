"""check, compile, factor: each cluster from its file to its findings and its overlay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..components.kit.component import Cluster
from ..documents.files import Root
from ..documents.merge import Resolved
from ..findings.finding import Finding
from ..fleet.member import member_of
from ..fleet.spec_files import Shared, read_cluster_file
from ..overlays.base import base_files
from ..overlays.overlay import Emitted, collisions, emit, nothing, overlay_of
from ..rules.run import check_cluster
from ..rules.waivers import refuses, waivers_of
from .inputs import folders_of, uses_of
from .read import Given, cluster_in, cluster_of_document
from .rendered import UNSEEN, CompiledCluster, Memo, Progress, Witness, silent

if TYPE_CHECKING:
    from ..own.clusters import Asking


def compile_clusters(
    root: Root,
    shared: Shared,
    files: tuple[str, ...],
    progress: Progress = silent,
    witness: Witness | None = None,
) -> tuple[tuple[CompiledCluster, ...], dict[str, str]]:
    """All clusters and the texts of their bases, one cluster after the other."""
    memo, own = Memo(), own_rules(root, shared)
    clusters = []
    for i, file in enumerate(files):
        progress("compile", i, len(files))
        clusters.append(compile_cluster(root, shared, file, memo, witness, own=own))
    clusters = with_own(clusters, own)
    # A base that was made for a cluster which then could not use it (one that is retired) is nobody's.
    named = {folder for compiled in clusters for folder in compiled.bases}
    bases = (base for folder, base in memo.bases.items() if folder in named)
    return tuple(clusters), {path: text for base in bases for path, text in base_files(base).items()}


def check_clusters(
    root: Root, shared: Shared, files: tuple[str, ...], progress: Progress = silent
) -> tuple[tuple[CompiledCluster, ...], dict[str, str]]:
    """All clusters, judged but without overlays: for those who only want to know what is wrong."""
    memo, own = Memo(), own_rules(root, shared)
    clusters = []
    for i, file in enumerate(files):
        progress("check", i, len(files))
        clusters.append(check_one(root, shared, file, memo, own))
    return tuple(with_own(clusters, own)), {}


def own_rules(root: Root, shared: Shared) -> Asking | None:
    """What asks the fleet's own rules of clusters; None where there are none."""
    if not shared.rules:
        return None
    from ..own.clusters import Asking  # noqa: PLC0415 - most fleets have none

    return Asking(root, shared.rules)


def with_own(clusters: Sequence[CompiledCluster], own: Asking | None) -> list[CompiledCluster]:
    """Clusters with what the fleet's own rules find in them."""
    found = own.findings() if own else {}
    return [
        replace(item, findings=(*item.findings, *found[item.file])) if found.get(item.file) else item
        for item in clusters
    ]


def compile_cluster(  # noqa: PLR0913 - who looks at it as well
    root: Root,
    shared: Shared,
    file: str,
    memo: Memo,
    witness: Witness | None = None,
    *,
    own: Asking | None = None,
) -> CompiledCluster:
    """One cluster from its file to its overlay."""
    cluster, resolved, findings = cluster_in(root, shared, file, memo)
    if cluster is None or resolved is None:
        return CompiledCluster(file, findings)
    compiled, emitted = judge_cluster(cluster, resolved, findings, own)
    if emitted is None:
        return compiled
    uses = uses_of(shared, resolved)
    overlay = overlay_of(cluster, emitted, memo.bases)
    files = {**overlay.files, **bootstrap(cluster, compiled)}
    seen = witness.cluster(cluster, overlay, files, memo) if witness else UNSEEN
    folders = folders_of(shared, resolved.layers)
    return replace(compiled, files=files, bases=overlay.bases, seen=seen, uses=uses, folders=folders)


def check_one(
    root: Root, shared: Shared, file: str, memo: Memo, own: Asking | None = None
) -> CompiledCluster:
    """One cluster from its file to its findings."""
    return check_read(read_cluster_file(root, file), shared, file, memo, own)


def check_read(
    given: Given, shared: Shared, file: str, memo: Memo, own: Asking | None = None
) -> CompiledCluster:
    """One cluster from its file as it was read to its findings."""
    cluster, resolved, findings = cluster_of_document(given, shared, memo)
    if cluster is None or resolved is None:
        return CompiledCluster(file, findings)
    return judge_cluster(cluster, resolved, findings, own)[0]


def judge_cluster(
    cluster: Cluster, resolved: Resolved, findings: tuple[Finding, ...], own: Asking | None = None
) -> tuple[CompiledCluster, Emitted | None]:
    """All rules on one cluster, and what its components make of it when nothing is in the way.

    The fleet's own rules are asked later, of many at once: `own` notes it for them.
    """
    waivers = waivers_of(cluster, resolved)
    findings += check_cluster(cluster, resolved)
    emitted = None if refuses(findings, waivers) else emitted_of(cluster)
    if emitted is not None and (twice := collisions(cluster, emitted)):
        findings, emitted = (*findings, *twice), None
    if emitted is not None:
        findings += tuple(nothing(cluster, emitted, resolved.where))
    manifests = emitted.manifests if emitted else ()
    if own is not None:
        own.note(cluster, resolved, manifests)
    member = member_of(cluster, manifests)
    return CompiledCluster(cluster.file, findings, member, objects=len(manifests), waivers=waivers), emitted


def emitted_of(cluster: Cluster) -> Emitted:
    """What the components make of a cluster, with its workloads apart where they have Applications of their own."""
    emitted = emit(cluster)
    if cluster.fleet.delivery.applications == "cluster":
        return emitted
    from ..hub.delivery.workloads import parted  # noqa: PLC0415 - as below

    return parted(cluster, emitted)


def bootstrap(cluster: Cluster, compiled: CompiledCluster) -> dict[str, str]:
    """What starts the delivery of a cluster that has no hub; nothing for others."""
    if cluster.fleet.delivery.model != "standalone" or compiled.member is None:
        return {}
    from ..hub.delivery import standalone  # noqa: PLC0415 - one cluster of a fleet with a hub needs none of it

    return standalone.files(cluster, compiled.member)
