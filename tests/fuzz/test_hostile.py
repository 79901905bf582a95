"""Every hostile spec is answered by findings at their places; nothing is written, nothing raised."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path as File

import pytest

from generator.documents.files import MAX_BYTES
from generator.findings.finding import has_errors

from .corpus import EDGE, corpus, repository
from .targets import small_fleet, whole

HOSTILE = list(corpus())
HARMLESS = frozenset(
    {
        # YAML 1.2 takes these words for strings or for nothing; YAML 1.1 would take some for other things.
        *("plain 1_000", "plain 0777", "plain 1:30", "plain 2026-01-01", "plain 2026-01-01 0", "plain yes"),
        *("plain NO", "plain ~", "plain =", "plain <<", "plain # a", "plain --- a", "plain ...", "plain \ta"),
        # A name that stands behind another one in the name of a folder.
        "job device",
        # As much as a quantity's 24 characters can say.
        *("cpu beyond 64 bits", "cpu a long number", "quota beyond 64 bits", "quota a long number"),
        *("capacity beyond 64 bits", "capacity a long number"),
        # Large, and nothing else.
        *(
            "a long line of signs",
            "many comments",
            "many labels",
            "many namespaces",
            "many servers of their own",
        ),
        *("many arguments", "many nodes", "many cohorts", "many jobs", "many workers"),
    }
)
"""What looks hostile and is none: it renders."""


@pytest.fixture(scope="module")
def root() -> Iterator[File]:
    with small_fleet() as folder:
        yield folder


def digests(root: File) -> dict[str, str]:
    """Every file below and beside the repository."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_the_corpus_is_large_and_the_fleet_around_it_is_sound(root: File) -> None:
    names = [name for name, _, _ in HOSTILE]
    assert len(names) == len(set(names))
    assert len(names) - len(HARMLESS) >= 500
    assert set(names) >= HARMLESS
    assert not has_errors(whole(root, repository()[EDGE], EDGE).findings)


@pytest.mark.parametrize(("name", "file", "raw"), HOSTILE, ids=[name for name, _, _ in HOSTILE])
def test_a_hostile_spec_is_a_finding(root: File, name: str, file: str, raw: bytes) -> None:
    before = digests(root)
    rendered = whole(root, raw, file)
    assert digests(root) == before
    assert has_errors(rendered.findings) is (name not in HARMLESS)
    assert bool(rendered.tree.paths) is (name in HARMLESS)
    lines = raw.count(b"\n") + raw.count(b"\r") + 1
    for item in rendered.findings:
        assert item.where.file.startswith("clusters")
        assert item.where.line <= max(lines, 100)
        assert item.code
        assert len(item.message) < MAX_BYTES // 8
