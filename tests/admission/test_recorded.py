"""Verdicts beside what real Kueue decided of cases by number: none of Kueue's rules is written down here."""

from __future__ import annotations

from pathlib import Path as File

import pytest
import yaml

from generator.admission import Decision, verdicts
from generator.admission.scheduling import orders
from tests.conftest import build
from tests.live.kueue_cases import COUNT, Case, case, worded
from tests.live.recording import replayed

SEEDS = File(__file__).parents[1] / "data/kueue_seeds.yaml"
WORDS = File(__file__).parents[1] / "data/kueue_words.yaml"
OTHERWISE = {13: ("AAAIA", "AAAII")}
"""Cases of WORDS of which Kueue says something else, by number: ours and Kueue's.

13: who was stopped is tried in the same cycle as the one that it was stopped for, finds the quota taken, and does not look
at its first flavors again (docs/admission.md, what is assumed).
"""
LETTERS = {Decision.ADMIT: "A", Decision.IF_IDLE: "I", Decision.NEVER: "N"}


def said(made: Case) -> str:
    """A letter for each workload; one that runs in some orders only has that told by ADMIT003, and is IF-IDLE for Kueue."""
    cluster, _, findings = build(made)
    assert cluster is not None, findings
    found = (Decision.IF_IDLE if item.late else item.decision for item in verdicts(cluster))
    return "".join(LETTERS[decision] for decision in found)


def test_cases_by_number_are_decided_as_kueue_did(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of five workloads Kueue was shown the orders in which each is first and last, and no others.
    monkeypatch.setattr(orders, "ALL_ORDERS", 4)
    monkeypatch.setattr(orders, "EACH_PAIR", 4)
    recorded = yaml.safe_load(SEEDS.read_text("utf-8"))["decisions"]
    assert len(recorded) <= COUNT
    ours = {seed: said(case(seed)) for seed in recorded}
    assert {seed: (ours[seed], seen) for seed, seen in recorded.items() if ours[seed] != seen} == {}
    assert {letter for letters in recorded.values() for letter in letters} == set("AIN")


def test_words_of_queues_and_cohorts_are_taken_as_kueue_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "ALL_ORDERS", 4)
    monkeypatch.setattr(orders, "EACH_PAIR", 4)
    recorded = yaml.safe_load(WORDS.read_text("utf-8"))["decisions"]
    ours = {seed: said(worded(seed)) for seed in recorded}
    assert {seed: (ours[seed], seen) for seed, seen in recorded.items() if ours[seed] != seen} == OTHERWISE
    assert {letter for letters in recorded.values() for letter in letters} == set("AIN")


@pytest.mark.parametrize(("seed", "left_out"), [(57, {2, 4}), (160, {0, 4}), (226, {2}), (290, {4})])
def test_of_five_one_order_is_enough_to_be_left_out(seed: int, left_out: set[int]) -> None:
    shown = yaml.safe_load(SEEDS.read_text("utf-8"))["decisions"][seed]
    assert {
        i for i, (now, then) in enumerate(zip(said(case(seed)), shown, strict=True)) if now != then
    } == left_out
    assert {said(case(seed))[i] + shown[i] for i in left_out} == {"IA"}


def test_a_case_is_the_same_every_time() -> None:
    assert case(17) == case(17)
    assert case(17) != case(18)


def test_every_kind_of_disagreement_has_a_probe() -> None:
    names = {path.stem[:2] for path in replayed("kueue")}
    assert names >= {f"k{number}" for number in range(1, 7)}
