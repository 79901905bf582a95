"""The argument that every command has: which repository it works on."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path as File


def add_root(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Declare --root; an action of a command keeps what stands before it (SUPPRESS)."""
    parser.add_argument(
        "--root",
        type=_path,
        default=default,
        help="repository to work on (default: the one around this folder)",
    )


def _path(text: str) -> File:
    from pathlib import Path

    # Half of what --help costs, which looks at no path.
    return Path(text)
