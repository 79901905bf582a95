"""Findings for those who act on them: people at a terminal, scripts, pull requests, code scanning, test reports.

One model (`Finding`, `Waived`) and one function for each format, those of other tools in `formats/`; nothing here prints.

Comes in: findings, plans, rules. Goes out: text in a format. Not here: printing, and anything computed.
"""

from __future__ import annotations

from .json import FORMAT_VERSION, as_json
from .text import as_text, count_line, table, waived_lines

__all__ = [
    "FORMATS",
    "FORMAT_VERSION",
    "as_json",
    "as_text",
    "count_line",
    "table",
    "waived_lines",
]

FORMATS = ("text", "json", "github", "sarif", "junit")
"""What `nearedge check --format` takes."""
