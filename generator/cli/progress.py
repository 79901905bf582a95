"""What a person sees of long work, on a terminal and in the log of a job, and whether in colour."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import TextIO

from .streams import manner

BETWEEN = 15.0
"""Seconds between two lines of a log, which nobody can take back."""


class Watch:
    """Times the stages; shows them on a terminal after a second, and in a log by a line now and then."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._started = time.perf_counter()
        self._stages: dict[str, float] = {}
        self._now: str | None = None
        self._since = self._started
        self._shown = 0.0
        self._tty = self._out.isatty()
        self._logged = self._started
        self._manner = manner(self._out)

    def progress(self, stage: str, done: int, total: int) -> None:
        """A stage began or went on; a total of 0 is one that nobody knows."""
        at = time.perf_counter()
        if stage != self._now:
            self._close(at)
            self._now, self._since = stage, at
        if self._manner.quiet:
            return
        said = f"{stage} {done}/{total}" if total else f"{stage} {done or ''}".rstrip()
        if not self._tty and at - self._logged > BETWEEN:
            self._logged = at
            self._out.write(f"{said}, after {at - self._started:.0f} s\n")
            self._out.flush()
        if self._tty and at - self._started > 1 and at - self._shown > 0.1:  # noqa: PLR2004 - seconds
            self._shown = at
            self._out.write(f"\r\x1b[K{said}")
            self._out.flush()

    def end(self) -> None:
        """The last stage is over."""
        self._close(time.perf_counter())
        self._now = None
        if self._shown:
            self._out.write("\r\x1b[K")
        if self._manner.verbose and self._stages:
            steps = "  ".join(f"{stage} {seconds:.2f} s" for stage, seconds in self._stages.items())
            self._out.write(f"time  {steps}\n")

    def times(self) -> Iterator[tuple[str, float]]:
        """Seconds of each stage, in order."""
        yield from self._stages.items()

    def _close(self, at: float) -> None:
        if self._now is not None:
            self._stages[self._now] = self._stages.get(self._now, 0.0) + at - self._since


def colour(out: TextIO) -> bool:
    """Whether a stream shows colour: a terminal, unless the environment says otherwise."""
    if manner(out).plain:
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width(out: TextIO) -> int | None:
    """Columns of a terminal; None where there is none, and lines stay as long as they are."""
    if not out.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns
