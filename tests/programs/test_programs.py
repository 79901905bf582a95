"""generator/tools.py: finding programs, and running them without the user's environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path as File
from typing import Any

import pytest

from generator.errors import ToolFailed, ToolMissing
from generator.programs.run import Tool, find, run
from tests.conftest import ROOT

PYTHON = Tool("python", "python", sys.executable, "3")


def record(root: File, **tools: dict[str, Any]) -> None:
    (root / ".bin").mkdir()
    (root / ".bin/tools.json").write_text(json.dumps(tools))


def program(folder: File, name: str, prints: str) -> File:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\nprintf '%s\\n' '{prints}'\n")
    path.chmod(0o755)
    return path


def test_finds_what_bootstrap_recorded(tmp_path: File) -> None:
    path = program(tmp_path / "x", "kubectl", "")
    record(tmp_path, kustomize={"kind": "kubectl", "path": str(path), "version": "v5.8.1"})
    found = find(tmp_path, "kustomize")
    assert found == Tool("kustomize", "kubectl", str(path), "v5.8.1")
    assert str(found) == "kustomize v5.8.1 inside kubectl"


@pytest.mark.parametrize(
    ("name", "prints", "expected"),
    [
        ("kustomize", "v5.8.0", "kustomize v5.8.0"),
        ("kubectl", "Client Version: v1.37.1\nKustomize Version: v5.8.1", "kustomize v5.8.1 inside kubectl"),
        ("kustomize", "(devel)", "kustomize of unknown version"),
    ],
)
def test_falls_back_to_path(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, name: str, prints: str, expected: str
) -> None:
    program(tmp_path / "path", name, prints.replace("\n", "\\n"))
    (tmp_path / "path" / name).write_text(
        f"#!/bin/sh\ncat <<'END'\n{prints}\nEND\n".replace("cat", "/bin/cat")
    )
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert str(find(tmp_path, "kustomize")) == expected


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "kubeconform", "path": None, "version": None},
        {"kind": "kubeconform", "path": "/nowhere/kubeconform", "version": "v0.7.0"},
        {},
    ],
    ids=["absent", "gone", "spoilt"],
)
def test_missing_tool_is_a_sentence(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, entry: dict[str, Any]
) -> None:
    record(tmp_path, kubeconform=entry)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("generator.programs.run.PACKAGE", tmp_path / "generator")
    with pytest.raises(ToolMissing, match=r"^kubeconform was not found: run `make setup`"):
        find(tmp_path, "kubeconform")


def test_a_fleet_elsewhere_has_the_programs_of_the_checkout(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program(tmp_path / "x", "kubeconform", "")
    record(tmp_path, kubeconform={"kind": "kubeconform", "path": str(path), "version": "v0.7.0"})
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("generator.programs.run.PACKAGE", tmp_path / "generator")
    assert find(tmp_path / "fleet", "kubeconform").path == str(path)


def test_knows_only_its_own_programs(tmp_path: File) -> None:
    with pytest.raises(ToolMissing, match=r"^helm was not found"):
        find(tmp_path, "helm")


def test_a_program_sees_nothing_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("HTTPS_PROXY", "x")
    code = "import json, os; print(json.dumps(dict(os.environ, FILES=str(os.listdir(os.environ['HOME'])))))"
    seen = json.loads(run(PYTHON, ("-I", "-c", code), env={"EXTRA": "1"}).stdout)
    assert seen.keys() - {"LC_CTYPE"} == {"HOME", "TMPDIR", "PATH", "LC_ALL", "GOGC", "EXTRA", "FILES"}
    assert (seen["PATH"], seen["FILES"]) == ("", "[]")
    assert not File(seen["HOME"]).exists()


def test_runs_where_and_with_what_it_is_told(tmp_path: File) -> None:
    code = "import os, sys; print(os.getcwd(), sys.stdin.read()); sys.exit(3)"
    done = run(PYTHON, ("-c", code), cwd=tmp_path, stdin="in", accept=(3,))
    assert (done.code, done.stdout) == (3, f"{tmp_path} in\n")


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (PYTHON, ("-c", "import sys; sys.exit('no such thing')"), r"ended with code 1: no such thing$"),
        (PYTHON, ("-c", "import time; time.sleep(60)"), r"did not end within 0\.3 seconds$"),
        (Tool("x", "x", "/nowhere/x", ""), (), r"^/nowhere/x did not start \(No such file or directory\)$"),
    ],
    ids=["code", "timeout", "start"],
)
def test_failure_is_a_sentence(tool: Tool, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(ToolFailed, match=said):
        run(tool, arguments, timeout=0.3 if "sleep" in str(arguments) else 30)


def test_this_checkout_has_its_tools() -> None:
    assert str(find(ROOT, "kustomize")).startswith("kustomize v5.")
    assert str(find(ROOT, "kubeconform")).startswith("kubeconform v0.")
