"""`nearedge retire`: a cluster leaves the fleet in two steps."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..edited import add_edit, carry
from ..exits import UsageError
from ..selection import add_clusters, choice

if TYPE_CHECKING:
    from ...edit.fleet import Edit


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which clusters, and which step."""
    parser.description = (
        "First step: state retired, so that nothing runs on the cluster any more and all it holds stays. "
        "Second step, when that has reached it: --remove takes its file away and names it in clusters/removals/."
    )
    parser.add_argument(
        "clusters", nargs="*", metavar="CLUSTER", help="names of clusters; * stands for anything: 'store-0*'"
    )
    add_clusters(parser)
    parser.add_argument("--remove", action="store_true", help="the second step")
    parser.add_argument("--reason", metavar="TEXT", help="with --remove: why they go, for clusters/removals/")
    add_edit(parser)


def run(options: argparse.Namespace) -> int:
    """Retire or remove the cluster, and render."""
    if options.remove and not options.reason:
        raise UsageError("--remove needs --reason: clusters/removals/ says why a cluster goes")
    if options.reason and not options.remove:
        raise UsageError("--reason goes with --remove")
    return carry(options, lambda root: _edit(options, root))


def _edit(options: argparse.Namespace, root: File) -> Edit:
    from ...edit.add import is_removed, remove, retire
    from ...edit.fleet import specs_of
    from ...edit.many import each
    from ...edit.many.chosen import chosen

    specs, meant = specs_of(root), choice(options, options.clusters)
    if not meant:
        raise UsageError("say which clusters: names, -l, --ring, --group or --all")
    if options.remove:
        # One that was removed is no cluster any more; asked for again by its name, there is nothing to do.
        gone = [name for name in meant.names if name not in specs.clusters and is_removed(specs, name)]
        meant = replace(meant, names=tuple(name for name in meant.names if name not in gone))
        clusters = (*gone, *(chosen(specs, meant) if meant else ()))
        return each(specs, clusters, lambda now, name: remove(now, name, options.reason), named=True)
    return each(specs, chosen(specs, meant), retire, named=True)
