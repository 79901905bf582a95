"""People's files: what was saved meanwhile is not overwritten, and a folder that somebody stands in stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path as File
from typing import Any

import pytest

from generator.disk import staging, steps, transaction
from generator.disk.exchange import can_exchange
from generator.disk.lock import Busy, locked
from generator.disk.plain import read_plain
from generator.disk.sealed import copy_sealed, read_sealed, write_sealed
from generator.disk.specs import SpecsMoved, moved, refuse_moved, spec_digests, sum_of
from generator.disk.steps import Step
from generator.disk.transaction import carry_out
from generator.errors import Unwritable
from tests.conftest import ROOT

SPEC = "clusters/near-edge/a.yaml"
OUTPUT = {f"overlays/a/{name}.yaml": b"new\n" for name in "ab"}


@pytest.fixture(params=[True, False], ids=["exchange", "renames"])
def root(request: pytest.FixtureRequest, tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    exchanges: bool = request.param
    monkeypatch.setattr(staging, "can_exchange", lambda folder: exchanges and can_exchange(folder))
    for folder in ("near-edge", "core"):
        (tmp_path / "clusters" / folder).mkdir(parents=True)
    (tmp_path / SPEC).write_text("old\n", "utf-8")
    (tmp_path / "clusters/near-edge/b.yaml").write_text("other\n", "utf-8")
    return tmp_path


def in_place(path: File) -> None:
    path.write_text("of an editor\n", "utf-8")


def by_rename(path: File) -> None:
    other = path.with_name("4913")
    other.write_text("of an editor\n", "utf-8")
    other.replace(path)


@pytest.mark.parametrize("save", [in_place, by_rename], ids=["in place", "by rename"])
@pytest.mark.parametrize("moment", ["prepared", "take"])
def test_what_an_editor_saved_is_not_overwritten(
    root: File, monkeypatch: pytest.MonkeyPatch, save: Callable[[File], None], moment: str
) -> None:
    judged, before = spec_digests(root), getattr(transaction, moment)
    saved: list[int] = []

    def saving(*arguments: Any, **options: Any) -> object:
        if not saved:
            saved.append(1)
            save(root / SPEC)
        return before(*arguments, **options)

    monkeypatch.setattr(transaction, moment, saving)
    with pytest.raises(SpecsMoved, match=f"^{SPEC} was saved"):
        carry_out(root, {SPEC: b"new\n", **OUTPUT}, (), judged)
    assert (root / SPEC).read_text("utf-8") == "of an editor\n"
    assert not (root / "overlays").exists()
    assert sorted(path.name for path in (root / "clusters/near-edge").iterdir()) == ["a.yaml", "b.yaml"]


def test_a_spec_that_goes_was_the_one_that_was_judged(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    judged, take = spec_digests(root), steps.take

    def saving(root: File, step: Step) -> None:
        in_place(root / SPEC)
        take(root, step)

    monkeypatch.setattr(transaction, "take", saving)
    with pytest.raises(SpecsMoved):
        carry_out(root, {}, [SPEC], judged)
    assert (root / SPEC).read_text("utf-8") == "of an editor\n"


def test_a_file_that_came_meanwhile_is_not_overwritten(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    judged, take, new = spec_digests(root), steps.take, "clusters/near-edge/c.yaml"

    def creating(root: File, step: Step) -> None:
        (root / new).write_text("of an editor\n", "utf-8")
        take(root, step)

    monkeypatch.setattr(transaction, "take", creating)
    with pytest.raises(Unwritable, match=r"c\.yaml cannot be written: File exists"):
        carry_out(root, {new: b"new\n"}, (), judged)
    assert (root / new).read_text("utf-8") == "of an editor\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda root: in_place(root / SPEC), SPEC),
        (lambda root: (root / SPEC).unlink(), SPEC),
        (lambda root: in_place(root / "clusters/core/hub.yaml"), "clusters/core/hub.yaml"),
        (lambda root: (root / "clusters/near-edge/.a.yaml.swp").touch(), None),
        (lambda root: (root / SPEC).touch(), None),
    ],
    ids=["saved", "removed", "added", "swap file", "touched"],
)  # fmt: skip
def test_specs_are_compared_by_their_content(
    root: File, change: Callable[[File], object], said: str | None
) -> None:
    judged = spec_digests(root)
    change(root)
    assert moved(root, judged) == said
    if said:
        with pytest.raises(SpecsMoved):
            refuse_moved(root, judged)
    assert (sum_of(spec_digests(root)) == sum_of(judged)) == (said is None)


def test_a_shell_stays_where_it_is(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "overlays/a").mkdir(parents=True)
    (root / "overlays/b").mkdir()
    for path in OUTPUT:
        (root / path).write_bytes(b"old\n")
    (root / "overlays/b/a.yaml").write_bytes(b"old\n")
    (root / "overlays/.nearedge").write_bytes(b"a\n")
    for folder in ("clusters/near-edge", "overlays/b", "overlays"):
        monkeypatch.chdir(root / folder)
        specs = {SPEC: folder.encode(), "clusters/near-edge/b.yaml": folder.encode()}
        output = {"overlays/b/a.yaml": folder.encode(), "overlays/.nearedge": folder.encode()}
        carry_out(root, {**specs, **output, **dict.fromkeys(OUTPUT, folder.encode())}, ())
        assert File.cwd() == root / folder
        assert File().stat().st_ino == (root / folder).stat().st_ino


def test_a_spec_keeps_its_rights(root: File) -> None:
    (root / SPEC).chmod(0o640)
    carry_out(root, {SPEC: b"new\n"}, ())
    assert (root / SPEC).stat().st_mode & 0o777 == 0o640
    assert (root / SPEC).read_bytes() == b"new\n"


def test_only_plain_files_are_read(tmp_path: File) -> None:
    (tmp_path / "plain").write_bytes(b"x")
    (tmp_path / "link").symlink_to("plain")
    (tmp_path / "endless").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    assert read_plain(tmp_path / "plain") == b"x"
    assert [read_plain(tmp_path / name) for name in ("link", "endless", "pipe", "none", ".")] == [None] * 5


def test_a_lock_is_held_over_what_takes_it_again(tmp_path: File) -> None:
    code = (
        "import sys, pathlib; from generator.disk.lock import Busy, locked\n"
        "try:\n with locked(pathlib.Path(sys.argv[1])): print('held')\n"
        "except Busy: print('busy')\n"
    )

    def other() -> str:
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    with locked(tmp_path) as outer:
        with locked(tmp_path) as inner:
            assert (outer, inner) == (True, True)
        # The end of the inner one lets nobody in.
        assert other() == "busy"
        carry_out(tmp_path, {SPEC: b"x\n"}, ())
        assert other() == "busy"
    assert other() == "held"


def test_a_lock_of_a_failed_command_is_let_go(tmp_path: File) -> None:
    with pytest.raises(Busy), locked(tmp_path):
        raise Busy(pid="1")
    with locked(tmp_path) as held:
        assert held


def test_only_what_was_written_here_is_believed(tmp_path: File) -> None:
    path = tmp_path / ".nearedge/cache"
    assert read_sealed(path) is None
    write_sealed(path, b"body\n")
    assert read_sealed(path) == b"body\n"
    copy_sealed(path, tmp_path / "copy/cache")
    assert read_sealed(tmp_path / "copy/cache") == b"body\n"
    # As a clone, an archive or a copy brings it: the same bytes, another file; the same file, other bytes.
    shutil.copy2(path, tmp_path / "copied")
    assert (tmp_path / "copied").read_bytes() == path.read_bytes()
    assert read_sealed(tmp_path / "copied") is None
    path.touch()
    assert read_sealed(path) is None
    write_sealed(path, b"body\n")
    with path.open("ab") as file:
        file.write(b"more\n")
    assert read_sealed(path) is None
    copy_sealed(path, tmp_path / "other/cache")
    assert not (tmp_path / "other").exists()


def test_a_sealed_file_is_not_written_elsewhere(tmp_path: File) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / ".nearedge").symlink_to("victim")
    with pytest.raises(OSError, match="Not a directory"):
        write_sealed(tmp_path / ".nearedge/cache", b"body\n")
    assert not list((tmp_path / "victim").iterdir())
