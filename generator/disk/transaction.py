"""Many files change together: a reader, and the next run after a kill, has all of them old or all of them new.

What is to be written is staged first (staging.py), in `.nearedge/stage`; until then nothing of the tree is touched, so a full
disk or a missing right leaves it as it was. When all is ready, the specs are compared with those that were judged. Then
a step each brings it in:

    one file                    changes places with the staged one (renameat2 RENAME_EXCHANGE)
    a folder that is new        rename of the staged folder
    several files of a machine  the smallest folder that holds them, staged anew with hard links to the files that
    folder                      stay, changes places with the old one

So an edit of one cluster is one step, and atomic to every reader; a folder that people work in is never exchanged, and
what stands in it stays there. Changes in several places are as many steps; `.nearedge/journal` (journal.py) names them
before the first, and the next command completes them after a kill. Where the system cannot exchange, the files are
renamed one by one behind the same journal.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path as File
from pathlib import PurePosixPath

from ..errors import NearedgeError, Unwritable
from .folders import SPECS
from .journal import JOURNAL, Journal, is_done, read_journal, still_holds, write_journal
from .lock import FOLDER, Busy, locked
from .plain import digest_of
from .specs import Digests, SpecsMoved, refuse_moved, sum_of
from .staging import STAGE, Prepared, clear_stages, fresh_stage, prepared, stages, within
from .steps import Step, StepKind, keep_foreign, take, undo

_ACCESS = os.access in os.supports_effective_ids
UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.ENOTSUP})
"""What the system answers where these two cannot change places though others can: EXDEV for a folder of an image's own
layers (Linux, Documentation/filesystems/overlayfs.rst, Renaming directories)."""


class Recovered(Enum):
    """What became of the journal of a killed run."""

    NOTHING = "nothing"
    """There was none, or it had not begun: all is as it was."""
    COMPLETED = "completed"
    DROPPED = "dropped"
    """Somebody changed specs or files since: what the dead run left is not brought in."""


def carry_out(
    root: File, written: Mapping[str, bytes], removed: Sequence[str], judged: Digests | None = None
) -> None:
    """Write and remove these files below `root`, all of them or none.

    `judged` are the specs that they were made from, as they were before the first was read.

    Raises:
        Unwritable: a file, a folder or the disk does not let it; nothing was changed.
        SpecsMoved: a spec was saved since it was judged; nothing was changed.
    """
    if not written and not removed:
        return
    _check(root, (*written, *removed))
    ready = _staged(root, written, removed, judged, exchanges=True)
    if not _run(root, ready, judged):
        _run(root, _staged(root, written, removed, judged, exchanges=False), judged)


def _staged(
    root: File,
    written: Mapping[str, bytes],
    removed: Sequence[str],
    judged: Digests | None,
    *,
    exchanges: bool,
) -> Prepared:
    """Everything ready to be brought in, made from the specs as they are."""
    try:
        # A journal that nobody completed names what is about to go.
        (root / JOURNAL).unlink(missing_ok=True)
        ready = prepared(root, fresh_stage(root), written, removed, exchanges=exchanges)
    except OSError as error:
        _finish(root)
        at = _below(root, error) or next(iter((*written, *removed)))
        raise Unwritable(path=at, reason=error.strerror or str(error)) from error
    try:
        if judged is not None:
            refuse_moved(root, judged)
    except SpecsMoved:
        _finish(root)
        raise
    return ready


def _run(root: File, ready: Prepared, judged: Digests | None) -> bool:
    """Take all steps, or none; False when it has to be done without exchanging anything."""
    journal = Journal(ready.steps, ready.files, sum_of(judged, ready.files) if judged else "")
    done: list[Step] = []
    at = ""
    try:
        if len(ready.steps) > 1:
            write_journal(root, journal)
        for step in ready.steps:
            at = step.live
            take(root, step)
            done.append(step)
            _compare(root, step, judged)
    except (OSError, NearedgeError) as error:
        for step in reversed(done):
            undo(root, step)
        _finish(root)
        if isinstance(error, NearedgeError):
            raise
        if ready.exchanges and error.errno in UNSUPPORTED:
            return False
        raise Unwritable(path=at, reason=error.strerror or str(error)) from error
    _complete(root, journal)
    return True


def _compare(root: File, step: Step, judged: Digests | None) -> None:
    """A spec that has just been displaced is the one that was judged: nobody saved it in the last moment."""
    spec = judged is not None and step.live.startswith(f"{SPECS}/") and os.path.lexists(root / step.displaced)
    if spec and judged and digest_of(root, step.displaced) != judged.get(step.live):
        raise SpecsMoved(file=step.live)


def recover(root: File) -> Recovered:
    """Complete what a killed run began, and clear what it left.

    While another run writes, nothing is done: that one is not dead.
    """
    if not os.path.lexists(root / JOURNAL) and not stages(root):
        return Recovered.NOTHING
    try:
        with locked(root) as held:
            return recover_locked(root) if held else Recovered.NOTHING
    except Busy:
        return Recovered.NOTHING


def recover_locked(root: File) -> Recovered:
    """`recover` for who holds the lock.

    Raises:
        Unwritable: the system does not let it be completed.
    """
    journal = read_journal(root)
    begun = journal is not None and any(is_done(root, step) for step in journal.steps)
    if journal is None or not begun:
        _finish(root)
        return Recovered.NOTHING
    if not still_holds(root, journal):
        _finish(root)
        return Recovered.DROPPED
    for step in journal.steps:
        try:
            if not is_done(root, step):
                take(root, step)
        except OSError as error:
            raise Unwritable(path=step.live, reason=error.strerror or str(error)) from error
    _complete(root, journal, late=True)
    return Recovered.COMPLETED


def _complete(root: File, journal: Journal, *, late: bool = False) -> None:
    """All steps are taken: what others had in the folders that went comes into those that stand there now.

    Raises:
        Unwritable: it cannot be brought back; it lies where it is until the next run.
    """
    for step in journal.steps:
        old = root / step.displaced
        if step.kind in {StepKind.EXCHANGE, StepKind.DROP} and old.is_dir() and not old.is_symlink():
            try:
                keep_foreign(old, root / step.live, within(journal.files, step.live), late=late)
            except OSError as error:
                raise Unwritable(path=step.live, reason=error.strerror or str(error)) from error
    _finish(root)


def _finish(root: File) -> None:
    if not (root / FOLDER).is_symlink():
        # The journal goes first: its steps need what is staged.
        (root / JOURNAL).unlink(missing_ok=True)
        clear_stages(root)
        _leave(root)


def _leave(root: File) -> None:
    # Only an empty folder goes; with a lock or a cache in it, it stays.
    try:
        (root / FOLDER).rmdir()
    except OSError:
        return


def _check(root: File, paths: Iterable[str]) -> None:
    """Nothing is in the way of these files: no symlink, no folder in the place of one, no missing right."""
    sound: set[str] = set()
    for path in paths:
        try:
            if not sound and (root / FOLDER).is_symlink():
                raise Unwritable(path=path, reason=f"{FOLDER} is a symlink; remove it")
            folder = path.rpartition("/")[0]
            if folder not in sound:
                _check_folder(root, path, folder)
                sound.add(folder)
            _check_place(f"{root}/{path}", path)
        except OSError as error:
            raise Unwritable(path=path, reason=error.strerror or str(error)) from error


def _check_place(place: str, path: str) -> None:
    try:
        mode = os.lstat(place).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise Unwritable(path=path, reason=f"{path} is a symlink; remove it")
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


def _check_folder(root: File, path: str, folder: str) -> None:
    """The folder of a file, or the one that it will be made in, can be written."""
    at = parent = root
    for part in PurePosixPath(folder).parts:
        at = at / part
        if at.is_symlink():
            raise Unwritable(path=path, reason=f"{at.relative_to(root)} is a symlink; remove it")
        if at.exists():
            parent = at
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(parent, os.W_OK | os.X_OK, effective_ids=_ACCESS):
        raise PermissionError(*_denied(parent))


def _denied(folder: File) -> tuple[int, str]:
    number = errno.EROFS if os.statvfs(folder).f_flag & os.ST_RDONLY else errno.EACCES
    return number, os.strerror(number)


def _below(root: File, error: OSError) -> str | None:
    """The file of the tree that an error of its staged copy is about."""
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    inside = name.partition(f"{root / STAGE}")[2].partition("/tree/")[2]
    return inside or None
