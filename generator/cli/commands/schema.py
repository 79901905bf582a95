"""`nearedge schema`: what editors and other tools check specs with."""

from __future__ import annotations

import argparse
import sys

from ..exits import CLEAN
from ..here import root_of
from ..output import show_drift
from ..writing import writing


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to write."""
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when they are not up to date"
    )


def run(options: argparse.Namespace) -> int:
    """Write the JSON Schemas of the spec kinds, and of what commands print."""
    from ...disk import tree
    from ...report import schemas

    root = root_of(options)
    texts = {**schemas.spec_schemas(), **schemas.output_schemas()}
    if options.check:
        return show_drift(tree.compare_files(root, texts))
    with writing(root):
        changes = tree.compare_files(root, texts)
        tree.write(root, tree.Tree(texts), changes)
    sys.stdout.write(f"{len(changes.written)} schemas written, {changes.unchanged} unchanged\n")
    return CLEAN
