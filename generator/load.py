"""The one way in for YAML: strict text to plain data, and a line and column for every path.

First stage of the flow. Strict means UTF-8, one document, YAML 1.2 scalars, no duplicate keys, anchors,
aliases, merge keys or tags, bounded size, depth and number of nodes. All that is wrong with a file comes back
as findings; nothing here raises for what a person wrote.

    >>> data, faults = read_text("spec:\\n  tier: core\\n")
    >>> data, list(faults)
    ({'spec': {'tier': 'core'}}, [])
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as File
from typing import Any, NamedTuple

import yaml

from .finding import Finding, Path, Rule, Where, plain_rule

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_NODES = 20_000

UNREADABLE = plain_rule("SPEC001", "A spec is a plain UTF-8 file of at most 256 KiB; a symlink is not followed.")
SYNTAX = plain_rule("SPEC002", "A spec is one well-formed YAML document.")
DUPLICATE = plain_rule("SPEC003", "A key stands once in a mapping; most readers would silently keep the last.")
REFERENCE = plain_rule("SPEC004", "A spec uses no anchors, aliases, merge keys or tags: what you read is what it says.")
TOO_LARGE = plain_rule("SPEC005", "A spec nests at most 20 levels and holds at most 20,000 nodes.")
MISPLACED = plain_rule("SPEC006", "Everything in clusters/ is read: only .yaml specs lie there, in their folders.")

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
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


class Mark(NamedTuple):
    """Where a node stands (1-based), where its key stands, and the marks of what it holds."""

    line: int
    column: int
    key: tuple[int, int] | None
    inside: Mapping[str, Mark] | tuple[Mark, ...] | None


class Fault(NamedTuple):
    """A rule of this module, broken at a line and column."""

    rule: Rule
    line: int
    column: int
    message: str
    hint: str


@dataclass(frozen=True)
class Document:
    """One spec file: its path below the repository, its text and its plain data."""

    file: str
    text: str
    data: dict[str, Any]

    @cached_property
    def _marks(self) -> Mark:
        # A second pass, only when something has to be shown: marks cost as much as the data itself.
        return _Builder(self.text).build()[1]

    def where(self, path: Path, *, key: bool = False) -> Where:
        """Place of a path, or of its nearest ancestor that exists; with `key`, of the key itself."""
        mark = self._marks
        at = (mark.line, mark.column)
        for step in path:
            found = _step(mark, step)
            if found is None:
                return Where(self.file, *(mark.key or at))
            mark = found
            at = (mark.line, mark.column)
        return Where(self.file, *(mark.key if key and mark.key else at))


def _step(mark: Mark, step: str | int) -> Mark | None:
    inside = mark.inside
    if isinstance(step, str) and isinstance(inside, Mapping):
        return inside.get(step)
    if isinstance(step, int) and isinstance(inside, tuple) and step < len(inside):
        return inside[step]
    return None


def read_text(text: str) -> tuple[Any, tuple[Fault, ...]]:
    """Plain data of one document, and everything that is wrong with it."""
    builder = _Builder(text)
    data, _ = builder.build()
    return data, tuple(builder.faults)


def read_file(root: File, file: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """One spec below `root`; no Document when there is nothing that can be looked at further."""
    text, problem = _text_of(root / file)
    if text is None:
        return None, (_finding(file, Fault(UNREADABLE, 1, 1, *problem)),)
    data, faults = read_text(text)
    findings = tuple(_finding(file, fault) for fault in faults)
    if not isinstance(data, dict):
        if not findings:
            said = "is empty" if data is None else f"holds a {type(data).__name__}"
            hint = "start with apiVersion: nearedge/v1alpha1, kind:, metadata:, spec:"
            findings = (_finding(file, Fault(SYNTAX, 1, 1, f"the file {said}, a spec is a mapping", hint)),)
        return None, findings
    return Document(file, text, data), findings


def _finding(file: str, fault: Fault) -> Finding:
    return Finding(Where(file, fault.line, fault.column), fault.rule.severity, fault.rule.code, fault.message, fault.hint)


def _text_of(path: File) -> tuple[str | None, tuple[str, str]]:
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return None, ("is a symlink", "put the file itself here")
        if not stat.S_ISREG(status.st_mode):
            return None, ("is not a regular file", "put a plain file here")
        if status.st_size > MAX_BYTES:
            return None, (f"has {status.st_size} bytes, at most {MAX_BYTES} are read", "split it")
        raw = path.read_bytes()
    except OSError as error:
        return None, (f"cannot be read: {error.strerror}", "check that the file exists and may be read")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return None, (f"is not UTF-8: byte 0x{raw[error.start]:02x} in line {line}", "save it as UTF-8")
    if text.startswith("\ufeff"):
        return None, ("starts with a byte order mark", "save it as UTF-8 without BOM")
    return text, ("", "")


class _Stop(Exception):  # noqa: N818 - not an error of the program: ends one file
    """Ends the reading of a file whose rest cannot be trusted."""


class _Builder:
    """One pass over the parser's events, collecting data, marks and faults."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[Fault] = []
        self._nodes = 0
        self._events: Iterator[Any] = iter(())

    def build(self) -> tuple[Any, Mark]:
        empty = Mark(1, 1, None, None)
        try:
            self._events = yaml.parse(self.text, Loader=yaml.CSafeLoader)
            return self._document(empty)
        except _Stop:
            return None, empty
        except yaml.reader.ReaderError as error:
            self._unreadable(error)
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
        return None, empty

    def _document(self, empty: Mark) -> tuple[Any, Mark]:
        result: tuple[Any, Mark] = (None, empty)
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._fault(SYNTAX, event, "a second document starts here", "one spec, one file")
                    raise _Stop
                if event.version or event.tags:
                    self._fault(REFERENCE, event, "YAML directives are not used in specs", "remove the % lines")
            elif isinstance(event, yaml.NodeEvent):
                result = self._node(event, 1)
        return result

    def _node(self, event: Any, depth: int) -> tuple[Any, Mark]:
        self._nodes += 1
        start = event.start_mark
        at = (start.line + 1, start.column + 1)
        if self._nodes > MAX_NODES:
            self._fault(TOO_LARGE, event, f"more than {MAX_NODES} nodes", "split the file")
            raise _Stop
        if depth > MAX_DEPTH:
            self._fault(TOO_LARGE, event, f"more than {MAX_DEPTH} levels deep", "no field of a spec lies this deep")
            raise _Stop
        if event.anchor is not None:
            self._reference(event)
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if event.tag is not None:
                self._tag(event)
            return self._scalar(event), Mark(*at, None, None)
        if kind is yaml.MappingStartEvent:
            return self._mapping(event, at, depth)
        if kind is yaml.SequenceStartEvent:
            return self._sequence(event, at, depth)
        return None, Mark(*at, None, None)

    def _mapping(self, event: Any, at: tuple[int, int], depth: int) -> tuple[Any, Mark]:
        if event.tag is not None:
            self._tag(event)
        data: dict[str, Any] = {}
        marks: dict[str, Mark] = {}
        for key_event in self._events:
            if type(key_event) is yaml.MappingEndEvent:
                break
            place = (key_event.start_mark.line + 1, key_event.start_mark.column + 1)
            key, _ = self._node(key_event, depth + 1)
            value, mark = self._node(next(self._events), depth + 1)
            if not isinstance(key, str):
                said = key_event.value if type(key_event) is yaml.ScalarEvent else "a collection"
                self._fault(SYNTAX, key_event, f"the key {said} is not a string", "put it in quotes")
            elif key == "<<":
                self._fault(REFERENCE, key_event, "merge keys (<<) are not used in specs", "write the fields out, or use a group")
            elif key in data:
                first = marks[key].key or at
                self._fault(DUPLICATE, key_event, f"key {key} stands already in line {first[0]}, column {first[1]}", "keep one of the two")
            else:
                data[key] = value
                marks[key] = Mark(mark.line, mark.column, place, mark.inside)
        return data, Mark(*at, None, marks)

    def _sequence(self, event: Any, at: tuple[int, int], depth: int) -> tuple[Any, Mark]:
        if event.tag is not None:
            self._tag(event)
        data: list[Any] = []
        marks: list[Mark] = []
        for item in self._events:
            if type(item) is yaml.SequenceEndEvent:
                break
            value, mark = self._node(item, depth + 1)
            data.append(value)
            marks.append(mark)
        return data, Mark(*at, None, tuple(marks))

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.style:  # quoted or block: always a string
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if text[0] in _NUMBER_START:
            if _INT.fullmatch(text) and len(text) < 20:  # noqa: PLR2004 - no field takes more than 64 bits
                return int(text, 0)
            if _FLOAT.fullmatch(text):
                return float(text)
        return text

    def _tag(self, event: Any) -> None:
        self._fault(REFERENCE, event, f"the tag {event.tag} is not used in specs", "quote the value if it must be a string")

    def _reference(self, event: Any) -> None:
        sign = "alias *" if type(event) is yaml.AliasEvent else "anchor &"
        hint = "write the value out; what several clusters share belongs into a group"
        self._fault(REFERENCE, event, f"{sign}{event.anchor} is not used in specs", hint)
        if len(self.faults) > 100:  # noqa: PLR2004 - an alias bomb, not a person's slip
            raise _Stop

    def _fault(self, rule: Rule, event: Any, message: str, hint: str) -> None:
        start = event.start_mark
        self.faults.append(Fault(rule, start.line + 1, start.column + 1, message, hint))

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = " ".join(part for part in (error.context, error.problem) if part) or "not well-formed"
        hint = "check the indentation and the quotes of this line and of the one before"
        rows = self.text.splitlines()
        if 0 < line <= len(rows) and "\t" in rows[line - 1][: column + 1]:
            said, hint = "a tab stands where YAML wants spaces", "indent with spaces"
        self.faults.append(Fault(SYNTAX, line, column, said, hint))

    def _unreadable(self, error: yaml.reader.ReaderError) -> None:
        found = _CONTROL.search(self.text)
        at = found.start() if found else 0
        line = self.text.count("\n", 0, at) + 1
        column = at - self.text.rfind("\n", 0, at)
        message = f"a control character (U+{ord(self.text[at]):04X}) stands here" if found else str(error.reason)
        self.faults.append(Fault(UNREADABLE, line, column, message, "remove it"))


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")

FOLDERS: Mapping[str, str] = {"groups": "Group", "models": "Model", "core": "Cluster", "near-edge": "Cluster"}
"""Folder below clusters/ -> kind of the specs in it."""


def find_specs(root: File) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Paths of all specs below clusters/, sorted, and findings for files that nobody would read."""
    files: list[str] = []
    findings: list[Finding] = []
    for path in _walk(root / "clusters"):
        file = path.relative_to(root).as_posix()
        known = file == "clusters/fleet.yaml" or path.relative_to(root / "clusters").parts[0] in FOLDERS
        if known and path.suffix == ".yaml" and len(file.split("/")) > (1 if file == "clusters/fleet.yaml" else 2):
            files.append(file)
        elif path.suffix in {".yaml", ".yml", ".json"} or path.is_symlink():
            hint = "specs are clusters/fleet.yaml and *.yaml in clusters/{groups,models,core,near-edge}"
            findings.append(_finding(file, Fault(MISPLACED, 1, 1, "this file would be ignored", hint)))
    return tuple(sorted(files)), tuple(findings)


def _walk(folder: File) -> Iterator[File]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        else:
            yield path
