"""One writer at a time: `.nearedge/lock`, let go by the system when the process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as File

from ..errors import NearedgeError

FOLDER = ".nearedge"
LOCK = f"{FOLDER}/lock"


class Busy(NearedgeError):
    """Another nearedge writes into the same repository."""

    def __init__(self, *, pid: str) -> None:
        self.pid = pid
        who = f" (process {pid})" if pid else ""
        super().__init__(
            f"another nearedge{who} is writing here: nothing was done, try again when it has ended"
        )


@contextmanager
def locked(root: File) -> Iterator[bool]:
    """Be the only writer below `root`; False where no lock can be made, because nothing can be written there.

    A record lock, not flock: forked workers do not inherit it, so a killed run holds nothing up.

    Raises:
        Busy: somebody else is.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    try:
        (root / FOLDER).mkdir(exist_ok=True)
        handle = os.open(root / LOCK, flags, 0o644)
    except OSError:
        yield False
        return
    try:
        _take(handle)
        yield True
    finally:
        os.close(handle)


def _take(handle: int) -> None:
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Busy(pid=os.pread(handle, 20, 0).decode("ascii", "replace").strip()) from None
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    except OSError:
        # A full disk: the lock holds all the same.
        return
