"""The page's value as plain data for its script: tables of rows, and of each cluster where its rows stand.

`assets/js/data.js` reads it and names the columns again; the order of columns here is the order there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..plan.plan import Plan
from ..rollout.past import RingCommit
from ..rollout.status import RingStatus
from .fleet import FleetPage, History, Told
from .planned import plan_data
from .site import Site
from .table import Row, Table, runs
from .texts import PageObject, texts_of

FORMAT = 1
"""Of the data, for those who read it out of a page: within one number columns are only added, at the end."""
TABLES = (
    "places",
    "labels",
    "services",
    "queues",
    "models",
    "pins",
    "operators",
    "lines",
    "objects",
    "images",
    "levels",
    "verdicts",
    "fits",
)
"""The tables; of all but the first a cluster has runs, in this order."""
Written = Mapping[PageObject, int | None]
"""Where the text of an object stands."""
SEVERITIES = ("error", "warning", "note")


def page_data(page: FleetPage) -> dict[str, Any]:
    """The page as plain data."""
    tables = {name: Table() for name in TABLES}
    texts, written = texts_of(item for site in page.sites for item in site.objects)
    clusters = [_cluster(site, tables, written) for site in page.sites]
    names = {site.row.name: i for i, site in enumerate(page.sites)}
    return {
        "format": FORMAT,
        "fleet": page.name,
        "repository": page.repository,
        "today": page.today,
        "rings": list(page.rings),
        "whole": page.whole,
        "unreadable": list(page.unreadable),
        "models": [
            [item.name, item.file, item.format, item.size, item.source, item.version] for item in page.models
        ],
        "clusters": clusters,
        "tables": {name: table.rows for name, table in tables.items()},
        "texts": texts,
        "findings": [_finding(item, names) for item in page.findings],
        "rollout": _history(page.history, names) if page.history else None,
        "untold": page.untold,
        "plan": _plan(page.plan, names),
    }


def _plan(plan: Plan | None, names: Mapping[str, int]) -> dict[str, Any] | None:
    return plan_data(plan, names) if plan else None


def _cluster(site: Site, tables: Mapping[str, Table], written: Written) -> list[Any]:
    """Name, whether it compiles, where its place stands, then runs in the order of TABLES."""
    row = site.row
    folder = row.file.removesuffix(f"{row.name}.yaml")
    place = (row.tier, row.ring, row.hub, row.platform, row.state, row.connectivity, row.groups, folder)
    rows = (*_rows(site, written), *_room(site))
    lists = [tables[name].runs(found) for name, found in zip(TABLES[1:], rows, strict=True)]
    return [row.name, int(site.compiled), tables["places"].place(place), *lists]


def _rows(site: Site, written: Written) -> Iterable[Iterable[Row]]:
    """Rows of the tables that say what a cluster has."""
    own = site.row.file
    yield site.row.labels.items()
    yield (
        (
            item.namespace,
            item.name,
            item.kind,
            item.model,
            item.version,
            item.runtime,
            item.queue,
            item.fewest,
            item.most,
            tuple(item.resources.items()),
            int(item.exposed),
        )
        for item in site.services
    )
    yield (
        (
            item.name,
            item.namespaces,
            item.localQueue,
            item.cohort,
            tuple((flavor, tuple(cells.items())) for flavor, cells in item.quota.items()),
            item.users,
        )
        for item in site.queues
    )
    yield site.models
    yield (tuple(item) for item in site.pins)
    yield ((item.name, item.package, item.channel) for item in site.operators)
    yield (
        # Whose word it is, the file says: "" is the cluster's own, so that clusters alike share the row.
        (item.text, "" if item.where.file == own else item.where.file, item.where.line)
        if item.where
        else (item.text,)
        for item in site.lines
    )
    yield ((*item.identity, written[item]) for item in site.objects)
    yield site.images


def _room(site: Site) -> Iterable[Iterable[Row]]:
    """Rows of the tables that say how much room there is."""
    levels = site.room.levels if site.room else {}
    verdicts = site.room.verdicts if site.room else {}
    yield ((*key, level.used, level.of) for key, level in levels.items())
    yield ((*key, *verdict) for key, verdict in verdicts.items())
    yield (tuple(item) for item in site.fits)


def _finding(item: Told, names: Mapping[str, int]) -> list[Any]:
    found = item.finding
    about = runs(sorted(names[name] for name in item.clusters if name in names))
    severity = SEVERITIES.index(found.severity.value)
    said = [found.code, severity, *found.where, found.message, found.hint]
    return [*said, about, item.reason, item.until]


def _history(found: History, names: Mapping[str, int]) -> dict[str, Any]:
    """Where the rings are, and how they came there."""
    said = found.status
    return {
        "ref": said.ref,
        "head": said.head,
        "subject": said.subject,
        "rings": [_ring(ring, past, names) for ring, past in zip(said.rings, found.rings, strict=True)],
        "loose": runs(sorted(names[name] for name in said.loose if name in names)),
        "hub": list(said.hub),
        "notes": list(said.notes),
        "main": [[item.id, item.subject, item.when] for item in found.main],
    }


def _ring(found: RingStatus, past: Iterable[RingCommit], names: Mapping[str, int]) -> dict[str, Any]:
    at = found.position
    differ: dict[tuple[str, ...], list[int]] = {}
    for site in found.differ:
        if site.name in names:
            differ.setdefault(site.reasons, []).append(names[site.name])
    return {
        "name": at.ring.name,
        "revision": at.ring.revision,
        "commit": at.commit,
        "holds": at.holds,
        "behind": at.behind if at.holds else None,
        "subject": at.subject,
        "clusters": len(found.clusters),
        "differing": len(found.differ),
        "differ": [[list(reasons), runs(sorted(listed))] for reasons, listed in differ.items()],
        "past": [_past(item) for item in past],
    }


def _past(item: RingCommit) -> list[Any]:
    """Commit, subject, when, whether the main branch has it, and of a step: action, target, what was accepted."""
    commit, step = item.commit, item.step
    said = [step.action.value, step.target, list(step.acknowledged)] if step else []
    return [commit.id, commit.subject, commit.when, int(item.main), *said]
