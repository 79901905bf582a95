"""What a ring's branch will hold is proven before it moves; what was proven once says so in the step that took it."""

from __future__ import annotations

import json
from pathlib import Path as File
from typing import Any

import pytest

from generator.cli import main
from generator.git import reading
from generator.programs.run import Tool
from generator.rollout import history, proof
from generator.rollout.history import read_commit, repository
from generator.rollout.step import RingStep, step_of
from tests.edits import git, swap
from tests.repositories import another_writer
from tests.rings import merge, ringed

pytestmark = pytest.mark.slow
Capture = pytest.CaptureFixture[str]
CANARY, PILOT = "store-001", "store-008"


@pytest.fixture
def root(tmp_path: File, capsys: Capture) -> File:
    made = ringed(tmp_path)
    capsys.readouterr()
    return made


def run(root: File, capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["rollout", *arguments, "--root", str(root)])
    found = capsys.readouterr()
    return code, found.out, found.err


def ring(root: File, name: str = "canary") -> str:
    return git(root, "ls-remote", "origin", f"refs/heads/ring/{name}").split()[0]


def last_step(root: File) -> RingStep:
    step = step_of(read_commit(repository(root), ring(root)))
    assert step is not None
    return step


def broken(root: File, cluster: str, *message: str) -> str:
    """A merged commit in which a cluster's overlay has a second kustomization: only kustomize minds."""
    folder = root / "overlays" / cluster
    text = (folder / "kustomization.yaml").read_text("utf-8").partition("\n")[2]
    (folder / "kustomization.yml").write_text(text, "utf-8")
    return merge(root, "\n\n".join(("Break an overlay", *message)))


def mended(root: File, cluster: str) -> str:
    (root / "overlays" / cluster / "kustomization.yml").unlink()
    return merge(root, "Mend it")


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--pull-request",)])
def test_what_does_not_pass_its_proof_is_not_advanced_to(
    root: File, capsys: Capture, options: tuple[str, ...]
) -> None:
    target = broken(root, CANARY)
    assert main(["render", "--check", "--root", str(root)]) == 0
    refs = git(root, "ls-remote", "origin")
    code, out, _ = run(root, capsys, "advance", "canary", *options)
    assert code == 1
    assert f"! the output at {target[:12]} does not pass its proof:" in out
    assert f"Found multiple kustomization files under: overlays/{CANARY}" in out
    assert out.endswith("nothing was moved\n")
    assert git(root, "ls-remote", "origin") == refs
    said = json.loads(run(root, capsys, "advance", "canary", *options, "--format", "json")[1])
    assert said["proven"]["tree"] is None
    assert said["proven"]["failures"][0]["folder"] == f"overlays/{CANARY}"
    assert said["moved"] is None


def test_a_ring_is_proven_for_its_own_clusters(
    root: File, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is broken on pilot does not hold canary up; and its proof costs what canary's clusters cost."""
    swap(f"near-edge/{CANARY}.yaml", "memory: 16Gi", "memory: 17Gi")(root)
    target = broken(root, PILOT)
    asked: list[tuple[str, ...]] = []

    def ask(git: Tool, place: File, *arguments: str) -> str:
        asked.append(arguments)
        return reading.ask(git, place, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(history, "ask", ask)
        code, out, _ = run(root, capsys, "advance", "canary", "--acknowledge", "DOWNTIME")
    assert code == 0
    listed = [arguments for arguments in asked if arguments[0] == "ls-tree"]
    assert len(listed) > 3
    assert len(listed) == len(set(listed)), "what a commit holds is listed once"
    assert "proven: 1 folder, " in out
    assert last_step(root).proven == read_commit(repository(root), target).tree
    assert run(root, capsys, "advance", "pilot")[0] == 1


def test_the_way_back_was_proven_on_the_way_there(
    root: File, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for memory in (17, 18):
        swap(f"near-edge/{CANARY}.yaml", f"memory: {memory - 1}Gi", f"memory: {memory}Gi")(root)
        merge(root, f"{memory}Gi")
        assert run(root, capsys, "advance", "canary", "--acknowledge", "DOWNTIME")[0] == 0
    there = last_step(root)

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("it was proven before")

    with monkeypatch.context() as patched:
        patched.setattr(proof, "prove_in", never)
        code, out, _ = run(root, capsys, "rollback", "canary")
    assert code == 0
    assert "proven: when ring canary took it before, as its step " in out
    back = last_step(root)
    assert back.came_from == there.target
    assert back.proven == read_commit(repository(root), ring(root)).tree


def test_what_no_step_vouches_for_is_proven_on_the_way_back(root: File, capsys: Capture) -> None:
    """The ring was pushed by hand. Who may merge can write any message, so one of the main branch proves nothing."""
    tree = git(root, "rev-parse", "HEAD^{tree}").strip()
    first = broken(
        root,
        CANARY,
        f"Nearedge-Ring: canary\nNearedge-Action: advance\nNearedge-Target: {'0' * 40}\nNearedge-Proven: {tree}",
    )
    git(root, "push", "--quiet", "origin", f"{first}:refs/heads/ring/canary")
    mended(root, CANARY)
    assert run(root, capsys, "advance", "canary")[0] == 0
    at = ring(root)
    code, out, _ = run(root, capsys, "rollback", "canary")
    assert code == 1
    assert f"! the output at {first[:12]} does not pass its proof:" in out
    assert "--unproven goes back all the same" in out
    assert ring(root) == at
    # Nobody is held up who knows what they do; the step says nothing of a proof then.
    code, out, _ = run(root, capsys, "rollback", "canary", "--unproven")
    assert code == 0
    assert "proven: no" in out
    assert last_step(root).target == first
    assert last_step(root).proven == ""


def test_what_another_nearedge_wrote_is_held_against_itself(root: File, capsys: Capture) -> None:
    """The output of an earlier commit is not what this one would write; kustomize, schemas and references judge it."""
    base = root / "base/odh-3.4/kueue/group/retail-gpu/resources.yaml"
    base.write_text(base.read_text("utf-8").replace("edit there", "write there"), "utf-8")
    git(root, "commit", "--quiet", "--all", "--message=older")
    git(root, "push", "--quiet", "origin", "main", "main:refs/heads/ring/canary")
    older = git(root, "rev-parse", "HEAD").strip()
    swap(f"near-edge/{CANARY}.yaml", "memory: 16Gi", "memory: 17Gi")(root)
    merge(root, "17Gi")
    assert run(root, capsys, "advance", "canary", "--acknowledge", "DOWNTIME")[0] == 0
    code, out, _ = run(root, capsys, "rollback", "canary", "--to", older)
    assert code == 0
    assert f"# 1 files at {older[:12]} are not what this nearedge makes of the specs there" in out
    assert "proven: 1 folder, " in out
    assert last_step(root).target == older


@pytest.mark.parametrize("action", ["advance", "rollback"])
def test_only_one_moves_a_ring_from_a_clone(root: File, action: str, capsys: Capture) -> None:
    with another_writer(root) as child:
        at = git(root, "ls-remote", "origin")
        code, _, err = run(root, capsys, action, "canary")
        assert code == 3
        assert f"another nearedge (process {child}) is writing here: nothing was done" in err
        assert git(root, "ls-remote", "origin") == at
        # A rehearsal moves nothing, and waits for nobody.
        assert run(root, capsys, "advance", "canary", "--dry-run")[0] == 0
