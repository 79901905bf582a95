"""Rings: where they are, what moves them, what holds them up, and the way back."""

from __future__ import annotations

import json
from pathlib import Path as File
from typing import Any

import pytest

from generator.cli import main
from generator.git.reading import ask
from generator.programs.run import Tool
from generator.rollout import history
from generator.rollout.dangers import CODES, Danger, surplus, unaccepted
from generator.rollout.differ import bases_in
from generator.rollout.history import read_commit, repository
from generator.rollout.status import status
from generator.rollout.step import RingAction, RingStep, message, step_of
from tests.conftest import ROOT, some
from tests.edits import git, named, remove, swap
from tests.forges import forge
from tests.githttp import SECRET
from tests.rings import merge, more_memory, quota, ringed

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def root(tmp_path: File, capsys: Capture) -> File:
    """A clone with three rings that hold the main branch."""
    made = ringed(tmp_path)
    capsys.readouterr()
    return made


def run(root: File, capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["rollout", *arguments, "--root", str(root)] if arguments[:1] else ["rollout"])
    found = capsys.readouterr()
    return code, found.out, found.err


def holding(root: File) -> dict[str, str | None]:
    """Ring -> the commit of the main branch that it holds."""
    return {item.position.ring.name: item.position.holds for item in status(root, "origin/main").rings}


def remote_ref(root: File, ring: str) -> str:
    """Where the remote has a ring."""
    return git(root, "ls-remote", "origin", f"refs/heads/ring/{ring}").split()[0]


# Status


def test_rings_that_hold_the_main_branch_differ_nowhere(root: File, capsys: Capture) -> None:
    code, out, _ = run(root, capsys, "status")
    assert code == 0
    assert "canary  ring/canary" in out
    assert "differ" not in out
    found = status(root, "origin/main")
    assert [len(item.clusters) for item in found.rings] == [2, 2, 5]
    assert "hub" in found.rings[-1].clusters
    assert found.notes == ()


