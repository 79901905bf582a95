"""Every platform compiles what a site does: each object fits the schemas of that platform, and what it lacks is said."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema_rs
import pytest

from generator.components.discovery import discover
from generator.components.kit.images_in import images_of
from generator.facts.images import of_platform
from generator.facts.profiles import profiles
from generator.facts.schema_files import load_schema, schema_path
from generator.rules.run import check_cluster
from tests.conftest import ROOT, build

MODELS = {
    "shelf": {"format": "onnx", "version": "1", "size": "1Gi", "source": "s3://b/shelf", "credentialsSecret": "s3"},
    "chat": {"format": "vLLM", "version": "1", "size": "4Gi", "source": "oci://quay.io/a/b@sha256:" + "1" * 64},
}  # fmt: skip
NODE = {"name": "node", "count": 2, "allocatable": {"cpu": "16", "memory": "64Gi", "nvidia.com/gpu": "1"}}
STORAGE = [{"class": "fast", "accessModes": ["ReadWriteOnce", "ReadWriteMany"], "default": True}]
SERVERS: list[dict[str, Any]] = [
    {"name": "shelf", "namespace": "ai", "model": "shelf", "runtime": "ovms", "exposed": True}
    | {
        "storage": {"type": "pvc", "size": "4Gi", "class": "fast"},
        "resources": {"cpu": "1", "memory": "4Gi"},
    },
    {"name": "chat", "namespace": "ai", "model": "chat", "runtime": "vllm", "storage": {"type": "oci"}}
    | {"resources": {"cpu": "2", "memory": "8Gi", "nvidia.com/gpu": "1"}},
]
QUEUES = {
    "flavors": [{"name": "gpu"}],
    "queues": [
        {"name": "q", "namespace": "ai", "quota": {"gpu": {"cpu": "8", "memory": "32Gi", "nvidia.com/gpu": "1"}}}
    ],
}  # fmt: skip
RAY = {
    "clusters": [
        {"name": "train", "namespace": "ai", "queue": "q", "rayVersion": "2.52.0"}
        | {"image": "quay.io/a/ray@sha256:" + "2" * 64}
        | {"head": {"resources": {"cpu": "1", "memory": "4Gi"}}}
        | {"workers": [{"name": "cpu", "replicas": 1, "resources": {"cpu": "1", "memory": "4Gi"}}]}
    ]
}


def site(profile: str) -> dict[str, Any]:
    """What a site does, as far as its platform can."""
    platform = profiles()[profile]
    servers: list[dict[str, Any]] = copy.deepcopy(SERVERS)
    if "modelcar" not in platform.kserve.ociModes:
        servers[1]["storage"] = {"type": "oci+native"}
    if platform.own_kueue is None:
        return {"nodes": [NODE], "storage": STORAGE, "serving": servers}
    for item in servers:
        item["queue"] = "q"
    return {"nodes": [NODE], "storage": STORAGE, "serving": servers, "kueue": QUEUES, "ray": RAY} | (
        {} if platform.openshift else {"kubernetesVersion": "1.35"}
    )


@pytest.mark.parametrize("profile", sorted(profiles()))
def test_a_site_compiles_to_what_the_platform_takes(profile: str) -> None:
    cluster, _, findings = build({"profile": profile, "models": MODELS, "cluster": site(profile)})
    assert cluster is not None, findings
    objects = [item for part in discover() for unit in part.units(cluster) for item in unit.final]
    kinds = {item["kind"] for item in objects}
    assert {"InferenceService", "ServingRuntime", "PersistentVolumeClaim", "Job", "NetworkPolicy"} <= kinds
    assert ("RayCluster" in kinds, "ClusterQueue" in kinds) == (profile != "microshift-4.22",) * 2
    for item in objects:
        path = schema_path(ROOT, profiles()[profile].schemas, item["apiVersion"], item["kind"])
        assert path is not None, (item["apiVersion"], item["kind"])
        jsonschema_rs.Draft7Validator(load_schema(path)).validate(item)
    # Each server runs the image of its own platform.
    runtimes = [item for item in objects if item["kind"] == "ServingRuntime"]
    running = {image for _, image in images_of(runtimes)}
    assert running == {of_platform(profile)[name].image for name in ("ovms", "vllm")}


@pytest.mark.parametrize("profile", sorted(profiles()))
def test_a_site_breaks_no_rule_of_its_platform(profile: str) -> None:
    cluster, resolved, _ = build({"profile": profile, "models": MODELS, "cluster": site(profile)})
    assert cluster is not None
    assert [item for item in check_cluster(cluster, resolved) if item.severity.name == "ERROR"] == []


def test_another_kueue_brings_its_own_limits_and_nothing_else() -> None:
    own, other, beside = (profiles()[name] for name in ("rhoai-3.4", "odh-3.3", "rhoai-3.4-kueue-1.2"))
    # Which workloads the platform's webhook denies is the platform's affair.
    assert beside.kueue == other.kueue.model_copy(update={"queueRequired": False})
    assert other.kueue.queueRequired
    assert (beside.kserve, beside.kuberay, beside.platform) == (own.kserve, own.kuberay, own.platform)
    assert of_platform(beside.name) == of_platform(own.name)
    # A pair that nobody supports is no platform.
    built, _, findings = build({"profile": "odh-3.4-kueue-1.4", "cluster": {}})
    assert built is None
    assert [(item.code, item.hint) for item in findings] == [("FLEET011", "did you mean odh-3.4-kueue-1.2?")]


def test_a_platform_without_kueue_and_ray_says_so_at_each_place() -> None:
    asked = {**site("odh-3.4"), "platform": "microshift-4.22"}
    cluster, _, findings = build({"models": MODELS, "cluster": asked})
    assert cluster is None
    assert [(item.code, item.message) for item in findings] == [
        ("FLEET017", "q is a queue, and microshift-4.22 has no Kueue"),
        ("FLEET017", "shelf waits in queue q, and microshift-4.22 has no Kueue"),
        ("FLEET017", "chat waits in queue q, and microshift-4.22 has no Kueue"),
        ("FLEET017", "train needs Ray, and microshift-4.22 has no KubeRay"),
    ]
