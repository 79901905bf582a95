"""How kustomize's files are read back: YAML documents that every reader takes for the same data.

Beside `documents/files.py`, which reads what people write: this one reads what the machine wrote, our files and
kustomize's output. Go YAML and PyYAML differ on plain scalars (`08`, `1e3`, `yes`), on anchors, tags and
repeated keys, and kustomize merges even a quoted "<<": all of these are refused instead of guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isinf
from typing import Any

import yaml

_WORDS = {"true": True, "false": False}
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_SHORT = re.compile(r"-?(?:0|[1-9][0-9]{0,5})\.[0-9]{0,3}[1-9]")
"""A fraction such as 0.5: every reader takes it for the same number, and Go prints it back as it was.

From 1000000.5 on, and below 0.0001, it prints an exponent (strconv.FormatFloat with "g"; seen in kustomize v5.8.1).
"""
_FIRST = frozenset("0123456789+-.~")
_AMBIGUOUS = re.compile(
    r"~|[-+]?\.?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    r"|[-+]?0(?:[xX][0-9a-fA-F_]+|[oO][0-7_]+|[bB][01_]+)|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?"
)
"""Numbers of any YAML version and dates; written by kustomize only where they are not strings.

A hash such as 0bbd5e9b is none: kustomize writes it without quotes, and every reader takes it for a string.
"""
_EXPONENT = re.compile(r"[0-9]+[eE][0-9]+")
_AMBIGUOUS_WORDS = frozenset({"", "null", "yes", "no", "on", "off", "y", "n", "true", "false"})
_EXACT = 2**53
"""kustomize passes a patched object through JSON numbers: larger integers change."""


class NotReadable(ValueError):
    """A text is no YAML, or holds something that readers disagree on; the message says where."""


def read_documents(text: str) -> list[Any]:
    """The documents of a YAML stream as plain data.

    Raises:
        NotReadable: with the line.
    """
    try:
        # yaml.parse() asks before each event whether there is one; the parser says None at the end.
        events = iter(yaml.CSafeLoader(text).get_event, None)
        return [_node(event, events) for event in events if isinstance(event, yaml.NodeEvent)]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        raise NotReadable(f"{place}{getattr(error, 'problem', None) or error}") from None


def _node(event: Any, events: Iterator[Any]) -> Any:
    kind = type(event)
    if kind is yaml.AliasEvent or event.anchor is not None:
        raise _refuse(event, "an anchor or alias")
    if event.tag is not None:
        raise _refuse(event, f"the tag {event.tag}")
    if kind is yaml.ScalarEvent:
        return event.value if event.style else _plain(event)
    if kind is yaml.MappingStartEvent:
        return _mapping(events)
    found = []
    while type(event := next(events)) is not yaml.SequenceEndEvent:
        found.append(_node(event, events))
    return found


def _mapping(events: Iterator[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while type(event := next(events)) is not yaml.MappingEndEvent:
        key = _node(event, events)
        if not isinstance(key, str) or key in found or key == "<<":
            raise _refuse(event, f"the key {key!r}, no string or there already,")
        found[key] = _node(next(events), events)
    return found


def _plain(event: Any) -> Any:
    text: str = event.value
    if text in _WORDS:
        return _WORDS[text]
    if text[:1] in _FIRST:
        if _INT.fullmatch(text) and abs(int(text)) <= _EXACT:
            return int(text)
        if _SHORT.fullmatch(text):
            return float(text)
        if _AMBIGUOUS.fullmatch(text) and not _is_beyond(text):
            raise _refuse(event, f"the unquoted {text}")
    elif text.lower() in _AMBIGUOUS_WORDS:
        raise _refuse(event, f"the unquoted {text or 'empty value'}")
    return text


def _is_beyond(text: str) -> bool:
    """Whether a hash such as 1234e567 is too large for a number: kustomize leaves it without quotes then.

    Go takes it for a string (strconv.ParseFloat fails, and resolve.go of go.yaml.in/yaml goes on), here as in Argo CD and
    the API server, and nothing else reads what kustomize prints.
    """
    return _EXPONENT.fullmatch(text) is not None and isinf(float(text))


def _refuse(event: Any, what: str) -> NotReadable:
    return NotReadable(f"line {event.start_mark.line + 1}: {what} is not read alike by all readers")
