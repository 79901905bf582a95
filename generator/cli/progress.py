"""What a person sees of long work, and whether in colour."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import TextIO


class Watch:
    """Times the stages, and shows them on a terminal once the work takes longer than a second."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._started = time.perf_counter()
        self._stages: dict[str, float] = {}
        self._now: str | None = None
        self._since = self._started
        self._shown = 0.0
        self._tty = self._out.isatty()

    def progress(self, stage: str, done: int, total: int) -> None:
        """A stage began or went on."""
        at = time.perf_counter()
        if stage != self._now:
            self._close(at)
            self._now, self._since = stage, at
        if self._tty and at - self._started > 1 and at - self._shown > 0.1:  # noqa: PLR2004 - seconds
            self._shown = at
            self._out.write(f"\r\x1b[K{stage} {done}/{total}")
            self._out.flush()

    def end(self) -> None:
        """The last stage is over."""
        self._close(time.perf_counter())
        self._now = None
        if self._shown:
            self._out.write("\r\x1b[K")

    def times(self) -> Iterator[tuple[str, float]]:
        """Seconds of each stage, in order."""
        yield from self._stages.items()

    def _close(self, at: float) -> None:
        if self._now is not None:
            self._stages[self._now] = self._stages.get(self._now, 0.0) + at - self._since


def colour(out: TextIO) -> bool:
    """Whether a stream shows colour: a terminal, unless the environment says otherwise."""
    if os.environ.get("FORCE_COLOR"):
        return True
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
