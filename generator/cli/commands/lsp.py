"""`nearedge lsp`: a language server for editors, over standard input and output."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from importlib.util import find_spec

from ..day import add_today, today
from ..exits import CLEAN, UsageError
from ..here import root_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the day; editors also say how they talk, and standard streams are the only way."""
    add_today(parser)
    parser.add_argument("--stdio", action="store_true", help="talk over standard streams, as it always does")
    parser.epilog = "docs/editors.md says how editors start it"


def run(options: argparse.Namespace) -> int:
    """Serve one editor until it says exit; without --root, every fleet that it opens a file of."""
    if find_spec("pygls") is None:
        raise UsageError("the language server needs pygls: pip install 'nearedge[lsp]'")
    from ...lsp.protocol.server import serve

    # Streams of their own: the server closes them, and the command still settles those that it was given.
    heard, said = open(os.dup(sys.stdin.fileno()), "rb"), open(os.dup(sys.stdout.fileno()), "wb")  # noqa: PTH123, SIM115 - the server closes them
    serve(partial(today, options), root_of(options) if options.root is not None else None, heard, said)
    return CLEAN
