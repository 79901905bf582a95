"""The commands of docs/start.md, what the page says that they print, and what they print when they are run.

In an indented block a line that begins with `$` is a command, continued where it ends in a backslash; what follows is what
it prints. `...` on a line of its own stands for lines that are left out, elsewhere for the rest of a line; a commit's name is
whatever it is.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path as File

from generator.cli import main

PAGE = "docs/start.md"
BLOCK = re.compile(r"(?:^    .*\n|^\n(?=    ))+", re.MULTILINE)
COMMIT = re.compile(r"\b[0-9a-f]{12}\b")
WHO: Mapping[str, str] = {
    f"GIT_{role}_{what}": said
    for role in ("AUTHOR", "COMMITTER")
    for what, said in (("NAME", "you"), ("EMAIL", "you@example.com"), ("DATE", "2026-11-02T08:00:00+00:00"))
}
"""Whoever commits on the page, and when: commits have the same names in every run."""


@dataclass(frozen=True)
class Shown:
    """A command of the page, and what stands under it; None where the page leaves that out."""

    line: str
    printed: str


def shown(page: str) -> Iterator[Shown]:
    """All commands, in order."""
    for block in BLOCK.findall(page):
        text = "".join(line.removeprefix("    ") for line in block.splitlines(keepends=True))
        for part in re.split(r"^\$ ", text.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
            line, _, printed = part.partition("\n")
            yield Shown(line, printed.rstrip("\n"))


def fits(said: str, printed: str) -> bool:
    r"""Whether a command printed what the page says.

    >>> fits("a\n...\nd b...", "a\nb\nc\nd bcd\n"), fits("at 0123456789ab", "at 99ff99ff99ff"), fits("a", "a\nb")
    (True, True, False)
    """
    lines = []
    for line in said.splitlines():
        if line.strip() == "...":
            lines.append(r"(?:.*\n)*?")
        else:
            commits = (re.escape(part).replace(r"\.\.\.", ".*") for part in COMMIT.split(line))
            lines.append("[0-9a-f]{12}".join(commits) + r"\n")
    return re.fullmatch("".join(lines), printed.rstrip("\n") + "\n" if printed.strip() else "") is not None


def walk(page: str, folder: File, seen: Callable[[Shown, str, File], None]) -> None:
    """Run all commands of the page, beginning in a folder; `seen` is told what each printed, and where it was run."""
    before = {name: os.environ.get(name) for name in WHO}
    os.environ.update(WHO)
    try:
        with chdir(folder):
            for item in shown(page):
                printed = _run(item.line)
                seen(item, printed, File.cwd())
    finally:
        for name, value in before.items():
            del os.environ[name]
            if value is not None:
                os.environ[name] = value


def _run(line: str) -> str:
    words = shlex.split(line, comments=True)
    if words[0] == "cd":
        os.chdir(words[1])
        return ""
    if words[0] == "nearedge":
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            main(words[1:])
        return out.getvalue()
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True)
    return done.stdout
