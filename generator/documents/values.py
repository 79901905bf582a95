"""A value that its field does not take: what is wrong with it, what is allowed, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from ..findings.finding import Path
from ..specs import quantity
from .foreign import DEVICES
from .mends import lacks, mended
from .near import nearest
from .schema import forms, keys_at, schema_at, shape
from .secrets.search import redacted

MEMBERS = {
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
    **{kind: f"takes {words}" for kind, words in MEMBERS.items()},
    "no_member": "takes {words}",
    "greater_than": "is more than {gt:g}",
    "less_than": "is less than {lt:g}",
    "greater_than_equal": "is at least {ge}",
    "less_than_equal": "is at most {le}",
    "string_too_long": "has at most {max_length} characters",
    "too_short": "needs {min_length} or more items",
    "refused_text": "cannot hold {said}, which other programs would take for a template",
}
"""Type of pydantic's error -> what the field takes instead."""

LIMITS = frozenset({"limits", "requests"})
"""Levels that resources have in Kubernetes and not here."""

_AMOUNT = "write 2, 500m or 16Gi; a number with a point needs quotes"
_SPLIT = {"{{": "{ {", "}}": "} }"}
_TRUE, _FALSE = {"yes", "on", "y", "true", "1"}, {"no", "off", "n", "false", "0"}
_TEMPLATE = re.compile(r"\$\{|\$\(|\{\{|%[A-Z_]+%")


def wrong(item: ErrorDetails, path: Path, model: type[BaseModel]) -> tuple[str, str]:
    """What is wrong with a value, behind its name, and a hint where the field's description does not help.

    Nobody is told how to write a credential: what looks like one is in no hint.
    """
    message, hint = _wrong(item, path, model)
    return message, hint if _is_showable(item["input"]) else ""


def _is_showable(value: Any) -> bool:
    text = value if isinstance(value, str) else str(value)
    return redacted(text) == text


def _wrong(item: ErrorDetails, path: Path, model: type[BaseModel]) -> tuple[str, str]:
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    if kind == "literal_error":
        return _choice(value, str(context["expected"]))
    if kind == "string_too_short":
        return "is empty", "say what it is, or remove the line"
    if kind == "never":
        return f"cannot be {said(value)}: {context['why']}", ""
    pattern = str(context.get("pattern") or schema_at(model, path).get("pattern", ""))
    if kind == "string_pattern_mismatch" or (
        kind == "string_type" and _is_number(value) and _unquotable(value, pattern)
    ):
        return _form(value, pattern, model)
    if kind in _TAKES:
        takes = _TAKES[kind].format(**context)
        hint = _hint(kind, value, context, pattern) or _written(kind, value, path, model)
        return f"{takes}, {_given(kind, value)}", hint
    return f"is refused: {item['msg']}, {said(value)} is given", ""


def wrong_key(path: Path, pattern: str, model: type[BaseModel]) -> tuple[str, str]:
    """What is wrong with a key of a mapping whose keys have a form, and what to write instead."""
    key = str(path[-1])
    if key in LIMITS and "memory" in pattern:
        return _limits(path)
    takes = forms(model).get(pattern, "")
    meant = DEVICES.get(key.lower()) if "memory" in pattern else None
    if meant is None and "memory" in pattern:
        meant = nearest(key, ("cpu", "memory", "ephemeral-storage", "nvidia.com/gpu"))
    hint = f"did you mean {meant}?" if meant else f"write {found}" if (found := mended(key, pattern)) else ""
    if ":" in key and not hint.startswith("did"):
        hint = f"put a blank behind the colon: {key.replace(':', ': ', 1)}"
    return f"cannot be a key here{f': it takes {takes}' if takes else ''}", hint if _is_showable(key) else ""


def _choice(value: Any, expected: str) -> tuple[str, str]:
    allowed = [word.strip(" '").replace("True", "true") for word in expected.replace(" or ", ",").split(",")]
    if near := nearest(str(value), allowed):
        hint = f"did you mean {near}?"
    else:
        hint = f"write {allowed[0]}" if len(allowed) == 1 else ""
    return f"is {said(value)}, allowed: {', '.join(allowed)}", hint


