"""A file of our own that is believed without a second look, such as a cache: nobody else can have written it.

Its first line is the digest of its content together with its own inode and time. One that came with a clone, or was
copied, has others.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path as File

from .plain import digest, read_plain, write_new

_BLANK = digest(b"")


def write_sealed(path: File, body: bytes) -> None:
    """Write it, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    if path.parent.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path.parent))
    path.parent.mkdir(exist_ok=True)
    staged = path.with_suffix(".new")
    write_new(staged, f"{_BLANK}\n".encode() + body)
    status = staged.stat()
    with staged.open("r+b") as file:
        file.write(_seal(status, body).encode())
    os.utime(staged, ns=(status.st_atime_ns, status.st_mtime_ns))
    staged.replace(path)


def read_sealed(path: File) -> bytes | None:
    """What it holds; None when it is not there, not whole or not ours."""
    seal, _, body = (read_plain(path) or b"").partition(b"\n")
    try:
        ours = seal.decode("ascii", "replace") == _seal(path.lstat(), body)
    except OSError:
        return None
    return body if ours else None


def copy_sealed(path: File, other: File) -> None:
    """Have the same in another folder of ours; nothing when it is not ours.

    Raises:
        OSError: it cannot be written there.
    """
    body = read_sealed(path)
    if body is not None:
        write_sealed(other, body)


def _seal(status: os.stat_result, body: bytes) -> str:
    return digest(f"{status.st_ino} {status.st_mtime_ns}\n".encode() + body)
