"""`nearedge migrate`: a model and its servers moved to the runtime that comes after theirs."""

from __future__ import annotations

import argparse
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..edited import add_edit, carry

if TYPE_CHECKING:
    from ...edit.fleet import Edit


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which move, and of which model."""
    parser.description = (
        "Move a model and every server of it to another runtime, in place, and say what clients have to change. "
        "nearedge migrate caikit-to-vllm flan-llama --dry-run"
    )
    parser.add_argument("move", choices=["caikit-to-vllm"], help="the move")
    parser.add_argument("model", metavar="MODEL", help="the model, by name")
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
    return carry(options, lambda root: _edit(options, root))


def _edit(options: argparse.Namespace, root: File) -> Edit:
    from ...edit.caikit import migrated
    from ...edit.fleet import specs_of

    return migrated(specs_of(root), options.model, options.architecture)
