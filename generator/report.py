"""Findings and summaries as text: for people, for scripts, for pull requests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from .finding import Finding, Severity, counted

FORMAT_VERSION = "1.0"
"""Of the JSON output; consumers refuse another first number."""

_COLOUR = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "36"}


def as_text(findings: Sequence[Finding], *, colour: bool = False) -> str:
    """One line a finding and one for its hint, then how many there are."""
    lines = []
    for item in findings:
        severity = _painted(item.severity.value, _COLOUR[item.severity], colour=colour)
        lines.append(f"{_shown(str(item.where))}: {severity} {item.code}: {_shown(item.message)}")
        if item.hint:
            lines.append(f"  hint: {_shown(item.hint)}")
    if findings:
        lines += ["", count_line(findings)]
    return "".join(f"{line}\n" for line in lines)


def count_line(findings: Iterable[Finding]) -> str:
    """How many there are of each severity, as in: 2 errors, 1 warning."""
    parts = [
        f"{number} {severity.value}{'s' if number > 1 else ''}" for severity, number in counted(findings)
    ]
    return ", ".join(parts) or "no findings"


def as_json(findings: Sequence[Finding]) -> str:
    """The findings as one JSON object, stable for scripts."""
    items = [
        {
            "code": item.code,
            "severity": item.severity.value,
            "file": item.where.file,
            "line": item.where.line,
            "column": item.where.column,
            "message": item.message,
            "hint": item.hint,
        }
        for item in findings
    ]
    text = json.dumps({"formatVersion": FORMAT_VERSION, "findings": items}, indent=2, ensure_ascii=False)
    # A file's name may hold bytes that are no UTF-8; as \udc.. escapes they stay legal JSON.
    return text.encode("utf-8", "backslashreplace").decode() + "\n"


def table(rows: Sequence[Sequence[str]], *, indent: str = "  ") -> str:
    """Aligned columns: the first to the left, cells of digits to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if _is_number(cell) else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
        ]
        lines.append((indent + "  ".join(cells)).rstrip() + "\n")
    return "".join(lines)


def _shown(text: str) -> str:
    """One line of a finding: what a spec or a file's name holds must not steer the terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").removesuffix(" s").isdigit()


def _painted(text: str, code: str, *, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
