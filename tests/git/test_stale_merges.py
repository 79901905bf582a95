"""What git merges without a conflict and is behind the specs: `verify` and CI refuse it, and one command heals it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path as File
from typing import Any

import pytest

from generator.cli import main
from generator.cli.commands.merge import HOOK
from tests.edits import commit, git
from tests.repositories import write_specs
from tests.served import nearedge

Capture = pytest.CaptureFixture[str]
QUOTA = {"cpu": {"cpu": "8", "memory": "32Gi"}}
SHOPS: dict[str, Any] = {
    "namespaces": [{"name": "ai"}],
    "kueue": {
        "flavors": [{"name": "cpu"}],
        "queues": [{"name": "inference", "namespace": "ai", "quota": QUOTA}],
    },
}
USER = {"groups": ["shops"]}


def swap(root: File, file: str, old: str, new: str) -> None:
    path = root / "clusters" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def more_in_a_group(root: File) -> None:
    swap(root, "groups/shops.yaml", "  namespaces:\n", "  namespaces:\n  - name: lab\n")


def more_for_all(root: File) -> None:
    swap(root, "fleet.yaml", "spec:\n", "spec:\n  defaults:\n    namespaces:\n    - name: lab\n")


SHARED: dict[str, Callable[[File], None]] = {
    "a group": more_in_a_group,
    "what holds for all": more_for_all,
}


@pytest.fixture
def root(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    """A fleet of one shop, rendered and committed."""
    write_specs(tmp_path, {"a-one": USER}, groups={"shops": SHOPS})
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / ".gitignore").write_text("/.nearedge/\n")
    kept(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kept(root: File) -> None:
    assert main(["render", "--no-verify", "--root", str(root)]) == 0
    commit(root)


def merged(root: File, edit: Callable[[File], None]) -> str:
    """Somebody changes what clusters share, somebody else adds a cluster that uses it, and git merges both; what it says."""
    git(root, "checkout", "--quiet", "-b", "more")
    write_specs(root, {"c-three": USER})
    kept(root)
    git(root, "checkout", "--quiet", "main")
    edit(root)
    kept(root)
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    command = ["git", *who, "merge", "--quiet", "--no-edit", "more"]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True, timeout=60).stderr


@pytest.mark.parametrize("name", SHARED)
def test_a_cluster_of_before_is_refused_and_one_command_heals_it(
    root: File, name: str, capsys: Capture
) -> None:
    merged(root, SHARED[name])
    capsys.readouterr()
    assert main(["render", "--check"]) == 1
    assert capsys.readouterr().out.endswith("are surplus: run nearedge render\n")
    assert main(["verify"]) == 1
    assert capsys.readouterr().err.endswith(" not what the specs make: run nearedge render\n")
    assert main(["render"]) == 0
    assert main(["render", "--check"]) == 0
    assert main(["verify"]) == 0


def test_git_says_so_itself_where_it_was_asked_to(
    root: File, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert main(["merge", "--install"]) == 0
    assert "after a merge git says whether the output is behind" in capsys.readouterr().out
    assert git(root, "config", "merge.nearedge.driver") == "nearedge merge %O %A %B\n"
    # The nearedge of this test, as git finds it.
    tool = root / ".git/bin/nearedge"
    tool.parent.mkdir()
    tool.symlink_to(nearedge())
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    said = "the output is not what the merged specs make: run nearedge render, and commit"
    assert said in merged(root, more_in_a_group)
    assert main(["render", "--no-verify"]) == 0
    done = subprocess.run([root / ".git/hooks" / HOOK], cwd=root, check=True, capture_output=True, text=True)
    assert done.stderr == "", "and nothing where there is nothing to say"
    assert main(["merge", "--install"]) == 0, "once more is no harm"


@pytest.mark.parametrize("where", ["hooks", "elsewhere"])
def test_hooks_of_others_stay(root: File, where: str, capsys: Capture) -> None:
    place = root / ".git/hooks" if where == "hooks" else root / "elsewhere"
    place.mkdir(exist_ok=True)
    if where == "elsewhere":
        git(root, "config", "core.hooksPath", str(place))
    else:
        (place / HOOK).write_text("#!/bin/sh\n")
    before = {path: path.read_bytes() for path in place.iterdir()}
    assert main(["merge", "--install"]) == 0
    assert "add to post-merge the line nearedge render --check" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in place.iterdir()} == before
