"""Whose a file of the output is: each of ours says its own path in its first line.

There is no list of them, so two people who each add a cluster change no file in common; and a copy that somebody made
of one of ours says another path than the one it lies at, so it is theirs.

Each machine folder had a list once, `.nearedge`. Where one still lies it is believed once more, and goes.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path as File

from .folders import FOLDERS
from .plain import read_plain, read_start

INDEX = ".nearedge"
"""The list that a machine folder had."""
MADE = ", made by nearedge from "
_LIST = b"# Files in this folder that nearedge owns"
_COMMENTS = ("# ", "<!-- ")
_LONGEST = 4096
"""Bytes of a file in which its own path ends, at the latest."""
_ODD = frozenset({"", ".", ".."})


def header(path: str, *origins: str) -> str:
    """First line of a machine file, without the marks of a comment: where it lies, and where to make the change instead."""
    return f"{path}{MADE}{', '.join(origins)}: edit there, then run make render."


def owned_files(root: File, wanted: Collection[str] = ()) -> Iterator[str]:
    """Paths of files below the machine folders that are ours, but for those that are wanted.

    Links are not followed: what lies behind one is nobody's here.
    """
    for folder in FOLDERS:
        yield from _listed(root, folder, wanted)
        if not (root / folder).is_symlink():
            yield from _saying_so(f"{root}{os.sep}", folder, wanted)


def _saying_so(root: str, folder: str, wanted: Collection[str]) -> Iterator[str]:
    # Thousands of folders: as little as can be is done for each.
    try:
        with os.scandir(f"{root}{folder}") as entries:
            inside = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    except OSError:
        return
    for name, is_folder in inside:
        path = f"{folder}/{name}"
        if is_folder:
            yield from _saying_so(root, path, wanted)
        elif path not in wanted and says(read_start(f"{root}{path}", _LONGEST), path):
            yield path


def says(start: bytes, path: str) -> bool:
    """Whether a file that begins like this is ours when it lies at that path.

    >>> says(b"# base/x.yaml, made by nearedge from clusters/a.yaml: edit there", "base/x.yaml")
    True
    >>> says(b"# base/x.yaml, made by nearedge from clusters/a.yaml: edit there", "base/copy.yaml")
    False
    """
    return start.startswith(tuple(os.fsencode(f"{mark}{path}{MADE}") for mark in _COMMENTS))


def _listed(root: File, folder: str, wanted: Collection[str]) -> Iterator[str]:
    """What an earlier list claims, itself included; what leaves its folder is not believed."""
    raw = read_plain(root / folder / INDEX)
    if raw is None or not raw.startswith(_LIST):
        return
    for line in raw.decode("utf-8", "replace").splitlines():
        # Only the plain spelling of a path: `./x` is not among the wanted, and would remove x.
        path = f"{folder}/{line}"
        if not line.startswith("#") and _ODD.isdisjoint(line.split("/")) and path not in wanted:
            yield path
    yield f"{folder}/{INDEX}"
