"""Old or new, never between: what is left of a tree when its writer is killed, refused or not alone."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path as File

import pytest

from generator.cli import main
from generator.disk import staging, transaction
from generator.disk.exchange import can_exchange, exchange
from generator.disk.folders import FOLDERS
from generator.disk.journal import JOURNAL
from generator.disk.lock import LOCK, Busy, locked
from generator.disk.staging import STAGE
from generator.disk.steps import Step, take
from generator.disk.transaction import Recovered, carry_out, recover
from generator.disk.tree import Tree, compare, write
from generator.errors import Unwritable
from tests.conftest import ROOT
from tests.repositories import headed


def version(number: int, clusters: int = 40) -> Tree:
    """A tree that differs from the next version's in most files, with clusters that come and go."""
    texts = {f"acm/hub/{i}.yaml": f"{number}\n" for i in range(4)}
    for i in range(clusters):
        texts[f"base/p/{i}/resources.yaml"] = f"{number} {i}\n" * 40
        name = f"edge-{i}" if i < clusters - 4 else f"edge-{i}-{number}"
        texts[f"overlays/{name}/kustomization.yaml"] = f"{number} {i}\n" * 40
    return headed(texts)


def on_disk(root: File) -> dict[str, str]:
    """All files of the machine folders."""
    files = (path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in files}


def bring(root: File, tree: Tree) -> None:
    write(root, tree, compare(root, tree))


