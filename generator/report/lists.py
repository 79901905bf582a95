"""Lists of what a fleet has: as a table, with more columns, as JSON or YAML with a schema, as names alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field
from typing_extensions import TypedDict

from ..lists.rows import (
    BuildRow,
    ClusterRow,
    FindingRow,
    ImageRow,
    ModelRow,
    OperatorRow,
    QueueRow,
    Row,
    ServiceRow,
)
from ..yaml.writer import to_yaml
from .json import to_text
from .text import printable, table

FORMAT_VERSION = "1.0"
"""Of the JSON and YAML; consumers refuse another first number."""
OUTPUTS = ("table", "wide", "json", "yaml", "name")
NOTHING = "-"


class ListJson(TypedDict):
    """What `nearedge list KIND -o json` prints."""

    formatVersion: str
    kind: Literal["clusters", "models", "services", "queues", "builds", "images", "operators", "findings"]
    items: (
        list[ClusterRow]
        | list[ModelRow]
        | list[ServiceRow]
        | list[QueueRow]
        | list[BuildRow]
        | list[ImageRow]
        | list[OperatorRow]
        | list[FindingRow]
    )
    unreadable: Annotated[
        list[str], Field(description="Clusters with errors in their spec's form, of which nothing is listed.")
    ]


class Column(NamedTuple):
    """A column of a table; those that are not `always` there come with `-o wide`."""

    head: str
    cell: Callable[[Any], str]
    always: bool = True


def _quantities(found: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in found.items())


def _quota(row: QueueRow) -> str:
    return "; ".join(f"{flavor}: {_quantities(cells)}" for flavor, cells in row.quota.items())


def _versions(row: ModelRow) -> str:
    if len(row.running) < 2:  # noqa: PLR2004 - one version needs no count
        return row.running[0].version if row.running else row.version
    return ", ".join(f"{item.version} ({len(item.clusters)})" for item in row.running)


def _replicas(row: ServiceRow) -> str:
    return str(row.most) if row.fewest == row.most else f"{row.fewest}-{row.most}"


def _starts(row: BuildRow) -> str:
    """By the clock, and when Git has another commit; by hand always."""
    by = (row.schedule, f"git {row.gitPoll}" if row.gitPoll else None)
    return "; ".join(filter(None, by)) or "by hand"


def _yes(found: object) -> str:
    return "yes" if found else "no"


COLUMNS: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "clusters": (
            Column("NAME", lambda row: row.name),
            Column("RING", lambda row: row.ring or ""),
            Column("TIER", lambda row: row.tier),
            Column("PLATFORM", lambda row: row.platform),
            Column("GROUPS", lambda row: ",".join(row.groups)),
            Column("SERVICES", lambda row: str(row.services)),
            Column("RAY", lambda row: str(row.ray)),
            Column("QUEUES", lambda row: str(row.queues)),
            Column("STATE", lambda row: row.state),
            Column("HUB", lambda row: row.hub, always=False),
            Column("LINK", lambda row: row.connectivity, always=False),
            Column("LABELS", lambda row: ",".join(f"{k}={v}" for k, v in row.labels.items()), always=False),
            Column("FILE", lambda row: row.file, always=False),
        ),
        "models": (
            Column("NAME", lambda row: row.name),
            Column("VERSION", _versions),
            Column("FORMAT", lambda row: row.format),
            Column("SIZE", lambda row: row.size),
            Column("CLUSTERS", lambda row: str(row.clusters)),
            Column("RUNTIMES", lambda row: ",".join(row.runtimes)),
            Column("SOURCE", lambda row: row.source, always=False),
            Column("FILE", lambda row: row.file, always=False),
        ),
        "services": (
            Column("CLUSTER", lambda row: row.cluster),
            Column("NAMESPACE", lambda row: row.namespace),
            Column("NAME", lambda row: row.name),
            Column("KIND", lambda row: row.kind),
            Column("MODEL", lambda row: row.model or ""),
            Column("VERSION", lambda row: row.version or ""),
            Column("RUNTIME", lambda row: row.runtime),
            Column("REPLICAS", _replicas),
            Column("QUEUE", lambda row: row.queue or "", always=False),
            Column("RESOURCES", lambda row: _quantities(row.resources), always=False),
            Column("EXPOSED", lambda row: _yes(row.exposed), always=False),
        ),
        "queues": (
            Column("CLUSTER", lambda row: row.cluster),
            Column("NAMESPACES", lambda row: ",".join(row.namespaces)),
            Column("NAME", lambda row: row.name),
            Column("LOCALQUEUE", lambda row: row.localQueue, always=False),
            Column("COHORT", lambda row: row.cohort or ""),
            Column("USERS", lambda row: str(len(row.users))),
            Column("QUOTA", _quota),
            Column("USED BY", lambda row: ",".join(row.users), always=False),
        ),
        "builds": (
            Column("CLUSTER", lambda row: row.cluster),
            Column("MODEL", lambda row: row.model),
            Column("VERSION", lambda row: row.version),
            Column("FORMAT", lambda row: row.format),
            Column("KIND", lambda row: row.kind),
            Column("PUSHES TO", lambda row: ",".join(row.pushes)),
            Column("STARTS", _starts),
            Column("TEST", lambda row: _yes(row.test)),
            Column("SIGNED", lambda row: _yes(row.sign)),
            Column("PROMOTES", lambda row: row.promote or ""),
            Column("SCANNED", lambda row: _yes(row.scan), always=False),
            Column("SBOM", lambda row: _yes(row.sbom), always=False),
            Column("FROM", lambda row: row.source, always=False),
            Column("IMAGE", lambda row: row.base or "", always=False),
            Column("NAMESPACE", lambda row: row.namespace, always=False),
            Column("PIPELINE", lambda row: row.pipeline, always=False),
        ),
        "images": (
            Column("CLUSTERS", lambda row: str(len(row.clusters))),
            Column("IMAGE", lambda row: row.image),
            Column("PULLED BY", lambda row: ",".join(row.clusters), always=False),
        ),
        "operators": (
            Column("NAME", lambda row: row.name),
            Column("PLATFORM", lambda row: row.platform),
            Column("CHANNEL", lambda row: row.channel or ""),
            Column("CLUSTERS", lambda row: str(len(row.clusters))),
            Column("PACKAGE", lambda row: row.package, always=False),
            Column("ON", lambda row: ",".join(row.clusters), always=False),
        ),
        "findings": (
            Column("SEVERITY", lambda row: row.severity),
            Column("CODE", lambda row: row.code),
            Column("PLACE", lambda row: f"{row.file}:{row.line}"),
            Column("MESSAGE", lambda row: row.message),
            Column("HINT", lambda row: row.hint, always=False),
            Column("WAIVED", lambda row: row.waived, always=False),
        ),
    }
)
"""The columns of each list."""

ASKS = (
    Column("OPERATOR", lambda row: row.name),
    Column("PODS", lambda row: str(row.pods)),
    Column("ASKS FOR", lambda row: _quantities(row.requests)),
    Column("NOT KNOWN OF", lambda row: ", ".join(row.unknown)),
)
"""The columns of what operators and agents ask for, which is told of one cluster only."""


def name_of(row: Row) -> str:
    """What `-o name` prints of a row: what other commands take."""
    match row:
        case ServiceRow():
            return f"{row.cluster}/{row.namespace}/{row.name}"
        case QueueRow():
            return f"{row.cluster}/{row.name}"
        case BuildRow():
            return f"{row.cluster}/{row.model}"
        case FindingRow():
            return f"{row.file}:{row.line}:{row.column}"
        case _:
            return short_name(row)


def short_name(row: Row) -> str:
    """What a row is called by those who ask for it: a service by its own name, a finding by its code."""
    match row:
        case BuildRow():
            return row.model
        case ImageRow():
            return row.image
        case FindingRow():
            return row.code
        case _:
            return row.name


def as_output(kind: str, rows: Sequence[Row], output: str, unreadable: Sequence[str] = ()) -> str:
    """A list in one of OUTPUTS."""
    if output == "name":
        return "".join(f"{printable(name)}\n" for name in dict.fromkeys(map(name_of, rows)))
    if output in {"json", "yaml"}:
        body = {
            "formatVersion": FORMAT_VERSION,
            "kind": kind,
            "items": [asdict(row) for row in rows],
            "unreadable": list(unreadable),
        }
        return to_text(body) if output == "json" else to_yaml(body)
    return table(cells_of(kind, rows, output), indent="") if rows else f"no {kind}\n"


def cells_of(kind: str, rows: Sequence[Row], output: str) -> list[list[str]]:
    """The heads and cells of a table, or of one with more columns (`wide`)."""
    columns = [
        column for column in (ASKS if kind == "asks" else COLUMNS[kind]) if column.always or output == "wide"
    ]
    cells = [[printable(column.cell(row)) or NOTHING for column in columns] for row in rows]
    return [[column.head for column in columns], *cells]
