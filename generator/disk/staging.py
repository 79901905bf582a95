"""What is to be written, staged in `.nearedge/stage`, and the steps that will bring it in (transaction.py).

Nothing of the tree is touched here.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as File

from .exchange import can_exchange
from .lock import FOLDER

STAGE = f"{FOLDER}/stage"
FEW = 64
"""Files up to which each is flushed by itself; more are flushed together with all that the system has to write."""


@dataclass(frozen=True)
class Step:
    """One change of place. `inode` is that of what has to stand at `live` when the step is done; 0 for nothing."""

    kind: str
    """exchange, place (nothing stands at `live` yet), replace (a file) or drop (to `staged`)."""
    live: str
    staged: str
    inode: int = 0


def prepared(root: File, written: Mapping[str, bytes], removed: Sequence[str]) -> Iterator[Step]:
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
        _link(root / live, root / staged, within({*written, *removed}, live))
    for path, raw in written.items():
        target = root / STAGE / path
        _enter((root / path).parent, target.parent)
        target.write_bytes(raw)
    if there and not (root / staged).is_dir():
        return Step("drop", live, f"{staged}.gone")
    return Step("exchange" if there else "place", live, staged, (root / staged).stat().st_ino)


def _enter(live: File, staged: File) -> None:
    """Make the folder of a staged file. One of which every file changes was left out, and keeps its rights, too."""
    if not staged.is_dir():
        _enter(live.parent, staged.parent)
        staged.mkdir()
        if live.is_dir():
            shutil.copymode(live, staged)


def _only(folder: File, removed: frozenset[str], root: File) -> bool:
    """Whether nothing of a folder stays, so that it goes and its own folder may become empty."""
    return all(
        item.relative_to(root).as_posix() in removed for item in folder.rglob("*") if not item.is_dir()
    )


def within(paths: Iterable[str], folder: str) -> frozenset[str]:
    """Those of these paths that lie in a folder, as they are called there."""
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
                link_file(live / entry.name, staged / entry.name)
    shutil.copymode(live, staged)
    emptied = left_out or any(path.startswith(inside) for path in without)
    if emptied and not any(staged.iterdir()):
        staged.rmdir()


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
