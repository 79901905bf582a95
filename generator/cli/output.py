"""Findings with the lines they are about, what changes in files, and files that are not up to date."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path as File
from typing import TYPE_CHECKING

from .exits import CLEAN, FOUND
from .progress import colour

if TYPE_CHECKING:
    from ..disk.tree import Changes
    from ..findings.finding import Finding
    from ..rules.waivers import Waived


FILES = 12
"""Files that are named one by one."""


def show_findings(root: File, findings: Sequence[Finding], waived: Sequence[Waived]) -> None:
    """Findings on standard error, each with its line."""
    from .. import report

    text = report.as_text(findings, waived, lines=lines_of(root), colour=colour(sys.stderr))
    sys.stderr.write(text)


def lines_of(root: File) -> Callable[[str], Sequence[str]]:
    """Reads the lines of spec files for excerpts, each file once; none of what is no plain file."""
    from ..documents.files import MAX_BYTES

    known: dict[str, Sequence[str]] = {}

    def lines(file: str) -> Sequence[str]:
        if file not in known:
            path = root / file
            try:
                plain = path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_BYTES
                raw = path.read_bytes() if plain else b""
            except OSError:
                raw = b""
            known[file] = [line.rstrip("\r") for line in raw.decode("utf-8", "replace").split("\n")]
        return known[file]

    return lines


def show_drift(changes: Changes) -> int:
    """What `--check` says of the files that are not up to date; the exit code."""
    for path in changes.written:
        sys.stdout.write(f"differs  {path}\n")
    for path in changes.removed:
        sys.stdout.write(f"surplus  {path}\n")
    if changes:
        sys.stdout.write(
            f"{len(changes.written)} files differ, {len(changes.removed)} are surplus: run nearedge render\n"
        )
        return FOUND
    sys.stdout.write(f"{changes.unchanged} files are up to date\n")
    return CLEAN


def text_now(root: File, file: str) -> str | None:
    """What a spec on disk says; None where there is none."""
    try:
        return (root / file).read_bytes().decode("utf-8", "replace")
    except OSError:
        return None


def difference_of(old: str | None, new: str | None, file: str) -> Iterator[str]:
    """A unified diff, as git shows it."""
    import difflib

    before, after = ([] if text is None else text.splitlines(keepends=True) for text in (old, new))
    names = "/dev/null" if old is None else f"a/{file}", "/dev/null" if new is None else f"b/{file}"
    for line in difflib.unified_diff(before, after, *names):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def painted_lines(difference: Mapping[str, Sequence[str]], *, colour: bool) -> Iterator[str]:
    """The lines of differences, with the colours that git gives them."""
    from ..report.text import painted

    for lines in difference.values():
        for i, line in enumerate(lines):
            text = line.rstrip("\r\n")
            code = "1" if i < 2 else _OF_SIGN.get(text[:1], "")  # noqa: PLR2004 - the two names
            yield painted(text, code, colour=True) + line[len(text) :] if colour and code else line


_OF_SIGN = {"+": "32", "-": "31", "@": "36"}


def edited_lines(difference: Mapping[str, Sequence[str]], *, every: bool) -> Iterator[str]:
    """A line for each file, or for each folder where there are many."""
    if every or len(difference) <= FILES:
        yield from (_counted(file, lines) for file, lines in difference.items())
        return
    folders: dict[str, list[str]] = {}
    for file in difference:
        folders.setdefault(file.rpartition("/")[0], []).append(file)
    for folder, files in folders.items():
        lines = [line for file in files for line in difference[file][2:]]
        added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
        yield f"  {'changed':8} {folder}: {len(files)} file{'s' if len(files) != 1 else ''}  +{added} -{removed}\n"


def _counted(file: str, lines: Sequence[str]) -> str:
    added = sum(line.startswith("+") for line in lines[2:])
    removed = sum(line.startswith("-") for line in lines[2:])
    word = "new" if lines[0].startswith("--- /dev/null") else "edited"
    word = "removed" if lines[1].startswith("+++ /dev/null") else word
    return f"  {word:8} {file}  +{added} -{removed}\n"
