"""Findings with the lines they are about, and files that are not up to date."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path as File
from typing import TYPE_CHECKING

from .exits import CLEAN, FOUND
from .progress import colour

if TYPE_CHECKING:
    from ..disk.tree import Changes
    from ..findings.finding import Finding
    from ..rules.waivers import Waived


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
