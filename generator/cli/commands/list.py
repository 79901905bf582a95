"""`nearedge list`: what a fleet has, of the clusters that are meant."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..day import add_today, today
from ..exits import CLEAN, FOUND
from ..here import root_of
from ..progress import colour, width
from ..selection import add_selection, selection

if TYPE_CHECKING:
    from ...lists.rows import Row

KINDS = ("clusters", "models", "services", "queues", "builds", "images", "operators", "findings")
OUTPUTS = ("table", "wide", "json", "yaml", "name")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to list, of which clusters, and how to show it."""
    add_today(parser)
    parser.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="only these; * stands for anything: 'store-0*'"
    )
    add_selection(parser)
    parser.add_argument(
        "-o", "--output", choices=OUTPUTS, default="table", metavar="FORMAT", help=", ".join(OUTPUTS)
    )


def run(options: argparse.Namespace) -> int:
    """Print the rows; 1 when some clusters cannot be read, so that a script notices that they are missing."""
    from fnmatch import fnmatchcase

    from ...lists.clusters import fleet_of, specs_of
    from ...lists.make import FINDINGS, LISTS, every_finding
    from ...report.lists import short_name

    root, selector = root_of(options), selection(options)
    fleet = fleet_of(specs_of(root), selector)
    if options.kind == FINDINGS:
        rows: tuple[Row, ...] = tuple(every_finding(root, fleet, selector, today(options)))
    else:
        rows = tuple(LISTS[options.kind](fleet))
    if options.names:
        rows = tuple(row for row in rows if any(fnmatchcase(short_name(row), name) for name in options.names))
    sys.stdout.write(_shown(options, rows, fleet.unreadable))
    if selector.terms and not fleet.clusters and not options.quiet:
        from ...edit.many.chosen import instead
        from ...lists.selector import EVERY

        sys.stderr.write(f"{instead(fleet_of(specs_of(root), EVERY), selector)}\n")
    if fleet.unreadable and options.kind != FINDINGS:
        number = len(fleet.unreadable)
        sys.stderr.write(
            f"{number} cluster{'s' if number != 1 else ''} left out, as the spec has errors: nearedge check says which\n"
        )
        return FOUND
    return CLEAN


def _shown(options: argparse.Namespace, rows: Sequence[Row], unreadable: Sequence[str]) -> str:
    """A table as wide as the terminal, with its colours; everywhere else one that programs can cut."""
    from ...report.lists import as_output, cells_of

    columns = width(sys.stdout)
    if not rows or options.output not in {"table", "wide"} or columns is None:
        return as_output(options.kind, rows, options.output, unreadable)
    from ...report.terminal import terminal_table

    cells = cells_of(options.kind, rows, options.output)
    return terminal_table(cells, columns, colour=colour(sys.stdout))
