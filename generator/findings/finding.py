"""What is wrong with a spec, as data: Rule (why), Problem (what and at which path), Finding (and where).

A rule is a generator function marked with `@rule`. Its docstring is the user's explanation: the first
paragraph says what must hold, the rest what happens on the cluster when it does not.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

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


class Problem(NamedTuple):
    """What a rule found: the path below `spec`, the sentence with the values in it, a hint.

    `related` are the other sides of it: the quota that a workload does not fit, the namespace that a queue is not
    in. A path that begins with MODELS and a name leads into that model's file.
    """

    path: Path
    message: str
    hint: str = ""
    related: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A named reason to refuse or to warn.

    `covers` holds ids of upstream rules (RC-7, CQ-5, S-07 ...), `source` where upstream says so.
    """

    code: str
    severity: Severity
    covers: tuple[str, ...] = ()
    source: str = ""
    doc: str = ""
    check: Callable[[Any], Iterable[Problem]] | None = field(default=None, compare=False)
    scope: str = "cluster"

    @property
    def summary(self) -> str:
        """First paragraph of the explanation, in one line."""
        return " ".join(self.doc.split("\n\n", 1)[0].split())


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


def rule(
    code: str,
    severity: Severity = Severity.ERROR,
    *,
    covers: Iterable[str] = (),
    source: str = "",
    scope: str = "cluster",
) -> Callable[[Callable[[Any], Iterable[Problem]]], Rule]:
    """Turn a generator `(Cluster) -> Iterator[Problem]` into a Rule; scope "fleet" takes the Fleet."""

    def mark(check: Callable[[Any], Iterable[Problem]]) -> Rule:
        return Rule(code, severity, tuple(covers), source, inspect.getdoc(check) or "", check, scope)

    return mark


def plain_rule(code: str, doc: str, severity: Severity = Severity.ERROR) -> Rule:
    """A rule that a stage itself applies (the reader, the merge), listed beside the others."""
    return Rule(code, severity, doc=doc, scope="stage")


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, in the order people read a file."""
    return tuple(sorted(set(findings), key=Finding.sort_key))


def has_errors(findings: Iterable[Finding]) -> bool:
    """True when something refuses the render."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def counted(findings: Iterable[Finding]) -> Iterator[tuple[Severity, int]]:
    """How many of each severity, errors first, zeros left out."""
    listed = list(findings)
    for severity in Severity:
        number = sum(finding.severity is severity for finding in listed)
        if number:
            yield severity, number
