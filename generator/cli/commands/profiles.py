"""`nearedge profiles`: the releases that specs can name."""

from __future__ import annotations

import argparse
import sys

from ..exits import CLEAN, UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which one; --verbose says of each fact how it is known."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="a platform, such as odh-3.4: all that is known of it"
    )


def run(options: argparse.Namespace) -> int:
    """List platforms, then hubs, and their facts where that is asked; or show all that is known of one platform."""
    from ...report import evidence, table
    from ...report.releases import hub_rows, platform_rows

    if options.name:
        sys.stdout.write(_profile(options.name))
        return CLEAN
    parts = [platform_rows(), hub_rows()]
    if options.verbose:
        parts += [evidence.kind_rows(), evidence.platform_rows(), evidence.hub_rows()]
    sys.stdout.write(("\n" if options.verbose else "").join(table(list(rows)) for rows in parts))
    return CLEAN


def _profile(name: str) -> str:
    """The file of a platform, with the sources of what it says, its images and what was proven."""
    from ...documents.near import suggestion
    from ...facts.files import shipped_text
    from ...facts.profiles import profiles
    from ...report.releases import details

    if name not in profiles():
        raise UsageError(f"there is no platform {name}{suggestion(name, profiles())}")
    return shipped_text(f"data/profiles/{profiles()[name].known_as}.yaml") + details(profiles()[name])
