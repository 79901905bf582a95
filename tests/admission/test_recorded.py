"""Verdicts beside what real Kueue decided of cases by number: none of Kueue's rules is written down here."""

from __future__ import annotations

import pytest

from generator.admission.scheduling import orders
from tests.conftest import build
from tests.live.kueue_cases import COUNT, case
from tests.live.kueue_cases_worded import WIDER, WORDED, wider
from tests.live.kueue_decisions import ALL_ORDERS, OTHERWISE, cluster_of, kept, made, said
from tests.live.kueue_program import RELEASES, Release
from tests.live.recording import replayed

NEWEST = RELEASES[-1]
EVERY = 20
"""Every so many cases are replayed of Kueues other than the newest: `make live PART=kueue-cases` compares all of them."""


@pytest.fixture(autouse=True)
def _as_kueue_was_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five workloads Kueue was shown the orders in which each is first and last, and no others."""
    monkeypatch.setattr(orders, "ALL_ORDERS", ALL_ORDERS)
    monkeypatch.setattr(orders, "EACH_PAIR", ALL_ORDERS)


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
def test_cases_by_number_are_decided_as_kueue_did(release: Release) -> None:
    seen = kept(release)
    assert len(seen) == COUNT + WORDED + WIDER
    assert {letter for letters in seen.values() for letter in letters} == set("AIN")
    names = list(seen) if release == NEWEST else list(seen)[::EVERY]
    ours = {name: said(cluster_of(made(name, release))) for name in names}
    differing = {name: (ours[name], seen[name]) for name in names if ours[name] != seen[name]}
    assert differing == {
        name: pair for name, pair in OTHERWISE.get(release.version, {}).items() if name in ours
    }


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
def test_agreement_is_what_docs_say(release: Release) -> None:
    seen = kept(release)
    wrong = sum(
        a != b for pair in OTHERWISE.get(release.version, {}).values() for a, b in zip(*pair, strict=True)
    )
    assert wrong <= 0.005 * sum(len(letters) for letters in seen.values())


@pytest.mark.parametrize(("seed", "left_out"), [(57, {2, 4}), (160, {0, 4}), (226, {2}), (290, {4})])
def test_of_five_one_order_is_enough_to_be_left_out(
    seed: int, left_out: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = kept(NEWEST)[str(seed)]
    monkeypatch.setattr(orders, "ALL_ORDERS", 5)
    found = said(cluster_of(case(seed)))
    assert {i for i, (now, then) in enumerate(zip(found, shown, strict=True)) if now != then} == left_out
    assert {found[i] + shown[i] for i in left_out} == {"IA"}


def test_a_case_is_the_same_every_time() -> None:
    assert case(17) == case(17)
    assert case(17) != case(18)
    assert wider(3) == wider(3)


def test_a_case_without_its_file_is_the_same_cluster() -> None:
    whole, _, findings = build(case(17))
    assert whole is not None, findings
    assert cluster_of(case(17)).spec == whole.spec


def test_every_kind_of_disagreement_has_a_probe() -> None:
    names = {path.stem[:2] for path in replayed("kueue")}
    assert names >= {f"k{number}" for number in range(1, 7)}
