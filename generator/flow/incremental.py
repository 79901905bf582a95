"""The same pipeline, run only for the clusters that changed, and on all cores.

A cluster's overlay depends on its own file and on what all clusters share; the hub's objects depend on the
fleet and on its members. What was compiled before is remembered (`flow/cache.py`) by digests of all that it came
from, and counts only while the files on disk still have the digests they were written with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path as File
from typing import NamedTuple

from ..disk.specs import Digests
from ..disk.tree import Tree
from ..findings.finding import Severity, ordered
from ..fleet.spec_files import Shared, kind_of
from .assemble import assemble
from .cache import NOTHING_KNOWN, Cache, recall, save, vouched
from .engine import Engine
from .judge import Asked, judge_fleet
from .parallel import PROCESSES
from .read import cluster_files, read, uses_files
from .rendered import CompiledCluster, Progress, Rendered, Witness, silent

WORTH_A_PROCESS = 250
"""Clusters below which a second process costs more than it gains (measured on two cores)."""


@dataclass(frozen=True)
class Partly(Rendered):
    """A compiled fleet of which some was known, and what to remember of it."""

    memory: Cache = NOTHING_KNOWN

    @property
    def specs(self) -> Digests:
        """The specs that were judged, as they were before the first was read; see `disk.specs`."""
        return self.memory.specs


def render_changed(
    root: File,
    progress: Progress = silent,
    today: str = "",
    witness: Witness | None = None,
    engine: Engine = PROCESSES,
) -> Partly:
    """The same result as `pipeline.render`; unchanged files come as paths instead of texts.

    With a `witness` everything that it does not know counts as changed.
    """
    memory = recall(root)
    files, shared, findings = read(root, progress, known=memory.right)
    if shared is None:
        return Partly(ordered(findings), Tree({}), memory=memory)
    memory = memory.with_shared(shared)
    known = {file: memory.compiled(root, file) for file in cluster_files(files)}
    if witness is not None:
        known = {
            file: item if item and witness.knows(item.seen.keys) else None for file, item in known.items()
        }
    done, texts = _clusters(Here(root, shared, progress, engine), known, Wanted(witness))
    # What teams say has been read with the clusters.
    memory = memory.with_shared(shared)
    _as_before(root, memory, texts, tuple(done.values()))
    kept = (compiled for compiled in done.values() if compiled.kept)
    bases = Tree(texts, _bases(memory.bases, kept).difference(texts))
    asked = Asked(today, known=memory.whole_of(done))
    judged = judge_fleet(root, shared, tuple(done.values()), findings, asked)
    hub = memory.hub_of(done)
    if hub is not None and witness is not None and not witness.knows(hub.seen.keys):
        hub = None
    return Partly(**vars(assemble(judged, bases, hub, witness)), memory=memory)


class Here(NamedTuple):
    """Where specs are, what clusters share, who is told how far it is, and who does the work."""

    root: File
    shared: Shared
    progress: Progress
    engine: Engine


class Wanted(NamedTuple):
    """What is made of clusters: overlays, looked at by a witness where there is one, or findings alone."""

    witness: Witness | None = None
    judged_only: bool = False


def _clusters(
    here: Here, known: Mapping[str, CompiledCluster | None], wanted: Wanted
) -> tuple[dict[str, CompiledCluster], dict[str, str]]:
    """Every cluster by its file, those that did not change as they are known; texts of the bases of the others."""
    asked = tuple(file for file in known if not known[file])
    fresh, texts = _worked(here, asked, wanted) if asked else ((), {})
    worked = {compiled.file: compiled for compiled in fresh}
    return {file: compiled or worked[file] for file, compiled in known.items()}, texts


def compiled_again(
    root: File, files: tuple[str, ...], progress: Progress, witness: Witness, engine: Engine = PROCESSES
) -> tuple[CompiledCluster, ...]:
    """Clusters that were rendered without a witness, for one."""
    _, shared, _ = read(root)
    assert shared is not None  # noqa: S101 - the fleet has been rendered
    return _worked(Here(root, shared, progress, engine), files, Wanted(witness))[0]


def remember(root: File, rendered: Partly) -> None:
    """Write down what was rendered, after it was written to disk; failing to do so is no failure."""
    if rendered.fleet is not None:
        save(root, rendered, rendered.memory)
        rendered.memory.stamps.remember(root)


def remembered(root: File, files: tuple[str, ...]) -> dict[str, CompiledCluster]:
    """The clusters among `files` that the last render knows and that did not change since."""
    memory = recall(root)
    known = ((file, memory.compiled(root, file)) for file in files)
    return {file: compiled for file, compiled in known if compiled is not None}


def compiled_before(
    root: File, then: Mapping[str, bytes], listed: Iterable[str]
) -> dict[str, CompiledCluster]:
    """The clusters of another commit that the last render compiled as they are there; see `memory.vouched`."""
    files = tuple(listed)
    shared = (file for file in files if kind_of(file) != "Cluster")
    return vouched(root, then, cluster_files(files), shared)


def _bases(known: Iterable[str], clusters: Iterable[CompiledCluster]) -> frozenset[str]:
    named = frozenset(base for compiled in clusters for base in compiled.bases)
    return frozenset(path for path in known if path.rpartition("/")[0] in named)


def _as_before(root: File, memory: Cache, texts: Mapping[str, str], done: Sequence[CompiledCluster]) -> None:
    """Raise BaseDiffers when a base of clusters that were not compiled was made anew with another text.

    It never should be: a text depends on the base's key, on what all clusters share and on nearedge itself, and when
    one of the latter two is another, `memory` does not count and every cluster is compiled. A cluster's own file
    decides which bases it asks for, and nothing in them. Were it otherwise, the overlays that are kept would lie over
    bases that nobody has looked at them with. A base that no kept cluster names is free to be another.
    """
    kept, fresh = [item for item in done if item.kept], [item for item in done if not item.kept]
    others = (path for path in _bases(memory.bases, kept) if path in texts)
    known = {path: (root / path).read_text("utf-8") for path in others if not memory.wrote(path, texts[path])}
    if known:
        _same_texts(known, texts, partial(_askers, kept, fresh))


def _same_texts(
    known: Mapping[str, str], made: Mapping[str, str], askers: Callable[[str], tuple[str, str]]
) -> None:
    from ..overlays.base import same_texts  # noqa: PLC0415 - components, where something was compiled

    same_texts(known, made, askers)


def _askers(
    some: Iterable[CompiledCluster], others: Iterable[CompiledCluster], folder: str
) -> tuple[str, str]:
    """Files of the first cluster of either whose overlay names a base."""
    first, second = (next(item.file for item in them if folder in item.bases) for them in (some, others))
    return first, second


def check(root: File, progress: Progress = silent, today: str = "", engine: Engine = PROCESSES) -> Rendered:
    """What is wrong with the fleet: the findings of `render`, without its tree."""
    memory = recall(root)
    files, shared, findings = read(root, progress, known=memory.right)
    if shared is None:
        return Rendered(ordered(findings), Tree({}))
    known = {file: memory.compiled(root, file) for file in cluster_files(files)}
    done, _ = _clusters(Here(root, shared, progress, engine), known, Wanted(judged_only=True))
    asked = Asked(today, known=memory.whole_of(done))
    return judge_fleet(root, shared, tuple(done.values()), findings, asked)


def check_part(
    root: File,
    part: frozenset[str],
    progress: Progress = silent,
    today: str = "",
    engine: Engine = PROCESSES,
) -> Rendered:
    """What is wrong with some spec files and with every cluster that they are part of."""
    files, shared, findings = read(root, progress)
    common = frozenset(files) - frozenset(cluster_files(files))
    told = tuple(
        item
        for item in findings
        if item.where.file in part or (item.where.file in common and item.severity is Severity.ERROR)
    )
    if shared is None:
        return Rendered(ordered(told), Tree({}))
    touched = tuple(
        file for file in cluster_files(files) if file in part or uses_files(root, shared, file, part)
    )
    clusters, _ = _worked(Here(root, shared, progress, engine), touched, Wanted(judged_only=True))
    return judge_fleet(root, shared, clusters, told, Asked(today, part))


def _worked(
    here: Here, files: tuple[str, ...], wanted: Wanted
) -> tuple[tuple[CompiledCluster, ...], dict[str, str]]:
    """These clusters, whoever does them."""
    from .compiling import Compiling  # noqa: PLC0415 - all components, and most runs compile a few or none

    job = Compiling(here.root, here.shared, WORTH_A_PROCESS, here.progress, *wanted)
    done = here.engine.run(job, files)
    return tuple(compiled for found, _ in done for compiled in found), _joined(done)


def _joined(parts: Iterable[tuple[tuple[CompiledCluster, ...], dict[str, str]]]) -> dict[str, str]:
    """Texts of the bases of all parts; BaseDiffers when two of them made one with different texts."""
    clusters: list[CompiledCluster] = []
    texts: dict[str, str] = {}
    for found, made in parts:
        _same_texts(texts, made, partial(_askers, clusters, found))
        clusters += found
        texts |= made
    return texts
