"""Folders as many tests look at them: a copy, with its permissions and without its times, and what all files say."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path as File


def copy_tree(folder: File, other: File) -> File:
    """The same files, links and folders in another place, which may be there already.

    A third of what `shutil.copytree` costs, which also asks for times, flags and attributes of each file.
    """
    _copy(str(folder), str(other))
    return other


def _copy(folder: str, other: str) -> None:
    os.makedirs(other, exist_ok=True)  # noqa: PTH103 - thousands of files, as text
    with os.scandir(folder) as entries:
        for entry in entries:
            target = f"{other}/{entry.name}"
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), target)  # noqa: PTH115, PTH211 - as above
            elif entry.is_dir():
                _copy(entry.path, target)
            else:
                _copy_file(entry.path, target)


def _copy_file(path: str, target: str) -> None:
    read = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        status = os.fstat(read)
        write = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, status.st_mode & 0o7777)
        try:
            while raw := os.read(read, max(status.st_size, 1)):
                os.write(write, raw)
            os.fchmod(write, status.st_mode & 0o7777)
        finally:
            os.close(write)
    finally:
        os.close(read)


def point_to(root: File, was: File, now: File) -> None:
    """Let a copy of a clone have its origin in another place: as `git remote set-url` does, which is a process more."""
    config = root / ".git/config"
    before, said = config.read_text("utf-8"), f"\turl = {was}\n"
    assert before.count(said) == 1, before
    config.write_text(before.replace(said, f"\turl = {now}\n"), "utf-8")


def texts_below(folder: File, without: Collection[str] = ()) -> dict[str, bytes]:
    """Path below a folder -> content of each file there, but for those in these of its folders."""
    found: dict[str, bytes] = {}
    _read(str(folder), "", frozenset(without), found)
    return found


def _read(folder: str, below: str, without: frozenset[str], found: dict[str, bytes]) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if below or entry.name not in without:
                    _read(entry.path, f"{below}{entry.name}/", without, found)
            elif entry.is_file():
                with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
                    found[f"{below}{entry.name}"] = file.read()
