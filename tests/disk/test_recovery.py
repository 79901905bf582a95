"""After a kill: what others did meanwhile stays, what nobody wants any more is dropped, nothing is stuck for good."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path as File

import pytest

from generator.cli import main
from generator.disk import transaction
from generator.disk.journal import JOURNAL
from generator.disk.lock import FOLDER
from generator.disk.plain import clear
from generator.disk.specs import spec_digests
from generator.disk.staging import STAGE, stages
from generator.disk.steps import Step, take
from generator.disk.transaction import Recovered, carry_out, recover
from generator.errors import Unwritable

SPEC = "clusters/near-edge/a.yaml"
OLD = {
    "acm/hub/a.yaml": "old\n",
    "acm/hub/b.yaml": "old\n",
    "base/p/a.yaml": "old\n",
    "base/p/b.yaml": "old\n",
    "overlays/a/a.yaml": "old\n",
    "overlays/a/b.yaml": "old\n",
    SPEC: "old\n",
}
NEW = dict.fromkeys(OLD, b"new\n")
FOLDERS = ("acm/hub", "base/p", "overlays/a")


def lay(root: File) -> None:
    for path, text in OLD.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")


@pytest.fixture
def root(tmp_path: File) -> File:
    lay(tmp_path)
    return tmp_path


def killed(root: File, after: int, monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]) -> None:
    """Run in a process that is killed before the step that comes `after` so many."""
    child = os.fork()
    if child == 0:
        left = [after]

        def dying(root: File, step: Step) -> None:
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            take(root, step)

        monkeypatch.setattr(transaction, "take", dying)
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert (root / JOURNAL).is_file()


def half(root: File, monkeypatch: pytest.MonkeyPatch, after: int = 2) -> None:
    """A change of a spec and all output, killed in between; the spec goes first."""
    judged = spec_digests(root)
    killed(root, after, monkeypatch, lambda: carry_out(root, NEW, (), judged))


def texts(root: File) -> dict[str, str]:
    return {path: (root / path).read_text("utf-8") for path in OLD}


def test_what_was_begun_is_completed(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    half(root, monkeypatch)
    assert set(texts(root).values()) == {"old\n", "new\n"}
    assert recover(root) is Recovered.COMPLETED
    assert texts(root) == dict.fromkeys(OLD, "new\n")
    assert recover(root) is Recovered.NOTHING


def test_what_had_not_begun_is_forgotten(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    half(root, monkeypatch, after=0)
    assert recover(root) is Recovered.NOTHING
    assert texts(root) == OLD
    assert not (root / JOURNAL).exists()
    assert not stages(root)


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_files_of_others_survive_a_recovery(
    root: File, monkeypatch: pytest.MonkeyPatch, folder: str, after: int
) -> None:
    (root / folder / "notes.txt").write_text("draft\n", "utf-8")
    half(root, monkeypatch, after) if after < 4 else killed_before_the_end(root, monkeypatch)
    (root / folder / "mine.txt").write_text("mine\n", "utf-8")
    (root / folder / "more").mkdir()
    (root / folder / "more/mine.txt").write_text("mine\n", "utf-8")
    (root / folder / "notes.txt").unlink()
    (root / folder / "notes.txt").write_text("final words\n", "utf-8")
    assert recover(root) is Recovered.COMPLETED
    assert texts(root) == dict.fromkeys(OLD, "new\n")
    assert (root / folder / "mine.txt").read_text("utf-8") == "mine\n"
    assert (root / folder / "more/mine.txt").read_text("utf-8") == "mine\n"
    assert (root / folder / "notes.txt").read_text("utf-8") == "final words\n"


def killed_before_the_end(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """All steps are taken; what others had is not looked at yet."""
    judged = spec_digests(root)
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(transaction, "_complete", lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        try:
            carry_out(root, NEW, (), judged)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert (root / JOURNAL).is_file()


def spec_saved(root: File) -> None:
    (root / SPEC).write_text("of somebody\n", "utf-8")


def other_spec_saved(root: File) -> None:
    (root / "clusters/near-edge/b.yaml").write_text("of somebody\n", "utf-8")


def checked_out(root: File) -> None:
    """As `git checkout -- .` does: what differs is written anew."""
    for path, text in OLD.items():
        if (root / path).read_text("utf-8") != text:
            (root / path).unlink()
            (root / path).write_text(text, "utf-8")


def output_edited(root: File) -> None:
    (root / "overlays/a/a.yaml").write_text("of somebody\n", "utf-8")


def output_gone(root: File) -> None:
    shutil.rmtree(root / "overlays")


OTHERS = [spec_saved, other_spec_saved, checked_out, output_edited, output_gone]


@pytest.mark.parametrize("change", OTHERS, ids=[change.__name__ for change in OTHERS])
def test_a_journal_of_another_state_is_dropped(
    root: File,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[File], None],
) -> None:
    half(root, monkeypatch)
    change(root)
    before = {path: path.read_bytes() for path in root.rglob("*.yaml") if FOLDER not in path.parts}
    # Any command that looks at the output; there is no fleet here that could be verified.
    assert main(["verify", "--root", str(root)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("a nearedge that was killed had begun to write for other specs than these: ")
    assert "nearedge render brings the output in step\n" in said.splitlines(keepends=True)[0]
    after = {path: path.read_bytes() for path in root.rglob("*.yaml") if FOLDER not in path.parts}
    assert after == before
    assert not (root / JOURNAL).exists()
    assert recover(root) is Recovered.NOTHING


def test_git_has_the_last_word(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        return subprocess.run(
            ["git", *who, *arguments], cwd=root, check=True, capture_output=True, text=True
        ).stdout

    (root / ".gitignore").write_text("/.nearedge/\n", "utf-8")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "old")
    half(root, monkeypatch)
    git("checkout", "--", ".")
    assert recover(root) is Recovered.DROPPED
    assert git("status", "--porcelain") == ""


@pytest.mark.parametrize("raw", ['{"kind": 1}', '{"live": 5}', '{"staged": null}', '{"inode": "x"}'])
def test_a_journal_of_odd_values_is_none(root: File, monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    half(root, monkeypatch)
    body = json.loads((root / JOURNAL).read_bytes())
    body["steps"][0] |= json.loads(raw)
    (root / JOURNAL).write_text(json.dumps(body), "utf-8")
    assert recover(root) is not Recovered.COMPLETED
    assert not (root / JOURNAL).exists()


def test_what_is_read_only_stops_no_later_run(unprivileged: File) -> None:
    lay(unprivileged)
    theirs = unprivileged / "overlays/a/theirs/deep"
    theirs.mkdir(parents=True)
    (theirs / "mine.txt").write_text("mine\n", "utf-8")
    for folder in (theirs, theirs.parent):
        folder.chmod(0o555)
    for number in range(3):
        carry_out(unprivileged, dict.fromkeys(OLD, b"%d" % number), ())
        assert set(texts(unprivileged).values()) == {str(number)}
        assert not stages(unprivileged)
    assert (theirs / "mine.txt").read_text("utf-8") == "mine\n"
    assert theirs.stat().st_mode & 0o777 == 0o555


def test_what_cannot_be_removed_stops_no_later_run(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    # As where a folder in the stage belongs to somebody else.
    monkeypatch.setattr("generator.disk.staging.clear", lambda _: False)
    (root / STAGE).mkdir(parents=True)
    (root / STAGE / "theirs").mkdir()
    for number in range(2):
        carry_out(root, dict.fromkeys(OLD, b"%d" % number), ())
        assert set(texts(root).values()) == {str(number)}
    assert (root / STAGE / "theirs").is_dir()


def test_what_nobody_may_read_is_not_in_the_way(unprivileged: File) -> None:
    lay(unprivileged)
    closed = unprivileged / "overlays/a/closed"
    closed.mkdir()
    closed.chmod(0)
    carry_out(unprivileged, NEW, ())
    assert (unprivileged / "overlays/a/a.yaml").read_text("utf-8") == "new\n"
    assert closed.stat().st_mode & 0o777 == 0


def test_a_folder_is_cleared_whatever_its_rights(unprivileged: File) -> None:
    folder = unprivileged / "x/y/z"
    folder.mkdir(parents=True)
    (folder / "file").touch()
    for path in (folder, folder.parent, folder.parent.parent):
        path.chmod(0)
    assert clear(unprivileged / "x")
    assert not (unprivileged / "x").exists()


def test_a_planted_folder_leads_nowhere(root: File, tmp_path_factory: pytest.TempPathFactory) -> None:
    victim = tmp_path_factory.mktemp("victim")
    (victim / "stage").mkdir()
    (victim / "stage/precious").touch()
    (root / FOLDER).symlink_to(victim)
    with pytest.raises(Unwritable, match=r"\.nearedge is a symlink; remove it"):
        carry_out(root, NEW, ())
    assert recover(root) is Recovered.NOTHING
    assert texts(root) == OLD
    assert [path.name for path in victim.rglob("*")] == ["stage", "precious"]


@pytest.mark.parametrize("name", ["journal", "journal.new", "stage", "cache.new"])
def test_a_planted_link_is_not_written_through(
    root: File, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    victim = tmp_path_factory.mktemp("victim") / "precious"
    victim.write_text("precious\n", "utf-8")
    (root / FOLDER).mkdir()
    (root / FOLDER / name).symlink_to(victim)
    carry_out(root, NEW, ())
    assert victim.read_text("utf-8") == "precious\n"
    assert texts(root) == dict.fromkeys(OLD, "new\n")
