r"""Strict YAML: the text of a spec to plain data, and all that is wrong with it.

One document, YAML 1.2 scalars, no duplicate keys, anchors, aliases, merge keys or tags, bounded depth and
number of nodes. Nothing here raises for what a person wrote. `yaml/positions.py` says where each path stands.

    >>> data, faults = read_text("spec:\n  tier: core\n")
    >>> data, list(faults)
    ({'spec': {'tier': 'core'}}, [])
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from ..findings.rule import Rule, plain_rule
from .broken import broken_at
from .hidden import hidden
from .positions import position

MAX_DEPTH = 20
MAX_NODES = 20_000
MAX_REFERENCES = 20
"""Anchors and aliases after which a file is an alias bomb, not a person's slip."""

UNREADABLE = plain_rule("SPEC001", "A spec is a plain UTF-8 file of at most 256 KiB; no symlink is followed.")
SYNTAX = plain_rule("SPEC002", "A spec is one well-formed YAML document.")
DUPLICATE = plain_rule("SPEC003", "A key stands once in a mapping; most readers would keep the last.")
REFERENCE = plain_rule(
    "SPEC004", "A spec uses no anchors, aliases, merge keys or tags: what you read is what it says."
)
TOO_LARGE = plain_rule("SPEC005", "A spec nests at most 20 levels and holds at most 20,000 nodes.")
HIDDEN = plain_rule(
    "SPEC007", "Text is what it looks like: composed letters (NFC), and no character that editors hide."
)

# YAML 1.2, core schema: https://yaml.org/spec/1.2.2/#1032-tag-resolution
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LONGEST_INT = 19
"""Characters; no field takes more than 64 bits."""
_NUMBER_START = frozenset("0123456789+-.")
_CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
"""Characters that no editor shows. Some readers end a line at U+0085, U+2028 and U+2029, others do not."""

_RETYPE = "remove it, or type the word again; files are saved as NFC"

_AGAIN = "\n"
"""No key of a spec: stands among those of a mapping whose first one came a second time."""

_SCALAR, _ALIAS = yaml.ScalarEvent, yaml.AliasEvent
_MAPPING, _MAPPING_END = yaml.MappingStartEvent, yaml.MappingEndEvent
_SEQUENCE_END = yaml.SequenceEndEvent


class Fault(NamedTuple):
    """A rule of this module, broken at a line and column."""

    rule: Rule
    line: int
    column: int
    message: str
    hint: str


def read_text(text: str) -> tuple[Any, tuple[Fault, ...]]:
    """Plain data of one document, and everything that is wrong with it; no data when its rest is in doubt."""
    reader = _Reader()
    try:
        if not text.isascii():
            if _HIDDEN.search(text):
                return None, (_unreadable(text),)
            if (found := hidden(text)) is not None:
                return None, (
                    Fault(HIDDEN, *_line_and_column(text, found[0]), f"{found[1]} stands here", _RETYPE),
                )
        return reader.document(text), tuple(reader.faults)
    except _Stop:
        return None, tuple(reader.faults)
    except yaml.reader.ReaderError:
        return None, (*reader.faults, _unreadable(text))
    except yaml.MarkedYAMLError as error:
        return None, (*reader.faults, _malformed(text, error))


class _Stop(Exception):
    """Ends the reading of a file whose rest cannot be trusted."""


