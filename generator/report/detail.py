"""What `nearedge show` prints: for people, as YAML that can be read again, and as JSON with a schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from ..explain.effective import Said
from ..lists.detail import Detail
from ..lists.rows import ClusterRow, FindingRow, ImageRow, ModelRow, QueueRow, Row, ServiceRow
from .json import to_text
from .lists import FORMAT_VERSION, as_output
from .text import printable

OUTPUTS = ("text", "json", "yaml")
WIDEST = 72
"""Columns of YAML up to which the places beside it are aligned."""


class SaidJson(TypedDict):
    """Who says a value of the spec."""

    path: Annotated[str, Field(description="As `nearedge explain` and `nearedge set` take it.")]
    layer: Annotated[
        str, Field(description="fleet defaults, group NAME, cluster NAME, model NAME or default.")
    ]
    file: str | None
    line: int | None
    column: int | None


class DetailJson(TypedDict):
    """What `nearedge show NAME -o json` prints."""

    formatVersion: str
    kind: Literal["cluster", "model", "group"]
    name: str
    file: str
    spec: Annotated[dict[str, Any], Field(description="The spec as it counts; of a cluster merged.")]
    saidBy: list[SaidJson]
    clusters: list[ClusterRow]
    services: list[ServiceRow]
    queues: list[QueueRow]
    models: list[ModelRow]
    images: list[ImageRow]
    findings: list[FindingRow]


def detail_text(found: Detail, output: str) -> str:
    """One cluster, model or group in one of OUTPUTS."""
    if output == "json":
        return to_text(_body(found))
    if output == "yaml":
        return "".join(_spec(found, indent=""))
    return "".join(_text(found))


def _text(found: Detail) -> Iterator[str]:
    yield f"{found.kind} {found.name}, {printable(found.file)}\n\nspec\n"
    yield from _spec(found, indent="  ")
    rows: Sequence[tuple[str, str, Sequence[Row]]] = (
        ("used by", "clusters", () if found.kind == "cluster" else found.clusters),
        ("runs" if found.kind == "cluster" else "served and trained by", "services", found.services),
        ("queues", "queues", found.queues),
        ("models" if found.kind == "cluster" else "versions", "models", found.models),
        ("pulls", "images", found.images),
        ("findings", "findings", found.findings),
    )
    for head, kind, items in rows:
        if items:
            yield f"\n{head}\n"
            yield from (f"  {line}\n" for line in as_output(kind, items, "table").splitlines())
    if found.kind != "cluster" and not found.clusters:
        yield "\nno cluster uses it\n"


def _spec(found: Detail, indent: str) -> Iterator[str]:
    """The YAML of the spec, each leaf with its place behind it as a comment."""
    lines = [(printable(line), said) for line, said in found.spec.lines]
    width = min(max((len(line) for line, said in lines if said), default=0), WIDEST)
    for line, said in lines:
        yield (
            f"{indent}{line.ljust(width)}  # {_place(said)}" if said else f"{indent}{line}"
        ).rstrip() + "\n"


def _place(said: Said) -> str:
    if said.where is None:
        return said.layer
    return printable(f"{said.where.file}:{said.where.line}")


def _body(found: Detail) -> dict[str, Any]:
    lists = {
        name: [asdict(row) for row in getattr(found, name)]
        for name in ("clusters", "services", "queues", "models", "images", "findings")
    }
    return {
        "formatVersion": FORMAT_VERSION,
        "kind": found.kind,
        "name": found.name,
        "file": found.file,
        "spec": found.spec.spec,
        "saidBy": [_said(item) for item in found.spec.said],
        **lists,
    }


def _said(item: Said) -> dict[str, Any]:
    file, line, column = item.where or (None, None, None)
    return {"path": item.path, "layer": item.layer, "file": file, "line": line, "column": column}
