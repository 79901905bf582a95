"""The job of compiling or judging clusters, as engines do it (engine.py)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from ..documents.files import Root
from ..fleet.spec_files import Shared
from .clusters import check_clusters, compile_clusters
from .rendered import CompiledCluster, DistantWitness, Progress, Witness, silent
from .texts import SharedTexts, Texts, specs_in, texts_of

Compiled = tuple[tuple[CompiledCluster, ...], dict[str, str]]
"""Clusters, and the texts of their bases."""


@dataclass(frozen=True)
class Compiling:
    """Clusters from their files to overlays and findings, or to findings alone."""

    root: Root
    shared: Shared
    worth: int
    progress: Progress = silent
    witness: Witness | None = None
    judged_only: bool = False
    teller: int = field(default_factory=os.getpid)
    """The process that tells how far it is: no other one does."""

    def here(self, part: tuple[str, ...]) -> Compiled:
        """The clusters of these files."""
        progress = self.progress if os.getpid() == self.teller else silent
        if self.judged_only:
            return check_clusters(self.root, self.shared, part, progress)
        return compile_clusters(self.root, self.shared, part, progress, self.witness)

    def away(self) -> CompilingAway:
        """What all clusters share, and what makes a witness."""
        witness = self.witness.away() if self.witness else None
        return CompilingAway(SharedTexts.of(self.shared), witness, self.judged_only)

    def sent(self, part: tuple[str, ...]) -> Texts:
        """The clusters' own files."""
        return texts_of(self.root, part)

    def holds(self, result: Compiled) -> bool:
        """Whether the witness would have seen the same here."""
        return self.witness is None or self.witness.agrees(dict(_made(result)))

    def told(self, done: int, total: int) -> None:
        """So many clusters are done."""
        self.progress("check" if self.judged_only else "compile", done, total)


@dataclass(frozen=True)
class CompilingAway:
    """The same on a machine that has none of our files."""

    shared: SharedTexts
    witness: DistantWitness | None
    judged_only: bool

    def work(self, sent: Texts) -> Compiled:
        """The clusters of these texts."""
        shared, files = self.shared.with_folders(sent), specs_in(sent)
        if self.judged_only:
            return check_clusters(sent, shared, files)
        witness = self.witness.arrived() if self.witness else None
        return compile_clusters(sent, shared, files, witness=witness)


def _made(result: Compiled) -> Iterator[tuple[str, str]]:
    clusters, bases = result
    return chain(bases.items(), chain.from_iterable(compiled.files.items() for compiled in clusters))
