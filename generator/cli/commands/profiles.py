"""`nearedge profiles`: the releases that specs can name."""

from __future__ import annotations

import argparse
import sys

from ..exits import CLEAN, UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which one."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="a platform, such as odh-3.4: all that is known of it"
    )


def run(options: argparse.Namespace) -> int:
    """List platforms, then hubs; or show what nearedge knows of one platform."""
    from ...report import table
    from ...report.releases import hub_rows, platform_rows

    if options.name:
        sys.stdout.write(_profile(options.name))
        return CLEAN
    for rows in (platform_rows(), hub_rows()):
        sys.stdout.write(table(list(rows)))
    return CLEAN


def _profile(name: str) -> str:
    """The file of a platform, with the sources of what it says."""
    from ...documents.near import suggestion
    from ...facts.files import shipped_text
    from ...facts.profiles import profiles

    if name not in profiles():
        raise UsageError(f"there is no platform {name}{suggestion(name, profiles())}")
    return shipped_text(f"data/profiles/{name}.yaml")
