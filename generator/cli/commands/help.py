"""`nearedge help`: the help of a command, what a word means, or the manual pages as files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path as File
from shutil import get_terminal_size
from textwrap import fill

from ..exits import CLEAN, UsageError

WIDEST = 100
"""Columns in which running text can be read."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Of which command, or word."""
    parser.add_argument(
        "command",
        nargs="*",
        metavar="COMMAND|WORD",
        help="a command (default: nearedge itself), or a word of ACM, Argo CD, Kueue, KServe, Ray or nearedge",
    )
    parser.add_argument("--words", action="store_true", help="list the words that are explained")
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
    if options.words:
        sys.stdout.write(_words())
        return CLEAN
    parser = parser_of(tuple(options.command))
    for i, word in enumerate(options.command):
        inner = commands_of(parser)
        if word not in inner:
            return _explained(" ".join(options.command), f"{word} of {parser.prog}" if i else "", list(inner))
        parser = inner[word]
    sys.stdout.write(parser.format_help())
    return CLEAN


def _explained(asked: str, below: str, commands: list[str]) -> int:
    """Say what a word means; `below` is what was asked of a command that has no such command of its own.

    Raises:
        UsageError: it is neither a command nor one of the words.
    """
    from ...documents.near import nearest, suggestion
    from ...facts.glossary import every_word, meant_by

    found = meant_by(asked)
    if found is not None:
        see = "".join(f"  nearedge help {word}\n" for word in found.see)
        width = min(WIDEST, get_terminal_size((WIDEST, 0)).columns)
        text = fill(found.text, width, initial_indent="  ", subsequent_indent="  ")
        also = f", also {', '.join(found.also)}" if found.also else ""
        sys.stdout.write(f"{found.word} ({found.of}{also})\n{text}\n" + (f"\n{see}" if see else ""))
        return CLEAN
    if below:
        raise UsageError(f"there is no command {below}{suggestion(below.partition(' ')[0], commands)}")
    near = nearest(asked, (*commands, *every_word()))
    told = (
        f": did you mean {near}?" if near else "; nearedge --help lists commands, nearedge help --words words"
    )
    raise UsageError(f"there is no command and no word {asked}{told}")


def _words() -> str:
    """Each word with the project that it is of."""
    from ...facts.glossary import glossary
    from ...report import table

    return table([("WORD", "OF"), *((item.word, item.of) for item in glossary().values())])
