"""The kinds that own rules over objects name: their schemas, of all releases that nearedge knows.

An object is of one release of several, and which says its cluster; so a rule is right that one of them takes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path as File
from typing import Any

from ..documents.files import Root
from ..facts.schema_files import FOLDER, home, load_schema
from .asking import Fault, Placed, place_of, schema_over

SchemasOfKinds = Mapping[str, Sequence[File]]


def schemas_of_kinds(root: Root, rules: Sequence[Placed]) -> SchemasOfKinds:
    """Kind -> its schemas; empty where no rule is over objects."""
    found: dict[str, list[File]] = {}
    if any(item.rule.over == "object" for item in rules):
        for path in sorted((home(place_of(root)) / FOLDER).glob("*/*.json")):
            _, _, rest = path.read_text("utf-8").partition('"kind":{"enum":["')
            found.setdefault(rest.partition('"')[0], []).append(path)
    return found


def types_of(rules: Sequence[Placed], kinds: SchemasOfKinds) -> dict[int, list[File]]:
    """The schemas that each rule is compiled for, by its number."""
    return {
        i: [path for kind in item.rule.kinds for path in kinds.get(kind, ())]
        for i, item in enumerate(rules)
        if item.rule.over == "object"
    }


def is_broken(faults: Sequence[Sequence[Fault]]) -> bool:
    """Whether a rule can be compiled for none of its types."""
    return bool(faults) and all(faults)


def fields_of(item: Placed, types: Collection[File]) -> frozenset[str]:
    """Every field that what a rule is over can have, at any depth."""
    if item.rule.over == "object":
        return frozenset(name for path in types for name in _names(load_schema(path)))
    return frozenset(_names(schema_over(item.rule.over)))


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        fields = value.get("properties")
        if isinstance(fields, dict):
            yield from fields
        for inside in value.values():
            yield from _names(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _names(inside)
