"""What a namespace shares with others: its base comes from groups and features, never from one cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator.components.kit.component import Unit
from generator.components.namespaces import NAMESPACES, reserved
from generator.components.serving.server import server_of
from generator.components.serving.spec import Service, runtimes
from generator.facts.images import completed
from generator.objects.manifest import identify
from generator.specs.model import Images, ModelSpec
from tests.conftest import build, some

IMAGE = f"quay.io/acme/server@sha256:{'2' * 64}"

GROUP = {
    "namespaces": [
        {"name": "tools", "quota": {"pods": "20"}, "egress": [{"name": "s3", "ports": [443]}]},
        {"name": "more", "labels": {"team": "vision"}},
    ]
}


def units_of(cluster: dict[str, Any]) -> dict[str, Unit]:
    found, _, findings = build({"groups": {"shop": GROUP}, "cluster": cluster})
    assert found is not None, findings
    return {unit.final[0]["metadata"]["name"]: unit for unit in NAMESPACES.units(found)}


@pytest.mark.parametrize(
    ("own", "folder"),
    [
        ({}, "base/p/namespaces/group/shop/tools/plain"),
        ({"quota": {"pods": "30"}}, "base/p/namespaces/group/shop/tools/plain"),
        ({"egress": [{"name": "s3", "remove": True}]}, "base/p/namespaces/use/tools/plain"),
    ],
    ids=["as the group says", "a number of its own", "a rule taken away"],
)
def test_base_is_the_groups_when_the_cluster_keeps_its_objects(own: dict[str, Any], folder: str) -> None:
    unit = units_of({"namespaces": [{"name": "tools", **own}]} if own else {})["tools"]
    assert unit.key is not None
    assert unit.key.folder("p") == folder
    assert {identify(item) for item in unit.common()} <= {identify(item) for item in unit.final}


def test_base_does_not_hold_what_one_cluster_says() -> None:
    unit = units_of({"namespaces": [{"name": "tools", "quota": {"pods": "30"}}]})["tools"]
    quotas = [item["spec"]["hard"]["pods"] for item in unit.common() if item["kind"] == "ResourceQuota"]
    assert quotas == ["20"]
    assert any(
        item["kind"] == "ResourceQuota" and item["spec"]["hard"]["pods"] == "30" for item in unit.final
    )


def test_every_namespace_denies_what_is_not_allowed() -> None:
    for unit in some(units_of({}).values()):
        denied = [item for item in unit.final if item["metadata"]["name"] == "default-deny"]
        assert [item["spec"] for item in denied] == [
            {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        ]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("argocd.argoproj.io/managed-by", True),
        ("sub.argocd.argoproj.io/x", True),
        ("app.kubernetes.io/managed-by", True),
        ("app.kubernetes.io/part-of", False),
        ("notargocd.argoproj.io/x", False),
        ("example.com/argocd.argoproj.io", False),
        ("team", False),
    ],
)
def test_reserved_keys(key: str, *, expected: bool) -> None:
    assert reserved(key) is expected


@pytest.mark.parametrize("name", runtimes())
def test_a_runtime_answers_where_it_says(name: str) -> None:
    """NetworkPolicies let callers reach these ports and no others."""
    runtime = runtimes()[name]
    item = Service.model_validate(
        {
            "name": "a",
            "namespace": "ai",
            "model": "m",
            "runtime": name,
            "storage": {"type": "pvc"},
            "image": IMAGE,
        }
    )
    model = ModelSpec.model_validate({"source": "s3://b/m", "version": "1", "size": "1Gi", "format": "onnx"})
    for grpc in (False, True) if runtime.grpc_port else (False,):
        server = replace(server_of(item, model, completed(Images(), "upstream")), grpc=grpc)
        declared = [
            port["containerPort"] for one in runtime.containers(server) for port in one.get("ports", ())
        ]
        assert declared[0] == (runtime.grpc_port if grpc else runtime.port)


def test_who_wants_a_token_is_reached_by_the_proxy_alone() -> None:
    open_, closed = (
        {"namespace": "ai", "model": "m", "runtime": "vllm", "storage": {"type": "pvc"}, "name": name}
        for name in "ab"
    )
    model = {"source": "s3://b/m", "version": "1", "size": "1Gi", "format": "vLLM"}

    def reached(*serving: dict[str, Any]) -> dict[str, Any]:
        found, _, findings = build({"models": {"m": model}, "cluster": {"serving": list(serving)}})
        assert found is not None, findings
        policies = [item for unit in NAMESPACES.units(found) for item in unit.final]
        return {
            item["metadata"]["name"]: (
                item["spec"]["podSelector"]["matchExpressions"][-1].get("values"),
                [port["port"] for port in item["spec"]["ingress"][0]["ports"]],
            )
            for item in policies
            if item["metadata"]["name"] in {"allow-serving", "allow-serving-proxy"}
        }

    assert reached(open_) == {"allow-serving": (None, [8080])}
    assert reached({**closed, "auth": True}) == {"allow-serving": (None, [8443])}
    assert reached(open_, {**closed, "auth": True}) == {
        "allow-serving": (["b"], [8080]),
        "allow-serving-proxy": (["b"], [8443]),
    }
