"""The topmost cohort above each, found in one walk."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from generator.components.kueue.spec import KueueSpec, roots_of


def spec_of(parents: dict[str, str | None], read: list[str]) -> KueueSpec:
    """Cohorts with their parents, each of which notes that its parent was asked for."""

    class Cohort:
        def __init__(self, name: str) -> None:
            self.name = name

        @property
        def parent(self) -> str | None:
            read.append(self.name)
            return parents[self.name]

    return cast("KueueSpec", SimpleNamespace(cohorts=[Cohort(name) for name in parents]))


@pytest.mark.parametrize(
    ("parents", "roots"),
    [
        ({}, {}),
        ({"a": None}, {"a": "a"}),
        ({"a": "b"}, {"a": "b"}),
        ({"a": "b", "b": "c"}, {"a": "c", "b": "c"}),
        ({"b": "c", "a": "b", "d": None}, {"a": "c", "b": "c", "d": "d"}),
        ({"a": "a"}, {"a": None}),
        ({"a": "b", "b": "a"}, {"a": None, "b": None}),
        ({"tail": "a", "a": "b", "b": "a"}, {"tail": None, "a": None, "b": None}),
        ({"a": "b", "b": "a", "tail": "a"}, {"tail": None, "a": None, "b": None}),
    ],
)
def test_the_topmost_cohort(parents: dict[str, str | None], roots: dict[str, str | None]) -> None:
    assert roots_of(spec_of(parents, [])) == roots


@pytest.mark.parametrize("last", [None, "c0"], ids=["a chain", "a circle"])
def test_as_much_work_as_there_are_cohorts(last: str | None) -> None:
    number = 3000
    parents: dict[str, Any] = {f"c{i}": f"c{i + 1}" for i in range(number - 1)} | {f"c{number - 1}": last}
    read: list[str] = []
    roots = roots_of(spec_of(parents, read))
    assert len(read) == number
    assert set(roots.values()) == ({None} if last else {f"c{number - 1}"})
