"""`nearedge merge`: what git calls to merge the list of a hub's files, where both sides changed neighbours of it.

What git merges without a conflict may be behind the specs all the same (docs/merging.md): a hook says so.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path as File

from ..exits import CLEAN, FOUND, UsageError
from ..here import root_of, standing

ATTRIBUTE = "/acm/*/kustomization.yaml merge=nearedge"
"""The line of .gitattributes that `nearedge init` writes (data/init/repository/gitattributes)."""
SETTINGS = {
    "merge.nearedge.name": "nearedge: lists of what a hub applies",
    "merge.nearedge.driver": "nearedge merge %O %A %B",
}
"""Of a clone: gitattributes(5), Defining a custom merge driver."""
HOOK = "post-merge"
"""Runs after each merge and pull without a conflict: githooks(5). It changes nothing."""
_SCRIPT = """#!/bin/sh
# nearedge merge --install
nearedge render --check{root} > /dev/null 2>&1 ||
  echo "nearedge: the output is not what the merged specs make: run nearedge render, and commit" >&2
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Three files as git names them, or what git has to be told."""
    parser.description = (
        "A merge driver of git for acm/*/kustomization.yaml: a file that one side added is in, one that it removed is "
        "out, and the rest is as render writes it. Without files, say how git is told; --install tells it, in this clone, "
        "with a hook that says after a merge whether the output is behind the specs."
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
    sys.stdout.write(_hooked(root))
    return CLEAN


def _hooked(root: File) -> str:
    """Write the hook, unless hooks are somebody's already; the sentence that says which."""
    from ...git.command import git

    asked = (
        "--show-prefix",
        "--absolute-git-dir",
        "--path-format=absolute",
        "--git-common-dir",
        "--git-path",
    )
    told = git(root, "rev-parse", *asked, f"hooks/{HOOK}").stdout.split("\n")
    inside, own, common, place = told[:4]
    script = _SCRIPT.format(root=f" --root {shlex.quote(inside)}" if inside else "")
    hook = File(place)
    # Where core.hooksPath leads elsewhere, other repositories may have the same hooks.
    ours = any(hook.is_relative_to(folder) for folder in (own, common))
    if not ours or (hook.exists() and hook.read_text("utf-8", "replace") != script):
        return f"git has hooks of yours: add to {HOOK} the line nearedge render --check\n"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(script, "utf-8")
    hook.chmod(0o755)
    return "after a merge git says whether the output is behind the specs\n"
