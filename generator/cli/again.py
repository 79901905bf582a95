"""Doing something again whenever a spec is saved, for who looks at the answer while writing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path as File

SECONDS = 0.4
"""Between two looks at the folder: one that nobody notices."""


def whenever_saved(root: File, work: Callable[[], int], sleep: Callable[[float], None] = time.sleep) -> int:
    """The exit code of the last time, when somebody has seen enough."""
    from ..fleet.folders import folders_named_in

    code = 0
    try:
        while True:
            folders = folders_named_in(root)
            seen = _stamps(root, folders)
            if sys.stdout.isatty():
                # The answer begins at the top of the screen each time.
                sys.stdout.write("\x1b[2J\x1b[H")
            code = work()
            sys.stdout.write(
                f"-- {time.strftime('%H:%M:%S')}: waits for a spec to be saved; Ctrl-C ends it\n"
            )
            sys.stdout.flush()
            while _stamps(root, folders) == seen:
                sleep(SECONDS)
    except KeyboardInterrupt:
        return code


def _stamps(root: File, folders: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Time and size of each spec and of what jobs take; what goes while it is looked at is not there."""
    found = {}
    beside = (path for folder in folders for path in (root / folder).rglob("*"))
    for path in (*(root / "clusters").rglob("*.yaml"), *beside):
        try:
            status = path.stat()
        except OSError:
            continue
        found[str(path)] = (status.st_mtime_ns, status.st_size)
    return found
