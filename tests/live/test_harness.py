"""What make live judges with: differences, recordings, derived CRDs, stamps of programs."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import pytest

from generator.admission import Decision
from tests.live import binaries, recording
from tests.live.api import DEFAULTS, read_defaults
from tests.live.binaries import PINS, PROGRAMS, Program
from tests.live.compare import Difference, differences
from tests.live.crds import structural
from tests.live.kueue import decision
from tests.live.pods_seen import plain
from tests.live.recording import Recording, judged, load


def test_every_difference_is_told_by_its_topmost_path() -> None:
    sent = {"spec": {"a": 1, "list": [{"b": "2"}], "gone": "yes", "empty": []}, "metadata": {"name": "x"}}
    found = {
        "spec": {"a": 2, "list": [{"b": "2", "c": {"d": 1}}]},
        "metadata": {"name": "x", "uid": "1"},
        "status": {"phase": "Pending"},
    }
    assert list(differences(sent, found)) == [
        Difference("changed", "spec.a", 1, 2),
        Difference("added", "spec.list[].c", None, {"d": 1}),
        Difference("dropped", "spec.gone", "yes", None),
    ]


def test_a_list_of_another_length_and_a_value_of_another_type_are_changes() -> None:
    assert [item.kind for item in differences({"a": [1], "b": "1"}, {"a": [1, 2], "b": 1})] == ["changed"] * 2


@pytest.fixture
def recorded(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> Recording:
    monkeypatch.setattr(recording, "RECORDED", tmp_path)
    found = Recording("kueue-1.0.0", "probe", {"kueue": "1.0.0"}, {"cluster": {}}, {"decision": "ADMIT"})
    assert list(judged(found, record=True)) == []
    return found


def test_a_recording_comes_back_and_agrees_with_itself(recorded: Recording) -> None:
    assert load(recorded.file) == recorded
    assert list(judged(recorded, record=False)) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"versions": {"kueue": "1.0.1"}}, "is stale: made with"),
        ({"input": {"cluster": {"name": "x"}}}, "is stale: its input"),
        ({"said": {"decision": "NEVER"}}, "recorded"),
        ({"name": "another"}, "is not recorded"),
    ],
)
def test_what_is_stale_or_another_answer_is_told(
    recorded: Recording, change: dict[str, Any], word: str
) -> None:
    told = list(judged(recorded._replace(**change), record=False))
    assert len(told) == 1
    assert word in told[0]


def test_one_in_the_folder_open_is_found_there_and_not_replayed(recorded: Recording) -> None:
    (recorded.file.parent / recording.OPEN).mkdir()
    recorded.file.rename(recorded.file.parent / recording.OPEN / recorded.file.name)
    assert load(recorded.file) == recorded
    assert recording.replayed("kueue") == []


def test_a_derived_crd_has_no_references_and_leaves_only_open_objects_open() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "spec": {"$ref": "#/definitions/spec"},
            "any": {"type": "object"},
            "port": {"type": ["integer", "string"]},
        },
    }
    spec = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"names": {"type": "array", "items": {"type": "string"}, "uniqueItems": True}},
    }
    found = structural(schema, {"spec": spec})
    assert found["properties"]["spec"] == {
        "type": "object",
        "properties": {"names": {"type": "array", "items": {"type": "string"}}},
    }
    assert found["properties"]["any"]["x-kubernetes-preserve-unknown-fields"] is True
    assert found["properties"]["port"] == {"x-kubernetes-int-or-string": True}
    assert "x-kubernetes-preserve-unknown-fields" not in found


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda program: program.name)
def test_pins_hold_the_version_that_a_program_is_said_to_have(program: Program) -> None:
    text = (PINS / program.pins / "go.mod").read_text("utf-8")
    ours = "sigs.k8s.io/kueue" if program.source else "github.com/argoproj/argo-cd/v3"
    module = program.package if program.package != "." else ours
    lines = [line.split() for line in text.splitlines() if f" v{program.version}" in line]
    # Kubernetes' and Kueue's programs lie in packages of their modules.
    assert any(module.startswith(word) for words in lines for word in words[:2]), lines


def test_a_program_is_built_again_when_a_checksum_changes(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "PINS", tmp_path)
    monkeypatch.setattr(binaries, "TARGET", tmp_path / "target")
    program = Program("etcd", "etcd", "example.com/etcd", "1.0.0", 1)
    (tmp_path / "etcd").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "etcd/go.mod").write_text("module x\n", "utf-8")
    before = binaries.stamp(program)
    (tmp_path / "target/etcd.stamp").write_text(before, "utf-8")
    assert binaries.stamped(program) == ""  # the stamp alone is no program
    (tmp_path / "target/etcd").write_text("", "utf-8")
    assert binaries.stamped(program) == before
    (tmp_path / "etcd/go.sum").write_text("example.com/etcd v1.0.0 h1:x\n", "utf-8")
    assert binaries.stamp(program) != before


@pytest.mark.parametrize(
    ("alone", "together", "expected"),
    [
        (False, [False, False], Decision.NEVER),
        (True, [True, True], Decision.ADMIT),
        (True, [True, False], Decision.IF_IDLE),
    ],
)
def test_a_decision_follows_from_what_was_seen(
    *, alone: bool, together: list[bool], expected: Decision
) -> None:
    assert decision(alone, together) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("score-d9795eea-bprlp-head-svc", "score-d9795eea-*-head-svc"), ("study-head", "study-head")],
)
def test_random_parts_of_names_are_not_recorded(name: str, expected: str) -> None:
    assert plain(name) == expected


def test_rows_of_the_defaults_say_who_and_name_a_place_once() -> None:
    rows = list(read_defaults(DEFAULTS))
    places = [(kind, path) for row in rows for kind in row.kinds for path in row.paths]
    assert all(len(row.by) > 10 for row in rows)
    assert len(places) == len(set(places))
