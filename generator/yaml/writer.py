"""The one YAML writer.

Go YAML (kustomize, kubectl, Argo CD) and PyYAML read plain scalars differently (`1e3`, `08`, `yes`), so a
string is written plain only when an allow-list says that every reader takes it for a string.

    >>> print(to_yaml({"cpu": "2", "uri": "pvc://models/flan", "on": True}), end="")
    cpu: "2"
    uri: pvc://models/flan
    "on": true
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_.:/@-]*(?<!:)")
_RESERVED = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"})
_READABLE = re.compile(
    r"[A-Za-z/][A-Za-z0-9_.:/@+-]*(?<!:)( [A-Za-z0-9/][A-Za-z0-9_.:/@+-]*(?<!:))*"
    r"|[1-9][0-9]*[ACDF-NP-WYZacdf-np-wyz][A-Za-z]*"
)
"""Also plain in what people read and our strict reader alone reads: words with blanks, and 16Gi or 500m."""
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_ESCAPE = re.compile(r'["\\\x00-\x1f\x7f-\xa0\xad\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]')
_NOT_LITERAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def to_yaml(value: Any, header: str = "") -> str:
    """One document; `header` becomes the comment of the first line. Keys keep the order they have."""
    return "".join(_document(value, header))


def to_documents(values: Iterable[Any], header: str = "") -> str:
    """Several documents in one file, separated as kubectl does."""
    return ("---\n").join(to_yaml(value, header if i == 0 else "") for i, value in enumerate(values))


def one_line(value: Any) -> str:
    """A value in one line, in flow style where it holds others: what `edit/` writes into a person's file."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_text(key)}: {one_line(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(one_line, value))}]"
    if isinstance(value, str) and _READABLE.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return _text(value) if isinstance(value, str) else _scalar(value, "")


def quoted(text: str) -> str:
    """A string in double quotes, whether it needs them or not."""
    return f'"{_ESCAPE.sub(_escape, text)}"'


def literal(text: str) -> list[str]:
    """Lines of a block scalar without their indentation, its header first; none when it cannot be written as one.

    None either when it ends with an empty line: blank lines that stand behind it would become part of it.
    """
    if "\n" not in text or text.endswith("\n\n") or not _fits_block(text):
        return []
    header, *body = _block(text, "").split("\n")
    return [header, *(line[2:] for line in body)]


def _document(value: Any, header: str) -> Iterator[str]:
    if header:
        yield f"# {header}\n"
    if isinstance(value, dict) and value:
        yield from _mapping(value, "")
    elif isinstance(value, list | tuple) and value:
        yield from _sequence(value, "")
    else:
        yield f"{_scalar(value, '')}\n"


def _mapping(value: dict[str, Any], indent: str) -> Iterator[str]:
    for key, item in value.items():
        if isinstance(item, str):
            yield f"{indent}{_text(key)}: {_string(item, indent)}\n"
        elif isinstance(item, dict) and item:
            yield f"{indent}{_text(key)}:\n"
            yield from _mapping(item, indent + "  ")
        elif isinstance(item, list | tuple) and item:
            yield f"{indent}{_text(key)}:\n"
            yield from _sequence(item, indent)
        else:
            yield f"{indent}{_text(key)}: {_scalar(item, indent)}\n"


def _sequence(value: list[Any] | tuple[Any, ...], indent: str) -> Iterator[str]:
    for item in value:
        if isinstance(item, dict) and item:
            lines = _mapping(item, indent + "  ")
            yield f"{indent}- {next(lines)[len(indent) + 2 :]}"
            yield from lines
        elif isinstance(item, list | tuple) and item:
            lines = _sequence(item, indent + "  ")
            yield f"{indent}- {next(lines)[len(indent) + 2 :]}"
            yield from lines
        else:
            yield f"{indent}- {_scalar(item, indent)}\n"


def _scalar(value: Any, indent: str) -> str:
    if isinstance(value, str):
        return _string(value, indent)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    if isinstance(value, float) and math.isfinite(value):
        # Only specs have them. In this form, without an exponent, all readers agree.
        return format(Decimal(repr(value)), "f")
    message = f"cannot write {type(value).__name__} {value!r} as YAML"
    raise TypeError(message)


def _string(text: str, indent: str) -> str:
    return _block(text, indent) if "\n" in text and _fits_block(text) else _text(text)


def _fits_block(text: str) -> bool:
    # A first line that is empty or indented would need an indentation indicator.
    return text[0] not in " \n\t" and _NOT_LITERAL.search(text) is None


def _block(text: str, indent: str) -> str:
    body = text.rstrip("\n")
    tail = len(text) - len(body)
    mark = ("|-", "|")[tail] if tail < 2 else "|+"  # noqa: PLR2004
    lines = [f"{indent}  {line}" if line else "" for line in body.split("\n")]
    return "\n".join([mark, *lines, *[""] * (tail - 1)])


@lru_cache(maxsize=65536)
def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return quoted(text)


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    return _SHORT.get(char) or (f"\\x{ord(char):02x}" if char < "\x80" else f"\\u{ord(char):04x}")
