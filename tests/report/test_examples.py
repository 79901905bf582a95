"""Each example of `nearedge rules CODE` trips its rule, and its remedy does not."""

from __future__ import annotations

import pytest

from generator.findings.finding import Severity
from generator.report.rule_examples import example, found_in
from generator.rules.load import every_rule

EXAMPLES = {code: found for code in every_rule() if (found := example(code)) is not None}
WITHOUT = {
    # Shown by nothing as small as an example: whole files, folders and dates, or more than anybody would read.
    *(
        "COMPILE001",
        "COMPILE002",
        "FLEET001",
        "FLEET002",
        "FLEET003",
        "FLEET012",
        "SPEC001",
        "SPEC005",
        "SPEC006",
        "SPEC008",
    ),
    # Credentials that scanners would take for real ones.
    *("SECRET001", "SECRET002", "SECRET004"),
    *(
        "WAIVER001",
        "WAIVER002",
        "HUB007",
        "HUB011",
        "HUB012",
        "HUB033",
        "HUB051",
        "HUB034",
        "KUEUE012",
        "RAY005",
    ),
    # About files of teams, and beside the specs: tests/fleet/test_teams.py has them.
    *(f"TEAM{i:03}" for i in range(1, 10)),
    # About files of others, which no spec holds: tests/intake/ has them.
    *(f"IMPORT{i:03}" for i in range(1, 9)),
    # What workloads become, and the namespaces that they fill, is known after it is compiled.
    *("CRED011", "HUB057", "TEAM011"),
}


def test_the_small_fleet_of_the_examples_has_no_finding() -> None:
    assert found_in({}) == ()


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_mistake_trips_its_rule(code: str) -> None:
    assert {item.severity for item in EXAMPLES[code].found} == {every_rule()[code].severity}
    assert all(EXAMPLES[code].says)


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_remedy_trips_nothing_that_refuses(code: str) -> None:
    found = found_in(EXAMPLES[code].right)
    assert code not in {item.code for item in found}
    assert not [item for item in found if item.severity is Severity.ERROR]


def test_nearly_every_rule_has_an_example() -> None:
    assert not WITHOUT & EXAMPLES.keys()
    assert len(every_rule().keys() - EXAMPLES.keys() - WITHOUT) < 10
