"""Folders beside the specs as a commit has them, for jobs that name one; read when somebody asks.

jobs/tune  ->  its files at a commit
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File

from ..documents.files import Unreadable
from ..documents.folders import MOST, Entry, Given
from ..programs.record import find
from .blobs import PLAIN, blobs
from .reading import read_git

_LARGE = Unreadable(f"has more bytes than the {MOST} that a ConfigMap takes", "leave it out with .rayignore")
_ODD = Unreadable("is no plain file", "put the file itself here")


class CommitFolders:
    """Folders of a commit; what lies in one is read at once."""

    def __init__(self, root: File, commit: str) -> None:
        self._root, self._commit = root, commit
        self._read: dict[str, Given] = {}
        self._beside: dict[str, bytes | Unreadable] = {}

    def entries(self, folder: str) -> tuple[Entry, ...] | Unreadable:
        """What lies in a folder."""
        known = self._known(folder)
        if known is None:
            known = self._read[folder] = Given(dict(self._files(f"{folder}/", "-r")))
        return known.entries(folder)

    def raw(self, file: str) -> bytes | Unreadable:
        """The bytes of a file in one, or of a single file that lies around."""
        known = self._known(file.rpartition("/")[0])
        if known is not None:
            return known.raw(file)
        if file not in self._beside:
            self._beside[file] = dict(self._files(file)).get(file, _ODD)
        return self._beside[file]

    def _known(self, folder: str) -> Given | None:
        found = (item for name, item in self._read.items() if f"{folder}/".startswith(f"{name}/"))
        return next(found, None)

    def _files(self, path: str, *options: str) -> Iterator[tuple[str, bytes | Unreadable]]:
        git = find(self._root, "git")
        listed = read_git(git, self._root, "ls-tree", *options, "-l", "-z", self._commit, path)
        plain: dict[str, str] = {}
        for entry in listed.stdout.split(b"\0"):
            head, _, name = entry.partition(b"\t")
            if not head:
                continue
            file = name.decode("utf-8", "surrogateescape")
            mode, _, blob, size = head.decode().split()
            if mode not in PLAIN:
                yield file, _ODD
            elif int(size) > MOST:
                yield file, _LARGE
            else:
                plain[file] = blob
        yield from blobs(self._root, plain).items()
