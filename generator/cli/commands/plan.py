"""`nearedge plan`: what a change does to which site."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..day import add_today, today
from ..engine import add_engine, engine_of
from ..exits import CHANGES, CLEAN, FOUND, UsageError
from ..garbage import uncollected
from ..here import root_of
from ..progress import Watch, colour, width
from ..since import merge_base
from ..writing import settle

if TYPE_CHECKING:
    from ...plan.plan import Plan


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to compare with, and how to show it."""
    add_today(parser)
    add_engine(parser)
    parser.add_argument(
        "--base", metavar="REF", help="branch, tag or commit (default: the remote's default branch)"
    )
    parser.add_argument(
        "--remote",
        default="origin",
        metavar="NAME",
        help="remote whose default branch it is (default: origin)",
    )
    parser.add_argument("--cluster", metavar="NAME", help="show all of this cluster, and nothing of others")
    parser.add_argument(
        "--format",
        choices=("text", "json", "markdown", "class"),
        default="text",
        help="how to show the plan; class: one word, routine, caution or danger",
    )
    parser.add_argument("--detailed-exitcode", action="store_true", help="exit 2 when objects change")


def run(options: argparse.Namespace) -> int:
    """Compile both sides and show what differs."""
    from ...plan.narrow import narrowed
    from ...plan.plan import plan
    from ...plan.plan_class import class_of
    from ...report.plan import json as plan_json
    from ...report.plan import text as plan_text

    with uncollected():
        root, watch = root_of(options), Watch()
        settle(root)
        with engine_of(options) as engine:
            found = plan(root, base_of(root, options), watch.progress, today(options), engine)
        watch.end()
        if options.cluster:
            found = narrowed(found, _known(found, root, options.cluster))
    match options.format:
        case "json":
            shown = plan_json.as_json(found)
        case "markdown":
            shown = plan_text.as_markdown(found)
        case "class":
            shown = f"{class_of(found).level}\n"
        case _:
            shown = plan_text.as_text(found, colour=colour(sys.stdout), width=width(sys.stdout))
    sys.stdout.write(shown)
    if found.refused or plan_text.has_stopped(found):
        return FOUND
    return CHANGES if options.detailed_exitcode and found.counts else CLEAN


def base_of(root: File, options: argparse.Namespace) -> str:
    """What to compare with: what a person says, what CI merges into, the default branch of the remote."""
    from ...git.remote_head import remote_head

    said = options.base if options.base is not None else merge_base(options.remote)
    return said if said is not None else remote_head(root, options.remote, "--base").ref


def _known(found: Plan, root: File, name: str) -> str:
    """The name of a cluster of either side.

    Raises:
        UsageError: neither has one of that name.
    """
    from ...documents.near import suggestion
    from ...fleet.spec_files import stem
    from ...flow.read import cluster_files, read

    names = {stem(file) for file in cluster_files(read(root)[0])} | {item.name for item in found.clusters}
    if name not in names:
        raise UsageError(f"--cluster: there is no cluster {name}{suggestion(name, sorted(names))}")
    return name
