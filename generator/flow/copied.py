"""A copy of a repository in which specs say something else: a change is judged there before it is written."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path as File

from ..disk.folders import FOLDERS
from ..disk.lock import FOLDER
from ..disk.plain import clear
from ..disk.sealed import copy_sealed
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
        for name in FOLDERS:
            if (root / name).is_dir():
                (stage / name).symlink_to(root / name, target_is_directory=True)
        # So that only what changes is compiled there.
        copy_sealed(root / CACHE, stage / CACHE)
        put(stage, texts)
        yield stage


def put(stage: File, texts: Mapping[str, str | None]) -> None:
    """Let specs of a copy say something else; never through a hard link."""
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


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
