"""Questions to a person at a terminal: one line each, with an answer for who just presses Enter."""

from __future__ import annotations

import sys
from collections.abc import Callable

from ..exits import UsageError

Answer = Callable[[str], str]
"""What an answer means.

Raises:
    UsageError: it cannot be; the sentence says what can.
"""


def can_ask() -> bool:
    """Whether somebody sits there who reads the question and can answer it."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def ask(question: str, default: str, means: Answer = str) -> str:
    """What somebody answers, asked again until it can be.

    Raises:
        UsageError: the end of the input came instead.
    """
    while True:
        sys.stderr.write(f"{question} [{default}]: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            sys.stderr.write("\n")
            raise UsageError("there was no answer, and nothing was written; --yes takes all defaults")
        try:
            return means(line.strip() or default)
        except UsageError as wrong:
            sys.stderr.write(f"  {wrong}\n")
