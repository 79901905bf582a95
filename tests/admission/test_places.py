"""Pods as they come to lie: what `admission.spreading` says beside trying it out, and what takes a warning away."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from generator.admission import spreading
from generator.admission.judge import analyse
from generator.admission.offer import NodeKind
from generator.admission.packing import packs
from generator.admission.spreading import Group, Nodes, orders, shortages
from generator.components.kit.component import Cluster
from generator.rules.run import check_cluster
from tests.conftest import CASES, build, read_case
from tests.live.inputs import cluster_of
from tests.live.nodes_cases import case

LARGE = "admission/large-pod-after-small-ones"
TRIES = 12
NUMBERS = range(0, 200, 4)


def large(**change: Any) -> dict[str, Any]:
    """Small pods on two nodes and a large one, with a change of the cluster."""
    found: dict[str, Any] = read_case(CASES / LARGE / "spec.yaml")
    found["cluster"] |= change
    return found


def codes(made: dict[str, Any]) -> set[str]:
    cluster, resolved, findings = build(made)
    assert cluster is not None, findings
    return {item.code for item in check_cluster(cluster, resolved)}


def packed(cluster: Cluster) -> list[tuple[list[Group], tuple[NodeKind, ...]]]:
    """Loads for which a place is found in some order, and their nodes."""
    found = analyse(cluster)
    loads = [[one for one in load if one.number and one.nodes] for load in found.loads]
    kinds = found.given.kinds
    return [
        (load, kinds) for load in loads if packs([(one.pods, one.number, one.nodes) for one in load], kinds)
    ]


def drawn(load: Sequence[Group], draw: Random) -> list[tuple[Group, int]]:
    pods = [(one, 1) for one in load for _ in range(one.number)]
    draw.shuffle(pods)
    return pods


def test_who_is_certain_of_a_place_finds_one_in_any_order() -> None:
    asked = 0
    for seed in NUMBERS:
        draw = Random(seed)  # noqa: S311 - the same every time
        for load, kinds in packed(cluster_of(case(seed))):
            sure = [one for one in load if spreading.certain(one, load, kinds)]
            asked += len(sure)
            for _ in range(TRIES if sure else 0):
                left = Nodes(kinds, draw).put(drawn(load, draw))
                assert not [one for one in sure if one in left]
    assert asked > len(NUMBERS)


def test_hardly_an_order_leaves_a_pod_of_which_nothing_is_said() -> None:
    tried = unsaid = 0
    for seed in NUMBERS:
        draw = Random(seed)  # noqa: S311 - the same every time
        for load, kinds in packed(cluster_of(case(seed))):
            if not shortages(load, kinds):
                tried += TRIES
                unsaid += sum(bool(Nodes(kinds, draw).put(drawn(load, draw))) for _ in range(TRIES))
    assert tried > len(NUMBERS)
    assert unsaid <= tried / 100


def test_of_three_seats_the_large_pod_has_one_when_it_comes_first() -> None:
    ((load, kinds),) = packed(cluster_of(large()))
    assert Nodes(kinds).put((one, one.number) for one in reversed(load)) == {}
    ((left, number),) = Nodes(kinds).put((one, one.number) for one in load).items() or ((None, 0),)
    assert (left.work.name if left and left.work else "", number) == ("big", 1)


@pytest.mark.parametrize(
    ("classes", "spoken"),
    [
        ([{"name": "first", "value": 1000}], False),
        ([{"name": "first", "value": 1000, "preemptionPolicy": "Never"}], True),
        ([{"name": "first", "value": 0}], True),
        ([{"name": "first", "value": -1}], True),
        ([{"name": "first"}], True),
    ],
)
def test_only_a_class_above_the_others_takes_the_warning_away(
    classes: list[dict[str, Any]], *, spoken: bool
) -> None:
    made = large(priorityClasses=classes)
    made["cluster"]["ray"]["clusters"][-1]["podPriorityClassName"] = "first"
    assert ("ADMIT025" in codes(made)) == spoken


def test_a_taint_or_a_selector_keeps_small_pods_off() -> None:
    made: dict[str, Any] = read_case(CASES / "admission/gpu-node-filled-by-others/spec.yaml")
    assert "ADMIT025" in codes(made)
    nodes = made["cluster"]["nodes"]
    nodes[1] |= {"labels": {"for": "all"}}
    nodes[1]["allocatable"]["cpu"] = "9"
    plain = made["cluster"]["ray"]["clusters"][0]
    for pods in (plain["head"], *plain["workers"]):
        pods["nodeSelector"] = {"for": "all"}
    assert "ADMIT025" not in codes(made)


def test_nothing_is_tried_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = cluster_of(
        large(nodes=[{"name": "n", "count": 3, "allocatable": {"cpu": "16", "memory": "64Gi"}}])
    )
    monkeypatch.setattr(spreading.Nodes, "put", None)
    for load, kinds in packed(cluster):
        assert shortages(load, kinds) == []


def test_work_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ((load, kinds),) = packed(cluster_of(large()))
    every = len([*orders(load, kinds, load)])
    looked: list[int] = []
    put = spreading.Nodes.put

    def counted(self: Nodes, runs: Any) -> Any:
        looked.append(1)
        return put(self, runs)

    monkeypatch.setattr(spreading.Nodes, "put", counted)
    monkeypatch.setattr(spreading, "WORK", 1)
    shortages(load, kinds)
    # Operators and the load of one order.
    assert len(looked) == 2 < every


def test_orders_are_the_same_every_time() -> None:
    ((load, kinds),) = packed(cluster_of(large()))
    first, second = ([one.runs for one in orders(load, kinds, load)] for _ in range(2))
    assert first == second
    assert len(first) > spreading.SHUFFLED
