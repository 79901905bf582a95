"""The same pipeline, run only for the clusters that changed, and on all cores.

A cluster's overlay depends on its own file and on what all clusters share; the hub's objects depend on the
fleet and on its members. What was compiled before is remembered (`memory.py`) by digests of all that it came
from, and counts only while the files on disk still have the digests they were written with.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as File

from ..disk.tree import Tree
from ..findings.finding import Severity, ordered
from ..fleet.spec_files import Shared, kind_of
from .cache import NOTHING_KNOWN, Memory, digest_of, recall, save, vouched
from .judge import Asked, judge
from .parallel import in_parts
from .rendered import Progress, Rendered, Site, silent
from .steps import assemble, check_sites, cluster_files, compile_sites, read, uses

WORTH_A_PROCESS = 250
"""Clusters below which a second process costs more than it gains (measured on two cores)."""

Work = Callable[[File, Shared, tuple[str, ...], Progress], tuple[tuple[Site, ...], dict[str, str]]]
"""`compile_sites` or `check_sites`: clusters, and the texts of their bases."""


@dataclass(frozen=True)
class Partly(Rendered):
    """A compiled fleet of which some was known, and what to remember of it."""

    memory: Memory = NOTHING_KNOWN


def render(root: File, progress: Progress = silent, today: str = "") -> Partly:
    """The same result as `pipeline.render`; unchanged files come as paths instead of texts."""
    memory = recall(root)
    files, shared, findings = read(root, progress, known=memory.valid)
    if shared is None:
        return Partly(ordered(findings), Tree({}))
    memory = _before(root, memory, files)
    done, texts = _sites(root, shared, memory, progress, compile_sites)
    kept = (site for site in done.values() if site.kept)
    bases = Tree(texts, _bases(memory.bases, kept).difference(texts))
    whole = memory.whole_of(done)
    judged = judge(root, shared, tuple(done.values()), findings, Asked(today, known=whole))
    return Partly(**vars(assemble(judged, bases, whole)), memory=memory)


def _before(root: File, memory: Memory, files: tuple[str, ...]) -> Memory:
    """The memory with the digests of all clusters, taken before their specs are read.

    One that changes meanwhile is compiled once more, never taken for done.
    """
    return replace(memory, digests={file: digest_of(root, file) for file in cluster_files(files)})


def _sites(
    root: File, shared: Shared, memory: Memory, progress: Progress, work: Work
) -> tuple[dict[str, Site], dict[str, str]]:
    """Every cluster by its file, those that did not change as they are known; texts of the bases of the others."""
    known = {file: memory.site(root, file, digest) for file, digest in memory.digests.items()}
    fresh, texts = _parallel(root, shared, tuple(file for file in known if not known[file]), progress, work)
    worked = {site.file: site for site in fresh}
    return {file: site or worked[file] for file, site in known.items()}, texts


def remember(root: File, rendered: Partly) -> None:
    """Write down what was rendered, after it was written to disk; failing to do so is no failure."""
    if rendered.fleet is not None:
        save(root, rendered, rendered.memory)


def remembered(root: File, files: tuple[str, ...]) -> dict[str, Site]:
    """The clusters among `files` that the last render knows and that did not change since."""
    memory = recall(root)
    known = ((file, memory.site(root, file, digest_of(root, file))) for file in files)
    return {file: site for file, site in known if site is not None}


def compiled_before(root: File, then: Mapping[str, bytes], listed: Iterable[str]) -> dict[str, Site]:
    """The clusters of another commit that the last render compiled as they are there; see `memory.vouched`."""
    files = tuple(listed)
    shared = (file for file in files if kind_of(file) != "Cluster")
    return vouched(root, then, cluster_files(files), shared)


def _bases(known: Iterable[str], sites: Iterable[Site]) -> frozenset[str]:
    named = frozenset(base for site in sites for base in site.bases)
    return frozenset(path for path in known if path.rpartition("/")[0] in named)


def check(root: File, progress: Progress = silent, today: str = "") -> Rendered:
    """What is wrong with the fleet: the findings of `render`, without its tree."""
    memory = recall(root)
    files, shared, findings = read(root, progress, known=memory.valid)
    if shared is None:
        return Rendered(ordered(findings), Tree({}))
    memory = _before(root, memory, files)
    done, _ = _sites(root, shared, memory, progress, check_sites)
    asked = Asked(today, known=memory.whole_of(done))
    return judge(root, shared, tuple(done.values()), findings, asked)


def check_part(root: File, part: frozenset[str], progress: Progress = silent, today: str = "") -> Rendered:
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
    touched = tuple(file for file in cluster_files(files) if file in part or uses(root, shared, file, part))
    sites, _ = _parallel(root, shared, touched, progress, check_sites)
    return judge(root, shared, sites, told, Asked(today, part))


def _parallel(
    root: File, shared: Shared, files: tuple[str, ...], progress: Progress, work: Work
) -> tuple[tuple[Site, ...], dict[str, str]]:
    """`work` on all cores; only this process tells how far it is."""
    here = os.getpid()

    def part(some: tuple[str, ...]) -> tuple[tuple[Site, ...], dict[str, str]]:
        return work(root, shared, some, progress if os.getpid() == here else silent)

    done = in_parts(part, files, WORTH_A_PROCESS)
    sites = tuple(site for found, _ in done for site in found)
    return sites, {path: text for _, texts in done for path, text in texts.items()}
