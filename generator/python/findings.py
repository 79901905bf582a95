"""Findings as Python and notebooks take them: a sequence that prints as `nearedge check` does, and shows as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import overload

from ..errors import NearedgeError
from ..findings.finding import Finding, has_errors


@dataclass(frozen=True)
class Findings(Sequence[Finding]):
    """What is wrong with a spec; empty, and so false, where nothing is."""

    items: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nearedge would render it: no finding is an error."""
        return not has_errors(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    @overload
    def __getitem__(self, index: int) -> Finding: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Finding, ...]: ...

    def __getitem__(self, index: int | slice) -> Finding | tuple[Finding, ...]:
        return self.items[index]

    def __str__(self) -> str:
        from ..report.text import as_text  # noqa: PLC0415 - only who prints needs it

        return as_text(self.items) or "no findings\n"

    def _repr_html_(self) -> str:
        if not self.items:
            return "<p>no findings</p>"
        rows = "".join(map(_row, self.items))
        head = "<tr><th>severity</th><th>code</th><th>place</th><th>what</th><th>hint</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _row(item: Finding) -> str:
    cells = (item.severity.value, item.code, str(item.where), item.message, item.hint)
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


class WrongSpec(NearedgeError, ValueError):
    """A spec that nearedge would not read; `findings` stand at their lines of its YAML."""

    exit_code = 1

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = Findings(tuple(findings))
        super().__init__(str(self.findings).rstrip())
