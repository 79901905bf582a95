"""What a machine or a repository may look like: of every command, one sentence and the right exit code, no traceback."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path as File

import pytest

from generator import cli
from tests.commands import EVERY, FORGE, SERVERS, WITHOUT_FLEET, copied, fleet_with_remote
from tests.conftest import ROOT
from tests.edits import git
from tests.forked import Done, Stream, forked

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def root(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    root = fleet_with_remote(tmp_path)
    monkeypatch.chdir(root)
    return root


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> File:
    """The same for many tests, in which nothing may change."""
    return fleet_with_remote(tmp_path_factory.mktemp("unchanged"))


def test_every_command_is_asked() -> None:
    assert {*EVERY, *SERVERS, *FORGE} == set(cli.COMMANDS)


def run(*arguments: str) -> int:
    """Exit code, also of those that argparse decides on."""
    try:
        return cli.main(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


# Names of files

ODD = {
    "not UTF-8": b"b\xff.yaml",
    "a folder": b"\xff/b.yaml",
    "not a spec": b"notes\xff.txt",
    "a line break": b"a\nb.yaml",
}
SHOWN = {
    "not UTF-8": r"b\xff.yaml",
    "a folder": r"\xff",
    "not a spec": r"notes\xff.txt",
    "a line break": r"a\nb.yaml",
}
REFUSING = (
    frozenset(EVERY)
    - WITHOUT_FLEET
    - {"rollout", "init", "schema", "explain", "models", "list", "show", "report", "doctor", "teams"}
)
"""Commands that judge the specs on disk."""


def put_odd(root: File, *odd: str) -> None:
    for name in odd:
        path = root / "clusters/groups" / os.fsdecode(ODD[name])
        path.parent.mkdir(exist_ok=True)
        path.write_text("kind: Group\n", "utf-8")


@pytest.mark.parametrize("odd", ODD)
def test_each_name_that_cannot_be_shown_is_a_finding(odd: str, root: File, capsys: Capture) -> None:
    put_odd(root, odd)
    assert run("check") == 1
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "SPEC001" in line)
    assert line.startswith(f"clusters/groups/{SHOWN[odd]}:1:1: error SPEC001: ")


@pytest.mark.parametrize("command", EVERY)
def test_names_that_cannot_be_shown(command: str, root: File, capsys: Capture) -> None:
    put_odd(root, *ODD)
    code = run(*EVERY[command])
    captured = capsys.readouterr()
    said = captured.out + captured.err
    assert code in ({1} if command in REFUSING else {0, 1}), said
    if command in REFUSING:
        missing = [name for name in SHOWN.values() if f"clusters/groups/{name}:1:1: " not in said]
        assert not missing, said
    assert not any(char in said for char in ("\udcff", "a\nb.yaml"))


# Messages of commits, and the name of the folder that all is in

MESSAGE = "Give it \x1f more\x1e \x1b[31mred\x1b[0m \u202e\n\n\x1f\x1e\x01 body\n"


@pytest.fixture(scope="module")
def messaged(tmp_path_factory: pytest.TempPathFactory) -> File:
    """A fleet with such a commit, which every ring holds."""
    folder = tmp_path_factory.mktemp("messaged")
    root = fleet_with_remote(folder)
    group = root / "clusters/groups/retail-small.yaml"
    group.write_text(group.read_text("utf-8").replace("memory: 2Gi}", "memory: 3Gi}"), "utf-8")
    assert run("render", "--no-verify", "--root", str(root)) == 0
    git(root, "add", "--all")
    git(root, "commit", "--quiet", f"--message={MESSAGE}")
    for branch in ("main", "ring/canary", "ring/pilot", "ring/main"):
        git(root, "push", "--quiet", "origin", f"main:refs/heads/{branch}")
    return folder


@pytest.mark.parametrize("command", EVERY)
def test_commit_messages_of_any_kind_in_a_folder_whose_name_is_no_utf_8(
    command: str, messaged: File, tmp_path: File, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    odd = tmp_path / os.fsdecode(b"fl\xffeet")
    copied(messaged, tmp_path).rename(odd)
    monkeypatch.chdir(odd)
    capsys.readouterr()
    assert run(*EVERY[command]) == 0, capsys.readouterr().err
    captured = capsys.readouterr()
    assert not {"\x1b", "\x1f", "\x1e", "\u202e"} & set(captured.out + captured.err)
    if command == "rollout":
        assert r"Give it \x1f more\x1e \x1b[31mred" in captured.out


# The folder that one stands in


@pytest.mark.parametrize("command", EVERY)
def test_a_working_folder_that_was_removed(
    command: str, root: File, tmp_path: File, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    code = run(*EVERY[command])
    err = capsys.readouterr().err
    if command in WITHOUT_FLEET:
        assert (code, err) == (0, "")
    else:
        said = "nearedge: the folder that you stand in was removed: cd to one that is there, or once more to this one\n"
        assert (code, err) == (3, said)
    absolute = [str(root / word) if word in {"files", "clusters"} else word for word in EVERY[command]]
    assert run(*absolute, "--root", str(root)) == 0, capsys.readouterr().err


# Standard streams


PRINTING = [*EVERY, "--help", "--version"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
STARTED = {"check", "--help"}
"""Commands that a shell starts; for the others a process is forked that has imported nearedge."""
REDIRECTED: dict[str, Stream] = {"/dev/full": "full", "&-": "closed"}


def started(command: str, root: File, out: str = "", err: str = "", stdin: str = "") -> Done:
    """A command whose streams a shell has redirected."""
    arguments = EVERY.get(command, (command,))
    if command not in STARTED:
        streams = (REDIRECTED.get(stream, "kept") for stream in (out, err, stdin))
        return forked(arguments, root, **dict(zip(("out", "err", "stdin"), streams, strict=True)))
    signs = ((">", out), ("2>", err), ("<", stdin))
    redirections = " ".join(f"{sign}{stream}" for sign, stream in signs if stream)
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", sys.executable, "-P", "-m", "generator", *arguments],
        cwd=root,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("command", PRINTING)
def test_standard_output_that_is_full(command: str, root: File) -> None:
    done = started(command, root, out="/dev/full")
    said = "nearedge: standard output cannot be written: No space left on device"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (3, said)
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", PRINTING)
def test_standard_output_that_is_closed(command: str, unchanged: File) -> None:
    before = git(unchanged, "status", "--porcelain", "--ignored")
    done = started(command, unchanged, out="&-")
    assert (done.returncode, done.stderr) == (3, "nearedge: standard output is closed: nothing was done\n")
    assert git(unchanged, "status", "--porcelain", "--ignored") == before


@pytest.mark.slow
@pytest.mark.parametrize(("err", "stdin"), [("&-", ""), ("/dev/full", ""), ("&-", "&-")])
@pytest.mark.parametrize("command", ["check", "set", "mirror", "rules", "nothing"])
def test_standard_error_that_takes_nothing(command: str, err: str, stdin: str, root: File) -> None:
    done = started(command, root, err=err, stdin=stdin)
    assert done.returncode == (64 if command == "nothing" else 3 if "full" in err and not done.stdout else 0)
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("command", PRINTING)
def test_a_reader_that_has_gone(command: str, root: File) -> None:
    arguments = EVERY.get(command, (command,))
    done = unread(arguments, root) if command in STARTED else forked(arguments, root, out="unread")
    assert done.returncode in {0, 141}
    assert not any(word in done.stderr for word in ("pipe", "Pipe", "Traceback", "Exception"))


def unread(arguments: tuple[str, ...], root: File) -> Done:
    """A command in a pipe whose reader has ended."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "generator", *arguments],
        cwd=root,
        env=ENVIRONMENT,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=300,
    )
    os.close(writer)
    return Done(done.returncode, "", done.stderr)


