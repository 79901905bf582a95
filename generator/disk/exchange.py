"""Two folders or files change places in one step, where the system can do that: renameat2(RENAME_EXCHANGE).

Linux with ext4, xfs, btrfs, tmpfs or overlayfs can; NFS and other systems cannot, and say so.
"""

from __future__ import annotations

import ctypes
import errno
import os
from functools import cache
from pathlib import Path as File
from typing import Any

AT_FDCWD = -100
RENAME_EXCHANGE = 2
"""Both from linux/fcntl.h and linux/fs.h."""
UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.ENOTSUP, errno.EPERM})
"""What a kernel or a file system answers that cannot exchange these two."""


@cache
def _renameat2() -> Any | None:
    try:
        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return function


def exchange(one: File, other: File) -> None:
    """Let two paths of one file system change places.

    Raises:
        OSError: they cannot; with an errno of UNSUPPORTED nobody could here.
    """
    function = _renameat2()
    if function is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), str(one))
    if function(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one))


def can_exchange(folder: File) -> bool:
    """Whether the file system of `folder` can do it; tried with two folders in it."""
    one, other = folder / "exchange-a", folder / "exchange-b"
    try:
        one.mkdir(exist_ok=True)
        other.mkdir(exist_ok=True)
        exchange(one, other)
    except OSError:
        return False
    finally:
        for path in (one, other):
            if path.is_dir():
                path.rmdir()
    return True