def in_child(work: Callable[[], None]) -> int:
    """Run in a process of its own, which ends without pytest's clean-up; its id."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


@pytest.mark.parametrize("exchanges", [True, False], ids=["exchange", "renames"])
@pytest.mark.parametrize("steps", range(1, 3))
def test_a_write_that_dies_between_two_steps_is_completed(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, steps: int, *, exchanges: bool
) -> None:
    # Another file system cannot be had everywhere; what it answers can.
    monkeypatch.setattr(staging, "can_exchange", lambda folder: exchanges and can_exchange(folder))
    bring(tmp_path, version(0))
    left = [steps]
    do = take

    def dying(root: File, step: Step) -> None:
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        do(root, step)

    def work() -> None:
        monkeypatch.setattr(transaction, "take", dying)
        bring(tmp_path, version(1))

    os.waitpid(in_child(work), 0)
    assert (tmp_path / JOURNAL).is_file()
    assert recover(tmp_path) is Recovered.COMPLETED
    assert on_disk(tmp_path) == version(1).texts
    assert recover(tmp_path) is Recovered.NOTHING
    assert sorted(path.name for path in tmp_path.rglob("*") if "nearedge" in path.name and path.is_dir()) in (
        [],
        [".nearedge"],
    )


@pytest.mark.parametrize("failing", range(3))
@pytest.mark.parametrize("exchanges", [True, False], ids=["exchange", "renames"])
def test_a_step_that_fails_takes_the_others_back(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, failing: int, *, exchanges: bool
) -> None:
    monkeypatch.setattr(staging, "can_exchange", lambda folder: exchanges and can_exchange(folder))
    bring(tmp_path, version(0))
    left = [failing]
    do = take

    def refusing(root: File, step: Step) -> None:
        if not left[0]:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        left[0] -= 1
        do(root, step)

    monkeypatch.setattr(transaction, "take", refusing)
    with pytest.raises(Unwritable, match="cannot be written: Device or resource busy"):
        bring(tmp_path, version(1))
    assert on_disk(tmp_path) == version(0).texts
    assert sorted(path.name for path in tmp_path.iterdir()) == ["acm", "base", "overlays"]


@pytest.mark.parametrize("exchanges", [True, False], ids=["exchange", "renames"])
def test_folders_keep_their_rights(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, *, exchanges: bool
) -> None:
    # The group that may write into its overlays, and nobody else into them, is set once by whoever set up the clone.
    monkeypatch.setattr(staging, "can_exchange", lambda folder: exchanges and can_exchange(folder))
    bring(tmp_path, version(0))
    rights = {
        "overlays": 0o2775,
        "overlays/edge-0": 0o700,
        "base": 0o750,
        "base/p": 0o755,
        "base/p/0": 0o2770,
    }
    for path, mode in rights.items():
        (tmp_path / path).chmod(mode)
    bring(tmp_path, version(1))
    assert on_disk(tmp_path) == version(1).texts
    assert {path: (tmp_path / path).stat().st_mode & 0o7777 for path in rights} == rights


def test_the_last_step_is_taken_back_first(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "can_exchange", lambda _: False)
    bring(tmp_path, headed({"overlays/edge-1/old.yaml": "1\n", "overlays/edge-2/a.yaml": "1\n"}))
    folder = tmp_path / "overlays/edge-1"
    folder.chmod(0o700)
    was, do = folder.stat(), take

    def refusing(root: File, step: Step) -> None:
        if step.live == "overlays/edge-2/a.yaml":
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        do(root, step)

    monkeypatch.setattr(transaction, "take", refusing)
    with pytest.raises(Unwritable):
        bring(tmp_path, headed({"overlays/edge-1/new.yaml": "2\n"}))
    assert [path.name for path in folder.iterdir()] == ["old.yaml"]
    # Were the new file taken away before the old one is back, the folder would be empty for a moment, and go.
    assert (folder.stat().st_ino, folder.stat().st_mode) == (was.st_ino, was.st_mode)


@contextmanager
def full(folder: File) -> Iterator[None]:
    """A disk with room for the old tree only; where none can be mounted, files that must not grow."""
    libc = ctypes.CDLL(None, use_errno=True)
    mounted = libc.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, b"size=640k") == 0
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        bring(folder, version(0))
        if not mounted:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        if mounted:
            libc.umount2(bytes(folder), 2)


def test_a_full_disk_leaves_the_tree_as_it_was(tmp_path: File) -> None:
    large = {path: text * 20 for path, text in version(1).texts.items()}
    with full(tmp_path):
        before = on_disk(tmp_path)
        with pytest.raises(Unwritable, match=r"cannot be written: (No space left on device|File too large)"):
            bring(tmp_path, Tree(large))
        assert on_disk(tmp_path) == before
        assert sorted(path.name for path in tmp_path.iterdir()) == ["acm", "base", "overlays"]


def test_a_read_only_folder_leaves_the_tree_as_it_was(unprivileged: File) -> None:
    bring(unprivileged, version(0))
    (unprivileged / "overlays/edge-7").chmod(0o555)
    with pytest.raises(Unwritable, match=r"edge-7/kustomization\.yaml cannot be written: Permission denied"):
        bring(unprivileged, version(1))
    assert on_disk(unprivileged) == version(0).texts


def test_an_edit_of_one_cluster_is_one_exchange(tmp_path: File) -> None:
    bring(tmp_path, version(0))
    before = {path: path.stat().st_ino for path in tmp_path.rglob("*")}
    texts = {"overlays/edge-1/kustomization.yaml": b"a\n", "overlays/edge-1/resources.yaml": b"b\n"}
    carry_out(tmp_path, texts, ())
    changed = {path for path, inode in before.items() if path.stat().st_ino != inode}
    assert changed == {tmp_path / "overlays/edge-1", tmp_path / "overlays/edge-1/kustomization.yaml"}


def test_what_others_keep_in_the_folders_stays(tmp_path: File) -> None:
    bring(tmp_path, version(0))
    (tmp_path / "overlays/notes").mkdir()
    (tmp_path / "overlays/notes/empty").mkdir()
    (tmp_path / "overlays/notes/read.me").write_text("mine\n", encoding="utf-8")
    (tmp_path / "overlays/notes/link").symlink_to("read.me")
    (tmp_path / "overlays/edge-39-0/mine.txt").write_text("mine\n", encoding="utf-8")
    inode = (tmp_path / "overlays/notes/read.me").stat().st_ino
    bring(tmp_path, version(1))
    foreign = {"overlays/notes/read.me", "overlays/notes/link", "overlays/edge-39-0/mine.txt"}
    assert {path: text for path, text in on_disk(tmp_path).items() if path not in foreign} == version(1).texts
    assert foreign <= set(on_disk(tmp_path))
    assert (tmp_path / "overlays/notes/empty").is_dir()
    assert (tmp_path / "overlays/notes/link").readlink() == File("read.me")
    assert (tmp_path / "overlays/notes/read.me").stat().st_ino == inode


def test_what_is_saved_while_the_new_tree_is_staged_is_not_lost(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(tmp_path, version(0))
    notes = tmp_path / "overlays/notes.txt"
    notes.write_text("draft\n", encoding="utf-8")
    do = take

    def saving(root: File, step: Step) -> None:
        # As editors save: a new file takes the old one's place.
        other = tmp_path / "notes.new"
        other.write_text("final words\n", encoding="utf-8")
        other.replace(notes)
        (tmp_path / "overlays/more.txt").write_text("new\n", encoding="utf-8")
        do(root, step)

    monkeypatch.setattr(transaction, "take", saving)
    carry_out(tmp_path, {"overlays/edge-1/a": b"", "overlays/edge-2/a": b""}, ())
    assert notes.read_text(encoding="utf-8") == "final words\n"
    assert (tmp_path / "overlays/more.txt").read_text(encoding="utf-8") == "new\n"


HOSTILE = [
    b"",
    b"[]",
    b'{"folder": 1, "steps": [{"kind": "drop", "live": "clusters", "staged": ".nearedge/stage/x"}]}',
    b'{"folder": 0, "steps": [{"kind": "place", "live": "../x", "staged": ".nearedge/stage/x"}]}',
    b'{"folder": 0, "steps": [{"kind": "drop", "live": "clusters", "staged": "elsewhere"}]}',
    b'{"folder": 0, "steps": [{"surprise": 1}]}',
]


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_a_journal_that_is_not_ours_does_nothing(tmp_path: File, raw: bytes) -> None:
    (tmp_path / "clusters").mkdir()
    (tmp_path / STAGE).mkdir(parents=True)
    own = str((tmp_path / ".nearedge").stat().st_ino).encode()
    (tmp_path / JOURNAL).write_bytes(raw.replace(b'"folder": 0', b'"folder": ' + own))
    assert recover(tmp_path) is Recovered.NOTHING
    assert (tmp_path / "clusters").is_dir()
    assert not (tmp_path.parent / "x").exists()
    assert not (tmp_path / STAGE).exists()


def test_a_journal_of_two_steps_is_one_json_object(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, version(0))
    seen: list[bytes] = []
    do = take

    def reading(root: File, step: Step) -> None:
        seen.append((root / JOURNAL).read_bytes())
        do(root, step)

    monkeypatch.setattr(transaction, "take", reading)
    bring(tmp_path, version(1))
    steps = json.loads(seen[0])["steps"]
    assert [(step["kind"], step["live"]) for step in steps] == [
        ("exchange", "acm/hub"),
        ("exchange", "base/p"),
        ("exchange", "overlays"),
    ]


def test_two_folders_change_places(tmp_path: File) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert can_exchange(tmp_path)
    exchange(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a/b").exists()
    with pytest.raises(FileNotFoundError):
        exchange(tmp_path / "a", tmp_path / "c")


@pytest.mark.parametrize("kind", ["exchange", "drop"])
def test_folders_of_an_image_are_written_file_by_file(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    old, new = (
        {f"overlays/{name}/{i}.yaml": text for name in names for i in range(2)}
        for names, text in (("ab", "old\n"), ("a", "new\n"))
    )
    bring(tmp_path, headed(old))
    do, refused = take, []

    def refusing(root: File, step: Step) -> None:
        # As overlayfs does with a folder that was not made in its upper layer.
        if step.kind == kind and (root / step.live).is_dir():
            refused.append(step.live)
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        do(root, step)

    monkeypatch.setattr(transaction, "take", refusing)
    bring(tmp_path, headed(new))
    assert refused == ["overlays/a" if kind == "exchange" else "overlays/b"]
    assert on_disk(tmp_path) == headed(new).texts
    assert [path.name for path in tmp_path.iterdir()] == ["overlays"]


def test_a_second_writer_is_told_who_the_first_one_is(
    tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clusters").mkdir()
    code = (
        "import sys, pathlib; from generator.disk.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout is not None
        assert first.stdin is not None
        assert first.stdout.readline() == "held\n"
        assert main(["render", "--root", str(tmp_path)]) == 3
        said = f"another nearedge (process {first.pid}) is writing here: nothing was done, try again when it has ended"
        assert capsys.readouterr().err == f"nearedge: {said}\n"
        with pytest.raises(Busy), locked(tmp_path):
            pass
        assert recover(tmp_path) is Recovered.NOTHING
        first.stdin.close()
        first.wait(timeout=10)
    with locked(tmp_path) as held:
        assert held
    assert (tmp_path / LOCK).is_file()


def test_where_nothing_can_be_written_there_is_no_lock(unprivileged: File) -> None:
    root = unprivileged / "root"
    root.mkdir(0o555)
    with locked(root) as held:
        assert not held
