"""`nearedge help`: the help of a command, or the manual pages as files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path as File

from ..exits import CLEAN, UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Of which command."""
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="a command (default: nearedge itself)")
    parser.add_argument("--man", type=File, metavar="DIR", help="write the manual pages into this folder")


def run(options: argparse.Namespace) -> int:
    """Print the help, or write the pages."""
    from ... import __version__
    from .. import COMMANDS, parser_of
    from ..manual.man import commands_of, pages

    if options.man:
        folder = File(options.man).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        made = dict(pages(parser_of(tuple(COMMANDS)), __version__))
        for name, text in made.items():
            (folder / name).write_text(text, "utf-8")
        sys.stdout.write(f"{len(made)} manual pages written to {folder}\n")
        return CLEAN
    parser = parser_of(tuple(options.command))
    for word in options.command:
        inner = commands_of(parser)
        if word not in inner:
            from ...documents.near import suggestion

            raise UsageError(f"there is no command {word} of {parser.prog}{suggestion(word, list(inner))}")
        parser = inner[word]
    sys.stdout.write(parser.format_help())
    return CLEAN
