"""What a model's JSON Schema says at a path: descriptions, keys, patterns in words, and what a value looks like."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from ..findings.finding import Path
from ..specs.fields import schema_of
from ..specs.types import FORM

Schema = Mapping[str, Any]

_SHOWN = 3
"""Fields of a mapping that its example shows."""
_DEEPEST = 2
"""Levels below a mapping in which a key that stands too high is looked for."""


def schema_at(model: type[BaseModel], path: Path) -> dict[str, Any]:
    """What the schema says at a path; empty where it says nothing."""
    root = schema_of(model)
    found = _resolved(root, root)
    for step in path:
        found = _resolved(_inside(found, step), root)
    return found


def keys_at(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """The fields that a mapping takes; none where it takes any key."""
    return tuple(schema_at(model, path).get("properties", {}))


def keys_below(model: type[BaseModel], path: Path) -> Iterator[Path]:
    """Paths of all fields below a mapping, as deep as people look, nearest first; lists are not entered."""
    level = [path]
    for _ in range(_DEEPEST + 1):
        found = [(*above, key) for above in level for key in keys_at(model, above)]
        yield from found
        level = found


@cache
def forms(model: type[BaseModel]) -> Mapping[str, str]:
    """Pattern -> what it takes, in words; of values and of keys."""
    return dict(_forms(schema_of(model)))


def _forms(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _forms(item)
    elif isinstance(value, dict):
        if isinstance(value.get("pattern"), str) and FORM in value:
            yield value["pattern"], value[FORM]
        names = value.get("propertyNames", {})
        if FORM in names:
            yield from ((pattern, names[FORM]) for pattern in value.get("patternProperties", {}))
        for item in value.values():
            yield from _forms(item)


def shape(model: type[BaseModel], path: Path, given: Any) -> str:
    """How a mapping is written, with what was given in its place where that can be told; empty where nobody can."""
    fields = {key: schema_at(model, (*path, key)) for key in keys_at(model, path)}
    needed = set(schema_at(model, path).get("required", ()))
    first = next((key for key, field in fields.items() if given in field.get("enum", ())), None)
    if first is None and isinstance(given, str):
        first = next((key for key in fields if key in {"name", "cluster", "url", "path", "key"}), None)
    shown = {first: given} if first else {}
    if not shown and isinstance(given, int) and not isinstance(given, bool):
        numbers = {key: field for key, field in fields.items() if field.get("type") == "integer"}
        # Of the first one's kind: a percentage beside numbers of pods is not what was meant.
        most = next((field.get("maximum") for field in numbers.values()), None)
        shown = {key: given for key, field in numbers.items() if field.get("maximum") == most}
    for key, field in fields.items():
        if key not in shown and (key in needed or (not first and field.get("default") not in (None, [], {}))):
            shown[key] = field.get("default", "...") if key not in needed else "..."
    return (
        f"{{{', '.join(f'{key}: {_plain(value)}' for key, value in list(shown.items())[:_SHOWN])}}}"
        if shown
        else ""
    )


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _inside(schema: Schema, step: str | int) -> dict[str, Any]:
    if isinstance(step, int):
        return dict(schema.get("items", {}))
    if step in schema.get("properties", {}):
        return dict(schema["properties"][step])
    for values in (schema.get("patternProperties") or {}).values():
        return dict(values)
    more = schema.get("additionalProperties")
    return dict(more) if isinstance(more, dict) else {}


def _resolved(schema: Schema, root: Schema) -> dict[str, Any]:
    told = {key: schema[key] for key in ("description", "default") if key in schema}
    if "$ref" in schema:
        return {**_resolved(root["$defs"][schema["$ref"].rpartition("/")[2]], root), **told}
    if "anyOf" in schema:
        members = [item for item in schema["anyOf"] if item.get("type") != "null"]
        objects = [item for item in members if "$ref" in item or item.get("type") == "object"]
        meant = objects or (members if len(members) == 1 else [])
        return {**(_resolved(meant[0], root) if meant else {}), **told}
    return dict(schema)
