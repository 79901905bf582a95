"""SHA-256 of every file of a model's folder, as `checksums` of a Model has them.

Only plain files are taken: a link or a device may be something else where the model is served. What begins with a dot
(.git, .cache of a download) is left out and told; it is no part of a model, and a spec has no name for it.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path as File
from typing import NamedTuple

from ..errors import NearedgeError
from ..specs.model import CHECKED_FILE

CHUNK = 1 << 20
"""Bytes read at a time: hashing lets go of the interpreter for so many, so that threads work side by side."""
WORKERS = 4
"""Threads at most: more wait for the disk."""
LONGEST = 512
"""Characters of a path in a spec."""
_BEAT = 0.1
"""Seconds between two words about the progress."""

Tell = Callable[[int, int], None]
"""Told the bytes that are done, and all of them."""


class NotAModel(NearedgeError):
    """A folder holds what no Model can describe; the message lists all of it."""

    exit_code = 1


class NoFolder(NotAModel):
    """An argument names no folder; usage."""

    exit_code = 64


class Listing(NamedTuple):
    """The files of a folder: path below it -> size, sorted; and what was left out."""

    files: dict[str, int]
    hidden: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(self.files.values())


def listing(folder: File) -> Listing:
    """What is in a folder.

    Raises:
        NotAModel: it is no folder, has no file, or has links, devices or names that a spec cannot hold.
    """
    if not folder.is_dir():
        raise NoFolder(f"there is no folder {folder}")
    files: dict[str, int] = {}
    hidden: list[str] = []
    refused: list[str] = []
    for name, entry in _walk(folder, ""):
        mode = entry.stat(follow_symlinks=False)
        if entry.name.startswith("."):
            hidden.append(name)
        elif stat.S_ISLNK(mode.st_mode):
            refused.append(f"{name} is a link to {File(entry.path).readlink()}")
        elif not stat.S_ISREG(mode.st_mode):
            refused.append(f"{name} is no plain file")
        elif re.fullmatch(CHECKED_FILE, name) is None or len(name) > LONGEST:
            refused.append(f"{name!a} is no name that a spec can hold: letters, digits and ._-/ only")
        else:
            files[name] = mode.st_size
    if refused:
        raise NotAModel(f"{folder} is no model:\n  " + "\n  ".join(sorted(refused)))
    if not files:
        raise NotAModel(f"there is no file in {folder}")
    return Listing(dict(sorted(files.items())), tuple(sorted(hidden)))


def _walk(folder: File, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything below a folder but what is in hidden folders; folders themselves only when hidden or links."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                yield from _walk(File(entry.path), f"{name}/")
            else:
                yield name, entry


def digests(folder: File, found: Listing, tell: Tell) -> dict[str, str]:
    """File -> SHA-256, in the order of the listing; large files are read beside each other.

    Raises:
        NotAModel: a file cannot be read, or is another one than when it was listed.
    """
    done = [0]

    def count(number: int) -> None:
        done[0] += number

    with ThreadPoolExecutor(min(WORKERS, os.cpu_count() or 1)) as pool:
        # The largest first, so that no thread is left alone with it in the end.
        order = sorted(found.files, key=lambda name: (-found.files[name], name))
        running = {name: pool.submit(_digest, folder / name, found.files[name], count) for name in order}
        open_: set[Future[str]] = set(running.values())
        try:
            while open_:
                ended, open_ = wait(open_, timeout=_BEAT, return_when=FIRST_COMPLETED)
                for future in ended:
                    future.result()
                tell(done[0], found.size)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {name: running[name].result() for name in found.files}


def _digest(path: File, size: int, count: Callable[[int], None]) -> str:
    digest, read = hashlib.sha256(), 0
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                read += len(chunk)
                count(len(chunk))
    except OSError as error:
        raise NotAModel(f"{path} cannot be read: {error.strerror}") from error
    if read != size:
        raise NotAModel(f"{path} changed while it was read: it had {size} bytes, then {read}")
    return digest.hexdigest()
