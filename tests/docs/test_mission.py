"""docs/mission.md keeps its word: it is what docs/mission/ says, its links lead somewhere, its examples are compiled."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path as File
from typing import Any

import pytest
import yaml

from scripts.mission_doc import DATA, DOCUMENT, DOCUMENTS, Example, State, document, parts
from tests.conftest import ROOT, some

ITEMS = tuple(item for part in parts() for item in part.requirements)
SHOWN = tuple((item.need, item.example) for item in ITEMS if item.example is not None)


def test_the_page_is_what_its_files_say() -> None:
    assert (ROOT / DOCUMENT).read_text("utf-8") == document(), "make docs rewrites it"
    assert {path.stem for path in (ROOT / DATA).glob("*.yaml")} == set(DOCUMENTS)


def test_nothing_is_asked_for_twice() -> None:
    needs = [item.need for item in ITEMS]
    assert sorted({need for need in needs if needs.count(need) > 1}) == []
    assert {item.state for item in ITEMS} == set(State)


@pytest.mark.parametrize("file", ["README.md", "clusters/near-edge/store-005.yaml"])
def test_the_first_example_is_asked_for_metrics_where_its_server_tells_them(file: str) -> None:
    # ai-edge's image starts OpenVINO Model Server with --metrics_enable: /metrics is on the port of its REST API, and there
    # is no 8082, which is MLServer's (opendatahub-io/ai-edge Containerfile.openvino).
    said = re.search(
        r"model: tensorflow-housing\b.*?\bport: (\d+)\s+metricsPort: (\d+)", text_of(ROOT / file), re.DOTALL
    )
    assert said is not None
    assert said[1] == said[2]


@pytest.mark.parametrize("example", [pytest.param(shown, id=need) for need, shown in SHOWN])
def test_an_example_is_there(example: Example) -> None:
    assert any(holds(example, path) for path in example.files), (example.said, example.files)


def holds(example: Example, path: File) -> bool:
    """Whether a file shows it."""
    if example.test is not None:
        return f"\ndef {example.test}(" in text_of(path)
    if example.text is not None:
        return example.text in text_of(path)
    return any(
        item["kind"] == example.kind
        and fnmatchcase(item["metadata"]["name"], example.name or "")
        and within(example.has, item)
        for item in objects(path)
    )


def within(wanted: Any, value: Any) -> bool:
    """Whether a value has all that is wanted: keys of mappings, items of lists in any order, a piece of several lines."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(within(item, value.get(key)) for key, item in wanted.items())
    if isinstance(wanted, list):
        return isinstance(value, list) and all(any(within(item, has) for has in value) for item in wanted)
    lines = isinstance(wanted, str) and isinstance(value, str) and "\n" in value
    return wanted in value if lines else wanted == value


def test_what_is_wanted_is_looked_for() -> None:
    value = {"ports": [{"port": 80, "name": "http"}, {"port": 81}], "data": {"a": "one\ntwo"}, "on": True}
    assert within({"ports": [{"port": 81}, {"port": 80}], "data": {"a": "two"}}, value)
    refused: tuple[dict[str, Any], ...] = (
        {"ports": [{"port": 82}]},
        {"ports": [{"name": "ht"}]},
        {"data": {"a": "three"}},
        {"on": False},
        {"data": []},
    )
    assert not any(within(wanted, value) for wanted in refused)


@cache
def text_of(path: File) -> str:
    return (ROOT / path).read_text("utf-8")


@cache
def objects(path: File) -> list[dict[str, Any]]:
    read = yaml.load_all(text_of(path), Loader=yaml.CSafeLoader)
    return [item for item in read if isinstance(item, dict) and "metadata" in item]


def test_links_lead_somewhere() -> None:
    for link in some(re.findall(r"\]\(([^)]+)\)", document())):
        page, _, anchor = link.partition("#")
        place = (ROOT / DOCUMENT).parent / page if page else ROOT / DOCUMENT
        assert place.exists(), link
        assert not anchor or anchor in anchors(place.resolve()), link


@cache
def anchors(page: File) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
