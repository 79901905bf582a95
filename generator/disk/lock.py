"""One writer at a time: `.nearedge/lock`, let go by the system when the process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path as File

from ..errors import NearedgeError

FOLDER = ".nearedge"
LOCK = f"{FOLDER}/lock"

_HELD: ContextVar[frozenset[File]] = ContextVar("held", default=frozenset())
"""Repositories that the code around holds already. The system would let go of a lock as soon as any second handle
of its file is closed, so a lock inside a lock is none of its own."""


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

    May be held over a whole command: what the command calls takes the same lock, and gets it. A record lock, not
    flock: forked workers do not inherit it, so a killed run holds nothing up.

    Raises:
        Busy: somebody else is.
    """
    place = root.resolve()
    if place in _HELD.get():
        yield True
        return
    handle = _opened(root)
    if handle is None:
        yield False
        return
    try:
        _take(handle)
        before = _HELD.set(_HELD.get() | {place})
        try:
            yield True
        finally:
            _HELD.reset(before)
    finally:
        os.close(handle)


def _opened(root: File) -> int | None:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    try:
        if (root / FOLDER).is_symlink():
            # It came with the repository, and leads where somebody else wants us to write.
            return None
        (root / FOLDER).mkdir(exist_ok=True)
        return os.open(root / LOCK, flags, 0o644)
    except OSError:
        return None


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
