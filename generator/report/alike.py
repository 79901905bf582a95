"""Findings that say the same of many clusters, told once: a fleet has a thousand lines where one would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from ..findings.finding import Finding

MANY = 5
"""Findings alike up to which each is shown; of more, the first."""
NAMED = 3
"""Places of the others that are named."""


class Gathered(NamedTuple):
    """A finding that is shown, and those like it that are not."""

    finding: Finding
    others: tuple[Finding, ...] = ()


def gathered(findings: Sequence[Finding]) -> Iterator[Gathered]:
    """The findings in their order; of many that differ in their cluster only, the first one with the others."""
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for item in findings:
        alike.setdefault(_text(item), []).append(item)
    for item in findings:
        group = alike[_text(item)]
        if len(group) <= MANY:
            yield Gathered(item)
        elif group[0] is item:
            yield Gathered(item, tuple(group[1:]))


def others_line(others: Sequence[Finding]) -> str:
    """Where the others are, as far as a line has room."""
    named = ", ".join(str(item.where).rpartition(":")[0] for item in others[:NAMED])
    return f"also: {len(others)} more, at {named}" + (" ..." if len(others) > NAMED else "")


def _text(item: Finding) -> tuple[str, ...]:
    """What a finding says, without the cluster that its file describes."""
    cluster = PurePosixPath(item.where.file).stem
    return (
        item.severity.value,
        item.code,
        item.message.replace(cluster, "\0"),
        item.hint.replace(cluster, "\0"),
    )
