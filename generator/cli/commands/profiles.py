"""`nearedge profiles`: the releases that specs can name."""

from __future__ import annotations

import argparse
import sys

from ..exits import CLEAN


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to say how each fact is known."""
    parser.add_argument(
        "--verbose", action="store_true", help="say of each fact how it is known: docs/live.md"
    )


def run(args: argparse.Namespace) -> int:
    """List platforms, then hubs; then their facts."""
    from ...report import evidence, table
    from ...report.releases import hub_rows, platform_rows

    parts = [platform_rows(), hub_rows()]
    if args.verbose:
        parts += [evidence.kind_rows(), evidence.platform_rows(), evidence.hub_rows()]
    sys.stdout.write(("\n" if args.verbose else "").join(table(list(rows)) for rows in parts))
    return CLEAN
