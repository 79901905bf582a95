"""The default branch of a remote is known or asked for, never guessed from its name."""

from __future__ import annotations

from pathlib import Path as File

import pytest

from generator.cli import main
from generator.git.remote_head import RemoteHead, UnknownHead, head_said, remote_head
from generator.publish.order import Order, settled
from generator.rollout.history import repository
from generator.rollout.place import main_branch
from tests.edits import commit, fleet, git, remove
from tests.githttp import bare

Capture = pytest.CaptureFixture[str]


def cloned(folder: File, branch: str = "trunk", remote: str = "origin") -> File:
    """The example's specs in a repository whose remote has this default branch, and a branch called main as well.

    As after `git remote add` and `git fetch`: nothing here says which of the two is the default one.
    """
    root = fleet(folder / "work")
    git(root, "branch", "--quiet", "-m", branch)
    bare(folder / f"{remote}.git")
    git(folder / f"{remote}.git", "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    git(root, "remote", "add", remote, str(folder / f"{remote}.git"))
    git(root, "push", "--quiet", remote, branch)
    # Somebody's, with the shop gone already: compared with it nothing would be removed.
    git(root, "checkout", "--quiet", "-b", "main")
    remove("near-edge/store-006.yaml")(root)
    commit(root)
    git(root, "push", "--quiet", remote, "main")
    git(root, "checkout", "--quiet", branch)
    git(root, "branch", "--quiet", "-D", "main")
    git(root, "fetch", "--quiet", remote)
    git(root, "remote", "set-head", remote, "--delete")
    return root


@pytest.fixture(autouse=True)
def outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        monkeypatch.delenv(name, raising=False)


def test_what_git_noted_is_taken(tmp_path: File) -> None:
    root = cloned(tmp_path)
    git(root, "remote", "set-head", "origin", "--auto")
    found = RemoteHead("refs/remotes/origin/trunk", "refs/heads/trunk")
    assert remote_head(root, "origin", "--base") == found
    # A branch that was there when it was noted, and is not any more, is no answer.
    git(root, "update-ref", "-d", "refs/remotes/origin/trunk")
    with pytest.raises(UnknownHead, match="git remote set-head origin --auto"):
        remote_head(root, "origin", "--base")


def test_a_name_is_no_answer_and_the_remote_is_one(tmp_path: File) -> None:
    root = cloned(tmp_path)
    with pytest.raises(UnknownHead) as refused:
        remote_head(root, "origin", "--base")
    assert str(refused.value) == (
        "the default branch of origin is not known here: git remote set-head origin --auto asks it, "
        "or say the branch with --base"
    )
    assert refused.value.exit_code == 3
    asked = git(root, "ls-remote", "--symref", "origin", "HEAD")
    found = remote_head(root, "origin", "--base", lambda: head_said(asked))
    assert found == RemoteHead("refs/remotes/origin/trunk", "refs/heads/trunk")
    with pytest.raises(UnknownHead):
        remote_head(root, "origin", "--base", lambda: None)


def test_the_remote_that_was_asked_for_counts(tmp_path: File) -> None:
    root = cloned(tmp_path)
    git(root, "remote", "set-head", "origin", "main")
    git(root, "remote", "add", "upstream", str(tmp_path / "origin.git"))
    git(root, "fetch", "--quiet", "upstream")
    git(root, "remote", "set-head", "upstream", "trunk")
    assert remote_head(root, "origin", "--base").branch == "refs/heads/main"
    assert remote_head(root, "upstream", "--base").ref == "refs/remotes/upstream/trunk"
    assert main_branch(repository(root), None, "upstream").ref == "refs/remotes/upstream/trunk"
    with pytest.raises(
        UnknownHead, match=r"there is no remote downstream.* there is origin, upstream \(--remote\)"
    ):
        remote_head(root, "downstream", "--base")


def test_without_a_remote_it_is_the_only_branch_or_main(tmp_path: File) -> None:
    root = fleet(tmp_path)
    assert remote_head(root, "origin", "--base").ref == "refs/heads/main"
    git(root, "branch", "topic")
    assert remote_head(root, "origin", "--base").ref == "refs/heads/main"
    git(root, "branch", "--quiet", "-m", "main", "trunk")
    with pytest.raises(
        UnknownHead, match="no branch main, so the main branch is not known: say it with --base"
    ):
        remote_head(root, "origin", "--base")
    git(root, "branch", "--quiet", "-D", "topic")
    assert remote_head(root, "origin", "--base").ref == "refs/heads/trunk"


@pytest.mark.slow
def test_a_plan_does_not_guess_what_a_shop_is_compared_with(tmp_path: File, capsys: Capture) -> None:
    root = cloned(tmp_path)
    git(root, "checkout", "--quiet", "-b", "topic")
    remove("near-edge/store-006.yaml")(root)
    commit(root)
    command = ["plan", "--root", str(root)]
    assert main(command) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "git remote set-head origin --auto" in said.err
    assert main([*command, "--base", "origin/trunk"]) == 1
    assert "REMOVE001" in capsys.readouterr().out
    git(root, "remote", "set-head", "origin", "--auto")
    assert main(command) == 1
    assert " (refs/remotes/origin/trunk) -> " in capsys.readouterr().out
    assert main([*command, "--remote", "upstream"]) == 3
    assert "there is no remote upstream" in capsys.readouterr().err
    assert main([*command, "--base", "origin/nowhere"]) == 3
    assert "is no commit of this repository" in capsys.readouterr().err


def test_publishing_asks_the_remote_and_a_dry_run_does_not(tmp_path: File) -> None:
    root = cloned(tmp_path)
    order = Order("topic", "Something", pull_request=False)
    assert settled(root, order).base == "trunk"
    with pytest.raises(UnknownHead, match="--base"):
        settled(root, order, offline=True)


@pytest.mark.slow
def test_a_rollout_asks_the_remote_and_a_dry_run_does_not(tmp_path: File, capsys: Capture) -> None:
    root = cloned(tmp_path)
    git(
        root,
        "push",
        "--quiet",
        "origin",
        *(f"trunk:refs/heads/ring/{name}" for name in ("canary", "pilot", "main")),
    )
    command = ["rollout", "--root", str(root)]
    for offline in (["status"], ["advance", "canary", "--dry-run"], ["rollback", "canary", "--dry-run"]):
        assert main([*command, *offline]) == 3
        assert (
            "git remote set-head origin --auto asks it, or say the branch with --head"
            in capsys.readouterr().err
        )
    assert main([*command, "status", "--fetch"]) == 0
    assert "refs/remotes/origin/trunk is at " in capsys.readouterr().out
    assert main([*command, "advance", "canary"]) == 0
    assert "nothing to do" in capsys.readouterr().out
