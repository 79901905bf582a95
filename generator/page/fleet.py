"""The whole page as one frozen value: every cluster that is meant, the rollout, the findings, and a plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as File

from ..errors import NearedgeError
from ..findings.finding import Finding
from ..fleet.spec_files import stem
from ..flow import incremental
from ..flow.engine import Engine
from ..flow.parallel import PROCESSES
from ..flow.read import cluster_files
from ..flow.rendered import Progress, Rendered, silent
from ..lists.clusters import Fleet, Specs, refuse_unknown, specs_of
from ..lists.make import model_rows
from ..lists.rows import ModelRow
from ..lists.selector import EVERY, Selector
from ..plan.plan import Plan
from ..rollout.history import Commit, repository
from ..rollout.past import RingCommit, past, recent
from ..rollout.place import main_branch
from ..rollout.status import Status, status
from .site import Site, Unreadable
from .sites import Looking

WORTH_A_PROCESS = 100
"""Clusters below which a second process costs more than it gains."""


@dataclass(frozen=True)
class Told:
    """A finding, the clusters it is about (none: the fleet as a whole), and the waiver that accepts it."""

    finding: Finding
    clusters: tuple[str, ...]
    reason: str = ""
    until: str = ""


@dataclass(frozen=True)
class History:
    """Where the rings are, each with its past, and the newest commits of the main branch."""

    status: Status
    rings: tuple[tuple[RingCommit, ...], ...]
    main: tuple[Commit, ...]


@dataclass(frozen=True)
class FleetPage:
    """All that the page shows. `whole` counts the clusters of the fleet, of which those that were meant are `sites`."""

    name: str
    repository: str
    today: str
    rings: tuple[str, ...]
    sites: tuple[Site, ...]
    whole: int
    unreadable: tuple[str, ...]
    models: tuple[ModelRow, ...]
    findings: tuple[Told, ...]
    history: History | None
    untold: str = ""
    """Why there is no history."""
    plan: Plan | None = None


@dataclass(frozen=True)
class Asked:
    """What a person wants to see."""

    selector: Selector = EVERY
    today: str = ""
    remote: str = "origin"
    plan: Plan | None = None


def page_of(root: File, asked: Asked, progress: Progress = silent, engine: Engine = PROCESSES) -> FleetPage:
    """Everything, from the specs below `root` and the Git repository around them.

    Raises:
        NotASelector: the selector names a ring or a group that there is not.
        NothingToList: clusters/fleet.yaml cannot be used.
    """
    specs = specs_of(root)
    refuse_unknown(specs.shared, asked.selector)
    judged = incremental.check(root, progress, asked.today, engine=engine)
    sites, unreadable = _sites(specs, asked.selector, judged, progress, engine)
    history, untold = _history(root, asked.remote)
    names = frozenset(site.row.name for site in sites)
    return FleetPage(
        specs.shared.fleet_name,
        specs.shared.fleet.repository.url,
        asked.today,
        tuple(ring.name for ring in specs.shared.fleet.delivery.rings),
        sites,
        len(cluster_files(specs.files)),
        unreadable,
        tuple(model_rows(Fleet(specs.shared, specs.files, ()))),
        tuple(_told(judged, names if asked.selector != EVERY else None)),
        history,
        untold,
        asked.plan,
    )


def _sites(
    specs: Specs, selector: Selector, judged: Rendered, progress: Progress, engine: Engine
) -> tuple[tuple[Site, ...], tuple[str, ...]]:
    """The clusters that are meant, by name, and names of those that cannot be read."""
    files = tuple(sorted(cluster_files(specs.files), key=stem))
    sound = frozenset(item.file for item in judged.clusters if item.objects)
    job = Looking(specs.root, specs.shared, sound, selector, WORTH_A_PROCESS, progress)
    found = [item for part in engine.run(job, files) for item in part]
    sites = tuple(item for item in found if isinstance(item, Site))
    return sites, tuple(item.name for item in found if isinstance(item, Unreadable))


def _told(judged: Rendered, meant: frozenset[str] | None) -> Iterator[Told]:
    """What is found, then what is waived; of some clusters only what is about one of them."""
    about: dict[Finding, list[str]] = {}
    for item in judged.clusters:
        for finding in dict.fromkeys(item.findings):
            about.setdefault(finding, []).append(stem(item.file))
    own = {item.file: stem(item.file) for item in judged.clusters}
    told = [(finding, "", "") for finding in judged.findings]
    told += [(item.finding, item.waiver.reason, item.waiver.until) for item in judged.waived]
    for finding, reason, until in told:
        # What a rule of the whole fleet says stands in the file of the cluster that it is about.
        named = about.get(finding) or [own[file] for file in (finding.where.file,) if file in own]
        clusters = tuple(name for name in named if meant is None or name in meant)
        if clusters or meant is None:
            yield Told(finding, clusters, reason, until)


def _history(root: File, remote: str) -> tuple[History | None, str]:
    """The rollout as this clone knows it, or why it is not known: a page without it is still worth having."""
    try:
        repo = repository(root)
        found = status(root, main_branch(repo, None, remote).ref, remote)
    except NearedgeError as error:
        return None, str(error)
    rings = tuple(tuple(past(repo, item.position, found.head)) for item in found.rings)
    return History(found, rings, recent(repo, found.head)), ""
