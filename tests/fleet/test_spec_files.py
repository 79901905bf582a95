"""Whole small repositories: all findings at once, at their places, in order; nothing written."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import pipeline, report
from generator.documents.files import find_specs, read_text
from generator.findings.finding import Severity
from generator.fleet.spec_files import kind_of, stem, tier_of
from generator.report.text import printable
from generator.yaml.writer import to_yaml
from tests.conftest import FLEET, ROOT

Files = dict[str, Any]


EDGE = "clusters/near-edge/edge-1.yaml"
GROUP = "clusters/groups/shop.yaml"
FLAN = "clusters/models/flan.yaml"
SHOP = {"tier": "near-edge", "platform": "odh-3.4", "ring": "canary"}


def spec(kind: str, name: str, body: Any, **more: Any) -> dict[str, Any]:
    """A document of ours."""
    return {"apiVersion": "nearedge/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": body, **more}


def repository() -> Files:
    """A sound little fleet: a hub and two near-edge clusters in one group."""
    return {
        "clusters/fleet.yaml": spec("Fleet", "acme", FLEET),
        GROUP: spec("Group", "shop", SHOP),
        "clusters/core/hub.yaml": spec("Cluster", "hub", {"tier": "core", "platform": "odh-3.4"}),
        EDGE: spec("Cluster", "edge-1", {"groups": ["shop"]}),
        "clusters/near-edge/edge-2.yaml": spec("Cluster", "edge-2", {"groups": ["shop"]}),
    }


def put(root: File, files: Files) -> None:
    """Write a repository; a text is written as it is."""
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(data if isinstance(data, str) else to_yaml(data), encoding="utf-8")


def errors(root: File) -> list[str]:
    """The errors of a repository, as people see them."""
    rendered = pipeline.render(root)
    found = [item for item in rendered.findings if item.severity is Severity.ERROR]
    assert not found or not rendered.tree.paths
    return [f"{item.where} {item.code} {item.message}" for item in found]


def test_a_sound_fleet_has_no_errors(tmp_path: File) -> None:
    put(tmp_path, repository())
    assert errors(tmp_path) == []
    assert {
        path.split("/")[1] for path in pipeline.render(tmp_path).tree.paths if path.startswith("overlays/")
    } == {
        "hub",
        "edge-1",
        "edge-2",
    }


def test_no_clusters_folder(tmp_path: File) -> None:
    assert errors(tmp_path) == ["clusters/fleet.yaml:1:1 FLEET001 there is no clusters/fleet.yaml"]


def test_an_empty_clusters_folder(tmp_path: File) -> None:
    (tmp_path / "clusters/near-edge").mkdir(parents=True)
    assert [line.split()[1] for line in errors(tmp_path)] == ["FLEET001"]


def test_a_fleet_without_clusters_deletes_nothing(tmp_path: File) -> None:
    put(tmp_path, {"clusters/fleet.yaml": repository()["clusters/fleet.yaml"]})
    assert "clusters:1:1 FLEET002 there is no cluster in clusters/core/ or clusters/near-edge/" in errors(
        tmp_path
    )


@pytest.mark.parametrize("text", ["", "[", "a: 1\n", "- a\n", "spec: {}\nspec: {}\n"], ids=repr)
def test_an_unusable_fleet_file_is_one_thing_not_a_missing_one(tmp_path: File, text: str) -> None:
    put(tmp_path, {**repository(), "clusters/fleet.yaml": text})
    found = errors(tmp_path)
    assert found
    assert all(line.startswith("clusters/fleet.yaml:") for line in found)
    assert not any("FLEET001" in line for line in found)


CASES: dict[str, tuple[Files, list[str]]] = {
    # what is wrong: files that differ from the sound fleet, all errors
    "unknown group": (
        {EDGE: spec("Cluster", "edge-1", {"groups": ["shop", "shpo"]})},
        [f"{EDGE}:8:5 FLEET010 there is no group shpo"],
    ),
    "unknown group beside what is no name": (
        {EDGE: spec("Cluster", "edge-1", {"groups": [7, "shop", "shpo"]})},
        [
            f"{EDGE}:7:5 SPEC012 groups[0] takes a string, 7 is given",
            f"{EDGE}:9:5 FLEET010 there is no group shpo",
        ],
    ),
    "unknown platform": (
        {EDGE: spec("Cluster", "edge-1", {**SHOP, "platform": "odh-9"})},
        [f"{EDGE}:7:13 FLEET011 there is no platform profile odh-9"],
    ),
    "name that does not match the file": (
        {EDGE: spec("Cluster", "edge-7", {"groups": ["shop"]})},
        [f"{EDGE}:4:9 FLEET003 metadata.name is edge-7, the file is called edge-1.yaml"],
    ),
    "group's name that does not match the file": (
        {GROUP: spec("Group", "store", SHOP)},
        [f"{GROUP}:4:9 FLEET003 metadata.name is store, the file is called shop.yaml"],
    ),
    "two clusters of one name": (
        {"clusters/core/edge-1.yaml": spec("Cluster", "edge-1", {**SHOP, "tier": "core"})},
        [f"{EDGE}:1:1 FLEET003 cluster edge-1 stands already in clusters/core/edge-1.yaml"],
    ),
    "tier in the wrong folder": (
        {"clusters/core/edge-3.yaml": spec("Cluster", "edge-3", {"groups": ["shop"]})},
        [f"{GROUP}:6:9 FLEET012 tier is near-edge, the file lies in clusters/core/"],
    ),
    "kind of another folder": (
        {FLAN: spec("Group", "flan", {})},
        [
            f"{FLAN}:2:7 SPEC008 kind is Group, clusters/models/ holds kind Model",
        ],
    ),
    "missing what no group gives": (
        {EDGE: spec("Cluster", "edge-1", {"ring": "canary"})},
        [
            f"{EDGE}:5:1 SPEC011 tier and platform are missing",
        ],
    ),
    "no spec at all": (
        {EDGE: "apiVersion: nearedge/v1alpha1\nkind: Cluster\nmetadata: {name: edge-1}\n"},
        [f"{EDGE}:1:1 SPEC011 spec is missing"],
    ),
    "spec that is a list": (
        {EDGE: spec("Cluster", "edge-1", ["tier"])},
        [f"{EDGE}:6:1 SPEC012 spec takes a mapping, a list is given"],
    ),
    "file that nobody reads": (
        {"clusters/near-edge/edge-3.yml": spec("Cluster", "edge-3", {"groups": ["shop"]})},
        ["clusters/near-edge/edge-3.yml:1:1 SPEC006 nobody would read this file"],
    ),
    "groups inside a group": (
        {GROUP: spec("Group", "shop", {**SHOP, "groups": ["x"]})},
        [f"{GROUP}:10:3 FLEET013 groups stands where only clusters name groups, and would be ignored"],
    ),
    # One unreadable file is one finding, not one for each cluster that uses it.
    "unreadable group": (
        {GROUP: "kind: [\n"},
        [f"{GROUP}:2:1 SPEC002 YAML expects something else here (did not find expected node content)"],
    ),
    "mistake in a group": (
        {GROUP: spec("Group", "shop", {**SHOP, "rign": "canary"})},
        [f"{GROUP}:9:3 SPEC010 unknown key rign"],
    ),
}


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES)
def test_what_is_wrong_is_said_at_its_place(tmp_path: File, files: Files, expected: list[str]) -> None:
    put(tmp_path, {**repository(), **files})
    assert errors(tmp_path) == expected


def test_the_defaults_of_the_fleet_name_no_groups(tmp_path: File) -> None:
    fleet = spec("Fleet", "acme", {**FLEET, "defaults": {"groups": ["shop"]}})
    put(tmp_path, {**repository(), "clusters/fleet.yaml": fleet})
    said = "groups stands where only clusters name groups, and would be ignored"
    assert f"clusters/fleet.yaml:16:5 FLEET013 {said}" in errors(tmp_path)


def test_an_unreadable_model_is_not_called_missing(tmp_path: File) -> None:
    service = {"name": "a", "namespace": "n", "model": "flan", "runtime": "vllm"}
    files = {
        "clusters/models/flan.yaml": "kind: [\n",
        EDGE: spec("Cluster", "edge-1", {"groups": ["shop"], "serving": [service]}),
    }
    put(tmp_path, {**repository(), **files})
    assert [line.split()[1] for line in errors(tmp_path)] == ["SPEC002"]


def test_everything_is_said_at_once_and_in_order(tmp_path: File) -> None:
    several = {
        name: case for name, case in CASES.items() if "edge-1" not in str(case) and "shop" not in case[0]
    }
    files: Files = {}
    for case, _ in several.values():
        files |= case
    files["clusters/near-edge/edge-2.yaml"] = "spec: [\n"
    files["clusters/near-edge/Edge-2.yaml"] = "\tx"
    put(tmp_path, {**repository(), **files})
    said = errors(tmp_path)
    places = [(line.split(":")[0], int(line.split(":")[1])) for line in said]
    assert places == sorted(places)
    assert len({file for file, _ in places}) > 3
    assert any("cluster edge-2 stands already in clusters/near-edge/Edge-2.yaml" in line for line in said)


def test_nothing_is_written_before_write(tmp_path: File) -> None:
    put(tmp_path, repository())
    before = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert pipeline.render(tmp_path).tree.paths
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == before


ODD_NAMES = {
    b"\xff.yaml": "has a name that is not UTF-8",
    b"\xff": "has a name that is not UTF-8",
    b"\xff\n.yaml": "has a name that is not UTF-8",
    b"a\nb.yaml": "has U+000A in its name",
    b"\x1b[31m.yaml": "has U+001B in its name",
    "\u202e.txt".encode(): "has U+202E in its name",
}


@pytest.mark.parametrize(
    "folder", ["", "near-edge/", "near-edge/sub/", "groups/", "models/", "core/", "other/"]
)
@pytest.mark.parametrize("name", ODD_NAMES, ids=repr)
def test_a_file_name_that_cannot_be_shown_is_a_finding(tmp_path: File, folder: str, name: bytes) -> None:
    put(tmp_path, repository())
    path = tmp_path / f"clusters/{folder}{os.fsdecode(name)}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a: 1\n", encoding="utf-8")
    findings = pipeline.render(tmp_path).findings
    shown = f"clusters/{folder}{printable(os.fsdecode(name))}:1:1: error SPEC001: {ODD_NAMES[name]}"
    assert shown in report.as_text(findings)
    assert [item.code for item in findings if item.severity is Severity.ERROR] == ["SPEC001"]
    assert json.loads(report.as_json(findings).encode("utf-8"))


@pytest.mark.parametrize(
    ("file", "kind", "name"),
    [
        ("clusters/fleet.yaml", "Fleet", "fleet"),
        ("clusters/groups/a.yaml", "Group", "a"),
        ("clusters/models/a.b.yaml", "Model", "a.b"),
        ("clusters/core/hub.yaml", "Cluster", "hub"),
        ("clusters/near-edge/emea/a.yaml", "Cluster", "a"),
    ],
)
def test_a_file_is_what_its_folder_says(file: str, kind: str, name: str) -> None:
    assert (kind_of(file), stem(file)) == (kind, name)


def test_tier_of() -> None:
    assert tier_of("clusters/near-edge/emea/a.yaml") == "near-edge"


# Any change whatever of our own specs gives findings or a fleet, never a traceback.

SPECS = {file: (ROOT / file).read_text(encoding="utf-8") for file in find_specs(ROOT)[0]}
SMALL = [
    file
    for file in SPECS
    if not file.startswith("clusters/near-edge/") or file.endswith(("001.yaml", "101.yaml"))
]
PIECES = [
    "",
    "[]",
    "{}",
    "null",
    "true",
    "7",
    "1.5",
    ".nan",
    "''",
    "[a]",
    "{a: b}",
    "[key]: 1",
    "remove: true",
    "- name: x",
    "&a",
    "*a",
]


@settings(max_examples=60)
@given(st.data())
def test_no_change_of_a_line_gives_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("fleet")
    file = data.draw(st.sampled_from(SMALL))
    lines = SPECS[file].splitlines()
    i = data.draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[i].partition(":")
    indent = " " * (len(lines[i]) - len(lines[i].lstrip()))
    piece = data.draw(st.sampled_from(PIECES))
    change = data.draw(st.sampled_from(["drop", "value", "before"]))
    changed = {"drop": [], "value": [f"{key}{colon} {piece}"], "before": [indent + piece, lines[i]]}[change]
    put(
        root,
        {path: SPECS[path] for path in SMALL}
        | {file: "\n".join([*lines[:i], *changed, *lines[i + 1 :]]) + "\n"},
    )
    assert report.as_text(pipeline.render(root).findings)


@settings(max_examples=60)
@given(st.data())
def test_no_change_of_a_value_gives_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("fleet")
    file = data.draw(st.sampled_from(SMALL))
    document = copy.deepcopy(read_text(SPECS[file])[0])
    parent: Any = document
    while True:
        steps = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
        step = data.draw(st.sampled_from(steps))
        if not (isinstance(parent[step], dict | list) and parent[step] and data.draw(st.integers(0, 4))):
            break
        parent = parent[step]
    odd: st.SearchStrategy[Any] = st.sampled_from(
        [
            None,
            True,
            0,
            -1,
            2**63,
            "",
            "a",
            "x\n",
            [],
            {},
            ["a"],
            [{}],
            {"a": 1},
            [{"name": "a"}] * 2,
            "1Gi",
            "0",
        ]
    )
    parent[step] = data.draw(odd)
    put(root, {path: SPECS[path] for path in SMALL} | {file: document})
    assert report.as_text(pipeline.render(root).findings)
