"""The JSON Schemas of specs with a fleet's own names in them, for editors that have yaml-language-server alone.

A name is an example and never the only one that is allowed: the schemas accept and refuse what those without names do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any

from ..documents.files import read_file
from ..report.schemas import spec_schemas
from .names import KEY, NAMED, OF_FLEET, OF_MODEL, names_in
from .words import Asked, words_of
from .workspace import Workspace, opened

ANYWHERE = "clusters/near-edge/-.yaml"
"""A cluster that says nothing: its words are those of the whole fleet."""
OF_ALL = (
    "group",
    "model",
    "ring",
    "klusterlet config",
    "hub",
    "platform",
    "rule",
    "operator",
    "format",
    "resource",
)
SNIPPETS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "serving": (
        "a model server",
        {
            "name": "$1",
            "namespace": "$2",
            "model": "$3",
            "runtime": "$4",
            "resources": {"cpu": '"${5:2}"', "memory": "${6:4Gi}"},
        },
    ),
    "waivers": ("a waiver", {"code": "$1", "reason": "$2", "until": "$3"}),
}
"""Section -> what an item of it begins with."""


def fleet_schemas(root: File, folder: str) -> dict[str, str]:
    """Path below the fleet's folder -> schema text, one for each kind."""
    words = _words(opened(root))
    made = {}
    for path, text in spec_schemas().items():
        kind = path.removeprefix("schemas/").removesuffix(".json")
        schema = json.loads(text)
        for table, below in _tables(kind):
            for what, patterns in table.items():
                for pattern in patterns if words.get(what) else ():
                    _named(schema, (*below, *pattern.split(".")), words[what])
            if table is NAMED:
                _snippets(schema, below)
        made[f"{folder}/{kind}.json"] = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
    return made


def _tables(kind: str) -> Iterator[tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]]:
    if kind in {"cluster", "group", "part"}:
        yield NAMED, ("spec",)
    elif kind == "fleet":
        yield OF_FLEET, ("spec",)
        yield NAMED, ("spec", "defaults")
    elif kind == "model":
        yield OF_MODEL, ("spec",)


def _words(workspace: Workspace) -> dict[str, tuple[str, ...]]:
    """Every name of the fleet, by what it names."""
    asked = Asked(workspace, ANYWHERE, ())
    found: dict[str, dict[str, None]] = {
        what: dict.fromkeys(choice.word for choice in words_of(what, asked)) for what in OF_ALL
    }
    for file in workspace.files:
        document, _ = read_file(workspace.sources, file)
        for item in names_in(file, document.data) if document else ():
            if item.declares or item.what in {"namespace", "cohort", "resource"}:
                found.setdefault(item.what, {})[item.name] = None
    return {what: tuple(sorted(names)) for what, names in found.items()}


def _named(schema: dict[str, Any], pattern: tuple[str, ...], words: tuple[str, ...]) -> None:
    *way, last = pattern
    for holder in _at(schema, schema, tuple(way)):
        if last == KEY:
            for inner in tuple((holder.get("patternProperties") or {}).values()):
                known = holder.setdefault("properties", {})
                known.update({word: inner for word in words if word not in known})
        else:
            for field in _inside(holder, last):
                field["examples"] = sorted({*field.get("examples", ()), *words})


def _at(root: dict[str, Any], schema: dict[str, Any], way: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The schemas that a path leads to, references followed, every member of a union."""
    if "$ref" in schema:
        yield from _at(root, root["$defs"][schema["$ref"].rpartition("/")[2]], way)
        return
    for member in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _at(root, member, way)
    if not way:
        yield schema
        return
    for inner in _inside(schema, way[0]):
        yield from _at(root, inner, way[1:])


def _inside(schema: dict[str, Any], step: str) -> Iterator[dict[str, Any]]:
    if step in schema.get("properties", {}):
        yield schema["properties"][step]
    elif step == "*":
        yield from (
            inner for key in ("items", "additionalProperties") if isinstance(inner := schema.get(key), dict)
        )
        yield from (schema.get("patternProperties") or {}).values()


def _snippets(schema: dict[str, Any], below: tuple[str, ...]) -> None:
    for section, (label, body) in SNIPPETS.items():
        for item in _at(schema, schema, (*below, section, "*")):
            item["defaultSnippets"] = [{"label": label, "body": body}]
