"""Verdicts beside what real Kueue decided, replayed from recordings: none of Kueue's rules is written down here."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import pytest
import yaml

from generator.admission import Decision, verdicts
from generator.components.kit.component import Cluster
from tests.conftest import build
from tests.live.kueue_cases import COUNT, case

RECORDED = File(__file__).parents[1] / "live/recorded"
PROBES = sorted(RECORDED.glob("kueue-*/*.yaml"))
SEEDS = File(__file__).parents[1] / "data/kueue_seeds.yaml"


def cluster_of(described: dict[str, Any]) -> Cluster:
    cluster, _, findings = build(described)
    assert cluster is not None, findings
    return cluster


def said(cluster: Cluster) -> dict[str, str]:
    """What we say of each workload; one that runs in some orders only is told so by ADMIT003, and is IF-IDLE for Kueue."""
    return {
        f"{item.kind} {item.namespace}/{item.name}": str(Decision.IF_IDLE if item.late else item.decision)
        for item in verdicts(cluster)
    }


@pytest.mark.parametrize("file", PROBES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_probe_is_decided_as_kueue_did(file: File) -> None:
    recorded = yaml.safe_load(file.read_text("utf-8"))
    decided = {key: item["decision"] for key, item in recorded["said"]["workloads"].items()}
    assert said(cluster_of(recorded["input"])) == decided


def test_every_kind_of_disagreement_has_a_probe() -> None:
    assert {path.stem[:2] for path in PROBES} >= {"k1", "k2", "k3", "k5", "k6"}


LETTERS = {Decision.ADMIT: "A", Decision.IF_IDLE: "I", Decision.NEVER: "N"}


def test_cases_by_number_are_decided_as_kueue_did() -> None:
    recorded = yaml.safe_load(SEEDS.read_text("utf-8"))["decisions"]
    assert len(recorded) <= COUNT
    ours = {
        seed: "".join(LETTERS[Decision(word)] for word in said(cluster_of(case(seed))).values())
        for seed in recorded
    }
    assert {
        seed: (letters, recorded[seed]) for seed, letters in ours.items() if letters != recorded[seed]
    } == {}
    assert {letter for letters in recorded.values() for letter in letters} == set("AIN")
