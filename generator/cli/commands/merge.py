"""`nearedge merge`: what git calls to merge the list of a hub's files, where both sides changed neighbours of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path as File

from ..exits import CLEAN, FOUND, UsageError
from ..here import root_of, standing

ATTRIBUTE = "/acm/*/kustomization.yaml merge=nearedge"
"""The line of .gitattributes that `nearedge init` writes (data/init/gitattributes)."""
SETTINGS = {
    "merge.nearedge.name": "nearedge: lists of what a hub applies",
    "merge.nearedge.driver": "nearedge merge %O %A %B",
}
"""Of a clone: gitattributes(5), Defining a custom merge driver."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Three files as git names them, or what git has to be told."""
    parser.description = (
        "A merge driver of git for acm/*/kustomization.yaml: a file that one side added is in, one that it removed is "
        "out, and the rest is as render writes it. Without files, say how git is told; --install tells it, in this clone."
    )
    parser.add_argument(
        "files", nargs="*", type=File, metavar="FILE", help="BASE OURS THEIRS; OURS is written"
    )
    parser.add_argument("--install", action="store_true", help="set it up in this clone")


def run(options: argparse.Namespace) -> int:
    """Merge, install, or say how."""
    if options.files and options.install:
        raise UsageError("--install takes no files")
    if options.install:
        return _install(options)
    if not options.files:
        sys.stdout.writelines(f"git config {name} '{value}'\n" for name, value in SETTINGS.items())
        sys.stdout.write(f"and in .gitattributes: {ATTRIBUTE}\n")
        return CLEAN
    if len(options.files) != len(("base", "ours", "theirs")):
        raise UsageError("three files are merged: BASE OURS THEIRS, as git names them: %O %A %B")
    return _merged(*(standing() / file for file in options.files))


def _merged(base: File, ours: File, theirs: File) -> int:
    from ...overlays.spread import merged_listing

    texts = (file.read_text("utf-8", "replace") for file in (base, ours, theirs))
    found = merged_listing(*texts)
    if found is None:
        # Git says that there is a conflict; what stands there is what we had.
        sys.stderr.write(
            "nearedge merge: this is no list that nearedge wrote: nearedge render makes it anew\n"
        )
        return FOUND
    ours.write_text(found, "utf-8")
    return CLEAN


def _install(options: argparse.Namespace) -> int:
    from ...git.command import git

    root = root_of(options)
    for name, value in SETTINGS.items():
        git(root, "config", name, value)
    sys.stdout.write("git merges the lists of hubs in this clone with nearedge merge\n")
    attributes = root / ".gitattributes"
    text = attributes.read_text("utf-8", "replace") if attributes.is_file() else ""
    if "merge=nearedge" not in text:
        sys.stdout.write(f"once for all clones: add to .gitattributes the line {ATTRIBUTE}\n")
    return CLEAN
