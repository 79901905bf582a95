"""What is to be written, staged in `.nearedge/stage`, and the steps that will bring it in (transaction.py).

Nothing of the tree is touched here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path as File
from pathlib import PurePosixPath

from .exchange import can_exchange
from .folders import FOLDERS
from .lock import FOLDER
from .plain import clear, write_new
from .steps import Step, StepKind, link_file

STAGE = f"{FOLDER}/stage"
FEW = 64
"""Files up to which each is brought onto the disk by itself, so that it survives the power as well as a kill; more are
together with all that the system has to write."""
SINGLY = 16
"""Folders of a machine folder (overlays of clusters) up to which each changes by itself, and the others stay open."""


Mark = tuple[int, int, int] | None
"""What tells a file from any other that may stand in its place: inode, size, time. None: there is none."""


@dataclass(frozen=True)
class Prepared:
    """Everything that is staged: the steps that bring it in, and each file before and after them."""

    steps: tuple[Step, ...]
    files: Mapping[str, tuple[Mark, Mark]]
    exchanges: bool
    """Whether anything is exchanged, or the files are renamed one by one."""


def mark_of(path: str | File) -> Mark:
    """The mark of what stands at a path."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def fresh_stage(root: File) -> str:
    """An empty folder to stage in. What an earlier run left and cannot be removed stays beside it.

    Raises:
        OSError: nothing can be written there.
    """
    clear_stages(root)
    for number in count():
        name = f"{STAGE}-{number}" if number else STAGE
        with contextlib.suppress(FileExistsError):
            (root / name).mkdir(parents=True)
            return name
    raise AssertionError  # numbers do not end


def clear_stages(root: File) -> None:
    """Remove all that was staged, as far as the system lets us."""
    for path in stages(root):
        clear(path)


def stages(root: File) -> tuple[File, ...]:
    """Folders that something was staged in."""
    return tuple((root / FOLDER).glob(f"{File(STAGE).name}*")) if not (root / FOLDER).is_symlink() else ()


def prepared(
    root: File, stage: str, written: Mapping[str, bytes], removed: Sequence[str], *, exchanges: bool = True
) -> Prepared:
    """Stage everything, for folders to be exchanged where that can be.

    Raises:
        OSError: the system does not let it, or has no room.
    """
    before = {path: mark_of(f"{root}/{path}") for path in (*written, *removed)}
    exchanges = exchanges and can_exchange(root / stage)
    staging = _Staging(root, stage, exchanges=exchanges, flush=len(written) <= FEW)
    steps: list[Step] = []
    for unit in _units(root, (*written, *removed)):
        new = {path: written[path] for path in unit if path in written}
        steps += staging.steps(new, [path for path in unit if path not in written])
    if not staging.flush:
        os.sync()
    after = {path: mark_of(f"{root}/{staging.copies[path]}") if path in written else None for path in before}
    return Prepared(tuple(steps), {path: (before[path], after[path]) for path in before}, exchanges)


