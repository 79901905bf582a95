"""Pydantic's errors as findings: the place in the file, the value, and a hint that a person can act on.

Third stage. The models know what is allowed; this module only says it in words and at the right line.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..findings.finding import Finding, Path, Where
from ..findings.rule import Rule, plain_rule
from .identity import identity_of
from .paths import dotted, value_at
from .secrets.search import showable

UNKNOWN = plain_rule(
    "SPEC010", "A spec holds only keys that it knows; another one would be ignored silently."
)
MISSING = plain_rule("SPEC011", "A field that has no default is given, by the cluster, a group or the fleet.")
WRONG = plain_rule("SPEC012", "A value has the type and the form that its field takes.")

_VALUE = False
"""For a Place: the value is meant, not its key."""

MOST = 200
"""Findings about the form of one document: behind more of them stands one mistake, or none of a person."""

REMOVE = "remove"
"""Key of a list's item that drops what earlier layers said of it; see documents/merge.py."""

Place = Callable[[Path, bool], Where]
"""Where a path stands; with True, where its key stands."""


def validated(
    model: type[BaseModel], data: Any, place: Place
) -> tuple[BaseModel | None, tuple[Finding, ...]]:
    """The validated model, or findings for all that is wrong with `data`."""
    try:
        return model.model_validate(data), ()
    except ValidationError as error:
        return None, tuple(_findings(error, model, data, place))


def _findings(error: ValidationError, model: type[BaseModel], data: Any, place: Place) -> Iterator[Finding]:
    seen = [(item, *_path(item, data)) for item in error.errors(include_url=False)]
    above = {path[:length] for _, path, _ in seen for length in range(len(path))}
    # Of a union's members the one that got furthest is what the author meant.
    meant = list(
        _one_each([found for found in seen if found[1] not in above or found[0]["type"] == "missing"])
    )
    for item, path, key in meant[:MOST]:
        rule, message, hint = _said(item, path, model, _namesakes(data, path), key=key)
        where = place(path, key or item["type"] == "extra_forbidden")
        yield Finding(where, rule.severity, rule.code, showable(message), hint)
    if len(meant) > MOST:
        message = f"{len(meant) - MOST} more values are wrong"
        yield Finding(place((), _VALUE), WRONG.severity, WRONG.code, message, "mend the others first")


Seen = tuple[ErrorDetails, Path, bool]
"""An error, the path of its value, and whether its key is meant."""


def _one_each(seen: Iterable[Seen]) -> Iterator[Seen]:
    """One error for each value: of the members of a union, those that take values of its type are what was meant."""
    by_place: dict[tuple[Path, bool, bool], list[Seen]] = {}
    for found in seen:
        by_place.setdefault((found[1], found[2], found[0]["type"] == "missing"), []).append(found)
    for alike in by_place.values():
        items = [item for item, _, _ in alike]
        item = items[0] if len(items) == 1 else _of_a_union(items)
        yield item, alike[0][1], alike[0][2]


def _of_a_union(items: list[ErrorDetails]) -> ErrorDetails:
    types = {item["type"]: item for item in items}
    inside = [item for item in items if item["type"] not in {*_MEMBERS, "literal_error"}]
    if inside:
        return inside[0]
    if "literal_error" in types and isinstance(items[0]["input"], str):
        return types["literal_error"]
    # A string of another form is no quantity; whatever else, it is of none of the types.
    words = tuple(dict.fromkeys(_MEMBERS[name] for name in types if name in _MEMBERS))
    words += tuple(
        str(types[name]["ctx"]["expected"]).replace("'", "") for name in ("literal_error",) if name in types
    )
    return {**items[0], "type": "no_member", "ctx": {"words": " or ".join(words)}}


def _path(item: ErrorDetails, data: Any) -> tuple[Path, bool]:
    """(path in the data, whether its key is meant): a union adds steps to `loc` that no document has."""
    steps: list[str | int] = []
    loc = item["loc"]
    for i, step in enumerate(loc):
        if step == "[key]" and not (isinstance(data, Mapping) and step in data):
            return tuple(steps), True
        in_list = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if in_list or (isinstance(data, Mapping) and step in data):
            data = data[step]
        elif not (item["type"] == "missing" and i == len(loc) - 1):
            continue
        steps.append(step)
    return tuple(steps), False


def _namesakes(data: Any, path: Path) -> str:
    """Other items that have the name of the one that a field belongs to, in other places; empty when none has."""
    items, number = value_at(data, path[:-2]), path[-2] if len(path) > 1 else None
    if not isinstance(items, list) or not isinstance(number, int):
        return ""
    known = [identity_of(item) for item in items]
    one = known[number]
    others = (other for other in known if one and other and other.called == one.called and other != one)
    return showable(", ".join(dict.fromkeys(other.label for other in others)))


