"""What kube-scheduler made of our pods and nodes, beside what admission says: tests/live/recorded/ and tests/data/nodes/."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path as File

import pytest

from generator.components.kit.component import Cluster
from tests.live.inputs import cluster_of
from tests.live.nodes import KEPT, OF_NUMBERS
from tests.live.nodes_cases import COUNT, case
from tests.live.nodes_told import Load, against_us, loads, misfits, named, silent, wishes
from tests.live.recording import load, replayed

RECORDINGS = replayed("kube-scheduler")


@cache
def kept() -> dict[int, dict[int, list[str]]]:
    """Number -> load -> what became of its pods, an order each."""
    found: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in KEPT.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            seed, at, words = line.split(" ", 2)
            found[int(seed)][int(at)].append(words)
    return found


def homeless(shown: Load, orders: list[str]) -> set[str]:
    return {named(event.group) for words in orders for event in shown.read(words) if event.node is None}


def named_after(path: File) -> str:
    return path.stem


@pytest.mark.parametrize("path", RECORDINGS, ids=named_after)
def test_a_node_takes_the_pods_that_we_say(path: File) -> None:
    recording = load(path)
    cluster = cluster_of(recording.input)
    assert [*recording.said["fits"]] == [wish.name for wish in wishes(cluster)]
    assert [*misfits(cluster, recording.said["fits"])] == []


@pytest.mark.parametrize("path", RECORDINGS, ids=named_after)
def test_pods_come_to_lie_where_we_say(path: File) -> None:
    recording = load(path)
    cluster = cluster_of(recording.input)
    shown = [*loads(cluster)]
    told = recording.said["loads"]
    assert [item["groups"] for item in told] == [one.names for one in shown]
    left: set[str] = set()
    for one, item in zip(shown, told, strict=True):
        assert [line for words in item["orders"] for line in against_us(one, words)] == []
        left |= homeless(one, item["orders"])
    assert not left or not silent(cluster)


def test_cases_by_number_come_to_lie_where_we_say() -> None:
    wrong: list[str] = []
    unsaid: list[int] = []
    for seed in range(COUNT):
        seen = kept().get(seed, {})
        shown = [*loads(_numbered(seed), *OF_NUMBERS)]
        # Where everything is too large for all nodes there is nothing to show.
        assert sorted(seen) == [*range(len(shown))]
        wrong += [
            f"{seed}: {line}"
            for at, orders in seen.items()
            for words in orders
            for line in against_us(shown[at], words)
        ]
        if any(homeless(shown[at], orders) for at, orders in seen.items()) and silent(_numbered(seed)):
            unsaid.append(seed)
    assert wrong == []
    assert unsaid == []


@cache
def _numbered(seed: int) -> Cluster:
    return cluster_of(case(seed))


def test_numbers_have_pods_that_find_no_node_and_pods_that_are_stopped() -> None:
    every = [words for seen in kept().values() for orders in seen.values() for words in orders]
    assert sum(":-" in words for words in every) > COUNT / 4
    assert sum("x" in words for words in every) > COUNT / 10
