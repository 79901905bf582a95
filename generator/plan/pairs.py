"""All clusters of both sides: what nothing touched as it is remembered, the rest shared out by an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..flow.engine import Engine
from ..flow.read import cluster_files
from ..flow.rendered import CompiledCluster, Progress
from ..flow.texts import SharedTexts, Texts, specs_in, texts_of
from .clusters import BothSpecs, Pair, compiled_pairs, folders_named

WORTH_A_PROCESS = 100
"""Clusters, compiled on both sides, below which a second process costs more than it gains."""


def pairs_of(specs: BothSpecs, progress: Progress, engine: Engine) -> tuple[Pair, ...]:
    """Every cluster of both sides, by its file."""
    names = {*cluster_files(specs.files), *cluster_files(specs.listed)}
    every = tuple(sorted(names))
    quick = {file: pair for file in every if (pair := _untouched(specs, file)) is not None}
    rest = tuple(file for file in every if file not in quick)
    progress("compile", 0, len(rest))
    parts = engine.run(Pairing(specs, progress), rest)
    done = {**quick, **{pair.file: pair for part in parts for pair in part}}
    return tuple(done[file] for file in every)


def _untouched(specs: BothSpecs, file: str) -> Pair | None:
    """A cluster that nothing about it has changed, as the last render remembers it."""
    compiled = specs.known.get(file)
    if specs.common or file in specs.differ or compiled is None:
        return None
    if specs.was is not None and any(
        specs.was.folders.digest(folder) != digest for folder, digest in compiled.folders
    ):
        return None
    return Pair(file, compiled, compiled)


@dataclass(frozen=True)
class Pairing:
    """The job of compiling clusters on both sides (flow/engine.py)."""

    specs: BothSpecs
    progress: Progress
    worth: int = WORTH_A_PROCESS

    def here(self, part: tuple[str, ...]) -> tuple[Pair, ...]:
        """The clusters of these files."""
        return compiled_pairs(self.specs, part)

    def away(self) -> PairingAway:
        """What clusters share on either side."""
        specs = self.specs
        was = None if specs.was is None else SharedTexts.of(specs.was)
        return PairingAway(SharedTexts.of(specs.shared), was, specs.common)

    def sent(self, part: tuple[str, ...]) -> Sent:
        """The clusters' own files on either side."""
        specs, some = self.specs, frozenset(part)
        differ, listed, files = specs.differ & some, specs.listed & some, specs.files & some
        sealed = {file: specs.sealed[file] for file in part if file in specs.sealed}
        then = texts_of(specs.then, (file for file in part if file in differ & listed))
        if specs.was is not None:
            # A cluster that is as it was can name a folder that is not.
            then = {**then, **specs.was.folders.texts(folders_named(specs, part))}
        return Sent(
            part, texts_of(specs.root, (file for file in part if file in files)), then, listed, differ, sealed
        )

    def holds(self, result: tuple[Pair, ...]) -> bool:  # noqa: ARG002 - as every job has it
        """It always does: nothing of the disk is part of it but the files that were sent."""
        return True

    def told(self, done: int, total: int) -> None:
        """So many clusters are done."""
        self.progress("compile", done, total)


class Sent(NamedTuple):
    """Some clusters on both sides."""

    part: tuple[str, ...]
    now: Texts
    then: Texts
    """Those of the commit that differ."""
    listed: frozenset[str]
    """Those that are at the commit."""
    differ: frozenset[str]
    sealed: Mapping[str, CompiledCluster]


@dataclass(frozen=True)
class PairingAway:
    """The same on a machine that has none of our files."""

    shared: SharedTexts
    was: SharedTexts | None
    common: frozenset[str]

    def work(self, sent: Sent) -> tuple[Pair, ...]:
        """The clusters of these texts."""
        was = None if self.was is None else self.was.with_folders(sent.then)
        specs = BothSpecs(
            root=sent.now,
            files=frozenset(specs_in(sent.now)),
            shared=self.shared.with_folders(sent.now),
            then=sent.then,
            listed=sent.listed,
            was=was,
            differ=sent.differ,
            common=self.common,
            sealed=sent.sealed,
        )
        return compiled_pairs(specs, sent.part)
