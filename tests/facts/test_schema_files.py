"""schemas/kinds/: which file judges a kind, and what the files accept and refuse."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from generator.facts.schema_files import (
    FOLDER,
    SchemaKind,
    known_kinds,
    kubeconform_locations,
    load_schema,
    schema_file,
    schema_path,
)
from tests.conftest import some

ROOT = Path(__file__).resolve().parents[2]
SOURCES = yaml.safe_load((ROOT / "schemas/sources.yaml").read_text("utf-8"))["sets"]
SETS = [entry["set"] for entry in SOURCES]
IMAGE = "quay.io/acme/ray@sha256:" + "1" * 64

CLUSTER_QUEUE = {
    "apiVersion": "kueue.x-k8s.io/v1beta2",
    "kind": "ClusterQueue",
    "metadata": {"name": "inference"},
    "spec": {
        "namespaceSelector": {},
        "cohortName": "store",
        "resourceGroups": [
            {
                "coveredResources": ["cpu"],
                "flavors": [{"name": "l4", "resources": [{"name": "cpu", "nominalQuota": "8"}]}],
            }
        ],
    },
}
RAY_CLUSTER = {
    "apiVersion": "ray.io/v1",
    "kind": "RayCluster",
    "metadata": {
        "name": "tune",
        "namespace": "ai-training",
        "labels": {"kueue.x-k8s.io/queue-name": "training"},
    },
    "spec": {
        "headGroupSpec": {
            "rayStartParams": {"num-cpus": "0"},
            "template": {"spec": {"containers": [{"name": "head", "image": IMAGE}]}},
        },
    },
}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "bike-rentals", "namespace": "ai-serving"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "bike-rentals"}},
        "template": {
            "metadata": {"labels": {"app": "bike-rentals"}},
            "spec": {
                "containers": [
                    {
                        "name": "model",
                        "image": IMAGE,
                        "ports": [{"containerPort": 8080}],
                        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}},
                        "readinessProbe": {"httpGet": {"path": "/v2/health/ready", "port": "http"}},
                    }
                ]
            },
        },
    },
}
APPLICATION_SET = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "ApplicationSet",
    "metadata": {"name": "edge-canary", "namespace": "openshift-gitops"},
    "spec": {
        "goTemplate": True,
        "generators": [
            {"clusterDecisionResource": {"configMapRef": "acm-placement", "requeueAfterSeconds": 180}}
        ],
        "template": {
            "metadata": {
                "name": "edge-{{.name}}",
                "annotations": {"argocd.argoproj.io/skip-reconcile": "true"},
            },
            "spec": {
                "project": "edge",
                "source": {"repoURL": "https://github.com/acme/edge-fleet.git", "path": "overlays/{{.name}}"},
                "destination": {"server": "https://kubernetes.default.svc"},
            },
        },
    },
}
KUSTOMIZATION = {
    "apiVersion": "kustomize.config.k8s.io/v1beta1",
    "kind": "Kustomization",
    "resources": ["../../base/runtimes/vllm", "namespace.yaml"],
    "images": [{"name": "quay.io/acme/vllm", "digest": "sha256:" + "2" * 64}],
    "patches": [{"target": {"kind": "Deployment", "name": "model"}, "patch": "- op: test\n"}],
}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}, "type": "Opaque"}
OBJECTS: list[dict[str, Any]] = [
    CLUSTER_QUEUE,
    RAY_CLUSTER,
    DEPLOYMENT,
    APPLICATION_SET,
    KUSTOMIZATION,
    SECRET,
]
USED = ["k8s-v1.33", "kueue-v0.16.6", "kuberay-v1.4.2", "kserve-v0.17.0", "argo-cd-v3.5.1", "handwritten"]


@pytest.mark.parametrize(
    ("api_version", "kind", "name"),
    [
        pytest.param("v1", "Namespace", "v1_namespace_v1.json", id="core"),
        pytest.param("apps/v1", "StatefulSet", "apps_statefulset_v1.json", id="built-in"),
        pytest.param("ray.io/v1", "RayCluster", "ray.io_raycluster_v1.json", id="custom"),
    ],
)
def test_a_kind_has_the_file_name_that_kubeconform_renders(api_version: str, kind: str, name: str) -> None:
    assert schema_file(api_version, kind) == name


def test_the_first_set_that_has_a_kind_decides(tmp_path: Path) -> None:
    for item in ("old", "new"):
        (tmp_path / FOLDER / item).mkdir(parents=True)
        (tmp_path / FOLDER / item / "ray.io_rayjob_v1.json").write_text("{}", "utf-8")
    (tmp_path / FOLDER / "new/ray.io_rayservice_v1.json").write_text("{}", "utf-8")
    job, service = (
        schema_path(tmp_path, ["old", "new"], "ray.io/v1", kind) for kind in ("RayJob", "RayService")
    )
    assert job == tmp_path / FOLDER / "old/ray.io_rayjob_v1.json"
    assert service == tmp_path / FOLDER / "new/ray.io_rayservice_v1.json"


@pytest.mark.parametrize(
    ("sets", "api_version", "kind"),
    [
        pytest.param(SETS, "ray.io/v1alpha1", "RayCluster", id="version not emitted"),
        pytest.param(SETS, "kubeflow.org/v1", "MPIJob", id="kind not emitted"),
        pytest.param(["kueue-v0.16.6"], "ray.io/v1", "RayCluster", id="set without it"),
        pytest.param([], "v1", "Namespace", id="no sets"),
    ],
)
def test_a_kind_without_schema_has_no_path(sets: list[str], api_version: str, kind: str) -> None:
    assert schema_path(ROOT, sets, api_version, kind) is None


def test_kubeconform_gets_one_template_per_set_in_order() -> None:
    assert kubeconform_locations(Path("/repo"), ["kueue-v0.16.6", "handwritten"]) == [
        "/repo/schemas/kinds/kueue-v0.16.6/{{.Group}}_{{.ResourceKind}}_{{.ResourceAPIVersion}}.json",
        "/repo/schemas/kinds/handwritten/{{.Group}}_{{.ResourceKind}}_{{.ResourceAPIVersion}}.json",
    ]


def test_known_kinds_are_those_that_sources_yaml_lists() -> None:
    listed = {SchemaKind(file["apiVersion"], file["kind"]) for entry in SOURCES for file in entry["files"]}
    assert known_kinds(ROOT, SETS) == listed
    assert SchemaKind("kueue.x-k8s.io/v1beta2", "ClusterQueue") in listed


@pytest.mark.parametrize("entry", SOURCES, ids=SETS)
def test_every_file_is_recorded_with_its_checksum(entry: dict[str, Any]) -> None:
    folder = ROOT / FOLDER / entry["set"]
    recorded = {file["file"]: file["sha256"] for file in entry["files"]}
    assert recorded == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert all(file["file"] == schema_file(file["apiVersion"], file["kind"]) for file in entry["files"])
    assert all("source" in file or entry["checksum"].startswith("h1:") for file in entry["files"])


def test_every_folder_is_a_recorded_set() -> None:
    assert sorted(path.name for path in (ROOT / FOLDER).iterdir()) == sorted(SETS)


@pytest.mark.parametrize("item", SETS)
def test_every_file_is_a_valid_closed_schema(item: str) -> None:
    for path in some(sorted((ROOT / FOLDER / item).iterdir())):
        schema = load_schema(path)
        Draft7Validator.check_schema(schema)
        assert schema["additionalProperties"] is False, path.name
        assert "status" not in schema["properties"], path.name
        assert {"apiVersion", "kind"} <= set(schema["required"]), path.name
        nodes = list(subschemas(schema))
        ruled = any("x-kubernetes-validations" in node for node in nodes)
        prose = {"description", "nullable", "example", "title", *(() if ruled else ("default",))}
        assert not [node for node in nodes if prose & node.keys()], path.name
        wanted = {node["$ref"].removeprefix("#/definitions/") for node in nodes if "$ref" in node}
        assert wanted == set(schema.get("definitions", {})), path.name
        for node in nodes:
            re.compile(node.get("pattern", ""))


def subschemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for key in ("properties", "definitions"):
        for part in schema.get(key, {}).values():
            yield from subschemas(part)
    for key in ("items", "additionalProperties", "propertyNames", "not"):
        if isinstance(schema.get(key), dict):
            yield from subschemas(schema[key])
    for key in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(key, ()):
            yield from subschemas(part)


@pytest.mark.parametrize("manifest", OBJECTS, ids=lambda manifest: manifest["kind"])
def test_what_controllers_accept_is_accepted(manifest: dict[str, Any]) -> None:
    assert complaints(manifest) == []


@pytest.mark.parametrize("manifest", OBJECTS, ids=lambda manifest: manifest["kind"])
@pytest.mark.parametrize("field", ["status", "sepc"])
def test_a_field_that_the_kind_does_not_have_is_refused(manifest: dict[str, Any], field: str) -> None:
    assert len(complaints({**manifest, field: {}})) == 1


@pytest.mark.parametrize(
    ("manifest", "path", "value", "at"),
    [
        pytest.param(CLUSTER_QUEUE, "spec.cohort", "store", "spec", id="a field of another version"),
        pytest.param(
            CLUSTER_QUEUE, "metadata.namespace", "x", "metadata", id="namespace on a cluster-scoped kind"
        ),
        pytest.param(CLUSTER_QUEUE, "metadata.generateName", "x-", "metadata", id="generateName"),
        pytest.param(
            CLUSTER_QUEUE, "apiVersion", "kueue.x-k8s.io/v1beta1", "apiVersion", id="another apiVersion"
        ),
        pytest.param(
            RAY_CLUSTER, "metadata.labels", {"a": "not a label!"}, "metadata.labels.a", id="label value"
        ),
        pytest.param(
            RAY_CLUSTER, "metadata.annotations", {"a b": "x"}, "metadata.annotations", id="annotation key"
        ),
        pytest.param(
            RAY_CLUSTER, "spec.headGroupSpec.rayStartParams.num-cpus", 0, "", id="number where text belongs"
        ),
        pytest.param(
            RAY_CLUSTER, "spec.headGroupSpec.template.spec.containers", [{"image": "x"}], "", id="no name"
        ),
        pytest.param(
            DEPLOYMENT, "metadata", {"name": "x"}, "metadata", id="no namespace on a namespaced kind"
        ),
        pytest.param(DEPLOYMENT, "spec.replicas", "1", "spec.replicas", id="text where a number belongs"),
        pytest.param(DEPLOYMENT, "spec.replicas", None, "spec.replicas", id="null"),
        pytest.param(
            DEPLOYMENT, "spec.template.spec.contaners", [], "spec.template.spec", id="deep unknown field"
        ),
        pytest.param(
            DEPLOYMENT,
            "spec.template.spec.overhead",
            {"cpu": "1 core"},
            "spec.template.spec.overhead.cpu",
            id="quantity",
        ),
        pytest.param(
            APPLICATION_SET, "spec.template.spec.destinations", [], "spec.template.spec", id="in a template"
        ),
        pytest.param(APPLICATION_SET, "spec.syncPolicy", {"applicationsSync": "all"}, "", id="enum"),
        pytest.param(KUSTOMIZATION, "namePrefix", "p-", "", id="a transformer that breaks our kinds"),
        pytest.param(
            KUSTOMIZATION, "resources", ["https://example.com/x"], "resources.0", id="remote resource"
        ),
        pytest.param(KUSTOMIZATION, "patches", [{"patch": "x"}], "patches.0", id="patch without target"),
        pytest.param(SECRET, "stringData", {"password": "x"}, "", id="a secret's value"),
    ],
)
def test_what_is_wrong_is_refused_where_it_stands(
    manifest: dict[str, Any], path: str, value: Any, at: str
) -> None:
    wrong = copy.deepcopy(manifest)
    *parents, last = path.split(".")
    target = wrong
    for name in parents:
        target = target[name]
    target[last] = value
    found = complaints(wrong, like=manifest)
    assert len(found) == 1
    assert found[0].startswith(at)


def complaints(manifest: dict[str, Any], like: dict[str, Any] | None = None) -> list[str]:
    """What the schema of `like` (of the manifest itself when not given) has against a manifest."""
    named = like or manifest
    path = schema_path(ROOT, USED, named["apiVersion"], named["kind"])
    assert path is not None
    errors = Draft7Validator(load_schema(path)).iter_errors(manifest)
    return [".".join(map(str, error.absolute_path)) + ": " + error.message for error in errors]
