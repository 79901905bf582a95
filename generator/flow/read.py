"""read, merge, validate: spec files become what all clusters share, and one cluster at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..documents.files import Document, Root, find_specs
from ..documents.merge import Resolved, resolve
from ..findings.finding import Finding, apart
from ..fleet.spec_files import (
    FLEET_FILE,
    NO_FLEET,
    Shared,
    kind_of,
    no_clusters,
    read_cluster_file,
    read_shared,
    repeated_names,
    stem,
)
from ..fleet.strangers import STRANGER
from ..fleet.teams import misplaced_parts
from .rendered import Memo, Progress, silent

if TYPE_CHECKING:
    from ..components.kit.component import Cluster


Given = tuple[Document | None, tuple[Finding, ...]]
"""A cluster's file as it was read."""


def read(
    root: File, progress: Progress = silent, *, known: Collection[str] = ()
) -> tuple[tuple[str, ...], Shared | None, tuple[Finding, ...]]:
    """All spec files, what all clusters share, and findings about the files themselves.

    `known` are files that clusters share and that were found to be right before.
    """
    progress("read", 0, 1)
    files, misplaced = find_specs(root)
    shared, findings = read_found(root, files, misplaced, known=known)
    return files, shared, findings


def read_found(
    root: Root, files: tuple[str, ...], misplaced: tuple[Finding, ...], *, known: Collection[str] = ()
) -> tuple[Shared | None, tuple[Finding, ...]]:
    """The same of files that are found already; `misplaced` are the findings about where they lie."""
    others = tuple(file for file in files if kind_of(file) != "Cluster")
    shared, findings = read_shared(root, others, known=known)
    out_of_place = [item.where.file for item in misplaced]
    if shared is not None:
        # What lies in the wrong place exists: nobody is told that it does not.
        names = {stem(file) for file in out_of_place}
        shared = replace(shared, unusable=shared.unusable | (names - {*shared.groups, *shared.models}))
    elif any(stem(file).casefold() == stem(FLEET_FILE) for file in (*out_of_place, *_strangers(findings))):
        findings = tuple(item for item in findings if item.code != NO_FLEET.code)
    # Where there is nothing at all, one thing is said: how to begin.
    none = no_clusters(files) if files else ()
    of_teams = misplaced_parts(files, shared) if shared is not None else ()
    return shared, (*misplaced, *findings, *repeated_names(files), *none, *of_teams)


def _strangers(findings: Iterable[Finding]) -> Iterable[str]:
    return (item.where.file for item in findings if item.code == STRANGER.code)


def cluster_files(files: Iterable[str]) -> tuple[str, ...]:
    """The files that describe clusters."""
    return tuple(file for file in files if kind_of(file) == "Cluster")


def cluster_in(
    root: Root, shared: Shared, file: str, memo: Memo
) -> tuple[Cluster | None, Resolved | None, tuple[Finding, ...]]:
    """One cluster from its file to a validated value."""
    return cluster_of_document(read_cluster_file(root, file), shared, memo)


def cluster_of_document(
    given: Given, shared: Shared, memo: Memo
) -> tuple[Cluster | None, Resolved | None, tuple[Finding, ...]]:
    """One cluster from its document to a validated value."""
    from ..fleet.cluster import cluster_of  # noqa: PLC0415 - all components, and most runs compile none

    document, findings = given
    if document is None:
        return None, None, findings
    cluster, resolved, more = cluster_of(shared, document, memo.sections)
    return cluster, resolved, (*findings, *apart(findings, more))


def uses_files(root: Root, shared: Shared, file: str, part: frozenset[str]) -> bool:
    """Whether a cluster takes anything from these shared spec files."""
    document, _ = read_cluster_file(root, file)
    return document is not None and takes_from(document, shared, part)


def takes_from(document: Document, shared: Shared, part: frozenset[str]) -> bool:
    """Whether a cluster's document takes anything from these shared spec files."""
    from ..fleet.cluster import layers_of, mentions  # noqa: PLC0415 - as above

    layers, _ = layers_of(shared, document)
    named = frozenset(stem(item) for item in part if kind_of(item) == "Model")
    return any(layer.document.file in part and layer.data for layer in layers) or mentions(
        resolve(layers).spec, named
    )
