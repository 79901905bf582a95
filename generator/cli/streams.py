"""The standard streams as a command may find them: closed, full, ASCII only, or with a reader that has gone."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

from ..errors import NearedgeError

BROKEN_PIPE = 141
"""What a shell calls a program that SIGPIPE ended; the code of a command that came to no end of its own."""


class OutputClosed(NearedgeError):
    """There is nowhere to write an answer to."""

    def __init__(self) -> None:
        super().__init__("standard output is closed: nothing was done")


@dataclass(frozen=True)
class Manner:
    """How much somebody wants to read, and whether in colour."""

    quiet: bool = False
    verbose: bool = False
    plain: bool = False


def manner(out: Any) -> Manner:
    """That of a stream; as ever for one that is none of ours."""
    found = getattr(out, "manner", None)
    return found if isinstance(found, Manner) else Manner()


class Stream:
    """A standard stream that remembers why it could not be written: argparse and others keep it to themselves."""

    def __init__(self, name: str, out: TextIO | None) -> None:
        self.name, self.is_closed = name, out is None
        self.out = out or io.StringIO()
        self.fault: OSError | None = None
        self.manner = Manner()

    def __getattr__(self, name: str) -> Any:
        """Everything else is asked of the stream itself."""
        return getattr(self.out, name)

    def write(self, text: str) -> int:
        """As ever."""
        with self._watched():
            return self.out.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """As ever."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """As ever."""
        with self._watched():
            self.out.flush()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.fault = error
            raise

    def settled(self) -> None:
        """Bring everything out that was written.

        Raises:
            OSError: something of it did not come through, now or before.
        """
        if self.fault is not None:
            raise self.fault
        self.flush()

    def tell(self, text: str) -> None:
        """Write what matters least: nothing where it cannot be written either."""
        try:
            self.write(text)
            self.flush()
        except OSError:
            self.silence()

    def silence(self) -> None:
        """Let what is still to be written vanish, so that the interpreter does not complain once more at its end."""
        with contextlib.suppress(OSError, ValueError):
            handle = os.open(os.devnull, os.O_WRONLY)
            os.dup2(handle, self.out.fileno())
            os.close(handle)


def tell(text: str) -> None:
    """Say something on standard error; where it cannot be written, the exit code has to say it."""
    if isinstance(sys.stderr, Stream):
        sys.stderr.tell(text)
    else:
        sys.stderr.write(text)


@contextmanager
def watched() -> Iterator[tuple[Stream, Stream]]:
    """Standard output and error for the time of a command, made usable."""
    _occupy()
    before = sys.stdout, sys.stderr
    for out in before:
        if isinstance(out, io.TextIOWrapper):
            # What a terminal cannot show is spelled out; it is no reason to fail.
            out.reconfigure(errors="backslashreplace")
    named = Stream("standard output", before[0]), Stream("standard error", before[1])
    sys.stdout, sys.stderr = named
    try:
        yield named
    finally:
        sys.stdout, sys.stderr = before


def _occupy() -> None:
    """Let no file that is opened later get the number of a standard stream that is closed."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 - 0, 1 and 2
        os.set_inheritable(handle, True)  # noqa: FBT003 - its only argument
    os.close(handle)
