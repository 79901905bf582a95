"""A copy of a repository in which specs say something else: a change is judged there before it is written."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path as File

from ..disk.folders import FOLDERS
from ..disk.lock import FOLDER
from ..disk.plain import clear
from ..disk.sealed import copy_sealed
from ..documents.files import Unreadable
from ..documents.folders import OnDisk, listing
from ..fleet.folders import folders_named_by, folders_named_in
from .cache import CACHE

_COPY = "edit-"


@contextmanager
def copied(root: File, texts: Mapping[str, str | None]) -> Iterator[File]:
    """The repository as it would be: specs as hard links, the changed ones anew, the output by reference."""
    near = root / FOLDER
    beside = os.access(near, os.W_OK) and not near.is_symlink()
    with tempfile.TemporaryDirectory(prefix=_COPY, dir=near if beside else None) as folder:
        stage = File(folder)
        if (root / "clusters").is_dir():
            shutil.copytree(root / "clusters", stage / "clusters", symlinks=True, copy_function=_link)
            _bring(root, stage, folders_named_in(root))
        for name in FOLDERS:
            if (root / name).is_dir():
                (stage / name).symlink_to(root / name, target_is_directory=True)
        # So that only what changes is compiled there.
        copy_sealed(root / CACHE, stage / CACHE)
        put(stage, texts, root)
        yield stage


def put(stage: File, texts: Mapping[str, str | None], root: File) -> None:
    """Let specs of a copy of `root` say something else; never through a hard link."""
    _bring(root, stage, folders_named_by(text.encode() for text in texts.values() if text))
    for name, text in texts.items():
        path = stage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_bytes(text.encode())


def clear_copies(root: File) -> None:
    """Take away the copies of runs that were killed; for who holds the lock."""
    for left in (root / FOLDER).glob(f"{_COPY}*"):
        clear(left)


def _bring(root: File, stage: File, folders: Iterable[str]) -> None:
    """Have what is taken of folders in a copy as well, as far as it can be: the rest is told of there."""
    ground = OnDisk(root)
    for folder in folders:
        found = listing(ground, folder)
        if isinstance(found, Unreadable):
            # A slip in a name is told by the folders beside.
            above = folder.rpartition("/")[0]
            beside = ground.entries(above) if above else ()
            for name, kind in () if isinstance(beside, Unreadable) else beside:
                if kind == "folder":
                    (stage / above / name).mkdir(parents=True, exist_ok=True)
            continue
        for name in (*found.files, *found.odd):
            path = stage / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not os.path.lexists(path):
                _link(str(root / folder / name), str(path))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
