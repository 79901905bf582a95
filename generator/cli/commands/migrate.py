"""`nearedge migrate`: a repository goes on to this release of nearedge, or a model to the runtime after its own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..day import today
from ..edited import add_edit, carry
from ..exits import UsageError

if TYPE_CHECKING:
    from ...edit.fleet import Edit

CAIKIT = "caikit-to-vllm"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which move, and of what."""
    parser.description = (
        "Without a move: say which notes of releases concern this repository, write into the specs what a program can, and "
        "say what is left to a person. With one: move a model and every server of it to another runtime, in place, and say "
        "what clients have to change. nearedge migrate --from 0.1.0 --dry-run; "
        "nearedge migrate caikit-to-vllm flan-llama --dry-run"
    )
    parser.add_argument(
        "move", nargs="?", choices=[CAIKIT], help="the move; the notes of releases without it"
    )
    parser.add_argument("model", nargs="?", metavar="MODEL", help="the model, by name")
    parser.add_argument(
        "--from",
        dest="since",
        metavar="VERSION",
        help="the release of nearedge that the repository comes from: also notes that nothing in it shows",
    )
    parser.add_argument(
        "--architecture",
        metavar="NAME",
        help="what artifacts/config.json calls it: LlamaForCausalLM; where the model's name is misleading",
    )
    parser.add_argument(
        "--check", dest="dry_run", action="store_true", help="the same as --dry-run: say it, write nothing"
    )
    add_edit(parser)


def run(options: argparse.Namespace) -> int:
    """Move it and render."""
    if options.move is None:
        if options.architecture:
            raise UsageError(f"--architecture is for {CAIKIT}")
        return carry(options, lambda root: _releases(options, root))
    if options.model is None:
        raise UsageError(f"say which model: nearedge migrate {CAIKIT} MODEL")
    if options.since:
        raise UsageError(f"--from is for the notes of releases, without {CAIKIT}")
    return carry(options, lambda root: _caikit(options, root))


def _caikit(options: argparse.Namespace, root: File) -> Edit:
    from ...edit.caikit import migrated
    from ...edit.fleet import specs_of

    return migrated(specs_of(root), options.model, options.architecture)


def _releases(options: argparse.Namespace, root: File) -> Edit:
    from ...edit.releases.moved import moved
    from ...edit.releases.repository import Repository

    found = moved(Repository(root, today(options)), options.since or "")
    # Also where the specs are refused as they would be: a person has to mend them then.
    if not options.quiet:
        sys.stdout.writelines(f"{line}\n" for line in found.left)
    return found.edit
