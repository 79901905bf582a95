"""Credentials from the spec to the cluster: who needs which Secret, where it goes, and what the hub makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from generator import hub
from generator.components.credentials import Delivered, delivered, given, pull_secrets
from generator.components.credentials.uses import secret_uses
from generator.components.kit.component import Cluster
from generator.components.platform import chosen
from generator.fleet.fleet import Fleet
from generator.fleet.member import member_of
from generator.flow import incremental
from generator.objects.manifest import Manifest
from generator.rules.load import cluster_rules
from generator.specs.fleet import FleetSpec
from tests.conftest import FLEET, build
from tests.example import compiled, unpacked
from tests.strategies import IMAGE

MODELS = {
    "shelf": {
        "format": "onnx",
        "version": "7",
        "size": "180Mi",
        "source": "s3://acme/shelf/7",
        "credentialsSecret": "models",
    },
    "chat": {
        "format": "vLLM",
        "version": "1",
        "size": "5Gi",
        "source": "hf://acme/chat:main",
        "credentialsSecret": "hf",
    },
    "car": {
        "format": "onnx",
        "version": "1",
        "size": "1Mi",
        "source": f"oci://{IMAGE}",
        "credentialsSecret": "quay",
    },
    "file": {
        "format": "onnx",
        "version": "1",
        "size": "1Mi",
        "source": "https://models.example.com/m.onnx",
        "credentialsSecret": "headers",
    },
    "there": {
        "format": "onnx",
        "version": "1",
        "size": "1Mi",
        "source": "pvc://claim/m",
        "credentialsSecret": "none",
    },
}
TILL = {"name": "till", "namespace": "ai", "model": "shelf", "runtime": "ovms", "storage": {"type": "s3"}}


def cluster_of(spec: dict[str, Any], profile: str = "odh-3.4", **fleet: Any) -> Cluster:
    cluster, _, findings = build({"profile": profile, "models": MODELS, "cluster": spec, "fleet": fleet})
    assert cluster is not None, findings
    return cluster


@pytest.mark.parametrize(
    ("model", "storage", "found"),
    [
        ("shelf", "s3", [("ai", "models", "s3")]),
        ("shelf", "pvc", [("ai", "models", "s3")]),
        # It is filled in a namespace of KServe's own.
        ("shelf", "cache", [("kserve-localmodel-jobs", "models", "s3")]),
        ("chat", "pvc", [("ai", "hf", "huggingface")]),
        ("car", "oci", [("ai", "quay", "registry")]),
        ("file", "pvc", [("ai", "headers", "https")]),
        ("there", "pvc", []),
    ],
)
def test_a_model_needs_the_credential_of_its_source(
    model: str, storage: str, found: list[tuple[str, str, str]]
) -> None:
    item = {**TILL, "model": model, "storage": {"type": storage}}
    told = secret_uses(cluster_of({"serving": [item]}))
    assert [(use.namespace, use.name, use.wants) for use in told] == found


def test_every_section_that_names_a_secret_is_heard() -> None:
    ray = {"image": IMAGE, "rayVersion": "2.52.0", "head": {"resources": {"cpu": "1"}}}
    spec = {
        "serving": [{**TILL, "model": "there", "env": [{"name": "TOKEN", "secret": "api"}]}],
        "ray": {
            "clusters": [
                {
                    "name": "tune",
                    "namespace": "lab",
                    **ray,
                    "imagePullSecrets": ["quay"],
                    "gcsFaultTolerance": {
                        "redisAddress": "redis:6379",
                        "passwordSecret": "redis",  # a name
                        "passwordKey": "word",
                    },
                    "env": [{"name": "A", "secret": "b", "key": "c"}],
                }
            ]
        },
        "pipelines": [
            {
                "name": "p",
                "namespace": "pipes",
                "objectStorage": {"host": "s3", "bucket": "b", "secret": "bucket"},
            }
        ],
    }
    told = {(use.namespace, use.name, use.wants, use.key) for use in secret_uses(cluster_of(spec))}
    assert told == {
        ("ai", "api", "", "TOKEN"),
        ("lab", "quay", "registry", None),
        ("lab", "redis", "", "word"),
        ("lab", "b", "", "c"),
        ("pipes", "bucket", "s3", None),
    }


def brought(item: dict[str, Any], profile: str = "odh-3.4") -> list[Delivered]:
    return list(delivered(cluster_of({"serving": [TILL], "credentials": [item]}, profile)))


S3 = {"name": "models", "type": "s3"}
STORE = {"endpoint": "https://s3.acme.internal:9000", "region": "emea", "bucket": "acme", "verifySSL": False}


def test_a_secret_is_copied_where_it_is_used() -> None:
    [item] = brought(S3)
    assert (item.secret, item.namespaces, item.keys, item.form) == ("models", ("ai",), (), "odh")


def test_a_store_is_told_beside_the_keys() -> None:
    [item] = brought({**S3, "s3": STORE, "secret": "emea", "perCluster": True})
    assert (item.secret, item.per_cluster, item.form) == ("emea", True, "odh")
    # An LLMInferenceService reads these on Open Data Hub as well.
    assert ("serving.kserve.io/s3-endpoint", "s3.acme.internal:9000") in item.s3
    assert dict(item.keys) == {key: key for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    assert dict(item.plain) == {
        "AWS_DEFAULT_REGION": "emea",
        "AWS_S3_BUCKET": "acme",
        "AWS_S3_ENDPOINT": "https://s3.acme.internal:9000",
    }


def test_plain_kserve_finds_the_store_in_annotations() -> None:
    [item] = brought({**S3, "s3": STORE}, "upstream")
    assert item.form == "kserve"
    assert dict(item.s3) == {
        "serving.kserve.io/s3-endpoint": "s3.acme.internal:9000",
        "serving.kserve.io/s3-region": "emea",
        "serving.kserve.io/s3-usehttps": "1",
        "serving.kserve.io/s3-verifyssl": "0",
    }


@pytest.mark.parametrize("way", ["existing", "externalSecrets"])
def test_the_hub_brings_only_what_comes_from_it(way: str) -> None:
    assert brought({**S3, "from": way}) == []


def test_nothing_is_brought_that_nothing_uses() -> None:
    assert brought({"name": "other", "type": "opaque"}) == []
    [nodes] = brought({"name": "mirror", "type": "registry", "clusterWide": True})
    assert nodes.namespaces == ()


def test_what_is_given_is_what_verify_believes() -> None:
    spec = {"serving": [TILL], "credentials": [S3, {"name": "pull", "type": "registry", "from": "existing"}]}
    cluster = cluster_of(spec)
    assert given(cluster) == {("ai", "models"), ("ai", "pull")}
    assert pull_secrets(cluster) == {"ai": ("pull",)}


def test_external_secrets_bring_their_operator() -> None:
    item = {**S3, "from": "externalSecrets", "externalSecret": {"store": "vault", "key": "k"}}
    named = [name for name, _ in chosen(cluster_of({"serving": [TILL], "credentials": [item]}))]
    assert "external-secrets" in named
    assert "external-secrets" not in [name for name, _ in chosen(cluster_of({"serving": [TILL]}))]


def said(code: str, cluster: Cluster) -> list[str]:
    [rule] = [item for item in cluster_rules() if item.code == code]
    assert rule.check is not None
    return [problem.message for problem in rule.check(cluster)]


@pytest.mark.parametrize(
    ("fleet", "item", "number"),
    [
        pytest.param({}, S3, 0, id="pull"),
        pytest.param({"delivery": {"model": "standalone"}}, S3, 1, id="no hub"),
        pytest.param(
            {"delivery": {"model": "standalone"}}, {**S3, "from": "existing"}, 0, id="no hub needed"
        ),
        pytest.param(
            {"hub": {"cluster": "edge-1", "flavor": "ocm", "version": "1.3"}}, S3, 1, id="an ocm hub"
        ),
        pytest.param({"hub": {"cluster": "edge-1"}}, S3, 0, id="an acm hub"),
    ],
)
def test_the_hub_reaches_the_cluster(fleet: dict[str, Any], item: dict[str, Any], number: int) -> None:
    assert len(said("CRED007", cluster_of({"serving": [TILL], "credentials": [item]}, **fleet))) == number


@pytest.mark.parametrize(("length", "number"), [(246, 0), (247, 1)])
def test_the_secret_of_a_cluster_has_a_name_that_fits(length: int, number: int) -> None:
    item = {**S3, "perCluster": True, "secret": "a" * length}
    assert len(said("CRED006", cluster_of({"serving": [TILL], "credentials": [item]}))) == number


def policies(profile: str, version: str) -> list[Manifest]:
    cluster = cluster_of({"serving": [TILL], "credentials": [S3], "ring": "canary"})
    wanted = {"cluster": "hub", "flavor": profile, "version": version}
    spec = FleetSpec.model_validate({**FLEET, "hub": wanted})
    core, _, _ = build({"cluster": {}})
    assert core is not None
    edge = member_of(cluster)
    own = member_of(core).__class__("hub", "", "core", None, {}, (), "odh-3.4", openshift=True)
    return list(hub.emit(Fleet("acme", spec, (edge, own)))["credentials.yaml"])


@pytest.mark.parametrize(
    ("flavor", "version", "reader"), [("acm", "2.12", False), ("acm", "2.13", True), ("ocm", "1.3", True)]
)
def test_templates_are_read_by_an_account_where_the_release_has_it(
    flavor: str, version: str, *, reader: bool
) -> None:
    items = policies(flavor, version)
    assert [item["kind"] for item in items if item["kind"] in {"Role", "ServiceAccount"}] == (
        ["ServiceAccount", "Role"] if reader else []
    )
    [policy] = [item for item in items if item["kind"] == "Policy"]
    assert ("hubTemplateOptions" in policy["spec"]) == reader


def test_an_earlier_run_remembers_credentials(tmp_path: Any) -> None:
    """What is remembered of a cluster gives the hub the same Policies as the cluster itself."""
    root = unpacked(tmp_path)
    first = incremental.check(root)
    again = incremental.check(root)
    assert first.fleet is not None
    assert again.fleet is not None
    assert again.fleet == first.fleet
    assert any(member.credentials for member in first.fleet.members)
    assert hub.emit(again.fleet) == hub.emit(first.fleet)


def test_clusters_alike_share_a_policy() -> None:
    rendered = compiled()
    assert rendered.fleet is not None
    marks = {
        member.credentials: {key for key in labels if key.startswith("credential.")}
        for member, labels in (
            (member, item["metadata"]["labels"])
            for item in hub.emit(rendered.fleet)["managedclusters.yaml"]
            for member in rendered.fleet.members
            if member.name == item["metadata"]["name"]
        )
    }
    assert len(marks) > 2
    assert all(len(credentials) == len(keys) for credentials, keys in marks.items())