def _form(value: Any, pattern: str, model: type[BaseModel]) -> tuple[str, str]:
    text = value if isinstance(value, str) else str(value)
    takes = forms(model).get(pattern, "")
    if _TEMPLATE.search(text):
        return f"cannot be {said(value)}: nothing fills in templates", "write the value itself"
    why = lacks(text, pattern)
    meant = mended(text, pattern)
    hint = f"write {meant}" if meant else f"it takes {takes}" if why else ""
    told = why or (f"it takes {takes}" if takes else "")
    return f"cannot be {said(value)}" + (f": {told}" if told else ""), hint


def _unquotable(value: Any, pattern: str) -> bool:
    return bool(pattern) and not re.search(pattern, str(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _limits(path: Path) -> tuple[str, str]:
    beside = "; what is less than the limits stands beside them: requests: {cpu: ...}"
    return (
        f"is no resource: {path[-2]} hold the amounts themselves, which are the limits",
        f"write {path[-2]}: {{cpu: ..., memory: ...}}{beside}",
    )


def _hint(kind: str, value: Any, context: Mapping[str, Any], pattern: str) -> str:
    """What to write instead, as far as the value alone tells it."""
    hint = ""
    if value is None and kind != "none_required":
        hint = "say what it is, or remove the line"
    elif kind == "bool_type":
        hint = _switch(str(value).lower())
    elif kind in {"int_type", "int_from_float"} and isinstance(value, str):
        digits = re.sub("[_, ]", "", value)
        hint = f"write {digits}, without quotes" if digits.isdecimal() else ""
    elif kind == "string_type":
        hint = _text(value)
    elif kind == "string_too_long" and pattern:
        hint = f"write {meant}" if (meant := mended(str(value), pattern, context["max_length"])) else ""
    elif kind == "quantity" or (kind == "no_member" and "quantity" in context["words"]):
        meant = mended(value, quantity.PATTERN) if isinstance(value, str) else ""
        quoted = isinstance(value, float) and re.search(quantity.PATTERN, str(value))
        hint = f'write "{value}", with quotes' if quoted else f"write {meant}" if meant else _AMOUNT
    elif kind == "refused_text" and context["said"] in _SPLIT:
        hint = f"between braces a blank means nothing to JSON: write {_SPLIT[context['said']]}"
    return hint


def _switch(word: str) -> str:
    meant = "true" if word in _TRUE else "false" if word in _FALSE else "true or false"
    return f"write {meant}, without quotes"


def _text(value: Any) -> str:
    if isinstance(value, int | float):
        return "put quotes around it, exactly as it is written"
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return f"write {value[0]}, without brackets"
    name = value.get("name") if isinstance(value, Mapping) else None
    return f"write {name}" if isinstance(name, str) else ""


def _written(kind: str, value: Any, path: Path, model: type[BaseModel]) -> str:
    """How a mapping or a list is written, with what was given in its place."""
    if kind == "tuple_type":
        return _items(value, keys_at(model, (*path, 0)))
    if kind not in {"model_type", "dict_type"}:
        return ""
    pairs = [
        pair.partition("=")
        for pair in (value if isinstance(value, list) else [value])
        if isinstance(pair, str)
    ]
    if pairs and all(sign for _, sign, _ in pairs):
        if kind == "dict_type":
            return f"write {{{', '.join(f'{key}: {word}' for key, _, word in pairs)}}}"
        if {"name", "value"} <= set(keys_at(model, path)):
            return f"write {{name: {pairs[0][0]}, value: {pairs[0][2]}}}"
    if isinstance(value, list) and value:
        return "its keys stand without a dash, each with a colon: key: value"
    found = shape(model, path, value) if kind == "model_type" and not isinstance(value, list) else ""
    return f"write {found}" if found else ""


def _items(value: Any, fields: Sequence[str]) -> str:
    """How the items of a list are written; `fields` are those of an item that is a mapping."""
    if isinstance(value, str):
        words = [word.strip() for word in re.split(r",|\s+(?=-)", value)]
        return f"write [{', '.join(words)}]"
    if isinstance(value, Mapping) and (not fields or set(fields).intersection(value)):
        return "begin each item with a dash and a blank"
    return f"begin each item with a dash: - {fields[0]}: ..." if fields and value is not None else ""


def _given(kind: str, value: Any) -> str:
    if kind == "string_too_long":
        return f"{said(value)} has {len(value)}"
    return f"{said(value)} is given"


def said(value: Any) -> str:
    """A value in a sentence."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f'{text[:76]}..."'  # noqa: PLR2004 - one line
