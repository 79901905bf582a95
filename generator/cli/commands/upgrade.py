"""`nearedge upgrade`: clusters go to another platform, ring by ring."""

from __future__ import annotations

import argparse
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..edited import add_edit, carry
from ..exits import UsageError

if TYPE_CHECKING:
    from ...edit.fleet import Edit


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and who."""
    parser.description = (
        "Move clusters to another platform in place, with what cannot stay beside it, and render. One ring at a time, as "
        "operators follow no ring's branch; nearedge plan says what follows. "
        "nearedge upgrade odh-3.5 --ring canary --dry-run; nearedge upgrade odh-3.5 --group retail-small --ring pilot"
    )
    parser.add_argument(
        "platform", metavar="PLATFORM", help="the platform, such as odh-3.5: nearedge profiles"
    )
    parser.add_argument("--group", metavar="NAME", help="clusters of this group")
    parser.add_argument("--cluster", metavar="NAME", help="this cluster")
    parser.add_argument("--ring", metavar="RING", help="clusters of this ring; with --group those of both")
    parser.add_argument(
        "--together",
        action="store_true",
        help="several rings at once, or one before those that come before it",
    )
    add_edit(parser)


def run(options: argparse.Namespace) -> int:
    """Upgrade and render."""
    return carry(options, lambda root: _edit(options, root))


def _edit(options: argparse.Namespace, root: File) -> Edit:
    from ...edit.fleet import specs_of
    from ...edit.upgrade import Who, upgraded

    if not (options.group or options.cluster or options.ring):
        raise UsageError("say who: --ring RING, --group NAME or --cluster NAME")
    who = Who(
        group=options.group or "",
        cluster=options.cluster or "",
        ring=options.ring or "",
        together=options.together,
    )
    return upgraded(specs_of(root), options.platform, who)
