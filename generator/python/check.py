"""What is wrong with one spec in a fleet: as `nearedge check FILE` says it, before the file is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path as File

from ..documents.files import Document, find_specs
from ..documents.merge import resolve
from ..findings.finding import Severity
from ..fleet.cluster import layers_of
from ..fleet.spec_files import FLEET_FILE, Shared, kind_of, stem
from ..flow.clusters import check_clusters
from ..flow.judge import Asked, judge_fleet
from ..flow.read import cluster_files, read_found, uses_files
from ..lsp.sources import Sources
from ..yaml.strict import read_text
from .findings import Findings

FOLDERS: Mapping[str, str] = {"Group": "clusters/groups", "Model": "clusters/models"}


@dataclass(frozen=True)
class _Given:
    """A spec that may not be on disk yet."""

    kind: str
    name: str
    text: str


def checked(root: File, kind: str, name: str, text: str, today: date | None) -> Findings:
    """The findings that stand in the spec, and those of every cluster that it is part of."""
    given = _Given(kind, name, text)
    there, misplaced = find_specs(root)
    file = _file_of(root, there, given)
    files = tuple(sorted({*there, file}))
    sources = Sources(root, {file: text}, files)
    shared, findings = read_found(sources, files, misplaced)
    common = frozenset(files) - frozenset(cluster_files(files))
    told = tuple(
        item
        for item in findings
        if item.where.file == file or (item.where.file in common and item.severity is Severity.ERROR)
    )
    if shared is None:
        # Without a fleet nothing else can be told.
        return Findings(told or tuple(item for item in findings if item.severity is Severity.ERROR))
    part = frozenset({file})
    touched = tuple(
        item for item in cluster_files(files) if item == file or uses_files(sources, shared, item, part)
    )
    clusters, _ = check_clusters(sources, shared, touched)
    day = today or datetime.now(UTC).date()
    return Findings(judge_fleet(sources, shared, clusters, told, Asked(day.isoformat(), part)).findings)


def _file_of(root: File, there: tuple[str, ...], given: _Given) -> str:
    """The fleet's own file of this kind and name, else where it would lie."""
    if given.kind == "Fleet":
        return FLEET_FILE
    known = (item for item in there if kind_of(item) == given.kind and stem(item) == given.name)
    if (file := next(known, None)) is not None:
        return file
    if given.kind != "Cluster":
        return f"{FOLDERS[given.kind]}/{given.name}.yaml"
    common = tuple(item for item in there if kind_of(item) != "Cluster")
    shared, _ = read_found(Sources(root, {}, common), common, ())
    tier = _tier(shared, given) if shared else None
    return f"clusters/{tier or 'near-edge'}/{given.name}.yaml"


def _tier(shared: Shared, given: _Given) -> str | None:
    document = Document(f"clusters/near-edge/{given.name}.yaml", given.text, read_text(given.text)[0])
    said = resolve(layers_of(shared, document)[0]).spec.get("tier")
    return said if said in {"core", "near-edge"} else None
