"""What teams say of clusters and groups in files of their own: each is read when its cluster or group is.

    clusters/near-edge/store-001.yaml  <-  clusters/near-edge/store-001/teams/vision.yaml

A fleet can have more of these files than clusters, and an edit is about one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..documents.files import Document, Root, Unreadable, raw_of, whole_of
from ..findings.finding import Finding

Reader = Callable[[Root, str], tuple[Document | None, Any, tuple[Finding, ...]]]
"""Reads a spec file: its document, its model, what is wrong with it."""


class PartRead(NamedTuple):
    """A team's file as it was read; without a document when nothing of it can be used."""

    document: Document | None
    findings: tuple[Finding, ...] = ()


class Parts:
    """Teams' files by the file that they are parts of, in the order of the teams' names."""

    def __init__(self, root: Root, files: Iterable[str], reader: Reader) -> None:
        self._root, self._reader = root, reader
        self._read: dict[str, PartRead] = {}
        self.files: dict[str, tuple[str, ...]] = {}
        for file in sorted(files):
            whole = whole_of(file)
            self.files[whole] = (*self.files.get(whole, ()), file)

    def of(self, whole: str) -> tuple[PartRead, ...]:
        """What teams say of a cluster or a group."""
        return tuple(map(self.read, self.files.get(whole, ())))

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every file with the one that it is part of in front of it."""
        return ((whole, file) for whole, some in self.files.items() for file in some)

    def read(self, file: str) -> PartRead:
        """One file; read once."""
        if file not in self._read:
            document, _, findings = self._reader(self._root, file)
            self._read[file] = PartRead(document, findings)
        return self._read[file]

    def documents(self, whole: str) -> tuple[Document, ...]:
        """The documents among them."""
        return tuple(part.document for part in self.of(whole) if part.document is not None)

    def with_document(self, document: Document) -> Parts:
        """The same with one file as it is here, which may be new."""
        files = {document.file, *(file for _, file in self.pairs())}
        made = Parts(self._root, files, self._reader)
        made._read.update({**self._read, document.file: PartRead(document)})
        return made

    def known(self) -> Iterator[Document]:
        """Those that have been read."""
        return (part.document for part in self._read.values() if part.document is not None)

    def raw(self) -> Mapping[str, bytes | Unreadable]:
        """All of them as they lie there."""
        return {file: raw_of(self._root, file) for _, file in self.pairs()}
