"""What `nearedge show` prints: for people, as YAML that can be read again, and as JSON with a schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field
from typing_extensions import TypedDict

from ..explain.effective import Said
from ..lists.detail import Detail
from ..lists.rows import (
    AskedRow,
    BuildRow,
    ClusterRow,
    FindingRow,
    ImageRow,
    ModelRow,
    QueueRow,
    Row,
    ServiceRow,
)
from .json import to_text
from .lists import FORMAT_VERSION, as_output, cells_of
from .terminal import terminal_table
from .text import painted, printable

OUTPUTS = ("text", "json", "yaml")
_HEAD, _DIM, _OF_KEY = "1", "2", "36"
"""SGR parameters: bold, dim, and the cyan of names."""
_KEY = re.compile(r"^([\s-]*)([^\s:\"'{\[-][^\s:]*)(:(?:\s|$))")
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
    builds: Annotated[
        list[BuildRow], Field(description="Images that a cluster makes; of a model those made of it.")
    ]
    models: list[ModelRow]
    images: list[ImageRow]
    asks: Annotated[
        list[AskedRow],
        Field(description="What operators and agents ask of the nodes of a cluster, beside its workloads."),
    ]
    findings: list[FindingRow]


class Screen(NamedTuple):
    """Who reads: a terminal of so many columns, or a file or pipe, which has none."""

    width: int | None = None
    colour: bool = False


def detail_text(found: Detail, output: str, screen: Screen = Screen()) -> str:  # noqa: B008 - a frozen value
    """One cluster, model or group in one of OUTPUTS."""
    if output == "json":
        return to_text(_body(found))
    if output == "yaml":
        return "".join(_spec(found, "", screen))
    return "".join(_text(found, screen))


def _text(found: Detail, screen: Screen) -> Iterator[str]:
    named = _head(f"{found.kind} {found.name}", screen)
    yield f"{named}, {printable(found.file)}\n\n{_head('spec', screen)}\n"
    yield from _spec(found, "  ", screen)
    rows: Sequence[tuple[str, str, Sequence[Row]]] = (
        ("used by", "clusters", () if found.kind == "cluster" else found.clusters),
        ("runs" if found.kind == "cluster" else "served and trained by", "services", found.services),
        ("queues", "queues", found.queues),
        ("builds" if found.kind == "cluster" else "built by", "builds", found.builds),
        ("models" if found.kind == "cluster" else "versions", "models", found.models),
        ("pulls", "images", found.images),
        ("operators and agents ask for", "asks", found.asks),
        ("findings", "findings", found.findings),
    )
    for head, kind, items in rows:
        if items:
            yield f"\n{_head(head, screen)}\n"
            yield from (f"  {line}\n" for line in _table(kind, items, screen).splitlines())
    if found.kind != "cluster" and not found.clusters:
        yield "\nno cluster uses it\n"


def _head(text: str, screen: Screen) -> str:
    return painted(text, _HEAD, colour=screen.colour)


def _table(kind: str, items: Sequence[Row], screen: Screen) -> str:
    if screen.width is None:
        return as_output(kind, items, "table")
    return terminal_table(cells_of(kind, items, "table"), screen.width - 2, colour=screen.colour)


def _spec(found: Detail, indent: str, screen: Screen) -> Iterator[str]:
    """The YAML of the spec, each leaf with its place behind it as a comment."""
    lines = [(printable(line), _place(said) if said else "") for line, said in found.spec.lines]
    width = min(max((len(line) for line, place in lines if place), default=0), WIDEST)
    if screen.width is not None:
        # The places stay in one line with what they are about, as far as there is room.
        longest = max((len(place) for _, place in lines), default=0)
        width = min(width, max(0, screen.width - len(indent) - longest - len("  # ")))
    for line, place in lines:
        told = f"{'':{max(0, width - len(line))}}  # {place}" if place else ""
        shown = _KEY.sub(_key, line) if screen.colour else line
        yield f"{indent}{shown}{painted(told, _DIM, colour=screen.colour and bool(told))}".rstrip() + "\n"


def _key(found: re.Match[str]) -> str:
    return found[1] + painted(found[2], _OF_KEY, colour=True) + found[3]


def _place(said: Said) -> str:
    if said.where is None:
        return said.layer
    return printable(f"{said.where.file}:{said.where.line}")


def _body(found: Detail) -> dict[str, Any]:
    lists = {
        name: [asdict(row) for row in getattr(found, name)]
        for name in ("clusters", "services", "queues", "builds", "models", "images", "asks", "findings")
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
