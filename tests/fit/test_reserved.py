"""What a node has reserved is taken off whatever its pods can have, wherever nodes are looked at."""

from __future__ import annotations

from typing import Any

import pytest

from generator.components.kit.component import Cluster
from generator.components.kit.counting import left_on
from generator.fit.nodes import landing
from generator.fit.storage import disks
from generator.plan.capacity import capacity_of
from generator.specs.site import Node
from tests.conftest import build

GI = 2**30
HAS = {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "100Gi", "nvidia.com/gpu": "2"}
SERVER = {
    "name": "shelf",
    "namespace": "ai",
    "model": "shelf",
    "runtime": "ovms",
    "storage": {"type": "s3"},
    "resources": {"cpu": "2", "memory": "8Gi"},
}


def site(reserved: dict[str, str], **server: Any) -> Cluster:
    models = {"shelf": {"format": "onnx", "version": "1", "size": "40Gi", "source": "s3://acme/shelf"}}
    nodes = [{"name": "site", "count": 2, "allocatable": HAS, "reserved": reserved}]
    said = {"nodes": nodes, "serving": [{**SERVER, **server}]}
    built, _, findings = build({"models": models, "cluster": said})
    assert built is not None, findings
    return built


@pytest.mark.parametrize(
    ("reserved", "left"),
    [
        ({}, {"cpu": 16000, "memory": 64 * GI}),
        ({"cpu": "500m", "memory": "10Gi"}, {"cpu": 15500, "memory": 54 * GI}),
        ({"cpu": "16"}, {"cpu": 0, "memory": 64 * GI}),
        # AMOUNT005 speaks of these two, and nothing is told twice.
        ({"cpu": "17", "pods": "80"}, {"cpu": 16000, "memory": 64 * GI}),
    ],
)
def test_it_is_taken_off(reserved: dict[str, str], left: dict[str, int]) -> None:
    node = Node.model_validate(
        {"name": "site", "allocatable": {"cpu": "16", "memory": "64Gi"}, "reserved": reserved}
    )
    assert left_on(node) == left


def test_disks_have_less_for_models() -> None:
    assert disks(site({})) == {0: 100 * GI}
    assert disks(site({"ephemeral-storage": "70Gi"})) == {0: 30 * GI}


@pytest.mark.parametrize(("memory", "lands"), [("56Gi", 1), ("57Gi", 0)])
def test_a_pod_lands_where_enough_is_left(memory: str, lands: int) -> None:
    found = site({"memory": memory})
    assert len(landing(found.spec.serving[0], found)) == lands


def test_a_plan_measures_by_what_is_left() -> None:
    level = capacity_of(site({"cpu": "4"}), ()).levels["nodes", "cpu"]
    assert level.of == 2 * 12000
    assert capacity_of(site({}), ()).levels["nodes", "cpu"]._replace(of=level.of) == level
