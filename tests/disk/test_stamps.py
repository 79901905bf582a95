"""A file that nobody touched is not read again; one that somebody touched is, whatever it looks like."""

from __future__ import annotations

import os
import time
from pathlib import Path as File

import pytest

from generator.disk.plain import digest, digest_of
from generator.disk.stamps import REST, STAMPS, Stamps


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read, in order."""
    done: list[str] = []

    def counted(root: File, path: str) -> str:
        done.append(path)
        return digest_of(root, path)

    monkeypatch.setattr("generator.disk.stamps.digest_of", counted)
    return done


@pytest.fixture
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything was written long ago."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + REST + 1)


def noted(root: File, *paths: str) -> Stamps:
    """What the next run knows when this one has looked at these files."""
    seen = Stamps.recalled(root)
    for path in paths:
        assert seen.digest_of(root, path) == digest((root / path).read_bytes())
    seen.remember(root)
    return Stamps.recalled(root)


@pytest.mark.usefixtures("rested")
def test_what_nobody_touched_is_not_read_again(tmp_path: File, reads: list[str]) -> None:
    (tmp_path / "a").write_text("one")
    assert noted(tmp_path, "a").digest_of(tmp_path, "a") == digest(b"one")
    assert reads == ["a"]


@pytest.mark.usefixtures("rested")
def test_what_was_written_again_is_read_whatever_its_size_and_time_say(tmp_path: File) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    status = path.stat()
    known = noted(tmp_path, "a")
    path.write_text("two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert known.digest_of(tmp_path, "a") == digest(b"two")
    path.unlink()
    assert known.digest_of(tmp_path, "a") == ""
    path.symlink_to(tmp_path / "b")
    (tmp_path / "b").write_text("one")
    assert known.digest_of(tmp_path, "a") == "", "a link is no plain file"


def test_what_was_touched_a_moment_ago_is_read_again(tmp_path: File, reads: list[str]) -> None:
    (tmp_path / "a").write_text("one")
    assert noted(tmp_path, "a").digest_of(tmp_path, "a") == digest(b"one")
    assert reads == ["a", "a"], "it may be written once more in the same tick"


@pytest.mark.usefixtures("rested")
def test_a_note_that_is_not_ours_counts_for_nothing(tmp_path: File, reads: list[str]) -> None:
    (tmp_path / "a").write_text("one")
    noted(tmp_path, "a")
    body = (tmp_path / STAMPS).read_bytes()
    (tmp_path / STAMPS).unlink()
    (tmp_path / STAMPS).write_bytes(body)
    assert Stamps.recalled(tmp_path).digest_of(tmp_path, "a") == digest(b"one")
    assert reads == ["a", "a"]
