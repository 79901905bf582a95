"""Updates of servers on nodes that are full: what is emitted where nothing is said, and what is refused where something is."""

from __future__ import annotations

from typing import Any

import pytest

from generator.components.serving.node_room import short_on_nodes
from generator.rules.run import check_cluster
from tests.conftest import build

MODEL = {
    "format": "onnx",
    "version": "7",
    "size": "180Mi",
    "source": "s3://acme/shelf",
    "credentialsSecret": "s3",
}
IMAGE = f"quay.io/acme/ray@sha256:{'2' * 64}"


def server(name: str, cpu: str, **more: Any) -> dict[str, Any]:
    resources = {"cpu": cpu, "memory": "2Gi"}
    where = {"namespace": "ai", "model": "shelf", "runtime": "ovms", "storage": {"type": "s3"}}
    return {"name": name, **where, "resources": resources, **more}


def case(*serving: dict[str, Any], **more: Any) -> dict[str, Any]:
    nodes = [{"name": "n", "labels": {"kind": "n"}, "allocatable": {"cpu": "8", "memory": "64Gi"}}]
    credentials = [{"name": "s3", "type": "s3", "from": "existing"}]
    cluster = {"credentials": credentials, "nodes": nodes, "serving": [*serving], **more}
    return {"profile": "upstream", "models": {"shelf": MODEL}, "cluster": cluster}


def short(made: dict[str, Any], index: int = 0) -> str | None:
    cluster, _, findings = build(made)
    assert cluster is not None, findings
    return short_on_nodes(cluster.spec.serving[index], cluster)


@pytest.mark.parametrize(("cpu", "full"), [("2", False), ("2001m", True)])
def test_a_pod_more_is_too_much_where_the_sum_says_so(cpu: str, *, full: bool) -> None:
    # 2 and 2 are there, and 4 are left for a pod more of each.
    made = case(server("one", cpu), server("two", "2"))
    made["cluster"]["nodes"][0]["allocatable"]["cpu"] = "6"
    said = short(made)
    assert (said is not None) == full
    assert said is None or said == "cpu it needs: 2001m, free on its nodes beside the old pods: 1999m"


def test_what_runs_elsewhere_does_not_count() -> None:
    made = case(server("one", "4"), server("two", "4"))
    assert short(made)
    made["cluster"]["nodes"].append({"name": "m", "allocatable": {"cpu": "8", "memory": "64Gi"}})
    assert short(made) is None
    made["cluster"]["serving"][0]["nodeSelector"] = {"kind": "n"}
    # The other one may be on either node.
    assert short(made) is None
    made["cluster"]["serving"][1]["nodeSelector"] = {"kind": "n"}
    assert short(made)


def test_what_waits_in_a_queue_may_not_be_there() -> None:
    head = {"resources": {"cpu": "4", "memory": "4Gi"}}
    ray = {"name": "r", "namespace": "ai", "image": IMAGE, "rayVersion": "2.52.0", "head": head}
    queue = {"name": "work", "namespace": "ai", "quota": {"any": {"cpu": "8", "memory": "64Gi"}}}
    kueue = {"flavors": [{"name": "any"}], "queues": [queue]}
    assert short(case(server("one", "3"), ray={"clusters": [ray]}))
    assert short(case(server("one", "3"), ray={"clusters": [{**ray, "queue": "work"}]}, kueue=kueue)) is None


@pytest.mark.parametrize("nodes", [[], [{"name": "n", "allocatable": {"memory": "64Gi"}}]])
def test_of_nodes_that_are_not_described_nothing_is_known(nodes: list[dict[str, Any]]) -> None:
    made = case(server("one", "7"))
    made["cluster"]["nodes"] = nodes
    assert short(made) is None


def test_an_update_that_is_asked_for_and_would_hang_is_refused() -> None:
    made = case(server("one", "5", deploymentStrategy="RollingUpdate"))
    cluster, resolved, findings = build(made)
    assert cluster is not None, findings
    found = [item for item in check_cluster(cluster, resolved) if item.code == "SERVE026"]
    assert [item.message for item in found] == [
        "a rolling update of one would not end: cpu it needs: 5, free on its nodes beside the old pods: 3"
    ]
    made["cluster"]["serving"][0] |= {"replicas": {"min": 4, "max": 4}}
    made["cluster"]["nodes"][0]["allocatable"]["cpu"] = "20"
    cluster, resolved, _ = build(made)
    assert cluster is not None
    # Of four replicas Kubernetes itself stops one first.
    assert not [item for item in check_cluster(cluster, resolved) if item.code == "SERVE026"]
