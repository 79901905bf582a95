"""Old or new, never between: a writer that dies at any moment, and what the next run makes of it.

What a program does to a disk is a row of changes. A writer that is killed in place of its first one, of its second one,
and so on to its end has been killed everywhere; only inside of a file there are more moments.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import time
from bisect import bisect_left
from collections.abc import Callable
from itertools import count
from pathlib import Path as File
from typing import Any

import pytest

from generator.disk import exchange, staging
from generator.disk.exchange import can_exchange
from generator.disk.journal import JOURNAL
from generator.disk.staging import STAGE
from generator.disk.transaction import recover
from generator.disk.tree import Tree, compare, write
from tests.repositories import headed

FOLDERS = ("acm", "base", "overlays")
CHANGES = frozenset(
    f"os.{name}"
    for name in ("chmod", "chown", "link", "mkdir", "remove", "rename", "rmdir", "symlink", "truncate")
)
"""What an audit hook is told of before it happens, of all that changes a disk; beside them files that are opened to write."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def version(number: int, clusters: int = 2) -> Tree:
    """A tree that differs from the next version's in most files, with clusters that come and go."""
    texts = {f"acm/hub/{i}.yaml": f"{number}\n" for i in range(clusters // 2)}
    for i in range(clusters):
        texts[f"base/p/{i}/resources.yaml"] = f"{number} {i}\n"
        name = f"edge-{i}" if i < clusters - 1 else f"edge-{i}-{number}"
        texts[f"overlays/{name}/kustomization.yaml"] = f"{number} {i}\n"
    return headed(texts)


OLD, NEW = version(0), version(1)
NOTES = {"overlays/notes.md": "somebody's\n", "overlays/edge-0/notes.md": "somebody's\n"}


def on_disk(root: File) -> dict[str, str]:
    """All files of the machine folders."""
    files = (path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in files}


def bring(root: File, tree: Tree) -> None:
    write(root, tree, compare(root, tree))


@pytest.fixture(params=[True, False], ids=["exchange", "renames"])
def root(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: File) -> File:
    """The old tree with files of others in it, where folders can change places and where they cannot."""
    # Another file system cannot be had everywhere; what it answers can.
    monkeypatch.setattr(staging, "can_exchange", lambda folder: request.param and can_exchange(folder))
    bring(tmp_path, OLD)
    for path, text in NOTES.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def in_child(work: Callable[[], object]) -> int:
    """Run in a process of its own, which ends without pytest's clean-up; the signal that ended it, or 0."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, "the writer failed by itself"
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def dies_at(point: int, work: Callable[[], object]) -> bool:
    """Run in a process that is killed in place of its change number `point` of the disk; whether it came to that."""

    def dying() -> None:
        left = point

        def change() -> None:
            nonlocal left
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

        def heard(event: str, arguments: tuple[Any, ...]) -> None:
            if event in CHANGES or (event == "open" and arguments[2] & WRITES):
                change()

        # Called through ctypes, of which no hook is told.
        renameat2 = exchange._renameat2()  # noqa: SLF001

        def exchanging(*arguments: Any) -> Any:
            change()
            assert renameat2 is not None
            return renameat2(*arguments)

        pytest.MonkeyPatch().setattr(exchange, "_renameat2", lambda: exchanging)
        sys.addaudithook(heard)
        work()

    return in_child(dying) == signal.SIGKILL


def outcome(root: File) -> Tree:
    """What stands on disk after the next run: one of the two trees, with all that is of others and nothing beside it."""
    recover(root)
    found = on_disk(root)
    assert found in ({**OLD.texts, **NOTES}, {**NEW.texts, **NOTES})
    assert not (root / STAGE).exists()
    assert not (root / JOURNAL).exists()
    return OLD if found == {**OLD.texts, **NOTES} else NEW


def test_a_writer_that_dies_leaves_the_old_tree_or_the_new_one(root: File) -> None:
    left = []
    for point in count():
        died = dies_at(point, lambda: bring(root, NEW))
        left.append(outcome(root))
        if not died:
            break
        bring(root, OLD)
    assert left[-1] is NEW, "who is not killed comes to the end"
    turn = left.index(NEW)
    # From one change on it is the new tree: the one behind which the journal stands there.
    assert left == [OLD] * turn + [NEW] * (len(left) - turn)
    assert turn > len(NEW.texts), "before it at least each file is staged"
    assert len(left) - turn > 3, "behind it are the steps, and the way back to an empty stage"


def test_a_recovery_that_dies_is_completed_by_the_next(root: File) -> None:
    def began(point: int) -> bool:
        bring(root, OLD)
        dies_at(point, lambda: bring(root, NEW))
        return outcome(root) is NEW

    # The first moment from which on the next run completes something.
    first = bisect_left(range(10_000), x=True, key=began)
    for point in count():
        bring(root, OLD)
        assert dies_at(first, lambda: bring(root, NEW))
        died = dies_at(point, lambda: recover(root))
        assert outcome(root) is NEW
        if not died:
            break
    assert point > 3


@pytest.mark.parametrize("file", ["staged", "journal"])
def test_a_writer_that_dies_in_the_middle_of_a_file(root: File, file: str) -> None:
    longest = max(len(text) for text in NEW.texts.values())
    limit = 1 if file == "staged" else longest

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        bring(root, NEW)

    assert in_child(work) == signal.SIGXFSZ
    halves = [
        path for path in (root / ".nearedge").rglob("*") if path.is_file() and path.stat().st_size == limit
    ]
    assert (f"{JOURNAL}.new" in {path.relative_to(root).as_posix() for path in halves}) is (file == "journal")
    assert halves
    assert outcome(root) is OLD
    bring(root, NEW)
    assert outcome(root) is NEW


@pytest.mark.slow
def test_a_writer_that_is_killed_at_a_random_moment(tmp_path: File, kills: int) -> None:
    trees = version(0, 40), version(1, 40)
    bring(tmp_path, trees[0])
    at = time.perf_counter()
    bring(tmp_path, trees[1])
    usual = time.perf_counter() - at
    draw = random.Random(2026)  # noqa: S311 - moments, no secrets
    for i in range(kills):
        pid = os.fork()
        if pid == 0:
            try:
                bring(tmp_path, trees[i % 2])
            finally:
                os._exit(0)
        time.sleep(draw.random() * usual)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        recover(tmp_path)
        assert on_disk(tmp_path) in ({**trees[0].texts}, {**trees[1].texts})
        assert not (tmp_path / STAGE).exists()
        assert not (tmp_path / JOURNAL).exists()
