"""`nearedge show`: all that there is to see of one cluster, model or group."""

from __future__ import annotations

import argparse
import sys

from ..day import add_today, today
from ..exits import CLEAN
from ..here import root_of
from ..progress import colour, width

OUTPUTS = ("text", "json", "yaml")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to show, and how."""
    add_today(parser)
    parser.add_argument(
        "name", metavar="NAME", help="a cluster, model or group; where several have the name, model/NAME"
    )
    parser.add_argument("--defaults", action="store_true", help="of a cluster, also what nobody says")
    parser.add_argument(
        "-o",
        "--output",
        choices=OUTPUTS,
        default="text",
        metavar="FORMAT",
        help="text, json, or yaml: the spec alone, with the place of each value behind it",
    )


def run(options: argparse.Namespace) -> int:
    """Show it."""
    from ...lists.detail import detail_of
    from ...report.detail import Screen, detail_text

    screen = Screen(width(sys.stdout), colour(sys.stdout))
    found = detail_of(root_of(options), options.name, today(options), defaults=options.defaults)
    sys.stdout.write(detail_text(found, options.output, screen))
    return CLEAN
