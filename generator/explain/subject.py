"""What is explained: a cluster with its documents, and those of the fleet beside it that matter for the hub."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as File

from ..documents.files import Document
from ..documents.merge import resolve
from ..documents.near import suggestion
from ..errors import NearedgeError
from ..fleet.cluster import layers_of, mentions
from ..fleet.fleet import Member
from ..fleet.spec_files import Shared, read_cluster_file, stem
from ..flow.clusters import judge_cluster
from ..flow.incremental import remembered
from ..flow.read import cluster_files, cluster_in, read
from ..flow.rendered import Memo
from .probe import Subject


class CannotExplainError(NearedgeError):
    """What was asked for is not there; usage, not environment."""

    exit_code = 64


def subject_of(root: File, name: str, *, everyone: bool = False) -> Subject:
    """The cluster of this name or file with its documents; with `everyone` beside all others of the fleet."""
    files, shared, _ = read(root)
    if shared is None:
        raise CannotExplainError("clusters/fleet.yaml cannot be used: nearedge check says why")
    clusters = {stem(file): file for file in cluster_files(files)}
    file = name if name in clusters.values() else clusters.get(name)
    if file is None:
        raise CannotExplainError(f"there is no cluster {name}{suggestion(name, clusters)}")
    document, _ = read_cluster_file(root, file)
    if document is None:
        raise CannotExplainError(f"{file} cannot be read: nearedge check says why")
    subject = subject_in(shared, document)
    wanted = clusters if everyone else {item.cluster for item in (shared.fleet.hub, *shared.fleet.hubs)}
    others = tuple(clusters[key] for key in sorted(wanted) if key in clusters and clusters[key] != file)
    return replace(subject, members=tuple(_members(root, shared, others)))


def subject_in(shared: Shared, document: Document, members: tuple[Member, ...] = ()) -> Subject:
    """A cluster's document with the groups and models that it uses."""
    layers, _ = layers_of(shared, document)
    spec = resolve(layers).spec
    used = {layer.document.file for layer in layers}
    models = {
        name: found for name, found in shared.model_documents.items() if mentions(spec, frozenset({name}))
    }
    groups = {key: item for key, item in shared.groups.items() if item.file in used}
    guessing = shared.folders.guessing()
    return Subject(replace(shared, groups=groups, folders=guessing), models, document, members)


def _members(root: File, shared: Shared, files: tuple[str, ...]) -> Iterator[Member]:
    memo, known = Memo(), remembered(root, files)
    for file in files:
        if file in known:
            yield from (item for item in (known[file].member,) if item is not None)
            continue
        cluster, resolved, findings = cluster_in(root, shared, file, memo)
        if cluster is not None and resolved is not None:
            member = judge_cluster(cluster, resolved, findings)[0].member
            if member is not None:
                yield member
