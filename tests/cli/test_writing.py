"""Every command that writes: one at a time, over nothing that was saved meanwhile, and under nobody's feet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import pytest

from generator import cli
from generator.cli import edited
from generator.disk import staging, transaction
from tests.commands import EDITS, FORGE, READERS, SERVERS, WRITERS, fleet_with_remote
from tests.copies import texts_below
from tests.edits import git
from tests.repositories import another_writer


def test_every_command_is_known_to_write_or_to_read() -> None:
    assert {*WRITERS, *READERS, *SERVERS, *FORGE} == set(cli.COMMANDS)
    assert not set(WRITERS) & set(READERS)


@pytest.fixture
def root(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    root = fleet_with_remote(tmp_path)
    monkeypatch.chdir(root)
    return root


def texts(root: File) -> dict[str, bytes]:
    return texts_below(root, {".git", ".nearedge"})


@pytest.fixture
def held(root: File) -> Iterator[int]:
    """Another process that writes here."""
    with another_writer(root) as process:
        yield process


@pytest.mark.parametrize("command", WRITERS)
def test_only_one_writes(command: str, root: File, held: int, capsys: pytest.CaptureFixture[str]) -> None:
    before = texts(root)
    assert cli.main(WRITERS[command]) == 3
    assert f"another nearedge (process {held}) is writing here: nothing was done" in capsys.readouterr().err
    assert texts(root) == before


@pytest.mark.parametrize("command", EDITS)
def test_a_spec_that_was_saved_while_it_was_judged_stays(
    command: str, root: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, file = EDITS[command]
    before, prepared = texts(root), staging.prepared

    def saving(*given: Any, **options: Any) -> object:
        # Everything is judged; an editor saves, as most do, by putting a new file in the old one's place.
        other = root / "saved"
        other.write_text("# of an editor\n", "utf-8")
        other.replace(root / file)
        return prepared(*given, **options)

    monkeypatch.setattr(transaction, "prepared", saving)
    assert cli.main(arguments) == 3
    said = f"{file} was saved, added or removed while nearedge judged: nothing was changed"
    assert said in capsys.readouterr().err
    assert texts(root) == {**before, file: b"# of an editor\n"}


@pytest.mark.parametrize("command", ["render", "publish"])
def test_output_of_specs_that_are_others_now_is_not_written(
    command: str, root: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    group = root / "clusters/groups/retail-small.yaml"
    group.write_text(group.read_text("utf-8").replace("memory: 2Gi}", "memory: 3Gi}"), "utf-8")
    before, prepared = texts(root), staging.prepared

    def saving(*given: Any, **options: Any) -> object:
        group.write_text(group.read_text("utf-8").replace("memory: 3Gi}", "memory: 4Gi}"), "utf-8")
        return prepared(*given, **options)

    monkeypatch.setattr(transaction, "prepared", saving)
    assert cli.main(WRITERS[command]) == 3
    assert "clusters/groups/retail-small.yaml was saved" in capsys.readouterr().err
    assert {path for path, raw in texts(root).items() if before[path] != raw} == {
        "clusters/groups/retail-small.yaml"
    }
    assert git(root, "ls-remote", "--heads", "origin").split("\t")[-1].strip() == "refs/heads/main"


@pytest.mark.parametrize("folder", ["clusters/near-edge", "clusters/models", "overlays/store-001"])
def test_a_shell_stays_where_it_is(folder: str, root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / folder)
    if folder == "clusters/near-edge":
        # The same changes are proven from the next folder, and proofs lie elsewhere: here it is the writing alone.
        monkeypatch.setattr(edited, "proven_before", lambda *_: None)
    # Of an overlay in which several files change at once, the folder changes.
    for command in ("set", "promote") if folder.startswith("overlays") else EDITS:
        arguments = (str(root / "files") if word == "files" else word for word in WRITERS[command])
        assert cli.main([*arguments]) == 0
        assert File.cwd() == root / folder
        assert File().stat().st_ino == (root / folder).stat().st_ino
    assert cli.main(["render", "--check"]) == 0


def test_what_a_killed_edit_left_is_no_burden(root: File) -> None:
    left = root / ".nearedge/edit-0/clusters/near-edge"
    left.mkdir(parents=True)
    (left / "a.yaml").touch()
    left.chmod(0o555)
    assert cli.main(WRITERS["set"]) == 0
    assert not list((root / ".nearedge").glob("edit-*"))