def test_git_is_asked_once_about_a_commit_and_again_about_a_branch(
    root: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = history.repository(root)
    asked: list[tuple[str, ...]] = []

    def counted(git: Tool, folder: File, *arguments: str) -> str:
        asked.append(arguments)
        return ask(git, folder, *arguments)

    monkeypatch.setattr("generator.rollout.history.ask", counted)
    for _ in range(2):
        head = history.resolved(repo, "main")
        assert head is not None
        assert history.read_commit(repo, head).subject == "Begin"
        assert history.is_behind(repo, head, "0" * 40) is False
    assert [arguments[0] for arguments in asked] == [
        "rev-parse",
        "log",
        "merge-base",
        "rev-parse",
        "merge-base",
    ]
    assert history.read_commit(repo, "main").id == head
    git(root, "commit", "--quiet", "--allow-empty", "--message", "More")
    assert history.read_commit(repo, "main").subject == "More"


def test_who_differs_and_why(root: File, capsys: Capture) -> None:
    more_memory(root)
    swap("near-edge/store-001.yaml", "memory: 16Gi", "memory: 17Gi")(root)
    swap("near-edge/store-005.yaml", "ring: canary", "ring: pilot")(root)
    merge(root, "Move on")
    said = json.loads(run(root, capsys, "status", "--format", "json")[1])
    rings = {
        ring["name"]: {item["cluster"]: item["reasons"] for item in ring["differ"]} for ring in said["rings"]
    }
    base = "base/odh-3.4/serving/group/retail-small/ai-serving/shelf-detector"
    assert rings == {
        "canary": {"store-001": ["overlay"]},
        "pilot": {"store-005": [base, "hub"], "store-008": [base]},
        "main": {"store-006": [base], "store-007": [base]},
    }
    assert [ring["behind"] for ring in said["rings"]] == [2, 2, 2]
    assert said["hub"] == ["acm/hub/managedclusters/store-005.yaml"]
    assert said["formatVersion"] == "1.0"


def test_a_new_cluster_and_one_that_went(root: File) -> None:
    text = (root / "clusters/near-edge/store-006.yaml").read_text(encoding="utf-8")
    (root / "clusters/near-edge/store-106.yaml").write_text(
        text.replace("store-006", "store-106"), encoding="utf-8"
    )
    remove("near-edge/store-006.yaml")(root)
    merge(root, "Move a shop")
    (last,) = (item for item in status(root, "origin/main").rings if item.position.ring.name == "main")
    assert {site.name: site.reasons[0] for site in last.differ} == {"store-106": "new"}


def test_an_offline_clone_tells_what_it_knows_and_how_old_that_is(root: File, capsys: Capture) -> None:
    commit = more_memory(root)
    other = root.parent / "other"
    git(root.parent, "clone", "--quiet", str(root.parent / "remote.git"), str(other))
    git(root, "push", "--quiet", "origin", "main:refs/heads/ring/canary")
    _, out, _ = run(other, capsys, "status")
    assert "origin was last asked at 20" in out
    assert holding(other)["canary"] != commit
    _, out, _ = run(other, capsys, "status", "--fetch")
    assert "origin was asked just now" in out
    assert holding(other)["canary"] == commit
    assert "origin was last asked at 20" in run(other, capsys, "status")[1]


def test_a_repository_without_a_remote(root: File, capsys: Capture) -> None:
    git(root, "remote", "remove", "origin")
    for ring in ("canary", "pilot"):
        git(root, "branch", f"ring/{ring}", "main")
    code, out, _ = run(root, capsys, "status")
    assert code == 0
    assert "this clone has no such remote" in out
    assert "! ring main: there is no refs/heads/ring/main" in out


def test_a_ring_with_something_of_its_own(root: File, capsys: Capture) -> None:
    git(root, "checkout", "--quiet", "-b", "fix", "origin/ring/canary")
    swap("near-edge/store-001.yaml", "memory: 16Gi", "memory: 18Gi")(root)
    git(root, "commit", "--quiet", "--all", "--message=hot fix")
    git(root, "push", "--quiet", "origin", "fix:refs/heads/ring/canary")
    git(root, "checkout", "--quiet", "main")
    commit = more_memory(root)
    _, out, _ = run(root, capsys, "status")
    assert "its own tree" in out
    code, out, _ = run(root, capsys, "advance", "canary", "--acknowledge", "DOWNTIME")
    assert code == 1
    assert "has a tree of its own" in out
    # Once it is merged, it is a step like any other.
    git(root, "merge", "--quiet", "--no-edit", "fix")
    merged = merge(root, "Take the fix over") if git(root, "status", "--porcelain") else commit
    assert merged


def test_a_ring_that_somebody_merged_by_hand_is_told_by_its_tree(root: File) -> None:
    commit = more_memory(root)
    git(root, "checkout", "--quiet", "-b", "by-hand", "origin/ring/canary")
    git(root, "merge", "--quiet", "--no-ff", "--no-edit", "main")
    git(root, "push", "--quiet", "origin", "by-hand:refs/heads/ring/canary")
    assert holding(root)["canary"] == commit


# Advance


def test_a_ring_takes_what_the_ring_before_has(root: File, capsys: Capture) -> None:
    first, commit = holding(root)["main"], quota(root)
    assert run(root, capsys, "advance", "canary")[0] == 0
    assert holding(root) == {"canary": commit, "pilot": first, "main": first}
    assert run(root, capsys, "advance", "pilot")[0] == 0
    assert run(root, capsys, "advance", "main")[0] == 0
    assert holding(root) == {"canary": commit, "pilot": commit, "main": commit}
    code, out, _ = run(root, capsys, "advance", "main")
    assert (code, out.splitlines()[-1]) == (0, f"ring main holds {commit[:12]} already: nothing to do")
    git(root.parent / "remote.git", "fsck", "--strict")


def test_a_step_holds_the_target_and_has_the_ring_behind_it(root: File, capsys: Capture) -> None:
    before, commit = remote_ref(root, "canary"), more_memory(root)
    assert run(root, capsys, "advance", "canary", "--acknowledge", "DOWNTIME/store-005")[0] == 0
    repo = repository(root)
    made = read_commit(repo, remote_ref(root, "canary"))
    assert made.tree == read_commit(repo, commit).tree
    assert made.parents == (before, commit)
    accepted = ("DOWNTIME/store-005",)
    assert step_of(made) == RingStep("canary", RingAction.ADVANCE, before, commit, accepted, made.tree)
    assert made.subject == f"Advance ring canary to {commit[:12]}"
    assert "\nGive the detector 3Gi\n" in made.message


def test_no_ring_is_skipped(root: File, capsys: Capture) -> None:
    commit = more_memory(root)
    before = remote_ref(root, "main")
    code, out, _ = run(root, capsys, "advance", "main", "--to", "main", "--acknowledge", "DOWNTIME")
    assert code == 1
    assert (
        f"ring pilot comes before ring main and holds {before[:12]}: {commit[:12]} has to be there first"
        in out
    )
    git(root, "push", "--quiet", "origin", "main:refs/heads/ring/pilot")
    code, out, _ = run(root, capsys, "advance", "main", "--soak", "1h")
    assert code == 1
    assert "is not known, as it was moved by hand: nothing can be soaked there (--soak 0s)" in out
    assert remote_ref(root, "main") == before


def test_a_ring_only_goes_forward_and_only_to_what_is_merged(root: File, capsys: Capture) -> None:
    first, commit = holding(root)["main"], quota(root)
    assert run(root, capsys, "advance", "canary")[0] == 0
    code, out, _ = run(root, capsys, "advance", "canary", "--to", str(first))
    assert code == 1
    assert f"holds {commit[:12]}, which {str(first)[:12]} does not have behind it" in out
    git(root, "checkout", "--quiet", "-b", "topic")
    swap("near-edge/store-008.yaml", 'cpu: "11"', 'cpu: "10"')(root)
    git(root, "commit", "--quiet", "--all", "--message=topic")
    code, out, _ = run(root, capsys, "advance", "canary", "--to", "topic", "--head", "main")
    assert code == 1
    assert "is not part of the main branch" in out


def test_dangers_are_acknowledged_or_nothing_moves(root: File, capsys: Capture) -> None:
    before, _ = remote_ref(root, "canary"), more_memory(root)
    code, out, _ = run(root, capsys, "advance", "canary")
    assert code == 1
    assert out.endswith("nothing was moved; to accept the dangers: --acknowledge DOWNTIME\n")
    code, out, _ = run(
        root, capsys, "advance", "canary", "--acknowledge", "DOWNTIME", "--acknowledge", "RECREATE"
    )
    assert code == 1
    assert "! --acknowledge RECREATE: there is no such danger" in out
    assert run(root, capsys, "advance", "canary", "--acknowledge", "DOWNTIME/store-001")[0] == 1
    assert remote_ref(root, "canary") == before
    assert run(root, capsys, "advance", "canary", "--acknowledge", "DOWNTIME/store-005")[0] == 0


def test_only_what_happens_on_the_ring_is_asked_about(root: File, capsys: Capture) -> None:
    # The change is on a cluster of pilot.
    swap("near-edge/store-008.yaml", "groups: [retail-small]", "groups: [retail-small]\n  state: retired")(
        root
    )
    commit = merge(root, "Retire store-008")
    assert run(root, capsys, "advance", "canary")[0] == 0
    code, out, _ = run(root, capsys, "advance", "pilot")
    assert code == 1
    assert "! REMOVE: store-008" in out
    assert run(root, capsys, "advance", "pilot", "--acknowledge", "REMOVE")[0] == 0
    assert holding(root)["pilot"] == commit


def test_a_named_removal_still_has_to_be_acknowledged(root: File, capsys: Capture) -> None:
    remove("near-edge/store-005.yaml")(root)
    named("clusters", "name: store-005")(root)
    merge(root, "Close store-005")
    code, out, _ = run(root, capsys, "advance", "canary")
    assert code == 1
    assert "REMOVE: store-005" in out
    assert "REMOVE001" not in out


def test_an_unnamed_removal_is_a_danger_of_its_own(root: File, capsys: Capture) -> None:
    remove("near-edge/store-005.yaml")(root)
    merge(root, "Lose store-005")
    code, out, _ = run(root, capsys, "advance", "canary")
    assert code == 1
    assert "--acknowledge REMOVE001 --acknowledge REMOVE" in out


def test_stale_output_is_not_rolled_out(root: File, capsys: Capture) -> None:
    swap("near-edge/store-008.yaml", 'cpu: "12"', 'cpu: "11"')(root)
    git(root, "commit", "--quiet", "--all", "--message=forgot to render")
    git(root, "push", "--quiet", "origin", "main")
    code, out, _ = run(root, capsys, "advance", "canary")
    assert code == 1
    assert (
        "1 files are not what the specs give (nearedge render): overlays/store-008/kustomization.yaml" in out
    )


def test_specs_with_errors_are_not_rolled_out(root: File, capsys: Capture) -> None:
    swap("near-edge/store-008.yaml", "retail-small", "retail-smal")(root)
    git(root, "commit", "--quiet", "--all", "--message=typo")
    git(root, "push", "--quiet", "origin", "main")
    code, out, _ = run(root, capsys, "advance", "canary")
    assert code == 1
    assert (
        "have errors: clusters/near-edge/store-008.yaml:8:12: FLEET010: there is no group retail-smal" in out
    )


def test_a_dry_run_moves_nothing(root: File, capsys: Capture) -> None:
    before, _ = remote_ref(root, "canary"), quota(root)
    code, out, _ = run(root, capsys, "advance", "canary", "--dry-run")
    assert (code, out.splitlines()[-1]) == (0, "nothing was moved (--dry-run)")
    said = json.loads(run(root, capsys, "advance", "canary", "--dry-run", "--format", "json")[1])
    assert (said["moved"], said["refused"], said["action"]) == (None, [], "advance")
    assert remote_ref(root, "canary") == before


def test_a_ring_that_somebody_else_moved_meanwhile_stays_theirs(root: File, capsys: Capture) -> None:
    quota(root)
    hook = root.parent / "remote.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'ring/canary is protected' >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    before = remote_ref(root, "canary")
    code, _, err = run(root, capsys, "advance", "canary")
    assert code == 1
    assert "does not take refs/heads/ring/canary" in err
    assert "advance: pull-request" in err
    assert remote_ref(root, "canary") == before


def test_a_ring_whose_branch_is_not_there_begins_with_everything(root: File, capsys: Capture) -> None:
    git(root, "push", "--quiet", "origin", ":refs/heads/ring/main")
    git(root, "fetch", "--quiet", "--prune")
    code, out, err = run(root, capsys, "advance", "main")
    assert (code, err) == (0, "")
    assert "advance ring main: nothing -> " in out
    assert holding(root)["main"] == holding(root)["pilot"]


@pytest.mark.parametrize("revision", ["refs/tags/v1", "0123456789" * 4], ids=["tag", "commit"])
def test_a_ring_that_follows_what_stays_is_moved_in_its_spec(
    root: File, capsys: Capture, revision: str
) -> None:
    swap("fleet.yaml", "refs/heads/ring/canary", revision)(root)
    merge(root, "Pin canary")
    code, _, err = run(root, capsys, "advance", "canary")
    assert code == 1
    assert f"ring canary follows {revision}, which stays what it is" in err


def test_without_a_remote_the_branch_of_the_clone_moves(root: File, capsys: Capture) -> None:
    git(root, "remote", "remove", "origin")
    for ring in ("canary", "pilot", "main"):
        git(root, "branch", f"ring/{ring}", "main")
    commit = quota_without_push(root)
    code, out, _ = run(root, capsys, "advance", "canary")
    assert code == 0
    assert "on this clone, which has no remote" in out
    assert {item.position.ring.name: item.position.holds for item in status(root, "main").rings}[
        "canary"
    ] == commit


def quota_without_push(root: File) -> str:
    swap("near-edge/store-008.yaml", 'cpu: "12"', 'cpu: "11"')(root)
    assert main(["render", "--no-verify", "--root", str(root)]) == 0
    git(root, "commit", "--quiet", "--all", "--message=quota")
    return git(root, "rev-parse", "HEAD").strip()


@pytest.mark.parametrize("kind", ["github", "gitlab", "gitea"])
def test_a_ring_that_wants_it_is_moved_by_a_pull_request(
    tmp_path: File, capsys: Capture, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    root = ringed(tmp_path, "acme/fleet.git")
    with forge(kind, tmp_path) as (world, url):
        swap("fleet.yaml", "  repository:", f"  repository:\n    forge: {kind}")(root)
        swap("fleet.yaml", "ring/canary", "ring/canary\n        advance: pull-request")(root)
        commit = quota(root)
        git(root, "remote", "set-url", "origin", f"{url}/acme/fleet.git")
        monkeypatch.setenv("NEAREDGE_TOKEN", SECRET)
        before = git(root, "rev-parse", "origin/ring/canary").strip()
        code, out, err = run(root, capsys, "advance", "canary")
        assert (code, err) == (0, "")
        assert "opened: canary moves when it is merged" in out
        (pull,) = world.pulls
        branch = f"nearedge/advance/canary-{commit[:12]}"
        assert (pull.branch, pull.base) == (branch, "ring/canary")
        assert pull.title == f"Advance ring canary to {commit[:12]}"
        assert f"Nearedge-Target: {commit}" in pull.body
        assert "### nearedge plan" in "".join(pull.comments.values())
        code, out, _ = run(root, capsys, "advance", "canary")
        assert "unchanged: canary moves when it is merged" in out
        assert len(world.pulls) == 1
        assert not world.wrong
    bare_one = tmp_path / "acme/fleet.git"
    assert git(bare_one, "rev-parse", "refs/heads/ring/canary").strip() == before
    step = git(bare_one, "rev-parse", f"refs/heads/{branch}").strip()
    git(bare_one, "update-ref", "refs/heads/ring/canary", step)
    git(root, "remote", "set-url", "origin", str(bare_one))
    git(root, "fetch", "--quiet")
    assert holding(root)["canary"] == commit


# Roll back


def test_a_rollback_is_a_step_forward_to_what_was_before(root: File, capsys: Capture) -> None:
    first, commit = holding(root)["main"], more_memory(root)
    assert run(root, capsys, "advance", "canary", "--acknowledge", "DOWNTIME")[0] == 0
    there = remote_ref(root, "canary")
    code, out, _ = run(root, capsys, "rollback", "canary")
    assert code == 0
    assert "What a rollback does not bring back" in out
    assert holding(root)["canary"] == first
    made = read_commit(repository(root), remote_ref(root, "canary"))
    assert made.parents == (there, first)
    assert step_of(made) == RingStep("canary", RingAction.ROLLBACK, commit, str(first), (), made.tree)
    git(root.parent / "remote.git", "fsck", "--strict")


def test_a_ring_does_not_walk_into_the_same_trap_twice(root: File, capsys: Capture) -> None:
    quota(root)
    assert run(root, capsys, "advance", "canary")[0] == 0
    assert run(root, capsys, "rollback", "canary")[0] == 0
    code, out, _ = run(root, capsys, "advance", "canary")
    assert code == 1
    assert "--acknowledge ROLLED-BACK" in out
    swap("near-edge/store-008.yaml", 'cpu: "11"', 'cpu: "12"')(root)
    mended = merge(root, "Give store-008 its core back")
    assert run(root, capsys, "advance", "canary")[0] == 0
    assert holding(root)["canary"] == mended


def test_two_rollbacks_go_back_two_positions(root: File, capsys: Capture) -> None:
    first, second = holding(root)["main"], quota(root)
    assert run(root, capsys, "advance", "canary")[0] == 0
    more_memory(root)
    assert run(root, capsys, "advance", "canary", "--acknowledge", "DOWNTIME")[0] == 0
    for expected in (second, first):
        assert run(root, capsys, "rollback", "canary")[0] == 0
        assert holding(root)["canary"] == expected


def test_where_nobody_knows_what_was_before_somebody_has_to_say_it(root: File, capsys: Capture) -> None:
    first, _ = holding(root)["main"], quota(root)
    git(root, "push", "--quiet", "origin", "main:refs/heads/ring/canary")
    code, _, err = run(root, capsys, "rollback", "canary")
    assert code == 1
    assert err.endswith(f"tells where it was before: say --to COMMIT\n  {str(first)[:12]} Begin\n")
    code, out, _ = run(root, capsys, "rollback", "canary", "--to", str(first))
    assert code == 0
    assert f"# whether ring canary ever held {str(first)[:12]} is not known: it was moved by hand then" in out
    assert holding(root)["canary"] == first


def stepped(root: File, capsys: Capture) -> list[str]:
    """Ring canary at the last of four commits, over the second and the third left out; all of them, the first first."""
    commits = [str(holding(root)["canary"])]
    for number in (11, 10, 9):
        swap("near-edge/store-008.yaml", f'cpu: "{number + 1}"', f'cpu: "{number}"')(root)
        commits.append(merge(root, f"{number} cores for store-008"))
    for target in (commits[1], commits[3]):
        assert run(root, capsys, "advance", "canary", "--to", target)[0] == 0
    return commits


def test_a_ring_goes_back_to_what_it_held_only(root: File, capsys: Capture) -> None:
    commits = stepped(root, capsys)
    code, _, err = run(root, capsys, "rollback", "canary", "--to", commits[2])
    short = commits[2][:12]
    assert code == 1
    assert err == (
        f"nearedge: ring canary never held {short}: roll it back to one that it held, and advance --to {short} from there\n"
        f"  {commits[1][:12]} 11 cores for store-008\n  {commits[0][:12]} Begin\n"
    )
    assert holding(root)["canary"] == commits[3]
    assert run(root, capsys, "rollback", "canary", "--to", commits[0])[0] == 0
    assert holding(root)["canary"] == commits[0]


def test_what_a_ring_held_is_known_below_a_commit_that_was_pushed_by_hand(
    root: File, capsys: Capture
) -> None:
    commits = stepped(root, capsys)
    git(root, "checkout", "--quiet", "--detach", "origin/ring/canary")
    (root / "note.txt").write_text("by hand\n", encoding="utf-8")
    git(root, "add", "note.txt")
    git(root, "commit", "--quiet", "--message=by hand")
    git(root, "push", "--quiet", "origin", "HEAD:refs/heads/ring/canary")
    git(root, "checkout", "--quiet", "main")
    assert run(root, capsys, "rollback", "canary")[0] == 0
    assert holding(root)["canary"] == commits[3]


def test_a_ring_that_waits_for_another_says_so(root: File, capsys: Capture) -> None:
    quota(root)
    code, out, _ = run(root, capsys, "advance", "pilot")
    assert code == 0
    assert out.endswith(
        "already: nothing to do\n# the main branch is 1 commit further: advance ring canary first\n"
    )
    assert run(root, capsys, "advance", "canary")[0] == 0
    code, out, _ = run(root, capsys, "advance", "main")
    assert out.endswith("# the main branch is 1 commit further: advance ring pilot first\n")
    said = json.loads(run(root, capsys, "advance", "main", "--format", "json")[1])
    assert said["notes"] == ["the main branch is 1 commit further: advance ring pilot first"]
    assert run(root, capsys, "advance", "canary")[1].endswith("already: nothing to do\n")


def test_the_main_branch_is_that_of_the_remote_that_was_asked_for(root: File, capsys: Capture) -> None:
    """`origin` is a fork that fell behind; the rings are on another remote."""
    git(root, "remote", "rename", "origin", "upstream")
    git(
        root.parent,
        "clone",
        "--quiet",
        "--bare",
        str(root.parent / "remote.git"),
        str(root.parent / "fork.git"),
    )
    git(root, "remote", "add", "origin", str(root.parent / "fork.git"))
    git(root, "fetch", "--quiet", "origin")
    git(root, "remote", "set-head", "origin", "--auto")
    swap("near-edge/store-008.yaml", 'cpu: "12"', 'cpu: "11"')(root)
    assert main(["render", "--no-verify", "--root", str(root)]) == 0
    git(root, "commit", "--quiet", "--all", "--message=One core less")
    git(root, "push", "--quiet", "upstream", "main")
    commit = git(root, "rev-parse", "HEAD").strip()
    # The clone that rolls out knows neither the commit nor what upstream's default branch is.
    other = root.parent / "other"
    git(root.parent, "clone", "--quiet", str(root.parent / "fork.git"), str(other))
    git(other, "remote", "add", "upstream", str(root.parent / "remote.git"))
    for key, value in (
        ("user.name", "test"),
        ("user.email", "test@example.com"),
        ("commit.gpgSign", "false"),
    ):
        git(other, "config", key, value)
    code, out, err = run(other, capsys, "advance", "canary", "--remote", "upstream")
    assert code == 0, err
    assert f"-> {commit[:12]}" in out
    moved = git(root, "ls-remote", "upstream", "refs/heads/ring/canary").split()[0]
    git(root, "fetch", "--quiet", "upstream")
    assert git(root, "rev-parse", f"{moved}^{{tree}}") == git(root, "rev-parse", f"{commit}^{{tree}}")


def test_a_ring_takes_a_platform_and_no_operators(root: File, capsys: Capture) -> None:
    swap("groups/retail-gpu.yaml", "platform: odh-3.4", "platform: odh-3.5")(root)
    merge(root, "Upgrade the GPU shops")
    code, out, _ = run(root, capsys, "advance", "canary")
    assert code == 0
    # What comes from the hub is not the ring's to bring.
    assert "Platform odh-3.4 -> odh-3.5: store-001\n" in out
    assert "operator" not in out
    assert "follows no ring" not in out


def test_what_a_rollback_leaves_is_told(root: File, capsys: Capture) -> None:
    swap("near-edge/store-001.yaml", "size: 2Gi", "size: 3Gi")(root)
    swap("models/flan-t5-small.yaml", "@sha256:5f1c", "@sha256:5f1d")(root)
    merge(root, "A larger volume and another model")
    # There is nothing in it that has to be acknowledged.
    assert run(root, capsys, "advance", "canary")[0] == 0
    said = json.loads(run(root, capsys, "rollback", "canary", "--dry-run", "--format", "json")[1])
    told = "\n".join(said["notBroughtBack"])
    assert "cannot go back in place" in told
    assert "PersistentVolumeClaim ai-serving/flan-t5-small-models of store-001" in told
    assert "models are pulled again" in told
    assert "runs once more" in told
    assert {item["code"] for item in said["dangers"]} >= {"RECREATE"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("advance", "nowhere"), "the fleet has no ring nowhere; there is canary, main, pilot"),
        (("advance", "pilt"), "the fleet has no ring pilt: did you mean pilot?"),
        (("advance", "canary", "--to", "nothing"), "nothing is no commit of this repository"),
        (("rollback", "canary", "--to", "HEAD~7"), "HEAD~7 is no commit of this repository"),
        (("status", "--head", "nothing"), "nothing is no commit of this repository"),
    ],
)
def test_what_is_not_there_is_a_sentence(
    root: File, capsys: Capture, arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run(root, capsys, *arguments)
    assert code == (64 if "no ring" in said else 3)
    assert (out, err) == ("", f"nearedge: {said}\n")


def test_without_a_repository_it_is_a_sentence(tmp_path: File, capsys: Capture) -> None:
    (tmp_path / "clusters").mkdir()
    code, _, err = run(tmp_path, capsys, "status")
    assert code == 3
    assert err.startswith("nearedge: HEAD cannot be looked up: this is no Git repository. git init -b main, ")


# Simulate


def test_a_change_is_simulated_from_what_each_ring_holds(root: File, capsys: Capture) -> None:
    swap("models/shelf-detector.yaml", 'version: "7"', 'version: "8"')(root)
    merge(root, "Detector 8")
    assert run(root, capsys, "advance", "canary", "--acknowledge", "DOWNTIME")[0] == 0
    arguments = ("simulate", "--start", "2027-01-04T08:00", "--soak", "2h", "--format", "json")
    said = json.loads(run(root, capsys, *arguments)[1])
    sites = {ring["name"]: [site["name"] for site in ring["sites"]] for ring in said["rings"]}
    assert sites == {"canary": [], "pilot": ["store-008"], "main": ["store-002", "store-006", "store-007"]}
    assert {site["bytes"] for ring in said["rings"] for site in ring["sites"]} == {180 * 2**20}
    assert run(root, capsys, *arguments)[1] == json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def test_an_edit_is_simulated_before_it_is_merged(root: File, capsys: Capture) -> None:
    swap("models/granite-2b-instruct.yaml", "@sha256:0a1b", "@sha256:0a1c")(root)
    code, out, _ = run(
        root, capsys, "simulate", "--base", "HEAD", "--start", "2027-01-04", "--fail", "plant-102"
    )
    assert code == 1
    assert "1 failed, 0 may: plant-102" in out
    assert "its ring does not start: hub, store-002, store-003" in out


@pytest.mark.parametrize(
    "arguments",
    [("--start", "monday"), ("--soak", "a day"), ("--concurrency", "0"), ("--uplink", "1Gb"), ("--image-size", "2 GB"), ("--fail", "nobody")],
)  # fmt: skip
def test_what_cannot_be_assumed_is_a_usage_error(
    root: File, capsys: Capture, arguments: tuple[str, str]
) -> None:
    try:
        code = main(["rollout", "simulate", "--root", str(root), *arguments])
    except SystemExit as stop:
        code = int(str(stop.code))
    assert code == 64
    assert arguments[1] in capsys.readouterr().err


# Parts


def test_the_bases_of_an_overlay_are_those_that_kustomize_reads() -> None:
    for path in some(sorted((ROOT / "overlays").glob("*/kustomization.yaml"))):
        text = path.read_text(encoding="utf-8")
        listed = [line for line in text.splitlines() if "../../base/" in line]
        assert len(bases_in(text)) == len(listed) > 0


@pytest.mark.parametrize(
    "text", ["", "Nearedge-Ring: a\n", "Nearedge-Ring: a\nNearedge-Action: jump\nNearedge-Target: x\n"]
)
def test_no_step(text: str, root: File) -> None:
    made: Any = read_commit(repository(root), "HEAD")._replace(message=text)
    assert step_of(made) is None


def test_a_step_is_read_as_it_was_written(root: File) -> None:
    step = RingStep("canary", RingAction.ADVANCE, "a" * 40, "b" * 40, ("DOWNTIME", "REMOVE/store-001"))
    made = read_commit(repository(root), "HEAD")._replace(message=message(step, "subject"))
    assert step_of(made) == step


def test_acknowledgements_are_by_code_or_by_cluster() -> None:
    found = (Danger("REMOVE", "a", "x"), Danger("REMOVE", "b", "y"), Danger("LEFT", "a", "z"))
    assert unaccepted(found, ["REMOVE"]) == found[2:]
    assert unaccepted(found, ["REMOVE/b", "LEFT/a"]) == found[:1]
    assert surplus(found, ["REMOVE/c", "LEFT", "DOWNTIME"]) == ("DOWNTIME", "REMOVE/c")
    assert {item.code for item in found} <= CODES.keys()
