"""Small repositories of specs, written to disk from plain data, and what whole renders of them must have in common."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path as File
from typing import Any

from generator import pipeline
from generator.disk import tree
from generator.disk.lock import locked
from generator.disk.owned import header
from generator.disk.sealed import copy_sealed
from generator.disk.tree import Tree
from generator.findings.finding import has_errors
from generator.fleet.spec_files import FLEET_FILE, kind_of, stem
from generator.flow import incremental
from generator.flow.cache import CACHE
from generator.flow.clusters import compile_clusters
from generator.flow.read import cluster_files, read
from generator.flow.rendered import Rendered
from generator.specs.types import API_VERSION
from generator.yaml.writer import to_yaml
from tests.conftest import FLEET

Spec = Mapping[str, Any]


def specs(
    clusters: Mapping[str, Spec],
    *,
    fleet: Spec | None = None,
    groups: Mapping[str, Spec] | None = None,
    models: Mapping[str, Spec] | None = None,
) -> dict[str, str]:
    """Files of near-edge clusters, of odh-3.4 in ring canary unless they say otherwise, what they share, and a hub."""
    usual = {"tier": "near-edge", "platform": "odh-3.4", "ring": "canary"}
    said = {
        FLEET_FILE: {**FLEET, **(fleet or {})},
        **{f"clusters/groups/{name}.yaml": spec for name, spec in (groups or {}).items()},
        **{f"clusters/models/{name}.yaml": spec for name, spec in (models or {}).items()},
        "clusters/core/hub.yaml": {"tier": "core", "platform": "odh-3.4"},
        **{f"clusters/near-edge/{name}.yaml": {**usual, **spec} for name, spec in clusters.items()},
    }
    return {file: text_of(file, spec) for file, spec in said.items()}


def headed(texts: Mapping[str, str]) -> Tree:
    """Files of the output with the line in front that says that they are ours."""
    return Tree({path: f"# {header(path, 'clusters/a.yaml')}\n{text}" for path, text in texts.items()})


def text_of(file: str, spec: Spec) -> str:
    """A spec file, of the kind that lies there."""
    metadata = {"name": stem(file)}
    return to_yaml(
        {"apiVersion": API_VERSION, "kind": kind_of(file), "metadata": metadata, "spec": dict(spec)}
    )


def write_specs(root: File, clusters: Mapping[str, Spec], **shared: Any) -> File:
    """The same as a repository on disk."""
    for file, text in specs(clusters, **shared).items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def copy_of(root: File, other: File) -> File:
    """A rendered repository in another place, with what is remembered of it, which only nearedge can copy."""
    shutil.copytree(root, other)
    (other / CACHE).unlink(missing_ok=True)
    copy_sealed(root / CACHE, other / CACHE)
    return other


def comment(root: File, file: str) -> None:
    """An edit that says nothing."""
    path = root / file
    path.write_text(f"{path.read_text(encoding='utf-8')}# seen\n", encoding="utf-8")


def write_output(root: File, rendered: incremental.Partly) -> None:
    """Bring the output to disk, as `nearedge render` does."""
    tree.write(root, rendered.tree, tree.compare(root, rendered.tree))
    incremental.remember(root, rendered)


def texts_of(root: File, made: Tree) -> dict[str, str]:
    """All files of a tree: those that come as text, and those that are right on disk."""
    kept = {path: (root / path).read_text(encoding="utf-8") for path in made.same}
    return {**made.texts, **kept}


def said(root: File, rendered: Rendered) -> dict[str, Any]:
    """All that a render says, as values to compare: files, findings, counts, and each cluster's part of it."""
    clusters = {
        item.file: (item.findings, item.member, item.bases, item.objects, item.waivers)
        for item in rendered.clusters
    }
    return {
        "files": texts_of(root, rendered.tree),
        "findings": rendered.findings,
        "clusters": clusters,
        "bases": rendered.bases,
        "hub": (rendered.whole.found, rendered.whole.files, rendered.whole.objects),
        "waived": rendered.waived,
    }


def fresh(root: File) -> dict[str, Any]:
    """What a render from nothing says; the fleet has no errors."""
    rendered = pipeline.render(root)
    assert not has_errors(rendered.findings), rendered.findings
    return said(root, rendered)


def bases_alone(root: File, files: Iterable[str] = ()) -> dict[str, dict[str, list[str]]]:
    """File of a base -> its texts as single clusters make them -> these clusters' files."""
    every, shared, _ = read(root)
    assert shared is not None
    found: dict[str, dict[str, list[str]]] = {}
    for file in tuple(files) or cluster_files(every):
        _, texts = compile_clusters(root, shared, (file,))
        for path, text in texts.items():
            found.setdefault(path, {}).setdefault(text, []).append(file)
    return found


@contextmanager
def another_writer(root: File) -> Iterator[int]:
    """The id of another process that writes here: no process is held up by a lock of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with locked(root):
            os.write(writer, b"x")
            signal.pause()
        os._exit(0)
    os.read(reader, 1)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
