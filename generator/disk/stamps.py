"""Digests of many files, without reading those again that nobody has touched since.

Size, times and inode tell, as in Git's index. They tell nothing of a file that was touched a moment before it was read: it
may be written once more and look the same, so it is read again until it has rested.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path as File

from .plain import digest_of
from .sealed import read_sealed, write_sealed

STAMPS = ".nearedge/stamps"
REST = 2_000_000_000
"""Nanoseconds: no file system has a coarser clock than FAT, which counts every other second."""

_DIGEST = 24
"""Characters of a digest (plain.py)."""


class Stamps:
    """What files hold by digest, and what they looked like when they were read."""

    def __init__(self, noted: Mapping[str, str] | None = None) -> None:
        self._noted = noted or {}
        self._seen: dict[str, str] = {}

    @classmethod
    def recalled(cls, root: File) -> Stamps:
        """What an earlier run noted below `root`; nothing where the note is not ours."""
        body = read_sealed(root / STAMPS)
        return cls(json.loads(body) if body else None)

    def digest_of(self, root: File, path: str) -> str:
        """Digest of a plain file below `root`; empty when there is none that can be read."""
        try:
            status = os.lstat(f"{root}/{path}")
        except (OSError, ValueError):
            return ""
        if not stat.S_ISREG(status.st_mode):
            return ""
        looks = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
        known = self._noted.get(path, "")
        if known[_DIGEST:] == looks:
            self._seen[path] = known
            return known[:_DIGEST]
        # Looked at before it is read, so that what is written meanwhile looks otherwise.
        rested = time.time_ns() - max(status.st_ctime_ns, status.st_mtime_ns) > REST
        digest = digest_of(root, path)
        if digest and rested:
            self._seen[path] = digest + looks
        return digest

    def remember(self, root: File) -> None:
        """Note what was seen, where it is not noted yet; failing to is no failure."""
        if self._seen != self._noted:
            with suppress(OSError):
                write_sealed(root / STAMPS, json.dumps(self._seen).encode())