# Options without a value


def options_of(parser: argparse.ArgumentParser, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for action in parser._actions:  # noqa: SLF001 - argparse lists them nowhere else
        for name, inner in action.choices.items() if isinstance(action.choices, dict) else ():
            yield from options_of(inner, (*words, name))
        if action.option_strings and action.nargs is None and action.dest != "message":
            yield (*words, action.option_strings[0])


EMPTY = [words for name in EVERY for words in options_of(cli._parser([name])._actions[-1].choices[name], (name,))]  # type: ignore[index]  # noqa: SLF001  # fmt: skip


@pytest.mark.parametrize("words", EMPTY, ids=" ".join)
def test_an_option_that_is_given_says_something(
    words: tuple[str, ...], unchanged: File, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    *command, option = words
    rest = [word for word in EVERY[command[0]][len(command) :] if word != option]
    monkeypatch.chdir(unchanged)
    before = git(unchanged, "status", "--porcelain", "--ignored")
    assert run(*command, *rest, option, "") == 64
    assert f"{option} is given, but empty\n" in capsys.readouterr().err
    assert git(unchanged, "status", "--porcelain", "--ignored") == before


@pytest.mark.parametrize("words", [("plan", "--base="), ("check", "--root=")], ids=" ".join)
def test_an_option_that_ends_with_its_sign_says_nothing(words: tuple[str, ...], capsys: Capture) -> None:
    assert run(*words) == 64
    assert f"{words[-1][:-1]} is given, but empty\n" in capsys.readouterr().err
