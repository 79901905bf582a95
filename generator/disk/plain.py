"""Plain files, read and written so that nothing planted in their place leads elsewhere or never ends."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
from pathlib import Path as File

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | getattr(os, "O_NOFOLLOW", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)


def read_plain(path: str | File) -> bytes | None:
    """The bytes of a plain file; None when there is none, when it cannot be read, or is a symlink or a pipe."""
    try:
        handle = os.open(path, _READ)
    except (OSError, ValueError):
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        # Not Path.read_bytes, which takes twice as long: a run without a change does little else.
        with open(handle, "rb", buffering=0, closefd=False) as file:
            return file.read()
    except OSError:
        return None
    finally:
        os.close(handle)


def read_start(path: str | File, most: int) -> bytes:
    """The first bytes of a plain file, `most` of them at most; none where `read_plain` gives None."""
    try:
        handle = os.open(path, _READ)
    except (OSError, ValueError):
        return b""
    try:
        return os.read(handle, most) if stat.S_ISREG(os.fstat(handle).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(handle)


def write_new(path: str | File, raw: bytes, *, flush: bool = False) -> None:
    """Write a file that is nobody else's: what stands there goes first, and a link is not followed.

    Raises:
        OSError: it cannot be written.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - of thousands of files, as text
    # Without a buffer: a file is written at once, and a full render writes thousands.
    with open(os.open(path, _NEW, 0o666), "wb", buffering=0) as file:  # noqa: PTH123
        left = memoryview(raw)
        while left:
            left = left[file.write(left) :]
        if flush:
            os.fsync(file.fileno())


def digest(raw: bytes) -> str:
    """Digest of a file's content, as caches and journals keep it."""
    return hashlib.blake2b(raw, digest_size=12).hexdigest()


def digest_of(root: File, path: str) -> str:
    """Digest of a plain file below `root`; empty when there is none that can be read."""
    raw = read_plain(f"{root}/{path}")
    return "" if raw is None else digest(raw)


def clear(folder: File) -> bool:
    """Remove a folder with all that is in it, also from folders that are read-only; whether it is gone."""
    if folder.is_symlink() or folder.is_file():
        with contextlib.suppress(OSError):
            folder.unlink()
    else:
        _open_up(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return not os.path.lexists(folder)


def _open_up(folder: File) -> None:
    """Let its owner into a folder and all folders in it: in one that is read-only nothing can be removed."""
    with contextlib.suppress(OSError):
        mode = stat.S_IMODE(folder.lstat().st_mode)
        if mode & stat.S_IRWXU != stat.S_IRWXU:
            folder.chmod(mode | stat.S_IRWXU)
        with os.scandir(folder) as entries:
            inner = [File(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        for one in inner:
            _open_up(one)
