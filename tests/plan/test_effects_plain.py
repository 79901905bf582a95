"""What edits of servers without KServe do: to their pods, and to whoever asks them by their Service."""

from __future__ import annotations

from typing import Any

import pytest

from generator.components.serving import SERVING
from generator.objects.manifest import Manifest
from generator.plan.changes import object_changes
from generator.plan.effects import consequences, started_again
from tests.conftest import build

MODEL = {
    "format": "sklearn",
    "version": "1",
    "size": "1Mi",
    "source": "image://quay.io/acme/bikes@sha256:" + "1" * 64,
}
SERVER: dict[str, Any] = {
    "name": "bikes",
    "namespace": "shop",
    "kind": "Deployment",
    "model": "bikes",
    "runtime": "custom",
    "port": 8080,
    "storage": {"type": "image"},
}


def objects(**said: Any) -> tuple[Manifest, ...]:
    server = {key: value for key, value in {**SERVER, **said}.items() if value is not None}
    cluster, _, findings = build(
        {"profile": "odh-3.4", "models": {"bikes": MODEL}, "cluster": {"serving": [server]}}
    )
    assert cluster is not None, findings
    return tuple(item for unit in SERVING.units(cluster) for item in unit.final)


def effects(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    was, is_now = objects(**before), objects(**after)
    return [f"{item.effect}: {item.text}" for item in consequences(object_changes(was, is_now), is_now)]


AGAIN = "restart: its pods start again with what changed"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {"env": [{"name": "A", "value": "1"}]}, [AGAIN]),
        ({}, {"replicas": {"min": 2, "max": 2}, "topologySpreadConstraints": []}, []),
        ({}, {"replicas": {"min": 1, "max": 2}, "topologySpreadConstraints": []}, []),
        (
            {"deploymentStrategy": "Recreate"},
            {"deploymentStrategy": "Recreate", "env": [{"name": "A", "value": "1"}]},
            ["downtime: strategy Recreate: nothing answers until the new pods are ready", AGAIN],
        ),
        (
            {},
            {"service": {"name": "bike-app"}},
            [
                "downtime: callers that ask for bikes in shop find nobody, until they ask for bike-app, port 8080"
            ],
        ),
        (
            {},
            {"service": {"port": 80}},
            ["downtime: callers on port 8080 find nobody there, until they ask on port 80"],
        ),
        (
            {"queue": "a"},
            {"queue": "b"},
            [
                "re-create: its queue cannot change while it is ready: scale it to 0 first, or give it a new name",
                AGAIN,
            ],
        ),
        (
            {"kind": None},
            {},
            [
                "downtime: callers that ask for bikes-predictor in shop find nobody, until they ask for bikes, port 8080"
            ],
        ),
        (
            {},
            {"kind": None},
            ["downtime: callers that ask for bikes in shop find nobody, until they ask for bikes-predictor"],
        ),
    ],
)
def test_what_an_edit_does(before: dict[str, Any], after: dict[str, Any], said: list[str]) -> None:
    assert effects(before, after) == said


def test_a_server_that_goes_takes_its_address_along() -> None:
    was = objects()
    assert consequences(object_changes(was, ()), ()) == ()


def test_a_restart_is_that_of_the_server_of_the_spec() -> None:
    was, is_now = objects(), objects(args=["--fast"])
    assert started_again(consequences(object_changes(was, is_now), is_now)) == {("shop", "bikes")}
