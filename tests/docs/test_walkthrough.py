"""The walk-through of the README, run as it is written: an edit, its plan, a commit, a ring forward and back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path as File

import pytest

from generator.rollout.history import read_commit, repository
from generator.rollout.step import RingAction, step_of
from tests.conftest import ROOT
from tests.edits import git
from tests.example import unpacked
from tests.served import nearedge

HEADING = "## Change a running fleet\n"
WHO = {"NAME": "walker", "EMAIL": "walker@example.com"}


def blocks(section: str) -> Iterator[tuple[str, ...]]:
    """The indented blocks of a section, each as its lines; blank lines inside belong to them."""
    found: list[str] = []
    for line in [*section.splitlines(), "end"]:
        if line.startswith("    "):
            found.append(line[4:])
        elif line and found:
            yield tuple(found)
            found = []


def section() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.partition(HEADING)[2].partition("\n## ")[0]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[File, str]:
    """The folder in which the commands were run, and all that they printed."""
    folder = tmp_path_factory.mktemp("walk")
    start = unpacked(folder / "fleet", "schemas")
    git(start, "init", "--quiet", "--initial-branch=main")
    git(start, "add", "--all")
    git(start, "commit", "--quiet", "--message=Begin")
    commands = next(blocks(section()))
    who = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in WHO.items()}
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    path = f"{nearedge().parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(commands)],
        cwd=start,
        env={**kept, **who, "HOME": str(folder), "PATH": path, "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_every_command_of_it_is_one_that_the_readme_names(walked: tuple[File, str]) -> None:
    commands = " ".join(next(blocks(section())))
    for name in ("set", "check", "plan", "publish", "rollout advance", "rollout rollback", "rollout status"):
        assert f"nearedge {name}" in commands
    assert walked[1]


def test_it_prints_what_the_readme_shows(walked: tuple[File, str]) -> None:
    printed = {line.strip() for line in walked[1].splitlines()}
    _, shown, *_ = blocks(section())
    assert [line for line in shown if line.strip() not in printed] == []


def test_it_ends_with_the_ring_where_it_was_and_the_change_on_the_main_branch(
    walked: tuple[File, str],
) -> None:
    remote = walked[0] / "edge-fleet.git"
    git(remote, "fsck", "--strict")
    subjects = git(remote, "log", "--first-parent", "--format=%s", "ring/canary").splitlines()
    short = git(remote, "rev-parse", "main").strip()[:12]
    first = git(remote, "rev-parse", "main~1").strip()[:12]
    assert subjects == [f"Roll back ring canary to {first}", f"Advance ring canary to {short}", "Begin"]
    clone = walked[0] / "clone"
    git(walked[0], "clone", "--quiet", str(remote), str(clone))
    repo = repository(clone)
    last = read_commit(repo, git(remote, "rev-parse", "ring/canary").strip())
    assert last.tree == git(remote, "rev-parse", "main~1^{tree}").strip()
    step = step_of(last)
    assert step is not None
    assert step.action is RingAction.ROLLBACK
    assert git(remote, "log", "-1", "--format=%s", "main").strip() == "Give store-001 17Gi"
    changed = git(remote, "diff", "--name-only", "main~1", "main").split()
    assert changed == ["clusters/near-edge/store-001.yaml", "overlays/store-001/kustomization.yaml"]
