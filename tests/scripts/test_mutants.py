"""The corpus of seeded mistakes: large enough, the same every time, and caught at its line."""

from __future__ import annotations

import pytest

from scripts import mutants, mutants_crd, mutants_words
from tests.conftest import ROOT


def test_the_corpus_is_large_varied_and_the_same_every_time() -> None:
    corpus = mutants.corpus(ROOT, 400, seed=1)
    assert len(corpus) == 400
    assert len({mutant.kind for mutant in corpus}) >= 20
    assert corpus == mutants.corpus(ROOT, 400, seed=1)
    assert corpus != mutants.corpus(ROOT, 400, seed=2)


@pytest.mark.parametrize("seed", [3, 4])
def test_mistakes_are_caught_at_their_line(seed: int) -> None:
    outcomes = mutants.score(ROOT, 50, seed)
    missed = [
        item.mutant
        for item in outcomes
        if not item.placed and (item.mutant.kind, item.mutant.file) not in mutants.EXPLAINED
    ]
    assert len(outcomes) == 50
    assert missed == []


def test_what_is_explained_is_named_in_the_report() -> None:
    mutant = mutants.Mutant("quota too small", "clusters/groups/factory.yaml", 1, "1 -> 0", "")
    text = mutants.report([mutants.Outcome(mutant, caught=False, placed=False, findings=())])
    assert "NOT CAUGHT (the next flavor" in text


def test_words_and_rules_of_a_fleet_are_among_the_mistakes() -> None:
    kinds = {mutant.kind for mutant in mutants.corpus(ROOT, 4000, seed=1)}
    inserted = {kind for words in mutants_words.WORDS.values() for kind in words}
    assert kinds >= {*inserted, mutants_words.OWN_KIND}


def test_some_mistakes_in_objects_are_refused_by_cel_alone() -> None:
    found = mutants_crd.crd_outcomes(ROOT)
    assert {item.said for item in found} == {
        f"{kind} {said}" for kind, changes in mutants_crd.CHANGES.items() for said in changes
    }
    assert [item for item in found if item.by_schema or not item.by_cel] == []
