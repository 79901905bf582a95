"""What edits of servers do to what runs: told from the objects of two specs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from generator.components.ray import RAY
from generator.components.serving import SERVING
from generator.objects.manifest import Manifest
from generator.plan.changes import object_changes
from generator.plan.effects import consequences
from tests.conftest import build

MODELS = {
    "flan": {
        "format": "caikit",
        "version": "3",
        "size": "320Mi",
        "source": "oci://quay.io/acme/flan@sha256:" + "1" * 64,
    }
}
SERVER: dict[str, Any] = {
    "name": "assistant",
    "namespace": "lab",
    "model": "flan",
    "runtime": "caikit-tgis",
    "storage": {"type": "pvc"},
}
STORAGE = [{"class": "cephfs", "accessModes": ["ReadWriteMany"], "default": True}]
JOB: dict[str, Any] = {
    "name": "train",
    "namespace": "lab",
    "image": "quay.io/acme/ray@sha256:" + "2" * 64,
    "rayVersion": "2.52.0",
    "head": {"resources": {"cpu": "2", "memory": "4Gi"}},
    "entrypoint": "python -m train",
}


def objects(server: dict[str, Any], job: dict[str, Any], profile: str) -> tuple[Manifest, ...]:
    jobs = [{**copy.deepcopy(JOB), **job}]
    spec = {"storage": STORAGE, "ray": {"jobs": jobs}, "serving": [{**copy.deepcopy(SERVER), **server}]}
    cluster, _, findings = build({"profile": profile, "models": MODELS, "cluster": spec})
    assert cluster is not None, findings
    return tuple(item for part in (RAY, SERVING) for unit in part.units(cluster) for item in unit.final)


def effects(
    before: tuple[dict[str, Any], dict[str, Any]], after: tuple[dict[str, Any], dict[str, Any]], profile: str
) -> list[str]:
    was, is_now = objects(*before, profile), objects(*after, profile)
    found = consequences(object_changes(was, is_now), is_now)
    return [f"{item.effect}: {item.text}" for item in found if item.identity.kind == "InferenceService"]


WAVE = "restart: its pods start again: KServe copies its sync wave into them"
AGAIN = "restart: its pods start again with what changed"


@pytest.mark.parametrize("profile", ["upstream", "odh-3.4"])
def test_a_server_that_follows_a_job_starts_again_with_its_new_wave(profile: str) -> None:
    assert effects(({}, {}), ({}, {"produces": "flan"}), profile)[-1] == WAVE


@pytest.mark.parametrize(
    ("server", "profile", "told"),
    [
        ({"timeout": "10m"}, "upstream", False),
        ({"timeout": "10m"}, "odh-3.4", False),
        # The Route's timeout is an annotation, and annotations reach the pods.
        ({"timeout": "10m", "exposed": True}, "odh-3.4", True),
        ({"timeout": "10m", "exposed": True}, "upstream", False),
        ({"replicas": {"min": 1, "max": 2}, "topologySpreadConstraints": []}, "odh-3.4", False),
        # Of two pods on each says how they are spread.
        ({"replicas": {"min": 1, "max": 2}}, "odh-3.4", True),
        ({"minAvailable": 0}, "odh-3.4", False),
        ({"labels": {"team": "stores"}}, "odh-3.4", True),
        ({"podPriorityClassName": "system-node-critical"}, "odh-3.4", True),
        ({"resources": {"cpu": "2", "memory": "8Gi"}}, "odh-3.4", True),
        ({"env": [{"name": "A", "value": "1"}]}, "odh-3.4", True),
    ],
)
def test_what_reaches_the_pods(server: dict[str, Any], profile: str, told: bool) -> None:  # noqa: FBT001
    exposed = {"exposed": server["exposed"]} if "exposed" in server else {}
    assert (AGAIN in effects((exposed, {}), (server, {}), profile)) is told


def test_env_in_another_order_is_another_pod_template() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert AGAIN in effects(({"env": env}, {}), ({"env": env[::-1]}, {}), "odh-3.4")
