"""`nearedge completion`: what a shell needs to complete commands, options and the names of a fleet."""

from __future__ import annotations

import argparse
import sys

from ..exits import CLEAN
from ..here import root_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which shell; `words` is what their scripts ask."""
    parser.add_argument(
        "shell",
        choices=("bash", "zsh", "fish", "words"),
        metavar="bash|zsh|fish",
        help="shell whose script is printed",
    )
    parser.add_argument("--line", default="", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Print the script, or the words that a line can go on with."""
    from .. import COMMANDS, parser_of
    from ..manual.completion import SCRIPTS, words

    if options.shell in SCRIPTS:
        sys.stdout.write(SCRIPTS[options.shell])
        return CLEAN
    named = tuple(word for word in options.line.split() if word in COMMANDS)
    sys.stdout.writelines(f"{word}\n" for word in words(parser_of(named[:1]), options.line, root_of(options)))
    return CLEAN
