"""One digest for all files of a folder, without reading them again while nobody has touched them.

Names, sizes and times say whether a folder is as it was when its digest was taken; the digest itself is of names and
contents alone, so that it is the same on every machine.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from pathlib import Path as File
from typing import NamedTuple

from .plain import digest_of


class Contents(NamedTuple):
    """What stands in a folder: a mark that changes when a file is touched, and a digest of what the files say."""

    mark: str = ""
    digest: str = ""


UNKNOWN = Contents()

_BYTECODE = "__pycache__"
"""What Python puts beside its modules, as many files as there are modules."""


def contents(folder: File, endings: Collection[str], before: Contents = UNKNOWN) -> Contents:
    """The files below `folder` whose names end so (".py"); `before` is what an earlier run found there."""
    found = sorted(_files(str(folder), "", frozenset(endings)))
    mark = _mark(found)
    if mark == before.mark:
        return before
    made = hashlib.blake2b(digest_size=12)
    for name, _ in found:
        made.update(os.fsencode(f"{name}\0{digest_of(folder, name)}\0"))
    return Contents(mark, made.hexdigest())


def contents_once(folder: File, endings: frozenset[str], before: Contents = UNKNOWN) -> Contents:
    """The same of files that a process goes by until it ends, as nearedge's own: they are looked through once.

    Who installs another nearedge meanwhile changes nothing of what this one does, and so not what it is known by.
    """
    return before if _mark_once(folder, endings) == before.mark else _made_once(folder, endings)


@lru_cache(maxsize=8)
def _mark_once(folder: File, endings: frozenset[str]) -> str:
    return _mark(sorted(_files(str(folder), "", endings)))


@lru_cache(maxsize=8)
def _made_once(folder: File, endings: frozenset[str]) -> Contents:
    return contents(folder, endings)


def _mark(found: Iterable[tuple[str, os.stat_result]]) -> str:
    made = hashlib.blake2b(digest_size=12)
    for name, status in found:
        made.update(
            os.fsencode(
                f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ino}\0{status.st_ctime_ns}\0"
            )
        )
    return made.hexdigest()


def _files(folder: str, below: str, endings: frozenset[str]) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name == _BYTECODE:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    yield from _files(entry.path, f"{below}{entry.name}/", endings)
                elif os.path.splitext(entry.name)[1] in endings:  # noqa: PTH122 - of a name, many times
                    yield f"{below}{entry.name}", entry.stat()
    except OSError:
        # What cannot be read has no content.
        return
