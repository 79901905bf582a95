"""What the models say of a field: its description, its default, and the words it chooses from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel

from ..findings.finding import Path


@dataclass(frozen=True)
class Field:
    """A field of a spec. `default` is None when it has none or when leaving it out is the default."""

    description: str = ""
    default: Any = None
    choices: tuple[Any, ...] = ()
    keys: tuple[str, ...] = ()
    """Fields below it, where it is a mapping of known ones."""
    order: tuple[str, ...] = ()
    """The same in the order of the model, which is that in which people write them."""
    bare: bool = False
    """It may be a word or a number as well, where it is a mapping: an operator by its name alone."""


def field_at(model: type[BaseModel], path: Path) -> Field | None:
    """What a model says of a path; None when it does not know it."""
    root = schema_of(model)
    found = [root]
    description, default = "", None
    for step in path:
        inside = [schema for item in found for schema in _inside(item, step, root)]
        if not inside:
            return None
        description = next((item["description"] for item in inside if "description" in item), "")
        default = next((item["default"] for item in inside if "default" in item), None)
        found = [schema for item in inside for schema in _members(item, root)]
    choices = tuple(choice for item in found for choice in _choices(item))
    order = tuple(dict.fromkeys(key for item in found for key in item.get("properties", {})))
    bare = any(item.get("type") in {"string", "integer", "boolean", "number"} for item in found)
    return Field(description, default, choices, tuple(sorted(order)), order, bare)


@cache
def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The whole JSON Schema of a model, made once: a quarter of a second for a cluster's."""
    return model.model_json_schema()


def _inside(schema: dict[str, Any], step: str | int, root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in _members(schema, root):
        if isinstance(step, int):
            if isinstance(item.get("items"), dict):
                yield item["items"]
        elif step in item.get("properties", {}):
            yield item["properties"][step]
        elif isinstance(item.get("additionalProperties"), dict):
            yield item["additionalProperties"]
        else:
            yield from item.get("patternProperties", {}).values()


def _members(schema: dict[str, Any], root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema itself, or each member of a union, references followed."""
    if "$ref" in schema:
        yield from _members(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    elif "anyOf" in schema or "oneOf" in schema:
        for item in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            yield from _members(item, root)
    else:
        yield schema


def _choices(schema: dict[str, Any]) -> Iterator[Any]:
    yield from schema.get("enum", ())
    if "const" in schema:
        yield schema["const"]
