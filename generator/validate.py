"""Pydantic's errors as findings: the place in the file, the value, and a hint that a person can act on.

Third stage. The models know what is allowed; this module only says it in words and at the right line.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .finding import Finding, Path, Rule, Where, plain_rule

UNKNOWN = plain_rule("SPEC010", "A spec holds only keys that it knows; an unknown one would be ignored silently.")
MISSING = plain_rule("SPEC011", "A field that has no default is given, by the cluster, a group or the fleet.")
WRONG = plain_rule("SPEC012", "A value has the type and the form that its field takes.")

Place = Callable[[Path, bool], Where]
"""Where a path stands; with True, where its key stands."""


def validated(model: type[BaseModel], data: Any, place: Place) -> tuple[BaseModel | None, tuple[Finding, ...]]:
    """The validated model, or findings for all that is wrong with `data`."""
    try:
        return model.model_validate(data), ()
    except ValidationError as error:
        return None, tuple(_findings(error, model, data, place))


def _findings(error: ValidationError, model: type[BaseModel], data: Any, place: Place) -> Iterator[Finding]:
    seen = [(item, *_path(item, data)) for item in error.errors(include_url=False)]
    for item, path, key in seen:
        # Of a union's members the one that got furthest is what the author meant.
        if any(len(other) > len(path) and other[: len(path)] == path for _, other, _ in seen) and item["type"] != "missing":
            continue
        rule, message, hint = _said(item, path, model, key=key)
        yield Finding(place(path, key or item["type"] == "extra_forbidden"), rule.severity, rule.code, message, hint)


def _path(item: ErrorDetails, data: Any) -> tuple[Path, bool]:
    """(path in the data, whether its key is meant): a union adds steps to `loc` that no document has."""
    steps: list[str | int] = []
    loc = item["loc"]
    for i, step in enumerate(loc):
        if step == "[key]":
            return tuple(steps), True
        if isinstance(data, Mapping) and step in data:
            data = data[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        elif not (item["type"] == "missing" and i == len(loc) - 1):
            continue
        steps.append(step)
    return tuple(steps), False


def _said(item: ErrorDetails, path: Path, model: type[BaseModel], *, key: bool) -> tuple[Rule, str, str]:
    name = dotted(path)
    kind, value = item["type"], item["input"]
    field = _schema_at(model, path)
    if kind == "extra_forbidden":
        known = sorted(_schema_at(model, path[:-1]).get("properties", {}))
        near = nearest(str(path[-1]), known)
        hint = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
        return UNKNOWN, f"unknown key {name}", hint
    if kind == "missing":
        return MISSING, f"{name} is missing", str(field.get("description", ""))
    hint = str(field.get("description", ""))
    if key:
        return WRONG, f"{path[-1]!r} cannot be a key of {dotted(path[:-1])}", "keys here follow the Kubernetes form for such names"
    if kind == "literal_error":
        allowed = [text.strip(" '\"") for text in str(item.get("ctx", {}).get("expected", "")).replace(" or ", ",").split(",")]
        near = nearest(str(value), allowed)
        hint = f"did you mean {near}?" if near else hint
        return WRONG, f"{name} is {_shown(value)}, allowed: {', '.join(allowed)}", hint
    if kind == "string_type" and isinstance(value, int | float):
        return WRONG, f"{name} takes a string, {_shown(value)} is a {type(value).__name__}", f'put it in quotes: "{value}"'
    if kind == "bool_type" and isinstance(value, str):
        return WRONG, f"{name} takes true or false, not {_shown(value)}", "YAML 1.2 knows only true and false, without quotes"
    if kind == "string_pattern_mismatch":
        return WRONG, f"{name} cannot be {_shown(value)}", hint
    words = item["msg"].replace("Input should", "should").replace("String should", "should")
    return WRONG, f"{name} {words[:1].lower()}{words[1:]}, {_shown(value)} is given", hint


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    said = f'"{value}"' if isinstance(value, str) else str(value)
    return said if len(said) <= 80 else f'{said[:76]}..."'  # noqa: PLR2004 - one line


def dotted(path: Path) -> str:
    """A path as people write it: serving[0].replicas.min."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def nearest(word: str, known: list[str]) -> str | None:
    """The known word that was probably meant."""
    folded = {item.casefold(): item for item in known}
    found = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _schema_at(model: type[BaseModel], path: Path) -> dict[str, Any]:
    """What the schema says at a path; empty where it says nothing."""
    root = _schema(model)
    found = _resolved(root, root)
    for step in path:
        found = _resolved(_inside(found, step, root), root)
    return found


def _inside(schema: dict[str, Any], step: str | int, root: dict[str, Any]) -> dict[str, Any]:
    if isinstance(step, int):
        return dict(schema.get("items", {}))
    if step in schema.get("properties", {}):
        return dict(schema["properties"][step])
    for values in (schema.get("patternProperties") or {}).values():
        return dict(values)
    more = schema.get("additionalProperties")
    return dict(more) if isinstance(more, dict) else {}


def _resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    told = {key: schema[key] for key in ("description",) if key in schema}
    if "$ref" in schema:
        return {**_resolved(root["$defs"][schema["$ref"].rpartition("/")[2]], root), **told}
    if "anyOf" in schema:
        objects = [item for item in schema["anyOf"] if "$ref" in item or item.get("type") == "object"]
        return {**(_resolved(objects[0], root) if objects else {}), **told}
    return schema
