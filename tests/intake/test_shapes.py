"""What people have, imported whole: nothing differs without a name, and nothing is lost in silence."""

from __future__ import annotations

import pytest

from generator.findings.finding import Severity, has_errors
from generator.intake.account import Fate, leaves
from generator.intake.compare import Verdict
from generator.intake.flow import Result
from generator.yaml.strict import read_text

from .conftest import DIGEST, SHAPES, imported

BUCKET = (("buckets", (("aws-connection-models", "acme-models"),)),)
ANSWERS = {
    "edge": (),
    "accelerator": (),
    "plain": (("buckets", (("aws-connection-models", "acme-models"),)),),
    "sdk": (("digests", (("quay.io/acme/ray:2.52.0-py311", DIGEST),)),),
}
"""Shape -> what the command line says of it."""


def shape_of(name: str) -> Result:
    """A shape with its answers, imported once."""
    return imported(name, ANSWERS[name])


def spec(result: Result, file: str) -> dict:  # type: ignore[type-arg]
    """The spec of one file that was written."""
    data, faults = read_text(result.texts[f"clusters/{file}.yaml"])
    assert faults == ()
    return data["spec"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("shape", ANSWERS)
def test_no_difference_is_without_a_name(shape: str) -> None:
    result = shape_of(shape)
    assert result.rendered
    assert not has_errors(result.findings)
    assert result.count(Verdict.DIFFERS) == 0
    for item in result.every:
        assert all(judged.entry.said or judged.entry.why for judged in item.judged)
        assert all(added.why for added in item.added)


@pytest.mark.parametrize("shape", ANSWERS)
def test_every_leaf_of_every_object_has_a_fate(shape: str) -> None:
    for item in shape_of(shape).every:
        told = [entry.path for entry in item.account.entries]
        for path, _ in leaves(item.account.source.manifest):
            above = [one for one in told if path[: len(one)] == one]
            identity = path[:1] in {("apiVersion",), ("kind",)} or path in {
                ("metadata", "name"),
                ("metadata", "namespace"),
            }
            assert len(above) == (0 if identity else 1), (item.account.source.identity, path)


def test_the_edge_shape_gives_its_two_applications() -> None:
    result = shape_of("edge")
    group = spec(result, "groups/shops")
    assert [(item["name"], item["namespace"], item["model"]) for item in group["serving"]] == [
        ("bike-rentals-server", "bike-rentals-app", "bike-rentals-auto-ml"),
        ("tensorflow-housing-server", "tensorflow-housing-app", "tensorflow-housing"),
    ]
    for item in group["serving"]:
        assert (item["kind"], item["runtime"]) == ("Deployment", "custom")
        assert item["service"] == {"name": item["name"], "port": 8080}
        assert item["storage"] == {"type": "image"}
        assert item["readinessPath"] == f"/v2/models/{item['model']}/ready"
        assert (item["port"], item["metricsPort"], item["exposed"]) == (8080, 8082, True)
        assert (item["resources"], item["requests"]) == ({"cpu": "1500m", "memory": "1Gi"}, {"cpu": "500m"})
        assert item["replicas"] == {"min": 2, "max": 2}
    sources = {
        name: spec(result, f"models/{name}")["source"]
        for name in ("bike-rentals-auto-ml", "tensorflow-housing")
    }
    assert sources == {
        "bike-rentals-auto-ml": f"image://quay.io/acme/bike-rentals-auto-ml@sha256:{'a' * 64}",
        "tensorflow-housing": f"image://quay.io/acme/tensorflow-housing@sha256:{'b' * 64}",
    }
    fleet = spec(result, "fleet")
    assert fleet["repository"] == {"url": "https://github.com/acme/edge-apps.git"}
    assert fleet["hub"]["clusterSet"] == "shops"


def test_what_the_edge_shape_loses_is_told_with_its_reason() -> None:
    lost = {
        str(item.account.source.identity): {judged.entry.why for judged in item.judged}
        for item in shape_of("edge").every
        if {judged.verdict for judged in item.judged} == {Verdict.LOST}
    }
    assert sorted(name.partition(" ")[0] for name in lost) == ["ConfigMap", "ConfigMap", "CronJob", "CronJob"]
    assert all("extraApps" in why for reasons in lost.values() for why in reasons)


def test_findings_and_fields_stand_at_the_manifest() -> None:
    item = next(item for item in shape_of("edge").every if item.account.source.kind == "Deployment")
    source = item.account.source
    assert source.file == "base/deployment.yaml"
    path = ("spec", "template", "spec", "containers", 0, "imagePullPolicy")
    assert source.text.split("\n")[source.where(path).line - 1].strip() == "imagePullPolicy: IfNotPresent"


def test_clusters_of_a_set_have_the_names_that_the_command_says() -> None:
    result = imported("edge", (), "shop-001", "shop-002")
    assert {file for file in result.texts if "/near-edge/" in file} == {
        "clusters/near-edge/shop-001.yaml",
        "clusters/near-edge/shop-002.yaml",
    }
    assert spec(result, "near-edge/shop-002") == {"groups": ["shops"]}
    assert not any(one.said.startswith("clusters of") for one in result.assumed)


def test_clusters_share_what_is_the_same_and_keep_what_differs() -> None:
    result = shape_of("accelerator")
    shared = spec(result, "groups/shared")
    assert shared["platform"] == "rhoai-3.4"
    assert shared["operators"] == ["tempo"]
    assert shared["serving"][0]["resources"] == {"cpu": "2"}
    memory = {
        name: spec(result, f"near-edge/{name}")["serving"][0]["resources"] for name in ("paris", "rome")
    }
    assert memory == {"paris": {"memory": "4Gi"}, "rome": {"memory": "8Gi"}}


def test_an_image_without_a_digest_leaves_the_object_out_and_says_where() -> None:
    result = imported("sdk")
    found = next(item for item in result.findings if item.severity is Severity.ERROR)
    assert (found.code, found.where.file) == ("IMPORT004", "cluster.yaml")
    lines = (SHAPES / "sdk/cluster.yaml").read_text("utf-8").split("\n")
    assert lines[found.where.line - 1].strip() == "image: quay.io/acme/ray:2.52.0-py311"
    assert "--digest quay.io/acme/ray:2.52.0-py311=" in found.hint
    ray = next(item for item in result.every if item.account.source.kind == "RayCluster")
    assert {judged.entry.fate for judged in ray.judged} == {Fate.LOST}


def test_the_sdk_cluster_is_said_in_full() -> None:
    ray = spec(shape_of("sdk"), "near-edge/sdk")["ray"]["clusters"][0]
    assert ray["image"] == f"quay.io/acme/ray@{DIGEST}"
    assert ray["queue"] == "team"
    assert ray["imagePullSecrets"] == ["acme-pull"]
    assert ray["head"] == {
        "numCpus": 2,
        "resources": {"cpu": "2", "memory": "8G"},
        "requests": {"cpu": "1"},
        "env": [{"name": "RAY_USAGE_STATS_ENABLED", "value": "0"}],
    }
    assert [worker["replicas"] for worker in ray["workers"]] == [2]


def test_a_rendered_tree_of_nearedge_comes_back_equal(shared_tree: Result) -> None:
    assert shared_tree.rendered
    assert shared_tree.count(Verdict.DIFFERS) == 0
    assert shared_tree.count(Verdict.EQUAL) > 50
