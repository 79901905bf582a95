"""What generator/data/coverage.yaml calls impossible of RayServices and AppWrappers."""

from __future__ import annotations

from generator.components.ray.spec import RayService
from generator.hub.kit.edge import KINDS, WRITE
from generator.objects.manifest import content_hash
from tests.construction import every, refuses

SERVICE = {
    "name": "a",
    "namespace": "a",
    "image": "quay.io/acme/ray@sha256:" + "1" * 64,
    "rayVersion": "2.52.0",
    "head": {"resources": {}},
    "serveConfigV2": "applications: []",
}


def test_upgrade_strategies_are_those_of_kuberay() -> None:
    words = ("NewCluster", "None", "NewClusterWithIncrementalUpgrade", "newcluster", "")
    assert [refuses(RayService, {**SERVICE, "upgradeStrategy": word}) for word in words] == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert refuses(RayService, {**SERVICE, "rayClusterDeletionDelaySeconds": -1})
    assert {item["spec"]["upgradeStrategy"]["type"] for _, item in every("RayService")} <= set(words[:2])


def test_app_wrappers_hold_one_ray_object() -> None:
    for cluster, item in every("AppWrapper"):
        (component,) = item["spec"]["components"]
        assert component.keys() == {"template"}
        inside = component["template"]
        assert (inside["apiVersion"], inside["kind"]) in {
            ("ray.io/v1", "RayCluster"),
            ("ray.io/v1", "RayJob"),
        }
        assert inside["metadata"]["name"] == item["metadata"]["name"]
        assert inside["metadata"]["namespace"] == item["metadata"]["namespace"]
        queue = "kueue.x-k8s.io/queue-name"
        assert queue in item["metadata"]["labels"]
        assert (queue in inside["metadata"]["labels"]) == cluster.profile.kueue.queueRequired


def test_wrapped_content_is_in_the_name() -> None:
    for _, item in every("AppWrapper"):
        inside = item["spec"]["components"][0]["template"]
        bare = {**inside, "metadata": {**inside["metadata"], "name": ""}}
        assert item["metadata"]["name"].endswith(f"-{content_hash(bare)}")


def test_argo_cd_may_make_what_is_wrapped() -> None:
    allowed = {(kind.group, kind.kind) for kind in KINDS}
    assert "create" in WRITE
    for _, item in every("AppWrapper"):
        inside = item["spec"]["components"][0]["template"]
        assert (inside["apiVersion"].partition("/")[0], inside["kind"]) in allowed