def _said(
    item: ErrorDetails, path: Path, model: type[BaseModel], namesakes: str, *, key: bool
) -> tuple[Rule, str, str]:
    """The rule that is broken, the sentence and the hint."""
    name = dotted(_below(path))
    if item["type"] == "extra_forbidden":
        return UNKNOWN, *_unknown(name, path, model, namesakes)
    if key:
        message = f"{path[-1]!r} cannot be a key of {dotted(_below(path[:-1]))}"
        return WRONG, message, "keys here follow the Kubernetes form for such names"
    description = str(_schema_at(model, path).get("description", ""))
    if item["type"] == "missing":
        other = f"this is another item than {namesakes}" if namesakes else ""
        return MISSING, f"{name} is missing", "; ".join(filter(None, (other, description)))
    message, hint = _wrong(item)
    return WRONG, f"{name} {message}", hint or description


def _unknown(name: str, path: Path, model: type[BaseModel], namesakes: str) -> tuple[str, str]:
    if path[-1] == REMOVE and len(path) > 1 and isinstance(path[-2], int):
        hint = f"there is {namesakes}" if namesakes else "check its name: there is nothing to remove"
        return f"{name}: no group and no default gives this item", hint
    known = sorted(_schema_at(model, path[:-1]).get("properties", {}))
    near = nearest(str(path[-1]), known)
    return f"unknown key {name}", f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"


_MEMBERS = {
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "tuple_type": "a list",
    "string_type": "a string",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "none_required": "null",
    "quantity": "a quantity",
}
"""Type of pydantic's error -> what a member of a union takes."""

_TAKES = {
    "no_member": "takes {words}",
    "float_type": "takes a number",
    "int_from_float": "takes a whole number",
    "greater_than": "is more than {gt:g}",
    "less_than": "is less than {lt:g}",
    "dict_type": "takes a mapping",
    "model_type": "takes a mapping",
    "tuple_type": "takes a list",
    "string_type": "takes a string",
    "bool_type": "takes true or false",
    "int_type": "takes a whole number",
    "quantity": "takes a quantity",
    "greater_than_equal": "is at least {ge}",
    "less_than_equal": "is at most {le}",
    "string_too_short": "is not empty",
    "string_too_long": "has at most {max_length} characters",
    "too_short": "needs {min_length} or more items",
    "refused_text": "cannot hold {said}, which other programs would take for a template",
}
"""Type of pydantic's error -> what the field takes instead."""


def _wrong(item: ErrorDetails) -> tuple[str, str]:
    """What is wrong with a value, and a hint where the field's description does not help."""
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    if kind == "literal_error":
        expected = str(context["expected"]).replace(" or ", ",").split(",")
        allowed = [word.strip(" '").replace("True", "true") for word in expected]
        near = nearest(str(value), allowed)
        return (
            f"is {_kind_text(value)}, allowed: {', '.join(allowed)}",
            f"did you mean {near}?" if near else "",
        )
    if kind in _TAKES:
        return f"{_TAKES[kind].format(**context)}, {_kind_text(value)} is given", _hint(kind, value, context)
    if kind == "never":
        return f"cannot be {_kind_text(value)}: {context['why']}", ""
    if kind == "string_pattern_mismatch":
        return f"cannot be {_kind_text(value)}", ""
    return f"is refused: {item['msg']}, {_kind_text(value)} is given", ""


def _hint(kind: str, value: Any, context: Mapping[str, Any]) -> str:
    if kind == "string_type" and isinstance(value, int | float):
        return "put quotes around it, exactly as it is written"
    if kind == "bool_type" and isinstance(value, str):
        return "YAML 1.2 knows only true and false, without quotes"
    if kind == "quantity" or (kind == "no_member" and "quantity" in context["words"]):
        return 'write "2", 500m or 16Gi; a number with a point needs quotes'
    if kind == "refused_text" and context["said"] in _SPLIT:
        return f"between braces a blank means nothing to JSON: write {_SPLIT[context['said']]}"
    return ""


_SPLIT = {"{{": "{ {", "}}": "} }"}


def _below(path: Path) -> Path:
    """The path as below a Cluster's spec: what is wrong in a group reads the same in all its clusters."""
    for root in (("spec", "defaults"), ("spec",)):
        if path[: len(root)] == root and len(path) > len(root):
            return path[len(root) :]
    return path


def _kind_text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    said = f'"{value}"' if isinstance(value, str) else str(value)
    return said if len(said) <= 80 else f'{said[:76]}..."'  # noqa: PLR2004 - one line


def nearest(word: str, known: list[str]) -> str | None:
    """The known word that was probably meant."""
    folded = {item.casefold(): item for item in known}
    found = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """End of a sentence about a name that is not there: the one that was probably meant, or those that are."""
    names = sorted(known)
    near = nearest(word, names)
    return f": did you mean {near}?" if near else f"; there is {', '.join(names[:20])}" if names else ""


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _schema_at(model: type[BaseModel], path: Path) -> dict[str, Any]:
    """What the schema says at a path; empty where it says nothing."""
    root = _schema(model)
    found = _resolved(root, root)
    for step in path:
        found = _resolved(_inside(found, step), root)
    return found


def _inside(schema: dict[str, Any], step: str | int) -> dict[str, Any]:
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
