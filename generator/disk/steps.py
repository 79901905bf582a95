"""One step of a transaction: something that is staged changes places with what stands in the tree, and back.

Comes in: a `Step` that staging.py made. Nothing is decided here.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path as File
from pathlib import PurePosixPath

from .exchange import exchange


class StepKind(StrEnum):
    """How something changes its place."""

    EXCHANGE = "exchange"
    PLACE = "place"
    """Nothing stands there yet."""
    REPLACE = "replace"
    """A file, where nothing can be exchanged."""
    DROP = "drop"
    """It goes, to where it was to be staged."""


@dataclass(frozen=True)
class Step:
    """One change of place. `inode` is that of what has to stand at `live` when the step is done; 0 for nothing."""

    kind: StepKind
    live: str
    staged: str
    inode: int = 0

    @property
    def displaced(self) -> str:
        """Where that is kept which stood at `live` before."""
        return f"{self.staged}.old" if self.kind is StepKind.REPLACE else self.staged


def take(root: File, step: Step) -> None:
    """Take one step; OSError when the system does not let it, and nothing has changed then."""
    live, staged = root / step.live, root / step.staged
    match step.kind:
        case StepKind.EXCHANGE:
            exchange(staged, live)
        case StepKind.PLACE:
            _place(staged, live)
        case StepKind.REPLACE:
            # Kept for the way back.
            link_file(live, root / step.displaced)
            staged.replace(live)
        case StepKind.DROP:
            staged.parent.mkdir(parents=True, exist_ok=True)
            live.rename(staged)
            _prune(root, step.live)


def _place(staged: File, live: File) -> None:
    """Bring in what is new; what somebody put there meanwhile is not overwritten."""
    if staged.is_dir():
        staged.rename(live)
        return
    live.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(staged, live)
    except OSError as error:
        if error.errno == errno.EEXIST or os.path.lexists(live):
            raise
        # A file system without hard links.
        staged.rename(live)
        return
    staged.unlink()


def undo(root: File, step: Step) -> None:
    """Take a step back."""
    live, staged = root / step.live, root / step.staged
    match step.kind:
        case StepKind.EXCHANGE:
            exchange(staged, live)
        case StepKind.PLACE:
            live.rename(staged)
            _prune(root, step.live)
        case StepKind.REPLACE:
            (root / step.displaced).replace(live)
        case StepKind.DROP:
            live.parent.mkdir(parents=True, exist_ok=True)
            staged.rename(live)


def _prune(root: File, path: str) -> None:
    """Empty folders go too; the first one that holds anything ends it."""
    for folder in PurePosixPath(path).parents[:-1]:
        try:
            (root / folder).rmdir()
        except OSError:
            return


def keep_foreign(old: File, live: File, known: Collection[str], *, late: bool) -> None:
    """What somebody put into the old folder while the new one was staged belongs into the new one.

    Who comes `late`, after a kill, may find that it was changed in the new one since: the newer of both stays.
    """
    for folder, _, names in os.walk(old):
        for name in names:
            path = File(folder) / name
            inside = path.relative_to(old).as_posix()
            if inside in known or _same_file(path, live / inside):
                continue
            if not (late and _is_newer(live / inside, path)):
                (live / inside).parent.mkdir(parents=True, exist_ok=True)
                path.replace(live / inside)


def _is_newer(one: File, other: File) -> bool:
    try:
        return one.lstat().st_mtime_ns >= other.lstat().st_mtime_ns
    except OSError:
        return False


def _same_file(one: File, other: File) -> bool:
    try:
        here, there = one.lstat(), other.lstat()
        if stat.S_ISLNK(here.st_mode) and stat.S_ISLNK(there.st_mode):
            return one.readlink() == other.readlink()
    except OSError:
        return False
    # A copy, where there are no hard links, keeps the time of its original.
    copied = (here.st_size, here.st_mtime_ns) == (there.st_size, there.st_mtime_ns)
    return here.st_ino == there.st_ino or copied


def link_file(live: File, staged: File) -> None:
    """The file under a second name, or a copy where that cannot be."""
    try:
        os.link(live, staged, follow_symlinks=False)
    except FileExistsError:
        # Linked by a run that was killed behind it.
        if not staged.samefile(live):
            raise
    except OSError as error:
        # A file system without hard links, or a file with too many of them.
        if error.errno not in {errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EXDEV, errno.EACCES}:
            raise
        shutil.copy2(live, staged)
