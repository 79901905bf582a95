"""`nearedge retire`: a cluster leaves the fleet in two steps."""

from __future__ import annotations

import argparse
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..edited import add_edit, carry
from ..exits import UsageError

if TYPE_CHECKING:
    from ...edit.fleet import Edit


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which cluster, and which step."""
    parser.description = (
        "First step: state retired, so that nothing runs on the cluster any more and all it holds stays. "
        "Second step, when that has reached it: --remove takes its file away and names it in clusters/removals/."
    )
    parser.add_argument("cluster", metavar="CLUSTER", help="name of the cluster")
    parser.add_argument("--remove", action="store_true", help="the second step")
    parser.add_argument("--reason", metavar="TEXT", help="with --remove: why it goes, for clusters/removals/")
    add_edit(parser)


def run(options: argparse.Namespace) -> int:
    """Retire or remove the cluster, and render."""
    if options.remove and not options.reason:
        raise UsageError("--remove needs --reason: clusters/removals/ says why a cluster goes")
    if options.reason and not options.remove:
        raise UsageError("--reason goes with --remove")
    return carry(options, lambda root: _edit(options, root))


def _edit(options: argparse.Namespace, root: File) -> Edit:
    from ...edit.add import remove, retire
    from ...edit.fleet import specs_of

    specs = specs_of(root)
    return (
        remove(specs, options.cluster, options.reason) if options.remove else retire(specs, options.cluster)
    )
