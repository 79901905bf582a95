"""What generator/data/coverage.yaml says of rules that no rule of ours covers: the tests it names exist, and the
kinds and fields it calls not emitted are nowhere.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from generator.components.namespaces import used
from generator.objects.manifest import Manifest, identify
from generator.report.coverage import State, upstream
from tests.conftest import ROOT
from tests.construction import (
    hubs,
    sites,
    walk,
)


def test_every_claim_has_its_test() -> None:
    said = {item.test for item in upstream().values() if State.IMPOSSIBLE in item.states}
    files = (ROOT / "tests").glob("*/test_construction*.py")
    assert said <= {
        name
        for file in files
        for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }


NOT_EMITTED = sorted({field for item in upstream().values() for field in item.fields})


@pytest.mark.parametrize("said", NOT_EMITTED)
def test_what_is_not_emitted_is_not_there(said: str) -> None:
    objects = [
        *(item for site in sites() for item in site.objects),
        *(i for _, found in hubs() for i in found),
    ]
    assert [str(identify(item)) for item in objects if holds(item, said)] == []


def holds(item: Manifest, said: str) -> bool:
    """Whether an object is or has what `Kind`, `Kind path`, `[Kind] annotation prefix` or `Kind label key` says."""
    words = said.split()
    if words[-2:-1] in (["annotation"], ["label"]):
        kinds, field = words[:-2], f"{words[-2]}s"
        keys = [
            key for name, value in walk(item) if name == field and isinstance(value, dict) for key in value
        ]
        return (not kinds or item["kind"] in kinds) and any(key.startswith(words[-1]) for key in keys)
    if item["kind"] != words[0]:
        return False
    return len(words) == 1 or has(item, words[1].split("."))


def has(value: Any, steps: list[str]) -> bool:
    """Whether something stands at a path."""
    if not steps:
        return True
    return isinstance(value, dict) and steps[0] in value and has(value[steps[0]], steps[1:])


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("RayJob", True),
        ("RayService", False),
        ("RayJob spec.suspend", True),
        ("RayJob spec.managedBy", False),
        ("RayCluster spec.suspend", False),
        ("RayJob annotation example.com/", True),
        ("annotation example.com/", True),
        ("annotation example.org/", False),
        ("RayJob label example.com/b", False),
    ],
)
def test_absence_is_told_from_presence(said: str, found: bool) -> None:  # noqa: FBT001
    notes = {"example.com/a": "1"}
    job = {"kind": "RayJob", "metadata": {"annotations": notes}, "spec": {"suspend": False}}
    assert holds(job, said) == found


def test_used_namespaces_are_all_there() -> None:
    for site in sites():
        made = {item["metadata"]["name"] for item in site.objects if item["kind"] == "Namespace"}
        assert made == set(used(site.cluster))
