"""`nearedge undeploy`: no server of a model any more on the clusters that are meant."""

from __future__ import annotations

import argparse
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..edited import add_edit, carry
from ..selection import add_clusters, said_choice, subjects

if TYPE_CHECKING:
    from ...edit.fleet import Edit


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which model, and where it goes."""
    parser.description = (
        "Serve a model no longer on the clusters that are meant: its serving items go from their specs; "
        "one that a group brings gets remove: true in the cluster's own file."
    )
    parser.add_argument("model", metavar="MODEL", help="model that is served")
    parser.add_argument(
        "--from", dest="origin", nargs="*", default=[], metavar="CLUSTER", help="names of clusters"
    )
    add_clusters(parser, group="alone: from the file of this group, for all clusters that use it")
    parser.add_argument("--name", metavar="NAME", help="only the server of this name")
    parser.add_argument(
        "--as-group", metavar="NAME", help="the clusters leave this group, which deploy --as-group made"
    )
    add_edit(parser)


def run(options: argparse.Namespace) -> int:
    """Take it away and render."""
    return carry(options, lambda root: _edit(options, root))


def _edit(options: argparse.Namespace, root: File) -> Edit:
    from ...edit.fleet import specs_of
    from ...edit.many.chosen import chosen
    from ...edit.many.deploy import leave_group, undeploy

    specs = specs_of(root)
    where = "say where from: --from CLUSTER"
    if options.as_group:
        return leave_group(
            specs, options.as_group, chosen(specs, said_choice(options, options.origin, where))
        )
    return undeploy(
        specs, options.model, options.name or "", *subjects(options, specs, options.origin, where)
    )