def _units(root: File, paths: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Paths that change together: those of a folder that is new, of one cluster or one hub.

    Where there are many, all of a machine folder. What lies in no machine folder changes file by file, and first: it
    is what somebody wrote.
    """
    yield from _together(root, [path for path in paths if path.partition("/")[0] not in FOLDERS])
    for top in FOLDERS:
        ours = [path for path in paths if path.startswith(f"{top}/")]
        units = _together(root, ours, top)
        if len(units) > SINGLY:
            yield tuple(ours)
        else:
            yield from units


def _together(root: File, paths: Sequence[str], top: str = "") -> list[tuple[str, ...]]:
    units: dict[str, list[str]] = {}
    for path in paths:
        units.setdefault(_unit_of(root, path, top), []).append(path)
    alone = [units.pop(path) for path in paths if path in units]
    return [tuple(unit) for unit in (*units.values(), *alone)]


def _unit_of(root: File, path: str, top: str) -> str:
    """The folder that a path changes with, or the path itself.

    No unit lies in another one: a folder that is exchanged has to hold all that changes in it.
    """
    folders = [folder.as_posix() for folder in reversed(PurePosixPath(path).parents[:-1])]
    new = next((folder for folder in folders if not (root / folder).is_dir()), None)
    if not top or new == top:
        return new or path
    # The index lies in the machine folder itself: it goes last, and by itself.
    return folders[1] if len(folders) > 1 else path


class _Staging:
    """Stages one unit after the other; `copies` says where each new file lies."""

    def __init__(self, root: File, stage: str, *, exchanges: bool, flush: bool) -> None:
        self.root, self.stage, self.exchanges, self.flush = root, stage, exchanges, flush
        self.copies: dict[str, str] = {}
        self._number = count()

    def steps(self, written: Mapping[str, bytes], removed: Sequence[str]) -> Iterator[Step]:
        """The steps of one unit: of a folder where several files change at once, else of a file."""
        alone = len(written) + len(removed) == 1 and all(
            (self.root / path).parent.is_dir() for path in written
        )
        if alone or not self.exchanges or any("/" not in path for path in (*written, *removed)):
            yield from self._files(written, removed)
            return
        try:
            yield self._folder(written, frozenset(removed))
        except PermissionError:
            # Something in it that nobody may read cannot be carried along.
            yield from self._files(written, removed)

    def _files(self, written: Mapping[str, bytes], removed: Sequence[str]) -> Iterator[Step]:
        (self.root / self.stage / "files").mkdir(exist_ok=True)
        for path, raw in written.items():
            live, name = self.root / path, self._name()
            staged = self.root / name
            write_new(staged, raw, flush=self.flush)
            self.copies[path] = name
            there = os.path.lexists(live)
            if there:
                _as_before(live, staged)
            over = StepKind.EXCHANGE if self.exchanges else StepKind.REPLACE
            kind = over if there else StepKind.PLACE
            yield Step(kind, path, name, staged.stat().st_ino)
        for path in removed:
            yield Step(StepKind.DROP, path, self._name())

    def _name(self) -> str:
        return f"{self.stage}/files/{next(self._number)}"

    def _folder(self, written: Mapping[str, bytes], removed: frozenset[str]) -> Step:
        """Stage the smallest folder that holds all of these changes."""
        root = self.root
        live = os.path.commonpath([os.path.dirname(path) for path in (*written, *removed)])  # noqa: PTH120
        while not (root / live).is_dir() and "/" in live and not (root / live).parent.is_dir():
            live = os.path.dirname(live)  # noqa: PTH120
        staged = f"{self.stage}/tree/{live}"
        (root / staged).parent.mkdir(parents=True, exist_ok=True)
        if not written and _only(root / live, removed, root):
            return Step(StepKind.DROP, live, staged)
        there = (root / live).is_dir()
        if there:
            _link(root / live, root / staged, within({*written, *removed}, live))
        entered: set[str] = set()
        for path, raw in written.items():
            self.copies[path] = f"{self.stage}/tree/{path}"
            folder = path.rpartition("/")[0]
            if folder not in entered:
                _enter(root / folder, root / f"{self.stage}/tree/{folder}")
                entered.add(folder)
            write_new(f"{root}/{self.copies[path]}", raw, flush=self.flush)
        if there:
            shutil.copymode(root / live, root / staged)
        kind = StepKind.EXCHANGE if there else StepKind.PLACE
        return Step(kind, live, staged, (root / staged).stat().st_ino)


def _as_before(live: File, staged: File) -> None:
    """A file that takes another one's place has its rights, and where we may say so its owner."""
    was = live.lstat()
    staged.chmod(was.st_mode & 0o7777)
    if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(OSError):
            os.chown(staged, was.st_uid, was.st_gid)


def _enter(live: File, staged: File) -> None:
    """Make the folder of a staged file. One of which every file changes was left out, and keeps its rights, too."""
    if not staged.is_dir():
        _enter(live.parent, staged.parent)
        staged.mkdir()
        if live.is_dir():
            shutil.copymode(live, staged)


def _only(folder: File, removed: frozenset[str], root: File) -> bool:
    """Whether nothing of a folder stays: no file of others, and no folder that they made."""
    emptied = {parent.as_posix() for path in removed for parent in File(path).parents}
    return all(
        item.relative_to(root).as_posix() in (emptied if _is_folder(item) else removed)
        for item in folder.rglob("*")
    )


def _is_folder(path: File) -> bool:
    return path.is_dir() and not path.is_symlink()


def within(paths: Iterable[str], folder: str) -> frozenset[str]:
    """Those of these paths that lie in a folder, as they are called there."""
    return frozenset(path.removeprefix(f"{folder}/") for path in paths if path.startswith(f"{folder}/"))


def _link(live: File, staged: File, without: Collection[str], inside: str = "") -> None:
    """The folder once more, with hard links to its files; folders that `without` empties are left out.

    The rights of the outermost folder are set when all is in it.
    """
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
    emptied = left_out or any(path.startswith(inside) for path in without)
    if inside and emptied and not any(staged.iterdir()):
        staged.rmdir()
    elif inside:
        shutil.copymode(live, staged)
