"""`nearedge plan`: what a change does to which site."""

from __future__ import annotations

import argparse
import gc
import sys

from ..day import add_today, today
from ..exits import CHANGES, CLEAN, FOUND
from ..here import root_of
from ..progress import Watch
from ..since import merge_base
from ..writing import settle


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to compare with, and how to show it."""
    add_today(parser)
    parser.add_argument(
        "--base", metavar="REF", help="branch, tag or commit (default: the remote's default branch)"
    )
    parser.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="how to show the plan"
    )
    parser.add_argument("--detailed-exitcode", action="store_true", help="exit 2 when objects change")


def run(options: argparse.Namespace) -> int:
    """Compile both sides and show what differs."""
    from ...git.commit import default_ref
    from ...plan.plan import plan
    from ...report.plan import json as plan_json
    from ...report.plan import text as plan_text

    # Nothing of what is compiled goes before the end; looking for garbage in it takes a third of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        root, watch = root_of(options), Watch()
        settle(root)
        base = options.base or merge_base() or default_ref(root)
        found = plan(root, base, watch.progress, today(options))
        watch.end()
    finally:
        if collecting:
            gc.enable()
    shown = {"text": plan_text.as_text, "json": plan_json.as_json, "markdown": plan_text.as_markdown}
    sys.stdout.write(shown[options.format](found))
    if found.refused or plan_text.has_stopped(found):
        return FOUND
    return CHANGES if options.detailed_exitcode and found.counts else CLEAN
