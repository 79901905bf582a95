"""What people write, by digest: whether the specs on disk are still those that were judged.

Judging takes seconds, in which people go on saving. Who writes takes the digests before the first spec is read, and
compares them when everything else is ready.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping
from pathlib import Path as File

from ..errors import NearedgeError
from .folders import SPECS
from .stamps import Stamps

Digests = Mapping[str, str]
"""Path of a spec below the repository -> digest of its content; empty for what is no plain file."""


class SpecsMoved(NearedgeError):
    """A spec is not the one any more that was judged."""

    def __init__(self, *, file: str) -> None:
        self.file = file
        super().__init__(
            f"{file} was saved, added or removed while nearedge judged: nothing was changed, run the same command again"
        )


def spec_digests(root: File, stamps: Stamps | None = None) -> dict[str, str]:
    """The digest of everything below clusters/ that is called as a spec; `stamps` say which need not be read."""
    found: dict[str, str] = {}
    known = stamps or Stamps()
    folders = [] if (root / SPECS).is_symlink() else [SPECS]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(f"{root}/{folder}") as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                    elif path.endswith(".yaml"):
                        found[path] = known.digest_of(root, path)
        except OSError:
            # What cannot be read is a finding of those who read it.
            continue
    return found


def moved(root: File, judged: Digests) -> str | None:
    """The first spec that was saved, added or removed since `judged` was taken; None when all are as they were."""
    now = spec_digests(root, Stamps.recalled(root))
    return min((file for file in {*now, *judged} if now.get(file) != judged.get(file)), default=None)


def refuse_moved(root: File, judged: Digests) -> None:
    """For who is about to act on what was judged.

    Raises:
        SpecsMoved: the specs are others meanwhile.
    """
    file = moved(root, judged)
    if file is not None:
        raise SpecsMoved(file=file)


def sum_of(judged: Digests, without: Collection[str] = ()) -> str:
    """One digest for a state of the specs; `without` are files that do not count."""
    made = hashlib.blake2b(digest_size=12)
    for file in sorted(judged.keys() - without):
        made.update(os.fsencode(f"{file}\0{judged[file]}\0"))
    return made.hexdigest()
