"""What edits of Ray objects do to what runs: told from the objects of two specs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from generator.components.ray import RAY
from generator.objects.manifest import Manifest
from generator.plan.changes import object_changes
from generator.plan.effects import consequences
from tests.conftest import build

IMAGE = "quay.io/acme/ray@sha256:" + "2" * 64
PODS: dict[str, Any] = {
    "namespace": "lab",
    "image": IMAGE,
    "rayVersion": "2.52.0",
    "head": {"resources": {"cpu": "2", "memory": "8Gi"}},
    "workers": [{"name": "small", "replicas": 2, "resources": {"cpu": "2", "memory": "4Gi"}}],
}
SERVE = {"applications": [{"name": "a", "import_path": "acme.a:app"}]}
QUEUE = {
    "flavors": [{"name": "cpu"}],
    "queues": [{"name": "work", "namespace": "lab", "quota": {"cpu": {"cpu": "64", "memory": "256Gi"}}}],
}
MORE = {"workers": [{**PODS["workers"][0], "replicas": 3}]}
LARGER = {"head": {"resources": {"cpu": "2", "memory": "16Gi"}}}


def objects(key: str, item: dict[str, Any], profile: str) -> tuple[Manifest, ...]:
    needs: dict[str, dict[str, Any]] = {
        "jobs": {"entrypoint": "python x.py"},
        "services": {"serveConfigV2": SERVE},
    }
    own = needs.get(key, {})
    section = {key: [{"name": "one", **copy.deepcopy(PODS), **own, **item}]}
    cluster, _, findings = build({"profile": profile, "cluster": {"kueue": QUEUE, "ray": section}})
    assert cluster is not None, findings
    return tuple(manifest for unit in RAY.units(cluster) for manifest in unit.final)


def effects(key: str, before: dict[str, Any], after: dict[str, Any], profile: str = "odh-3.5") -> list[str]:
    was, is_now = objects(key, before, profile), objects(key, {**before, **after}, profile)
    found = consequences(object_changes(was, is_now), is_now)
    return [f"{item.effect}: {item.identity.kind}: {item.text}"[:72].rstrip() for item in found]


QUEUED = {"queue": "work"}
NEW_CLUSTER = "restart: RayService: a second cluster is made and takes over once it serv"
STOPPED = "downtime: RayCluster: in its queue it is another workload now: Kueue sto"


@pytest.mark.parametrize(
    ("key", "before", "after", "told"),
    [
        ("clusters", {}, MORE, []),
        ("clusters", {}, LARGER, ["later: RayCluster: pods that run keep the old template: delete the RayCl"]),
        ("clusters", QUEUED, MORE, [STOPPED]),
        ("clusters", QUEUED, LARGER, [STOPPED]),
        ("clusters", {**QUEUED, "elastic": True}, MORE, []),
        ("clusters", {**QUEUED, "elastic": True}, LARGER, [STOPPED]),
        ("services", {}, MORE, ["later: RayService: KubeRay does not change the size of a cluster that se"]),
        ("services", {}, LARGER, [NEW_CLUSTER[:72]]),
        ("services", {"upgradeStrategy": "None"}, LARGER, ["later: RayService: upgradeStrategy None: pods that run stay as they are"]),
        ("services", QUEUED, LARGER, ["downtime: RayService: where Kueue admits RayServices (0.18 on): in its q", NEW_CLUSTER[:72]]),
        (
            "services",
            {},
            {"serveConfigV2": {"applications": [{"name": "b", "import_path": "acme.b:app"}]}},
            ["restart: RayService: its applications are deployed anew: replicas of wha"],
        ),
    ],
    ids=str,
)  # fmt: skip
def test_an_edit_says_what_it_does(
    key: str, before: dict[str, Any], after: dict[str, Any], told: list[str]
) -> None:
    assert effects(key, before, after) == told


def test_what_is_elastic_stays_so() -> None:
    first, *_ = effects("clusters", QUEUED, {"elastic": True})
    assert first.startswith("re-create: RayCluster: metadata.annotations")


@pytest.mark.parametrize(
    ("key", "effect"), [("clusters", "downtime: AppWrapper"), ("jobs", "runs again: AppWrapper")]
)
def test_an_edit_of_what_is_wrapped_is_a_new_wrapper(key: str, effect: str) -> None:
    (found,) = effects(key, {**QUEUED, "appWrapper": {}}, LARGER, "odh-2.35")
    assert found.startswith(f"{effect}: its content changed")


def test_how_a_wrapper_is_looked_after_changes_in_place() -> None:
    before = {**QUEUED, "appWrapper": {"retryLimit": 1}}
    assert effects("clusters", before, {"appWrapper": {"retryLimit": 2}}, "odh-2.35") == []


@pytest.mark.parametrize(("said", "told"), [(QUEUED, True), ({}, False)], ids=["queued", "not"])
def test_what_argo_cd_does_not_compare_is_told_as_late(said: dict[str, Any], told: bool) -> None:  # noqa: FBT001
    worker = {**PODS["workers"][0], "nodeSelector": {"disk": "fast"}}
    found = effects("clusters", said, {"workers": [worker]})
    assert [text.startswith("later: RayCluster: Argo CD does not compare") for text in found] == [told]
    # With more beside it the commit reaches the cluster, and all of it.
    more = effects("clusters", said, {"workers": [worker], **LARGER})
    assert not any("Argo CD does not compare" in text for text in more)


def test_the_number_of_an_autoscaled_cluster_arrives_late() -> None:
    bounds = {"minReplicas": 1, "maxReplicas": 4}
    before, after = ({"workers": [{**PODS["workers"][0], **bounds, "replicas": number}]} for number in (2, 3))
    (found,) = effects("clusters", {"autoscaling": {}, **before}, after)
    assert found.startswith("later: RayCluster: Argo CD does not compare")
