"""`nearedge mirror`: what an air-gapped registry has to hold."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path as File

from ..day import add_today, today
from ..exits import CLEAN, FOUND
from ..here import root_of, standing
from ..output import show_findings
from ..writing import writing


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which clusters, since when, and where to."""
    add_today(parser)
    parser.add_argument("--cluster", metavar="NAME", help="this cluster only (default: all)")
    parser.add_argument("--base", metavar="REF", help="also what clusters pull in addition since this commit")
    parser.add_argument("--out", type=File, metavar="DIR", help="folder for the files (default: mirror/)")


def run(options: argparse.Namespace) -> int:
    """Write the mirror's files; none while anything lacks a digest."""
    from ...disk import tree
    from ...findings.finding import has_errors
    from ...mirror.command import mirror

    root = root_of(options)
    made = mirror(root, cluster=options.cluster, base=options.base, today=today(options))
    if has_errors(made.findings):
        show_findings(root, made.findings, made.waived)
        return FOUND
    for said in made.unpinned:
        sys.stderr.write(f"unpinned: {said}\n")
    if made.unpinned:
        sys.stderr.write(f"mirror: {len(made.unpinned)} without a digest; nothing was written\n")
        return FOUND
    out = standing() / options.out if options.out else root / "mirror"
    with writing(root):
        changes = tree.compare_files(out, made.files)
        tree.write(out, tree.Tree(made.files), changes)
    sys.stdout.write(made.summary)
    sys.stdout.write(f"{len(changes.written)} files written to {out}, {changes.unchanged} unchanged\n")
    return CLEAN
