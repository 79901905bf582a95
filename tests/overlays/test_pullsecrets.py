"""Pull secrets: every pod of a namespace names them, whoever makes it, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest

from generator.components.kit.base_key import base_key
from generator.components.kit.component import Cluster, whole
from generator.objects.manifest import CONTENT_HASH, Manifest
from generator.objects.names_in_pods import pods
from generator.overlays.overlay import emit, overlay_if_sound
from generator.overlays.pullsecrets import pulling
from tests.conftest import build
from tests.strategies import IMAGE

MODELS = {
    "shelf": {"format": "onnx", "version": "7", "size": "180Mi", "source": "s3://acme/shelf/7"},
    "car": {
        "format": "onnx",
        "version": "1",
        "size": "1Mi",
        "source": f"oci://{IMAGE}",
        "credentialsSecret": "own",
    },
}
RAY = {"image": IMAGE, "rayVersion": "2.52.0", "head": {"resources": {"cpu": "1", "memory": "4Gi"}}}
SPEC: dict[str, Any] = {
    "storage": [{"class": "files", "accessModes": ["ReadWriteMany"], "default": True}],
    "serving": [
        {"name": "till", "namespace": "ai", "model": "shelf", "runtime": "ovms", "storage": {"type": "pvc"}},
        {"name": "gate", "namespace": "ai", "model": "car", "runtime": "ovms", "storage": {"type": "oci"}},
    ],
    "ray": {
        "clusters": [{"name": "tune", "namespace": "ai", **RAY}],
        "jobs": [{"name": "score", "namespace": "lab", "entrypoint": "python -m score", **RAY}],
    },
}


def cluster_of(*credentials: dict[str, Any]) -> Cluster:
    cluster, _, findings = build({"models": MODELS, "cluster": {**SPEC, "credentials": list(credentials)}})
    assert cluster is not None, findings
    return cluster


def named(cluster: Cluster) -> dict[str, set[tuple[str, ...]]]:
    """Kind and namespace -> lists of pull secrets in their pods."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for item in emit(cluster).manifests:
        for _, pod in pods(item):
            key = f"{item['metadata']['namespace']} {item['kind']}"
            listed = tuple(entry["name"] for entry in pod.get("imagePullSecrets", ()))
            found.setdefault(key, set()).add(listed)
    return found


QUAY = {"name": "quay", "type": "registry"}


def test_pods_of_all_namespaces_pull_with_it() -> None:
    assert named(cluster_of(QUAY)) == {
        "ai Job": {("quay",)},
        # KServe joins what a runtime and its server say.
        "ai ServingRuntime": {()},
        # A model's own pull secret comes first.
        "ai InferenceService": {("quay",), ("own", "quay")},
        "ai RayCluster": {("quay",)},
        "lab RayJob": {("quay",)},
    }


def test_pods_of_the_named_namespaces_pull_with_it() -> None:
    found = named(cluster_of({**QUAY, "namespaces": ["lab"]}, {"name": "second", **OTHER}))
    assert found["lab RayJob"] == {("quay", "second")}
    assert found["ai Job"] == {("second",)}


OTHER = {"type": "registry", "from": "existing"}


@pytest.mark.parametrize("more", [{"clusterWide": True}, {"type": "s3"}])
def test_what_is_for_nodes_or_no_registry_is_in_no_pod(more: dict[str, Any]) -> None:
    assert emit(cluster_of({**QUAY, **more})).manifests == emit(cluster_of()).manifests
    assert {names for lists in named(cluster_of({**QUAY, **more})).values() for names in lists} == {
        (),
        ("own",),
    }


def job(cluster: Cluster) -> Manifest:
    return next(item for item in emit(cluster).manifests if item["kind"] == "Job")


def test_a_job_that_cannot_be_changed_is_another_one() -> None:
    before, after = job(cluster_of()), job(cluster_of(QUAY))
    assert before["metadata"]["name"] != after["metadata"]["name"]
    for item in (before, after):
        assert item["metadata"]["name"] == f"shelf-load-{item['metadata']['labels'][CONTENT_HASH]}"
    # Its script is the one that is there.
    kept = [entry for entry in after["spec"]["template"]["spec"]["volumes"] if entry["name"] == "script"]
    assert kept == [
        entry for entry in before["spec"]["template"]["spec"]["volumes"] if entry["name"] == "script"
    ]


def test_a_ray_job_does_not_run_again() -> None:
    """Its name follows its own item of the spec: who else gets a pull secret starts no training."""
    names = [
        [item["metadata"]["name"] for item in emit(cluster).manifests if item["kind"] == "RayJob"]
        for cluster in (cluster_of(), cluster_of(QUAY))
    ]
    assert names[0] == names[1]


def test_service_accounts_stay_as_they_are() -> None:
    accounts = [
        [item for item in emit(cluster).manifests if item["kind"] == "ServiceAccount"]
        for cluster in (cluster_of(), cluster_of(QUAY))
    ]
    assert accounts[0]
    assert accounts[0] == accounts[1]


def test_a_unit_of_several_namespaces_says_what_each_pulls_with() -> None:
    def task(namespace: str) -> Manifest:
        pod = {"containers": [{"name": "c", "image": IMAGE}]}
        meta = {"name": "task", "namespace": namespace}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": meta,
            "spec": {"template": {"spec": pod}},
        }

    unit = whole(base_key("toy", "model", "x"), (), (task("ai"), task("lab")))
    lists = ({"ai": ("quay",)}, {"lab": ("quay",)}, {"ai": ("quay",), "lab": ("quay",)}, {"lab": ("ours",)})
    made = [pulling(unit, secrets) for secrets in lists]
    assert len({item.key for item in made} | {unit.key}) == 5
    assert all(item.common() == item.final for item in made)


def test_clusters_with_and_without_it_share_no_base_that_differs() -> None:
    bases: dict[str, Any] = {}
    for credentials in ((), (QUAY,), (QUAY, {"name": "second", **OTHER})):
        overlay, findings = overlay_if_sound(cluster_of(*credentials), bases)
        assert overlay is not None, findings
    pulling = [name for name in bases if "_pull+" in name]
    # Of two lists two bases each; namespaces and accounts have none of their own.
    assert len(pulling) == 2 * len({name.partition("_pull+")[0] for name in pulling}) > 4
    for name, base in bases.items():
        secrets = {
            entry["name"]
            for item in base.manifests
            for _, pod in pods(item)
            for entry in pod.get("imagePullSecrets", ())
        }
        assert ("quay" in secrets) == (name in pulling), name
