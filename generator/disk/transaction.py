"""Many files change together: a reader, and the next run after a kill, has all of them old or all of them new.

What is to be written is staged first (staging.py), in `.nearedge/stage`; until then nothing of the tree is touched, so a full
disk or a missing right leaves it as it was. Then one step per machine folder brings it in:

    one file                    rename
    a folder that is new        rename of the staged folder
    anything else               the smallest folder that holds all changes, staged anew with hard links to the files
                                that stay, changes places with the old one (renameat2 RENAME_EXCHANGE)

So an edit of one cluster is one step, and atomic to every reader. Changes in several machine folders are as many
steps; `.nearedge/journal` (journal.py) names them before the first, and the next command completes them after a kill. Where the
system cannot exchange, the files are renamed one by one behind the same journal.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path as File
from pathlib import PurePosixPath

from ..errors import Unwritable
from .exchange import exchange
from .journal import JOURNAL, read_journal, write_journal
from .lock import FOLDER, Busy, locked
from .staging import STAGE, Step, link_file, prepared, within

_ACCESS = os.access in os.supports_effective_ids


def carry_out(root: File, written: Mapping[str, bytes], removed: Sequence[str]) -> None:
    """Write and remove these files below `root`, all of them or none.

    Raises:
        Unwritable: a file, a folder or the disk does not let it; nothing was changed.
    """
    if not written and not removed:
        return
    for path in (*written, *removed):
        _check(root, path)
    stage = root / STAGE
    at = next(iter((*written, *removed)))
    try:
        _clear(stage)
        stage.mkdir(parents=True)
        steps = tuple(prepared(root, written, removed))
    except OSError as error:
        _clear(stage)
        _leave(root)
        raise Unwritable(path=_below(root, error) or at, reason=error.strerror or str(error)) from error
    _run(root, steps, frozenset((*written, *removed)), at)


def _run(root: File, steps: tuple[Step, ...], known: frozenset[str], at: str) -> None:
    done: list[Step] = []
    try:
        if len(steps) > 1:
            write_journal(root, steps)
        for step in steps:
            at = step.live
            take(root, step)
            done.append(step)
    except OSError as error:
        for step in reversed(done):
            _undo(root, step)
        _finish(root)
        raise Unwritable(path=at, reason=error.strerror or str(error)) from error
    for step in steps:
        if step.kind == "exchange":
            _keep_foreign(root / step.staged, root / step.live, within(known, step.live))
    _finish(root)


def recover(root: File) -> bool:
    """Complete what a killed run began, and clear what it left; whether there was something to complete.

    While another run writes, nothing is done: that one is not dead.
    """
    if not (root / JOURNAL).is_file() and not (root / STAGE).is_dir():
        return False
    try:
        with locked(root) as held:
            return held and recover_locked(root)
    except Busy:
        return False


def recover_locked(root: File) -> bool:
    """`recover` for who holds the lock."""
    steps = read_journal(root)
    for step in steps:
        try:
            if not _is_done(root, step):
                take(root, step)
        except OSError as error:
            raise Unwritable(path=step.live, reason=error.strerror or str(error)) from error
    if steps or (root / STAGE).is_dir():
        _finish(root)
    return bool(steps)


def _finish(root: File) -> None:
    # The journal goes first: its steps need what is staged.
    (root / JOURNAL).unlink(missing_ok=True)
    _clear(root / STAGE)
    _leave(root)


def _clear(stage: File) -> None:
    if stage.is_symlink():
        stage.unlink()
    shutil.rmtree(stage, ignore_errors=True)


def _leave(root: File) -> None:
    # Only an empty folder goes; with a lock or a cache in it, it stays.
    try:
        (root / FOLDER).rmdir()
    except OSError:
        return


def _check(root: File, path: str) -> None:
    """Nothing is in the way of a file: no symlink, no folder in its place, no missing right."""
    try:
        at = parent = root
        for part in PurePosixPath(path).parts:
            at = at / part
            if at.is_symlink():
                raise Unwritable(path=path, reason=f"{at.relative_to(root)} is a symlink; remove it")
            if at != root / path and at.exists():
                parent = at
        while not parent.exists():
            parent = parent.parent
        if not parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if (root / path).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not os.access(parent, os.W_OK | os.X_OK, effective_ids=_ACCESS):
            raise PermissionError(*_denied(parent))
    except OSError as error:
        raise Unwritable(path=path, reason=error.strerror or str(error)) from error


def _denied(folder: File) -> tuple[int, str]:
    number = errno.EROFS if os.statvfs(folder).f_flag & os.ST_RDONLY else errno.EACCES
    return number, os.strerror(number)


def _below(root: File, error: OSError) -> str | None:
    """The file of the tree that an error of its staged copy is about."""
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    inside = name.partition(f"{root / STAGE}/")[2]
    return inside.partition("/")[2] or None


def take(root: File, step: Step) -> None:
    """Take one step; OSError when the system does not let it, and nothing has changed then."""
    live, staged = root / step.live, root / step.staged
    match step.kind:
        case "exchange":
            exchange(staged, live)
        case "place":
            staged.rename(live)
        case "replace":
            live.parent.mkdir(parents=True, exist_ok=True)
            if live.exists():
                # Kept for the way back.
                link_file(live, staged.with_name(f"{staged.name}.old"))
            staged.replace(live)
        case _:
            live.rename(staged)
            _prune(root, step.live)


def _undo(root: File, step: Step) -> None:
    live, staged = root / step.live, root / step.staged
    match step.kind:
        case "exchange":
            exchange(staged, live)
        case "place":
            live.rename(staged)
        case "replace":
            old = staged.with_name(f"{staged.name}.old")
            if old.exists():
                old.replace(live)
            else:
                live.unlink()
                _prune(root, step.live)
        case _:
            live.parent.mkdir(parents=True, exist_ok=True)
            staged.rename(live)


def _prune(root: File, path: str) -> None:
    """Empty folders go too; the first one that holds anything ends it."""
    for folder in PurePosixPath(path).parents[:-1]:
        try:
            (root / folder).rmdir()
        except OSError:
            return


def _is_done(root: File, step: Step) -> bool:
    if step.kind in {"replace", "drop"}:
        return not os.path.lexists(root / (step.staged if step.kind == "replace" else step.live))
    try:
        return (root / step.live).lstat().st_ino == step.inode
    except FileNotFoundError:
        return False


def _keep_foreign(old: File, live: File, known: frozenset[str]) -> None:
    """What somebody put into the old folder while the new one was staged belongs into the new one."""
    for folder, _, names in os.walk(old):
        for name in names:
            path = File(folder) / name
            inside = path.relative_to(old).as_posix()
            if inside not in known and not _same_file(path, live / inside):
                (live / inside).parent.mkdir(parents=True, exist_ok=True)
                path.replace(live / inside)


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
