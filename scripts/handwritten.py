"""The kinds of handwritten_kinds.yaml as structural schemas: what scripts/schemas.py has beside modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from generator.facts.schema_files import SchemaKind
from scripts.compact import Schema

PLAIN = frozenset({"boolean", "integer", "string"})


class SourceError(Exception):
    """A source cannot be had or does not hold what is asked of it; the text is one whole sentence."""


class Found(NamedTuple):
    """A kind as a source describes it."""

    scope: str  # Namespaced, Cluster or none
    schema: Schema  # structural schema of the whole object
    place: str  # file in the module, or where a hand-written kind was read
    name: str = ""  # the only name its objects may have


def handwritten(data: Mapping[str, Any]) -> dict[SchemaKind, Found]:
    """Every kind of the file.

    Raises:
        SourceError: a word is neither a type nor a shape of the file.
    """
    types = data["types"]
    words = {**types, **{name: expanded(shape, types) for name, shape in data["shapes"].items()}}
    return {
        SchemaKind(entry["apiVersion"], entry["kind"]): Found(
            entry["scope"], expanded(entry["fields"], words), entry["source"], entry.get("name", "")
        )
        for entry in data["kinds"]
    }


def expanded(node: Any, words: Mapping[str, Schema]) -> Schema:
    """A shape as a structural schema; the head of handwritten_kinds.yaml says how shapes are written.

    Raises:
        SourceError: a word is none of `words` and no plain type.
    """
    if isinstance(node, dict):
        return _object(node, words)
    if isinstance(node, list):
        return {"type": "array", "items": expanded(node[0], words)}
    if node == "map":
        return {"type": "object", "additionalProperties": {"type": "string"}}
    if node in PLAIN:
        return {"type": node}
    if node.startswith("one of "):
        return {"type": "string", "enum": node.removeprefix("one of ").split(", ")}
    if node not in words:
        raise SourceError(f"handwritten_kinds.yaml uses {node!r}, which is no type.")
    return words[node]


def _object(node: Mapping[str, Any], words: Mapping[str, Schema]) -> Schema:
    fields = {key: value for key, value in node.items() if not key.startswith("x-kubernetes-")}
    return {
        **{key: value for key, value in node.items() if key not in fields},
        "type": "object",
        "properties": {key.removesuffix("!"): expanded(value, words) for key, value in fields.items()},
        "required": [key.removesuffix("!") for key in fields if key.endswith("!")],
    }
