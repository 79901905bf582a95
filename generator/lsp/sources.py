"""Spec files as they count: those that are open in an editor as they are there, all others as on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as File

from ..documents.files import Unreadable, raw_of
from ..documents.folders import Ground, OnDisk


class Sources(Mapping[str, bytes | Unreadable]):
    """A `Root` for whoever reads specs."""

    def __init__(self, root: File, texts: Mapping[str, str], files: tuple[str, ...]) -> None:
        self._root = root
        self._texts = texts
        self._files = files

    def __getitem__(self, file: str) -> bytes | Unreadable:
        text = self._texts.get(file)
        # What is no character stays no UTF-8, so that the reader says so.
        return raw_of(self._root, file) if text is None else text.encode("utf-8", "surrogatepass")

    def ground(self) -> Ground:
        """Where folders lie that specs name: an editor has no text of theirs that counts before it is saved."""
        return OnDisk(self._root)

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