class _Reader:
    """One pass over the parser's events, collecting data and faults."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._nodes = 0
        self._references = 0
        self._events: Iterator[Any] = iter(())

    def document(self, text: str) -> Any:
        """Data of the only document; None when there is none."""
        # yaml.parse() asks before each event whether there is one; the parser says None at the end.
        self._events = iter(yaml.CSafeLoader(text).get_event, None)
        result = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop(SYNTAX, event, "a second document starts here", "one spec, one file")
                if event.version or event.tags:
                    said = "YAML directives are not used in specs"
                    self._fault(REFERENCE, event, said, "remove the % lines")
            elif isinstance(event, yaml.NodeEvent):
                result = self._node(event, 1)
        return result

    def _node(self, event: Any, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(TOO_LARGE, event, f"more than {MAX_NODES} nodes", "split the file")
        if event.anchor is not None:
            self._reference(event)
        kind = type(event)
        if kind is _ALIAS:
            return None
        if event.tag is not None:
            self._tag(event)
        if kind is _SCALAR:
            if event.style == '"' and (found := hidden(event.value)) is not None:
                self._stop(HIDDEN, event, f"{found[1]} stands in this text", _RETYPE)
            return event.value if event.style else _scalar(event.value)
        if depth > MAX_DEPTH:
            hint = "no field of a spec lies this deep"
            self._stop(TOO_LARGE, event, f"more than {MAX_DEPTH} levels deep", hint)
        return self._mapping(depth) if kind is _MAPPING else self._sequence(depth)

    def _mapping(self, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        places: dict[str, Any] = {}
        events = self._events
        for event in events:
            if type(event) is _MAPPING_END:
                break
            key = self._node(event, depth + 1)
            value = self._node(next(events), depth + 1)
            if type(key) is str and key not in data and key != "<<":
                data[key] = value
                places[key] = event
            else:
                self._key(event, key, places)
        return data

    def _sequence(self, depth: int) -> list[Any]:
        data = []
        for event in self._events:
            if type(event) is _SEQUENCE_END:
                break
            data.append(self._node(event, depth + 1))
        return data

    def _key(self, event: Any, key: Any, places: dict[str, Any]) -> None:
        if key == "<<":
            said = "merge keys (<<) are not used in specs"
            self._fault(REFERENCE, event, said, "write the fields out, or use a group")
        elif isinstance(key, str):
            line, column = position(places[key])
            said = f"key {key} stands already in line {line}, column {column}"
            if key == next(iter(places)):
                # All that follows is that item's; the mapping is told of once.
                self._fault(
                    DUPLICATE, event, said, f"keep one of the two, or begin another item: - {key}: ..."
                )
                places[_AGAIN] = event
            elif _AGAIN not in places:
                self._fault(DUPLICATE, event, said, "keep one of the two")
        elif type(event) is not _ALIAS:
            scalar = type(event) is _SCALAR
            said = (
                f"the key {event.value} is not a string" if scalar else "a list or a mapping cannot be a key"
            )
            hint = (
                f'write "{event.value}"'
                if scalar
                else "nothing fills in {{ templates }}: write the value itself"
            )
            self._fault(SYNTAX, event, said, hint)

    def _tag(self, event: Any) -> None:
        hint = "remove it, or put quotes around the value if the ! belongs to it"
        self._fault(REFERENCE, event, f"the tag {event.tag} is not used in specs", hint)

    def _reference(self, event: Any) -> None:
        sign = "alias *" if type(event) is _ALIAS else "anchor &"
        hint = "write the value out; what several clusters share belongs into a group"
        self._fault(REFERENCE, event, f"{sign}{event.anchor} is not used in specs", hint)
        self._references += 1
        if self._references > MAX_REFERENCES:
            raise _Stop

    def _fault(self, rule: Rule, event: Any, message: str, hint: str) -> None:
        self.faults.append(Fault(rule, *position(event), message, hint))

    def _stop(self, rule: Rule, event: Any, message: str, hint: str) -> None:
        self._fault(rule, event, message, hint)
        raise _Stop


def _scalar(text: str) -> Any:
    """A plain scalar by the core schema of YAML 1.2."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in _NUMBER_START:
        if len(text) <= _LONGEST_INT and _INT.fullmatch(text):
            return int(text, 0)
        if _FLOAT.fullmatch(text):
            return float(text)
        if _NO_NUMBER.fullmatch(text):
            return float(text.replace(".", ""))
    return text


def _malformed(text: str, error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    since = error.context_mark
    found = broken_at(
        text,
        str(error.problem or "not well-formed"),
        (mark.line + 1, mark.column + 1) if mark else (1, 1),
        (since.line + 1, since.column + 1) if since else None,
    )
    return Fault(SYNTAX, *found)


def _unreadable(text: str) -> Fault:
    found = _HIDDEN.search(text)
    at = found.start() if found else 0
    said = f"a hidden character (U+{ord(text[at]):04X})" if found else "something that cannot be decoded"
    return Fault(UNREADABLE, *_line_and_column(text, at), f"{said} stands here", "remove it")


def _line_and_column(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
