"""`nearedge mcp`: a read-only server for assistants, over standard input and output."""

from __future__ import annotations

import argparse
from functools import partial
from importlib.util import find_spec

from ..day import add_today, today
from ..exits import CLEAN, UsageError
from ..here import root_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """The day alone: what an assistant may ask is said by the server."""
    add_today(parser)
    parser.epilog = "its tools: list, show, explain, check, plan, rules; none of them writes"


def run(options: argparse.Namespace) -> int:
    """Answer one assistant until it leaves."""
    if find_spec("mcp") is None:
        raise UsageError("the server for assistants needs the SDK: pip install 'nearedge[mcp]'")
    from ...assistants.answers import Fleet
    from ...assistants.server import serve

    serve(Fleet(root_of(options), partial(today, options)))
    return CLEAN
