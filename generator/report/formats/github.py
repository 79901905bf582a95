"""Findings as workflow commands, which GitHub shows as annotations beside the changed lines.

Escaping: actions/toolkit packages/core/src/command.ts (escapeData, escapeProperty). GitHub shows ten annotations
of each level of a step, so the worst come first.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...findings.finding import Finding, Severity
from ...rules.waivers import Waived
from ..text import count_line, printable

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_ORDER = tuple(Severity)


def as_github(findings: Sequence[Finding], waived: Sequence[Waived] = ()) -> str:
    """One command for each finding, then how many there are as a line of the log."""
    sorted_ = sorted(findings, key=lambda item: _ORDER.index(item.severity))
    commands = "".join(_command(item) for item in sorted_)
    return f"{commands}{count_line(findings, waived)}\n"


def _command(item: Finding) -> str:
    place = item.where
    said = {"file": place.file, "line": str(place.line), "col": str(place.column), "title": item.code}
    properties = ",".join(f"{key}={_property(value)}" for key, value in said.items())
    message = item.message + (f"\nhint: {item.hint}" if item.hint else "")
    return f"::{_LEVELS[item.severity]} {properties}::{_data(message)}\n"


def _data(text: str) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
