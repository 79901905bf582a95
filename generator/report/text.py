"""Findings as text: by file, each with its line of the spec and a caret below what is meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from ..documents.secrets.search import SECRETS
from ..findings.finding import Finding, Severity, Where, counted
from ..rules.waivers import Waived
from .alike import Gathered, gathered, others_line

Lines = Callable[[str], Sequence[str]]
"""The lines of a spec file, without their ends; none when it cannot be read."""

WIDEST = 100
"""Columns of a source line that are shown; of a longer one the part around the caret."""

_COLOUR = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "36"}
_DIM = "2"


def as_text(
    findings: Sequence[Finding],
    waived: Sequence[Waived] = (),
    *,
    lines: Lines | None = None,
    colour: bool = False,
    every: bool = False,
) -> str:
    """Findings, file after file, then how many there are; with `lines` each shows its line of the spec.

    What many clusters have in common is told once, unless `every` finding is asked for.
    """
    if not findings and not waived:
        return ""
    told = [Gathered(item) for item in findings] if every else list(gathered(findings))
    groups = groupby(told, key=lambda item: item.finding.where.file)
    # A report ends up in logs: the line of a credential is not in it.
    secret = {item.where[:2] for item in findings if item.code.startswith(SECRETS)}
    blocks = [
        "".join(
            _block(item, None if item.finding.where[:2] in secret else lines, colour=colour) for item in group
        )
        for _, group in groups
    ]
    blocks += ["".join(waived_lines(waived))] if waived else []
    apart = "\n" if lines else ""
    return f"{apart.join(blocks)}\n{count_line(findings, waived)}\n"


def count_line(findings: Iterable[Finding], waived: Sequence[Waived] = ()) -> str:
    """How many there are of each severity, as in: 2 errors, 1 warning (2 waived)."""
    parts = [
        f"{number} {severity.value}{'s' if number > 1 else ''}" for severity, number in counted(findings)
    ]
    said = ", ".join(parts) or "no findings"
    return f"{said} ({len(waived)} waived)" if waived else said


def waived_lines(waived: Iterable[Waived]) -> Iterator[str]:
    """One line for each finding that is accepted, with the reason that the spec gives."""
    for item in waived:
        waiver = item.waiver
        place, reason = printable(str(item.finding.where)), printable(waiver.reason)
        yield f"{place}: waived {waiver.code} until {waiver.until}: {reason}\n"


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


def printable(text: str) -> str:
    """Text for one line: what a spec or a file's name holds must not steer the terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    # A byte of a file's name that is not UTF-8.
    return f"\\x{ord(char) - 0xDC00:02x}" if "\udc80" <= char <= "\udcff" else ascii(char)[1:-1]


def excerpt(where: Where, lines: Lines) -> tuple[str, int] | None:
    """A line of a spec as it can be shown, and the columns before the caret; None when there is no such line."""
    known = lines(where.file)
    if not 0 < where.line <= len(known):
        return None
    line, at = known[where.line - 1], where.column - 1
    first = max(0, at - WIDEST // 2) if len(line) > WIDEST else 0
    clipped = ("..." if first else "") + printable(line[first : first + WIDEST])
    before = ("..." if first else "") + printable(line[first:at])
    more = "..." if first + WIDEST < len(line) else ""
    return clipped.rstrip() + more, sum(map(_width, before))


def _block(told: Gathered, lines: Lines | None, *, colour: bool) -> str:
    item = told.finding
    severity = painted(item.severity.value, _COLOUR[item.severity], colour=colour)
    rows = [f"{printable(str(item.where))}: {severity} {item.code}: {printable(item.message)}"]
    found = excerpt(item.where, lines) if lines else None
    if found is not None:
        number = str(item.where.line)
        bar = painted("|", _DIM, colour=colour)
        caret = painted("^", _COLOUR[item.severity], colour=colour)
        rows.append(f"  {number} {bar} {found[0]}".rstrip())
        rows.append(f"  {' ' * len(number)} {bar} {' ' * found[1]}{caret}")
    if found is not None and (there := _places(item)):
        rows.append(f"  see:  {printable(there)}")
    if item.hint:
        rows.append(f"  hint: {printable(item.hint)}")
    if told.others:
        rows.append(f"  {printable(others_line(told.others))}")
    return "".join(f"{row}\n" for row in rows)


def _places(item: Finding) -> str:
    """The other places, file by file: clusters/fleet.yaml:3, 7."""
    lines: dict[str, list[str]] = {}
    for at in item.related:
        if at[:2] != item.where[:2] and str(at.line) not in lines.setdefault(at.file, []):
            lines[at.file].append(str(at.line))
    return "; ".join(f"{file}:{', '.join(numbers)}" for file, numbers in lines.items() if numbers)


def _width(char: str) -> int:
    """Columns that a character takes on a terminal."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").removesuffix(" s").isdigit()


def painted(text: str, code: str, *, colour: bool) -> str:
    """Text in a colour of the terminal (SGR parameters), where it takes some."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
