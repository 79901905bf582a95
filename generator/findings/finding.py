"""What is wrong with a spec, at its place: Finding, and Where it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Keys and list indices from the root of a document, such as ("spec", "serving", 0, "queue")."""


MODELS = "@models"
"""First step of a path into a model's file instead of the cluster's."""


class Severity(StrEnum):
    """error refuses the render, warning does not, note only informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Where(NamedTuple):
    """A place in a spec file: path below the repository, 1-based line and column."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem at its place; sorts by file, line and column."""

    where: Where
    severity: Severity
    code: str
    message: str
    hint: str = ""
    path: Path = field(default=(), compare=False)
    """The problem's path; of two clusters that share a group's item it differs, the finding does not."""
    related: tuple[Where, ...] = field(default=(), compare=False)
    """The other places that have to do with it."""

    def sort_key(self) -> tuple[Where, str, str]:
        """Order of a report: place first, then code and text."""
        return (self.where, self.code, self.message)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, in the order people read a file.

    A group's mistake is found in its own file and in what its clusters make of it; the hint that says what to write
    is the better one of the two.
    """
    once: dict[tuple[Where, str, str], Finding] = {}
    for finding in sorted(findings, key=_by_hint):
        once[finding.sort_key()] = finding
    return tuple(sorted(once.values(), key=Finding.sort_key))


def _by_hint(finding: Finding) -> tuple[bool, str]:
    return finding.hint.startswith(("write ", "did you mean ")), finding.hint


def has_errors(findings: Iterable[Finding]) -> bool:
    """True when something refuses the render."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def apart(told: Iterable[Finding], more: Iterable[Finding]) -> tuple[Finding, ...]:
    """Of what is found later, that which stands where nothing was told yet: one wrong value is one finding.

    Where a credential stands, its line is told of once.
    """
    told = tuple(told)
    places = {finding.where for finding in told}
    lines = {finding.where[:2] for finding in told if finding.code.startswith("SECRET")}
    return tuple(
        finding for finding in more if finding.where not in places and finding.where[:2] not in lines
    )


def counted(findings: Iterable[Finding]) -> Iterator[tuple[Severity, int]]:
    """How many of each severity, errors first, zeros left out."""
    listed = list(findings)
    for severity in Severity:
        number = sum(finding.severity is severity for finding in listed)
        if number:
            yield severity, number
