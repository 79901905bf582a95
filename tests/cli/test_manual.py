"""Help, examples, manual pages, completion and tables for terminals: made of the parsers, and right."""

from __future__ import annotations

import argparse
import io
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path as File

import pytest

from generator import cli
from generator.cli import again, progress, streams
from generator.cli.manual import completion, man
from generator.cli.manual.examples import EXAMPLES, examples_text
from generator.report.terminal import terminal_table
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def parser() -> argparse.ArgumentParser:
    return cli.parser_of(tuple(cli.COMMANDS))


def run(*arguments: str) -> int:
    try:
        return cli.main(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


@pytest.mark.parametrize("words", [words for words, _ in EXAMPLES])
def test_an_example_is_taken(parser: argparse.ArgumentParser, words: str) -> None:
    assert parser.parse_args(shlex.split(words.partition(" > ")[0])).run


def test_every_command_has_an_example() -> None:
    # Only git calls `merge`.
    assert {words.split()[0] for words, _ in EXAMPLES} == cli.COMMANDS.keys() - {"merge"}
    assert examples_text("nearedge add queue").startswith("\nexamples:\n  nearedge add queue batch ")
    assert not examples_text("nearedge")


def test_help_is_that_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("help", "deploy") == 0
    asked = capsys.readouterr().out
    assert run("deploy", "--help") == 0
    assert capsys.readouterr().out == asked
    assert "examples:\n  nearedge deploy shelf-detector --to -l region=emea" in asked
    assert run("help", "deploi") == 64
    assert "did you mean deploy?" in capsys.readouterr().err


def test_there_is_a_manual_page_of_every_command(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("help", "--man", str(tmp_path)) == 0
    assert capsys.readouterr().out.startswith(f"{len(cli.COMMANDS) + 1} manual pages written")
    made = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert made.keys() == {"nearedge.1", *(f"nearedge-{name}.1" for name in cli.COMMANDS)}
    page = made["nearedge-set.1"]
    assert page.startswith('.TH "NEAREDGE-SET" "1" "" "nearedge ')
    assert ".B \\-l, \\-\\-selector LABELS\n" in page
    assert ".B nearedge set \\-\\-unset store\\-001 \\(aqserving[assistant].auth\\(aq\n" in page
    assert all(not line.startswith("'") for text in made.values() for line in text.splitlines())


def test_what_roff_would_take_for_a_request_is_text() -> None:
    assert man._text(".hidden - it's") == "\\&.hidden \\- it\\(aqs"  # noqa: SLF001 - nothing else makes one


WORDS = [
    ("nearedge help depl", ["deploy"]),
    ("nearedge rules WAIVER00", [f"WAIVER00{number}" for number in range(1, 7)]),
    ("nearedge und", ["undeploy"]),
    ("nearedge set plant-10", ["plant-101", "plant-102", "plant-103", "plant-104"]),
    ("nearedge retire plant-101 plant-102 store-008", ["store-008"]),
    ("nearedge deploy weld-inspector --to plant-101 plant-102 plant-103", ["plant-103"]),
    ("nearedge list --ring ", ["canary", "pilot", "main"]),
    ("nearedge list clusters --ring=p", ["--ring=pilot"]),
    ("nearedge set -l site=li", ["site=linz"]),
    ("nearedge add cluster x --group retail-", ["retail-gpu", "retail-small"]),
    ("nearedge promote weld", ["weld-inspector"]),
    ("nearedge show fact", ["factory"]),
    ("nearedge explain fl", ["fleet", "flan-t5-small"]),
    ("nearedge explain store-00", [f"store-00{i}" for i in range(1, 9)]),
    ("nearedge list bu", ["builds"]),
    ("nearedge migrate --fr", ["--from"]),
    ("nearedge list clusters -o w", ["wide"]),
    ("nearedge rollout adv", ["advance"]),
    ("nearedge deploy --as", ["--as-group"]),
    ("nearedge set 'store-001", ["store-001"]),
    ("nearedge profiles odh-3.3", ["odh-3.3"]),
    ("nearedge nothing x", []),
]


@pytest.mark.parametrize(("line", "words"), WORDS)
def test_a_word_is_completed(parser: argparse.ArgumentParser, line: str, words: list[str]) -> None:
    assert list(completion.words(parser, line, ROOT)) == words


def test_a_fleet_that_cannot_be_read_completes_nothing(
    parser: argparse.ArgumentParser, tmp_path: File
) -> None:
    assert list(completion.words(parser, "nearedge list --ring ", tmp_path)) == []
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters/fleet.yaml").write_text("spec: [", "utf-8")
    assert list(completion.words(parser, "nearedge list --ring ", tmp_path)) == []


def test_bash_takes_its_script(tmp_path: File) -> None:
    assert set(completion.SCRIPTS) == {"bash", "zsh", "fish"}
    stand_in = tmp_path / "nearedge"
    stand_in.write_text('#!/bin/sh\n[ "$4" = "nearedge set -l region=em" ] && echo region=emea\n', "utf-8")
    stand_in.chmod(0o755)
    line = "nearedge set -l region=em"
    asked = f"{completion.SCRIPTS['bash']}COMP_LINE='{line}'; COMP_POINT={len(line)}; _nearedge; echo \"${{COMPREPLY[@]}}\""
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True, env=path)
    assert done.stdout == "emea\n"


CELLS = [["NAME", "SERVERS", "QUOTA"], ["store-001", "12", "cpu=1 " * 20], ["[bold]x", "3", "error"]]


def test_a_table_is_as_wide_as_the_terminal_and_names_stay_whole() -> None:
    text = terminal_table(CELLS, 60, colour=False)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[0].split() == ["NAME", "SERVERS", "QUOTA"]
    assert lines[1].startswith("store-001       12  cpu=1 cpu=1")
    assert "[bold]x" in text
    assert "\x1b" not in text
    assert "store-001" in terminal_table(CELLS, 10, colour=False)


def test_a_table_in_colour_shows_what_is_wrong() -> None:
    assert "\x1b[31merror" in terminal_table(CELLS, 60, colour=True)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    return now


def stages(clock: list[float]) -> Iterator[tuple[str, int, int]]:
    for i in range(40):
        clock[0] = float(i)
        yield "compile", i, 40


def test_a_log_gets_a_line_now_and_then(clock: list[float]) -> None:
    out = io.StringIO()
    watch = progress.Watch(out)
    for stage in stages(clock):
        watch.progress(*stage)
    watch.end()
    assert out.getvalue() == "compile 16/40, after 16 s\ncompile 32/40, after 32 s\n"


def test_a_total_that_nobody_knows_is_not_told(clock: list[float]) -> None:
    out = io.StringIO()
    watch = progress.Watch(out)
    for at, done in ((16.0, 0), (32.0, 70)):
        clock[0] = at
        watch.progress("verify", done, 0)
    assert out.getvalue() == "verify, after 16 s\nverify 70, after 32 s\n"


@pytest.mark.parametrize(("manner", "said"), [(streams.Manner(quiet=True), ""), (streams.Manner(verbose=True), "time  compile 39.00 s\n")])  # fmt: skip
def test_how_much_is_said_is_asked_for(clock: list[float], manner: streams.Manner, said: str) -> None:
    out = streams.Stream("standard error", io.StringIO())
    out.manner = manner
    watch = progress.Watch(out)  # type: ignore[arg-type]
    for stage in stages(clock):
        watch.progress(*stage)
    clock[0] = 39.0
    watch.end()
    assert out.out.getvalue().splitlines(keepends=True)[-1:] == ([said] if said else [])  # type: ignore[attr-defined]


def test_no_color_holds_where_the_environment_says_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = streams.Stream("standard output", Terminal())
    assert progress.colour(out)  # type: ignore[arg-type]
    out.manner = streams.Manner(plain=True)
    assert not progress.colour(out)  # type: ignore[arg-type]


@pytest.fixture
def root(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    shutil.copytree(ROOT / "clusters", tmp_path / "clusters")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_quiet_says_what_was_asked_for_and_what_is_wrong(
    root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", "-q", "clusters/near-edge/store-001.yaml") == 0
    assert capsys.readouterr() == ("", "")
    assert run("set", "store-006", "connectivity.bandwidth", "20Mbit", "--no-render", "-q", "--dry-run") == 0
    out, err = capsys.readouterr()
    assert out.startswith("--- a/clusters/near-edge/store-006.yaml\n")
    assert not err
    assert run("set", "store-006", "connectivity.bandwidth", "20Mbit", "--no-render", "-q") == 0
    assert capsys.readouterr() == ("", "")
    assert "20Mbit" in (root / "clusters/near-edge/store-006.yaml").read_text("utf-8")


def test_work_is_done_again_when_a_spec_is_saved(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    done: list[int] = []
    looks = 0

    def work() -> int:
        done.append(1)
        return len(done)

    def sleep(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            (root / "clusters/near-edge/new.yaml").write_text("a: b\n", "utf-8")
        if looks == 4:
            raise KeyboardInterrupt

    assert again.whenever_saved(root, work, sleep) == 2
    assert len(done) == 2
    assert capsys.readouterr().out.count("waits for a spec to be saved") == 2


def test_the_beginning_of_codes_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rules", "serve01") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all("SERVE01" in line for line in lines)


def test_windows_is_told_where_it_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    assert cli.main(["check"]) == 3
    assert "WSL 2" in capsys.readouterr().err
