"""Random bytes and random changes to sound specs: the answer is findings, or an overlay.

`make fuzz` runs the same for as long as one likes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path as File
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.documents.files import find_specs, read_file, read_text
from generator.fleet.spec_files import kind_of
from tests.conftest import ROOT

from .corpus import CLUSTER, EDGE, repository, spec
from .mutate import TOKENS, mutated_bytes, mutated_text, turned_text
from .targets import read, site, small_fleet, whole

seeds = st.integers(0, 2**32)
pieces = st.lists(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=8)), max_size=60).map(b"".join)
unbound = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


@pytest.fixture(scope="module")
def root() -> Iterator[File]:
    with small_fleet(with_example=True) as folder:
        yield folder


@cache
def examples() -> tuple[dict[str, Any], ...]:
    """The clusters of the example fleet, and one that says a little of everything, all of one name."""
    files = [file for file in find_specs(ROOT)[0] if kind_of(file) == "Cluster"]
    found = [read_file(ROOT, file)[0] for file in files]
    data = [document.data for document in found if document is not None]
    return (spec("Cluster", "e", CLUSTER), *({**item, "metadata": {"name": "e"}} for item in data))


def drawn(seed: int) -> Random:
    """What a seed gives."""
    return Random(seed)  # noqa: S311 - no secrets


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=400), pieces.map(lambda raw: raw.decode("utf-8", "replace"))))
def test_any_text_is_read(text: str) -> None:
    read(text)


@settings(max_examples=250)
@given(seeds, st.integers(1, 12), st.sampled_from(sorted(repository())))
def test_a_damaged_file_is_read(seed: int, times: int, file: str) -> None:
    raw = mutated_bytes(repository()[file], drawn(seed), times)
    read(raw.decode("utf-8", "replace"))


@unbound
@given(st.one_of(st.binary(max_size=300), pieces))
def test_any_bytes_are_answered(root: File, raw: bytes) -> None:
    assert site(root, raw)


@unbound
@given(seeds, st.integers(1, 8))
def test_a_damaged_cluster_is_answered(root: File, seed: int, times: int) -> None:
    site(root, mutated_bytes(repository()[EDGE], drawn(seed), times))


@settings(unbound, max_examples=150)
@given(seeds, st.integers(1, 6), st.integers(0, 50))
def test_a_changed_cluster_is_answered(root: File, seed: int, times: int, which: int) -> None:
    data = examples()[which % len(examples())] if which % 2 else examples()[0]
    site(root, mutated_text(data, drawn(seed), times))


@settings(unbound, max_examples=400)
@given(seeds, st.integers(1, 6), st.integers(0, 50))
def test_a_cluster_with_other_values_is_answered(root: File, seed: int, times: int, which: int) -> None:
    site(root, turned_text(examples()[which % len(examples())], drawn(seed), times))


@settings(unbound, max_examples=60)
@given(seeds, st.integers(1, 4), st.sampled_from(sorted(repository())))
def test_a_fleet_with_a_changed_file_is_answered(root: File, seed: int, times: int, file: str) -> None:
    data, _ = read_text(repository()[file].decode())
    whole(root, mutated_text(data, drawn(seed), times), file)
