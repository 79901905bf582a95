"""What edits of queues do to what is admitted, and to what waits: told from the objects of two specs."""

from __future__ import annotations

from typing import Any

import pytest

from generator.components.kueue import KUEUE
from generator.objects.manifest import Manifest
from generator.plan.changes import object_changes
from generator.plan.effects import consequences
from tests.conftest import build

CHECKS = [{"name": "budget", "controllerName": "example.com/budget"}]
FLAVORS = [{"name": "a"}, {"name": "b"}]
QUEUE = {"name": "work", "namespace": "lab", "quota": {"a": {"cpu": "8"}, "b": {"cpu": "8"}}}


def objects(said: dict[str, Any]) -> tuple[Manifest, ...]:
    kueue = {"flavors": FLAVORS, "cohort": "site", "admissionChecks": CHECKS, "queues": [{**QUEUE, **said}]}
    cluster, _, findings = build({"cluster": {"kueue": kueue}})
    assert cluster is not None, findings
    return tuple(manifest for unit in KUEUE.units(cluster) for manifest in unit.final)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, []),
        ({}, {"stopPolicy": "Hold"}, ["later: nothing more is admitted; what runs goes on"]),
        (
            {"stopPolicy": "Hold"},
            {"stopPolicy": "HoldAndDrain"},
            ["downtime: Kueue stops everything that runs in it, and admits nothing"],
        ),
        ({"stopPolicy": "HoldAndDrain"}, {}, ["later: it admits again what waits"]),
        (
            {"preemption": {"withinClusterQueue": "LowerPriority"}},
            {
                "preemption": {
                    "withinClusterQueue": "LowerPriority",
                    "reclaimWithinCohort": "Any",
                    "borrowWithinCohort": {"policy": "LowerPriority"},
                }
            },
            ["later: who waits may now stop what runs (borrowWithinCohort LowerPriority, reclaimWithinCohort Any)"],
        ),
        ({"preemption": {"reclaimWithinCohort": "Any"}}, {}, []),
        (
            {},
            {"flavorFungibility": {"whenCanBorrow": "TryNextFlavor"}},
            ["later: what is admitted keeps its flavor; what comes next looks for one in another way"],
        ),
        (
            {},
            {"admissionChecks": [{"name": "budget"}]},
            ["later: what runs goes on, and budget is asked for it as well: what it rejects is stopped"],
        ),
        (
            {"localQueue": "work"},
            {"name": "other", "localQueue": "work"},
            ["re-create: spec.clusterQueue cannot be changed: the sync fails until it is deleted and made again"],
        ),
    ],
)  # fmt: skip
def test_effects(before: dict[str, Any], after: dict[str, Any], told: list[str]) -> None:
    was, is_now = objects(before), objects(after)
    found = consequences(object_changes(was, is_now), is_now)
    assert [f"{item.effect}: {item.text}" for item in found] == told
