"""`nearedge profiles`: the releases that specs can name."""

from __future__ import annotations

import argparse
import sys

from ..exits import CLEAN


def arguments(_: argparse.ArgumentParser) -> None:
    """None but those of every command."""


def run(_: argparse.Namespace) -> int:
    """List platforms, then hubs."""
    from ...report import table
    from ...report.releases import hub_rows, platform_rows

    for rows in (platform_rows(), hub_rows()):
        sys.stdout.write(table(list(rows)))
    return CLEAN
