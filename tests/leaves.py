"""Every place of a spec kind where a person can write a word, found by walking the kind's JSON Schema.

A new field is found by itself: nothing here names one. Each place comes with the smallest document that holds it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel

from generator.findings.finding import Path
from generator.fleet.kinds import document_models
from generator.report.schemas import schema_of

KINDS = ("Fleet", "Group", "Model", "Cluster")

Schema = dict[str, Any]

WORDS = (
    *("edge-1", "a", "1", "1Gi", "15m", "1.2", "2.52.0", "77M", "50Mbit", "/mnt", "A", "a.b/c", "odh-3.4"),
    *("https://git.example.com/a/b.git", "refs/heads/main", "s3://bucket/key", "10.0.0.0/8", "redis:6379"),
    *("quay.io/a/b@sha256:" + "0" * 64, "0" * 64, "Sun 02:00-06:00 Europe/Berlin", "a b"),
    *("SERVE014", "2026-12-31", "https://s3", "https://a.example.com:9000", "1.35", "*.bin", "acme.a:app"),
    *("0 2 * * 0", "latest", "-----BEGIN CERTIFICATE-----\nMAA="),
)
"""One of them fits each pattern; a test says so when a new pattern needs one of its own."""


class Leaf(NamedTuple):
    """A place, whether the key there is meant, what may stand there, and a document that holds it."""

    path: Path
    key: bool
    schema: Schema
    document: dict[str, Any]


@cache
def leaves(kind: str) -> tuple[Leaf, ...]:
    """All places of a kind that take a scalar or a key of the author's choice."""
    return leaves_of(document_models()[kind])


@cache
def leaves_of(model: type[BaseModel]) -> tuple[Leaf, ...]:
    """All places of a model that take a scalar or a key of the author's choice."""
    root = schema_of(model)
    return tuple(Leaf(*found) for found in _leaves(root, root))


def injected(leaf: Leaf, value: Any) -> tuple[dict[str, Any], Path]:
    """The leaf's document with `value` at its place, and the path of the place then."""
    document = copy.deepcopy(leaf.document)
    *above, last = leaf.path
    holder: Any = document
    for step in above:
        holder = holder[step]
    if not leaf.key:
        holder[last] = value
        return document, leaf.path
    holder[value] = holder.pop(last)
    return document, (*above, value)


def value_of(leaf: Leaf) -> Any:
    """What stands at the leaf's place: its key, or its value."""
    value: Any = leaf.document
    for step in leaf.path:
        value = value[step]
    return leaf.path[-1] if leaf.key else value


def _leaves(
    schema: Schema, root: Schema, within: frozenset[str] = frozenset()
) -> Iterator[tuple[Path, bool, Schema, Any]]:
    if schema.get("$ref", "") in within:
        # A value that may hold itself has no leaves further down that it does not have here.
        return
    within |= {schema["$ref"]} if "$ref" in schema else set()
    schema = _resolved(schema, root)
    if "anyOf" in schema:
        for choice in schema["anyOf"]:
            yield from _leaves(choice, root, within)
    elif schema.get("type") == "array":
        for path, key, leaf, value in _leaves(schema["items"], root, within):
            yield (0, *path), key, leaf, [value]
    elif schema.get("type") == "object":
        yield from _leaves_of_mapping(schema, root, within)
    elif schema.get("type") != "null":
        yield (), False, schema, _least(schema, root)


def _leaves_of_mapping(
    schema: Schema, root: Schema, within: frozenset[str]
) -> Iterator[tuple[Path, bool, Schema, Any]]:
    inside = dict(schema.get("properties", {}))
    least = _least_mapping(schema, root)
    if not inside:
        word, inside[word], pattern = _entry(schema)
        least = {}
        yield (word,), True, {"type": "string", "pattern": pattern}, {word: _least(inside[word], root)}
    for name, held in inside.items():
        for path, key, leaf, value in _leaves(held, root, within):
            yield (name, *path), key, leaf, {**least, name: value}


def _entry(schema: Schema) -> tuple[str, Schema, str]:
    """A key that a mapping takes, the schema of its value, and the pattern of its keys."""
    for pattern, inside in schema.get("patternProperties", {}).items():
        return _fitting({"pattern": pattern}), inside, pattern
    names = schema.get("propertyNames", {})
    return _fitting(names), schema["additionalProperties"], names.get("pattern", "")


def _least(schema: Schema, root: Schema) -> Any:
    """The smallest value that a schema takes."""
    schema = _resolved(schema, root)
    if "anyOf" in schema:
        return _least(schema["anyOf"][0], root)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    least: dict[str, Callable[[], Any]] = {
        "object": lambda: _least_mapping(schema, root),
        "array": lambda: [_least(schema["items"], root)] * schema.get("minItems", 0),
        "integer": lambda: max(schema.get("minimum", 0), 1),
        "boolean": lambda: True,
        "number": lambda: 1.5,
    }
    return least.get(schema["type"], lambda: _fitting(schema))()


def _least_mapping(schema: Schema, root: Schema) -> dict[str, Any]:
    least = {name: _least(schema["properties"][name], root) for name in schema.get("required", ())}
    if not least and schema.get("minProperties"):
        word, inside, _ = _entry(schema)
        least = {word: _least(inside, root)}
    return least


def _fitting(schema: Schema) -> str:
    """A word that a string's schema takes."""
    pattern = re.compile(schema.get("pattern", ""))
    refused = schema.get("not", {}).get("pattern")
    fits = (
        word
        for word in WORDS
        if pattern.search(word) and not (refused and re.search(refused, word))
        if len(word) <= schema.get("maxLength", 1024)
    )
    found = next(fits, None)
    assert found is not None, f"leaves.WORDS needs a word for {schema}"
    return found


def _resolved(schema: Schema, root: Schema) -> Schema:
    return _resolved(root["$defs"][schema["$ref"].rpartition("/")[2]], root) if "$ref" in schema else schema
