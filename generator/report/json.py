"""Findings as JSON, for scripts and bots."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..documents.paths import dotted
from ..findings.finding import Finding
from ..rules.waivers import Waived

FORMAT_VERSION = "1.1"
"""Of the JSON output; consumers refuse another first number. 1.1 added `path`, `related` and `waived`."""


def as_json(findings: Sequence[Finding], waived: Sequence[Waived] = ()) -> str:
    """The findings as one JSON object, stable for scripts."""
    accepted = [
        {**as_data(item.finding), "reason": item.waiver.reason, "until": item.waiver.until} for item in waived
    ]
    return to_text(
        {
            "formatVersion": FORMAT_VERSION,
            "findings": [as_data(item) for item in findings],
            "waived": accepted,
        }
    )


def to_text(value: Any) -> str:
    """JSON of one value; the name of a file may hold bytes that are no UTF-8, escaped they stay legal."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode() + "\n"


def as_data(item: Finding) -> dict[str, Any]:
    """One finding as plain data."""
    return {
        "code": item.code,
        "severity": item.severity.value,
        "file": item.where.file,
        "line": item.where.line,
        "column": item.where.column,
        "path": dotted(item.path),
        "message": item.message,
        "hint": item.hint,
        "related": [{"file": at.file, "line": at.line, "column": at.column} for at in item.related],
    }
