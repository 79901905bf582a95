"""generator/podsecurity.py agrees with the Pod Security Standards in every version that upstream has fixtures for.

scripts/pss_corpus.py makes the corpus from the module that defines the standards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.facts.profiles import profiles
from generator.proof.security.podsecurity import Violation, baseline, restricted
from scripts.pss_corpus import corpus, to_text
from tests.conftest import ROOT, some

CORPUS = json.loads((ROOT / "tests/data/pss_corpus.json").read_text(encoding="utf-8"))
LEVELS: dict[str, Callable[..., Iterator[Violation]]] = {"baseline": baseline, "restricted": restricted}
MINORS = range(35)


def minors(ranges: str) -> Iterator[int]:
    for span in ranges.split(","):
        first, last = map(int, span.split("-"))
        yield from range(first, last + 1)


def cases(level: str, minor: int) -> Iterator[tuple[dict[str, Any], str]]:
    """The pods of a version that upstream has a verdict on, with the verdict."""
    for pod in CORPUS["pods"]:
        for verdict, ranges in pod.get(level, {}).items():
            if minor in minors(ranges):
                yield pod, verdict


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("minor", MINORS, ids=lambda minor: f"v1.{minor}")
def test_every_verdict_is_upstreams(level: str, minor: int) -> None:
    judged = list(cases(level, minor))
    assert {verdict for _, verdict in judged} == {"pass", "fail"}
    wrong = []
    for pod, verdict in judged:
        found = list(LEVELS[level](pod["spec"], f"v1.{minor}", pod.get("annotations")))
        if bool(found) != (verdict == "fail"):
            wrong.append((verdict, pod, found))
    assert wrong == []


def test_the_corpus_is_whole() -> None:
    # 4,093 fixtures: some pods stand twice in a folder, under two names.
    number = sum(1 for level in LEVELS for minor in MINORS for _ in cases(level, minor))
    assert (len(CORPUS["pods"]), number) == (356, 3997)


@pytest.mark.parametrize("name", sorted(profiles()))
def test_the_versions_of_our_profiles_are_in_the_corpus(name: str) -> None:
    assert int(profiles()[name].podSecurityVersion.removeprefix("v1.")) in MINORS


def test_restricted_refuses_whatever_baseline_refuses() -> None:
    for minor in MINORS:
        for pod in some(pod for pod, verdict in cases("baseline", minor) if verdict == "fail"):
            assert list(restricted(pod["spec"], f"v1.{minor}", pod.get("annotations"))) != []


def test_equal_pods_become_one_line(tmp_path: Path) -> None:
    text = "metadata: {name: x}\nspec: {containers: [{name: c, image: a}]}\n"
    for place in ("baseline/v1.0/pass", "baseline/v1.1/pass", "baseline/v1.3/pass", "restricted/v1.0/fail"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "x.yaml").write_text(text, encoding="utf-8")
    found = corpus(tmp_path)
    verdicts = {"baseline": {"pass": "0-1,3-3"}, "restricted": {"fail": "0-0"}}
    assert found == [{"spec": {"containers": [{"name": "c"}]}, **verdicts}]
    assert json.loads(to_text(found))["pods"] == found
