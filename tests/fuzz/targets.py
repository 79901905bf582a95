"""What is fuzzed: the way of a file from its bytes to findings, each stage by itself and all of them.

A target returns findings and raises nothing, whatever the bytes are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path as File
from tempfile import TemporaryDirectory

from generator.documents.files import Document, find_specs, read_file
from generator.documents.secrets.search import secrets_in
from generator.findings.finding import Finding, Where, has_errors
from generator.fleet.cluster import cluster_of
from generator.fleet.spec_files import Shared, kind_of, read_cluster_file, read_shared
from generator.flow.read import cluster_files
from generator.flow.rendered import Rendered
from generator.overlays.base import Base
from generator.overlays.overlay import overlay_if_sound
from generator.pipeline import render
from generator.rules.run import check_cluster
from generator.yaml.strict import read_text

from .corpus import EDGE, repository

ROOT = File(__file__).parents[2]


@contextmanager
def small_fleet(*, with_example: bool = False) -> Iterator[File]:
    """A folder with the small fleet of the corpus; for clusters of the example beside it the groups and models of that."""
    with TemporaryDirectory() as folder:
        root = File(folder)
        for file, raw in repository().items():
            put(root, file, raw)
        for file in find_specs(ROOT)[0] if with_example else ():
            if kind_of(file) in {"Group", "Model"}:
                put(root, file, (ROOT / file).read_bytes())
        yield root


def put(root: File, file: str, raw: bytes) -> None:
    """Write one file."""
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)


@cache
def shared_of(root: File) -> Shared:
    """What all clusters of a repository share."""
    files, _ = find_specs(root)
    shared, _ = read_shared(root, tuple(file for file in files if kind_of(file) != "Cluster"))
    assert shared is not None
    return shared


def read(text: str) -> None:
    """The reader: data, a place for every path of it, and credentials."""
    data, faults = read_text(text)
    assert all(fault.line >= 1 and fault.column >= 1 for fault in faults)
    leaks = secrets_in(text, data)
    assert all(fault.line >= 1 and fault.column >= 1 for fault in leaks)
    if isinstance(data, dict):
        document = Document(EDGE, text, data)
        for key in data:
            assert document.where((key,), key=True) >= Where(EDGE, 1, 1)


def site(root: File, raw: bytes, file: str = EDGE) -> tuple[Finding, ...]:
    """A cluster from its bytes to its overlay."""
    put(root, file, raw)
    document, findings = read_cluster_file(root, file)
    if document is None:
        return judged(findings, raw)
    cluster, resolved, more = cluster_of(shared_of(root), document, {})
    findings += more
    if cluster is None:
        return judged(findings, raw)
    findings += check_cluster(cluster, resolved)
    if has_errors(findings):
        return judged(findings, raw)
    bases: dict[str, Base] = {}
    overlay, collisions = overlay_if_sound(cluster, bases)
    assert collisions or overlay is not None
    return (*findings, *collisions)


def judged(findings: tuple[Finding, ...], raw: bytes) -> tuple[Finding, ...]:
    """Findings of a refused file: there are some, each with a place in a file and words."""
    assert has_errors(findings), raw[:200]
    assert all(item.code and item.message and item.where.line >= 1 <= item.where.column for item in findings)
    return findings


def whole(root: File, raw: bytes, file: str) -> Rendered:
    """The small fleet with one file of it replaced, and put back afterwards."""
    put(root, file, raw)
    try:
        rendered = render(root)
    finally:
        put(root, file, repository()[file])
    for path in rendered.tree.paths:
        steps = path.split("/")
        assert steps[0] in {"base", "overlays", "acm"}, path
        assert not {"", ".", ".."} & set(steps), path
    return rendered


__all__ = ["cluster_files", "read", "read_file", "site", "small_fleet", "whole"]
