"""Many files change together: a reader, and the next run after a kill, has all of them old or all of them new.

What is to be written is staged first, in `.nearedge/stage`; until then nothing of the tree is touched, so a full
disk or a missing right leaves it as it was. Then one step per machine folder brings it in:

    one file                    rename
    a folder that is new        rename of the staged folder
    anything else               the smallest folder that holds all changes, staged anew with hard links to the files
                                that stay, changes places with the old one (renameat2 RENAME_EXCHANGE)

So an edit of one cluster is one step, and atomic to every reader. Changes in several machine folders are as many
steps; `.nearedge/journal` names them before the first, and the next command completes them after a kill. Where the
system cannot exchange, the files are renamed one by one behind the same journal.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path as File
from pathlib import PurePosixPath

from .errors import Unwritable
from .exchange import can_exchange, exchange
from .lock import FOLDER, Busy, locked

STAGE = f"{FOLDER}/stage"
JOURNAL = f"{FOLDER}/journal"
FEW = 64
"""Files up to which each is flushed by itself; more are flushed together with all that the system has to write."""
_ACCESS = os.access in os.supports_effective_ids


@dataclass(frozen=True)
class Step:
    """One change of place. `inode` is that of what has to stand at `live` when the step is done; 0 for nothing."""

    kind: str
    """exchange, place (nothing stands at `live` yet), replace (a file) or drop (to `staged`)."""
    live: str
    staged: str
    inode: int = 0


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
        steps = tuple(_prepared(root, written, removed))
    except OSError as error:
        _clear(stage)
        _leave(root)
        raise Unwritable(path=_below(root, error) or at, reason=error.strerror or str(error)) from error
    _run(root, steps, frozenset((*written, *removed)), at)


def _run(root: File, steps: tuple[Step, ...], known: frozenset[str], at: str) -> None:
    done: list[Step] = []
    try:
        if len(steps) > 1:
            _write_journal(root, steps)
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
            _keep_foreign(root / step.staged, root / step.live, _within(known, step.live))
    _finish(root)


def recover(root: File) -> bool:
    """Complete what a killed run began, and clear what it left; whether there was something to complete.

    While another run writes, nothing is done: that one is not dead.
    """
    if not (root / JOURNAL).is_file() and not (root / STAGE).is_dir():
        return False
    try:
        with locked(root) as held:
            return held and settle(root)
    except Busy:
        return False


def settle(root: File) -> bool:
    """`recover` for who holds the lock."""
    steps = _read_journal(root)
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


def _prepared(root: File, written: Mapping[str, bytes], removed: Sequence[str]) -> Iterator[Step]:
    """Stage everything; the steps that bring it in."""
    if len(written) + len(removed) == 1 and all((root / path).parent.is_dir() for path in written):
        yield from _one_by_one(root, written, removed)
        return
    # A file that lies in no folder has none that could be exchanged.
    if not can_exchange(root / STAGE) or any("/" not in path for path in (*written, *removed)):
        yield from _one_by_one(root, written, removed)
        return
    tops = sorted({path.partition("/")[0] for path in (*written, *removed)})
    for top in tops:
        yield _folder_step(
            root,
            {path: raw for path, raw in written.items() if path.startswith(f"{top}/")},
            frozenset(path for path in removed if path.startswith(f"{top}/")),
        )
    _flush(root, written)


def _one_by_one(root: File, written: Mapping[str, bytes], removed: Sequence[str]) -> Iterator[Step]:
    for i, (path, raw) in enumerate(written.items()):
        staged = f"{STAGE}/{i}"
        (root / staged).write_bytes(raw)
        yield Step("replace", path, staged, (root / staged).stat().st_ino)
    for i, path in enumerate(removed):
        yield Step("drop", path, f"{STAGE}/gone-{i}")
    _flush(root, written)


def _folder_step(root: File, written: Mapping[str, bytes], removed: frozenset[str]) -> Step:
    """Stage the smallest folder that holds all of these changes."""
    live = os.path.commonpath([os.path.dirname(path) for path in (*written, *removed)])  # noqa: PTH120
    while not (root / live).is_dir() and "/" in live and not (root / live).parent.is_dir():
        live = os.path.dirname(live)  # noqa: PTH120
    while not written and "/" in live and _only(root / live, removed, root):
        live = os.path.dirname(live)  # noqa: PTH120
    staged = f"{STAGE}/{live}"
    (root / staged).parent.mkdir(parents=True, exist_ok=True)
    there = (root / live).is_dir()
    if there:
        _link(root / live, root / staged, _within({*written, *removed}, live))
    for path, raw in written.items():
        target = root / STAGE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(raw)
    if there and not (root / staged).is_dir():
        return Step("drop", live, f"{staged}.gone")
    return Step("exchange" if there else "place", live, staged, (root / staged).stat().st_ino)


def _only(folder: File, removed: frozenset[str], root: File) -> bool:
    """Whether nothing of a folder stays, so that it goes and its own folder may become empty."""
    return all(
        item.relative_to(root).as_posix() in removed for item in folder.rglob("*") if not item.is_dir()
    )


def _within(paths: Iterable[str], folder: str) -> frozenset[str]:
    return frozenset(path.removeprefix(f"{folder}/") for path in paths if path.startswith(f"{folder}/"))


def _link(live: File, staged: File, without: frozenset[str], inside: str = "") -> None:
    """The folder once more, with hard links to its files; folders that `without` empties are left out."""
    staged.mkdir()
    left_out = 0
    with os.scandir(live) as entries:
        for entry in entries:
            path = f"{inside}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                _link(live / entry.name, staged / entry.name, without, f"{path}/")
            elif path in without:
                left_out += 1
            elif entry.is_symlink():
                (staged / entry.name).symlink_to((live / entry.name).readlink())
            else:
                _same(live / entry.name, staged / entry.name)
    shutil.copymode(live, staged)
    emptied = left_out or any(path.startswith(inside) for path in without)
    if emptied and not any(staged.iterdir()):
        staged.rmdir()


def _same(live: File, staged: File) -> None:
    try:
        os.link(live, staged, follow_symlinks=False)
    except OSError as error:
        # A file system without hard links, or a file with too many of them.
        if error.errno not in {errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EXDEV, errno.EACCES}:
            raise
        shutil.copy2(live, staged)


def _flush(root: File, written: Mapping[str, bytes]) -> None:
    """Bring what is staged onto the disk, so that it survives the power as well as a kill."""
    if len(written) > FEW:
        os.sync()
        return
    for folder, _, names in os.walk(root / STAGE):
        for name in names:
            path = File(folder) / name
            if path.is_symlink() or path.stat().st_nlink > 1:
                continue
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


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
                _same(live, staged.with_name(f"{staged.name}.old"))
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


def _write_journal(root: File, steps: tuple[Step, ...]) -> None:
    body = {"folder": (root / FOLDER).stat().st_ino, "steps": [asdict(step) for step in steps]}
    staged = root / f"{JOURNAL}.new"
    with staged.open("wb") as file:
        file.write(json.dumps(body).encode())
        file.flush()
        os.fsync(file.fileno())
    staged.replace(root / JOURNAL)


def _read_journal(root: File) -> tuple[Step, ...]:
    """The steps of a killed run; none when the journal is not whole, not ours or leaves the repository."""
    try:
        if (root / JOURNAL).is_symlink():
            return ()
        body = json.loads((root / JOURNAL).read_bytes())
        steps = tuple(Step(**item) for item in body["steps"])
        # One that came with a clone is none of this folder.
        ours = body["folder"] == (root / FOLDER).stat().st_ino
    except (OSError, ValueError, TypeError, KeyError):
        return ()
    return steps if ours and all(_inside(step) for step in steps) else ()


def _inside(step: Step) -> bool:
    return step.staged.startswith(f"{STAGE}/") and not any(
        path.startswith("/") or ".." in path.split("/") for path in (step.live, step.staged)
    )
