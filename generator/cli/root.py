"""The arguments that every command has: which repository it works on, and how much it says."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path as File


def add_root(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Declare them; an action of a command keeps what stands before it (SUPPRESS)."""
    parser.add_argument(
        "--root",
        type=_path,
        default=default,
        help="repository to work on (default: the one around this folder)",
    )
    # A command of a command says nothing of its own where nothing is given.
    unsaid: Any = False if default is None else default
    much = parser.add_mutually_exclusive_group()
    much.add_argument(
        "-q",
        "--quiet",
        action="store_true",
        help="say what is wrong and what was asked for, nothing else",
        default=unsaid,
    )
    much.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="say more: every file, and how long each step took",
        default=unsaid,
    )
    parser.add_argument("--no-color", action="store_true", help="no colours (as NO_COLOR=1)", default=unsaid)


def _path(text: str) -> File:
    from pathlib import Path

    # Half of what --help costs, which looks at no path.
    return Path(text)
