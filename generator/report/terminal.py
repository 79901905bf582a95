"""Tables for a terminal: as wide as it is, with colours and folded cells; rich is imported only here."""

from __future__ import annotations

import io
from collections.abc import Sequence

HEAD = "bold"
NAMES = "cyan"
ALARM = "bold red"
"""A row whose first cell begins with !."""
LONG = 28
"""Columns from which on a cell may go on in a second line."""
_SEVERITY = {"error": "red", "warning": "yellow", "note": "cyan"}


def terminal_table(cells: Sequence[Sequence[str]], width: int, *, colour: bool) -> str:
    """Rows of cells, the heads first, in so many columns; nothing in a cell is markup."""
    from rich.console import Console  # noqa: PLC0415 - for a terminal only
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    heads, *rows = cells
    widest = [max(map(len, column)) for column in zip(*cells, strict=True)]
    # Names stay in one piece: where the rest is too much, the terminal may wrap whole lines, as everywhere.
    least = sum(min(one, LONG) for one in widest) + 2 * (len(widest) - 1)
    table = Table(box=None, pad_edge=False, header_style=HEAD if colour else "")
    for i, head in enumerate(heads):
        numbers = bool(rows) and all(row[i].isdecimal() for row in rows)
        table.add_column(
            Text(head),
            overflow="fold",
            no_wrap=widest[i] <= LONG,
            min_width=min(widest[i], LONG),
            justify="right" if numbers else "left",
            style=NAMES if i == 0 else "",
        )
    for row in rows:
        alarm = ALARM if row[0].startswith("! ") else ""
        table.add_row(*(Text(cell, style=_SEVERITY.get(cell, alarm)) for cell in row))
    out = io.StringIO()
    # legacy_windows and the rest of its guesses are settled here: what is made is text, not what is shown.
    console = Console(
        file=out,
        width=max(width, least),
        force_terminal=colour,
        no_color=not colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
        emoji=False,
        markup=False,
        highlight=False,
    )
    console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
