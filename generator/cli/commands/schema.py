"""`nearedge schema`: what editors and other tools check specs with."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path as File

from ..exits import CLEAN, UsageError
from ..here import root_of
from ..output import show_drift
from ..writing import writing


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to write."""
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when they are not up to date"
    )
    parser.add_argument(
        "--fleet",
        action="store_true",
        help="the schemas of specs with the fleet's own names, which editors then complete",
    )
    parser.add_argument(
        "--output",
        default="schemas",
        metavar="DIR",
        help="with --fleet: where, below the root (default: schemas)",
    )


def run(options: argparse.Namespace) -> int:
    """Write the JSON Schemas of the spec kinds, and of what commands print."""
    from ...disk import tree
    from ...report import schemas

    root = root_of(options)
    if options.fleet:
        from ...lsp.fleet_schemas import fleet_schemas

        texts = fleet_schemas(root, _folder(root, options.output))
    else:
        texts = {**schemas.spec_schemas(), **schemas.output_schemas()}
    if options.check:
        return show_drift(tree.compare_files(root, texts))
    with writing(root):
        changes = tree.compare_files(root, texts)
        tree.write(root, tree.Tree(texts), changes)
    sys.stdout.write(f"{len(changes.written)} schemas written, {changes.unchanged} unchanged\n")
    return CLEAN


def _folder(root: File, given: str) -> str:
    """A folder below the root, as its path from there.

    Raises:
        UsageError: it lies elsewhere, or where specs and output are.
    """
    folder = (root / given).resolve()
    if not folder.is_relative_to(root.resolve()) or folder == root.resolve():
        raise UsageError(f"--output: {given} is no folder below {root}")
    path = folder.relative_to(root.resolve()).as_posix()
    if path.split("/")[0] in {"clusters", "base", "overlays", "acm", ".git"}:
        raise UsageError(f"--output: {given} is for other files")
    return path
