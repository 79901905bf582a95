"""Folders beside the specs, by digest: what a run without a change asks of them, without reading a file.

What is taken of a folder depends on files of patterns (documents/folders.py). What these say is remembered, and counts while
nobody has touched them; so is what each file holds (disk/stamps.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path as File

from ..disk.plain import digest_of as digest_of_file
from ..disk.specs import Digests, SpecsMoved
from ..disk.stamps import Stamps
from ..documents.files import Unreadable
from ..documents.folders import MOST, OnDisk, digest_of, listing, pattern_text

Patterns = Mapping[str, tuple[str, str | None]]
"""File of patterns -> digest of it, and its text; None where there is none."""


class FolderDigests:
    """Digests of the folders of a repository, each told once."""

    def __init__(self, root: File, stamps: Stamps, known: Patterns) -> None:
        self._root, self._stamps, self._known = root, stamps, known
        self._ground = OnDisk(root)
        self._told: dict[str, str] = {}
        self._patterns: dict[str, tuple[str, str | None]] = {}

    @property
    def patterns(self) -> Patterns:
        """What files of patterns say, for the next run."""
        return self._patterns

    @property
    def noted(self) -> bool:
        """Whether that is what an earlier run knew."""
        return {file: tuple(said) for file, said in self._known.items()} == self._patterns

    def are(self, known: Iterable[tuple[str, str]]) -> bool:
        """Whether folders still have these digests."""
        return all(self.digest(folder) == digest for folder, digest in known)

    def digest(self, folder: str) -> str:
        """Digest of what is taken of a folder; empty where there is none."""
        if folder not in self._told:
            found = listing(self._ground, folder, self._text)
            self._told[folder] = digest_of(folder, found, self._content)
        return self._told[folder]

    def _content(self, file: str) -> str:
        # What is too large is not read for its digest either.
        small = self._ground.size(file) <= MOST
        return self._stamps.digest_of(self._root, file) if small else ""

    def _text(self, file: str) -> str | None:
        if file not in self._patterns:
            digest = self._stamps.digest_of(self._root, file)
            known, text = self._known.get(file, ("", None))
            if digest and known != digest:
                text = pattern_text(self._ground, file)
            self._patterns[file] = (digest, text if digest else None)
        return self._patterns[file][1]


def judged_files(root: File, folders: Mapping[str, str]) -> Digests:
    """The files of folders with their digests, where these are still what was judged.

    Raises:
        SpecsMoved: something in one of them is another meanwhile.
    """
    files: dict[str, str] = {}
    for folder, judged in folders.items():
        found = listing(OnDisk(root), folder)
        if isinstance(found, Unreadable):
            raise SpecsMoved(file=folder)
        digests = {f"{folder}/{file}": digest_of_file(root, f"{folder}/{file}") for file in found.files}
        if digest_of(folder, found, digests.__getitem__) != judged:
            raise SpecsMoved(file=folder)
        files |= digests
    return files
