"""The one way in for specs: which files there are, and each as plain data with a place for every path.

First stage of the flow. What is wrong with a file (unreadable, misplaced, not the strict YAML of `yaml/strict.py`)
comes back as findings; nothing here raises for what a person wrote.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as File
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from ..findings.finding import Finding, Path, Where
from ..findings.rule import plain_rule
from ..yaml.positions import Mark, Position, in_order, marks_of, place_of
from ..yaml.strict import DUPLICATE, REFERENCE, SYNTAX, TOO_LARGE, UNREADABLE, Fault, read_text
from .near import nearest
from .secrets.search import secrets_in, showable

MAX_BYTES = 256 * 1024

MISPLACED = plain_rule(
    "SPEC006", "Everything in clusters/ is read: only .yaml specs lie there, in their folders."
)


@dataclass(frozen=True)
class Document:
    """One spec file: its path below the repository, its text and its plain data."""

    file: str
    text: str
    data: dict[str, Any]

    @cached_property
    def _marks(self) -> Mark:
        return marks_of(self.text)

    def where(self, path: Path, *, key: bool = False) -> Where:
        """Place of a path, or of its nearest ancestor that exists; with `key`, of the key itself."""
        return Where(self.file, *place_of(self._marks, path, key=key))

    def positions(self) -> tuple[Position, ...]:
        """Line and column of everything in it, in order."""
        return tuple(in_order(self._marks))


class Unreadable(NamedTuple):
    """Why a file is not looked at, and what to do."""

    wrong: str
    hint: str


Root = File | Mapping[str, bytes | Unreadable]
"""Where specs are: a repository on disk, or path -> bytes of files that were read from Git, or on another machine."""

_ABSENT = Unreadable("cannot be read: Git has no plain file there", "check the path")


def read_file(root: Root, file: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """One spec below `root`; no Document when there is nothing that can be looked at further."""
    text = _decoded(raw_of(root, file))
    if isinstance(text, Unreadable):
        return None, (_finding(file, Fault(UNREADABLE, 1, 1, *text)),)
    data, faults = read_text(text)
    leaks = secrets_in(text, data)
    findings = tuple(_finding(file, fault) for fault in (*faults, *leaks))
    if not isinstance(data, dict):
        if not faults:
            said = "is empty" if data is None else f"holds {_called(data)}"
            hint = "start with apiVersion: nearedge/v1alpha1, kind:, metadata:, spec:"
            fault = Fault(SYNTAX, 1, 1, f"the file {said}, a spec is a mapping", hint)
            findings = (_finding(file, fault), *findings)
        return None, findings
    return Document(file, text, data), findings


def _called(data: Any) -> str:
    return "a list" if isinstance(data, list) else "a single value"


def _finding(file: str, fault: Fault) -> Finding:
    where = Where(file, fault.line, fault.column)
    return Finding(where, fault.rule.severity, fault.rule.code, showable(fault.message), fault.hint)


def raw_of(root: Root, file: str) -> bytes | Unreadable:
    """The bytes of one spec below `root`, or why there is nothing to read."""
    if not isinstance(root, File):
        raw = root.get(file, _ABSENT)
        return _too_large(len(raw)) if isinstance(raw, bytes) and len(raw) > MAX_BYTES else raw
    path = root / file
    try:
        return _refused(path.lstat()) or path.read_bytes()
    except OSError as error:
        return Unreadable(f"cannot be read: {error.strerror}", "check that the file exists and may be read")


def _decoded(raw: bytes | Unreadable) -> str | Unreadable:
    if isinstance(raw, Unreadable):
        return raw
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Unreadable(f"is not UTF-8: byte 0x{raw[error.start]:02x} in line {line}", "save it as UTF-8")
    if text.startswith("\ufeff"):
        return Unreadable("starts with a byte order mark", "save it as UTF-8 without BOM")
    return text


def _refused(status: os.stat_result) -> Unreadable | None:
    if stat.S_ISLNK(status.st_mode):
        return Unreadable("is a symlink", "put the file itself here")
    if not stat.S_ISREG(status.st_mode):
        return Unreadable("is not a regular file", "put a plain file here")
    return _too_large(status.st_size) if status.st_size > MAX_BYTES else None


def _too_large(size: int) -> Unreadable:
    return Unreadable(f"has {size} bytes, at most {MAX_BYTES} are read", "split it")


FOLDERS: Mapping[str, str] = {
    "groups": "Group",
    "models": "Model",
    "core": "Cluster",
    "near-edge": "Cluster",
    "removals": "Removals",
    "rules": "Rules",
}
"""Folder below clusters/ -> kind of the specs in it."""

TEAMS = "teams"
"""Folder below that of a cluster or a group: what teams say of it, each in a file of its name."""
_WITH_TEAMS = frozenset({"groups", "core", "near-edge"})

SINGLE: Mapping[str, str] = {"clusters/fleet.yaml": "Fleet", "clusters/removals.yaml": "Removals"}
"""Specs that lie in no folder of their own -> their kind."""

_SPEC_LIKE = frozenset({".yaml", ".yml", ".json"})


def find_specs(root: File) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Paths of all specs below clusters/, sorted, and findings for what nobody would read."""
    files: list[str] = []
    findings: list[Finding] = []
    folders = ["clusters"]
    while folders:
        folder = folders.pop()
        try:
            entries = _entries(root, folder)
        except OSError as error:
            said = f"cannot be read: {error.strerror}"
            findings.append(_misread(folder, said, "check that it is a folder and may be read"))
            continue
        for name, is_folder, is_link in entries:
            file = f"{folder}/{name}"
            if not name.isprintable():
                findings.append(
                    _misread(file, _odd(name), "rename it: specs and their folders are called a-z, 0-9, -")
                )
                continue
            spec_like = os.path.splitext(name)[1].lower() in _SPEC_LIKE  # noqa: PTH122 - of a name, many times
            if is_folder and not spec_like:
                folders.append(file)
            elif is_spec(file) and not is_folder:
                files.append(file)
            elif spec_like or is_link:
                said = "nobody would read this file" if not is_folder else "nobody would read this folder"
                findings.append(_finding(file, Fault(MISPLACED, 1, 1, said, _proper(file))))
    return tuple(sorted(files)), tuple(sorted(findings, key=Finding.sort_key))


def _entries(root: File, folder: str) -> list[tuple[str, bool, bool]]:
    """(name, whether a folder, whether a symlink) of what lies in a folder; none when it does not exist."""
    if (root / folder).is_symlink():
        raise OSError(0, "it is a symlink")
    try:
        with os.scandir(root / folder) as found:
            return [(item.name, item.is_dir(follow_symlinks=False), item.is_symlink()) for item in found]
    except FileNotFoundError:
        return []


def is_spec(file: str) -> bool:
    """Whether a path below the repository is one that specs have."""
    if not file.startswith("clusters/"):
        return False
    _, folder, *rest = file.split("/")
    return file in SINGLE or (folder in FOLDERS and bool(rest) and file.endswith(".yaml"))


def is_part(file: str) -> bool:
    """Whether a file is what a team says of a cluster or a group.

    >>> is_part("clusters/near-edge/store-001/teams/vision.yaml"), is_part("clusters/near-edge/emea/store-001.yaml")
    (True, False)
    """
    if f"/{TEAMS}/" not in file:
        return False
    steps = file.split("/")
    # clusters, the folder of the kind, the cluster's or the group's own folder, teams, the file
    return len(steps) >= 5 and steps[1] in _WITH_TEAMS and steps[-2] == TEAMS  # noqa: PLR2004 - so many steps


def is_own_part(file: str) -> bool:
    """Whether it is what a team says of one cluster."""
    # Asked of every file that a cluster is made of, and hardly any is one.
    return f"/{TEAMS}/" in file and is_part(file) and not file.startswith("clusters/groups/")


def whole_of(part: str) -> str:
    """The file that a team's file is part of.

    >>> whole_of("clusters/near-edge/store-001/teams/vision.yaml")
    'clusters/near-edge/store-001.yaml'
    """
    return f"{PurePosixPath(part).parents[1]}.yaml"


def part_at(whole: str, team: str) -> str:
    """Where a team's file about a cluster or a group lies."""
    return f"{whole.removesuffix('.yaml')}/{TEAMS}/{team}.yaml"


_PLACES = (
    "specs are clusters/{fleet,removals}.yaml and *.yaml in clusters/{groups,models,rules,core,near-edge}/"
)


def _proper(file: str) -> str:
    """Where a file probably belongs, and what it is called there."""
    path = PurePosixPath(file)
    named = path.with_suffix(".yaml")
    if named.as_posix() != file and is_spec(named.as_posix()):
        return f"call it {named.name}"
    if single := nearest(named.name, [PurePosixPath(known).name for known in SINGLE], _ALIKE):
        return f"call it clusters/{single}"
    if len(path.parts) == 2:  # noqa: PLR2004 - clusters/ and a file
        return (
            "put it into a folder: clusters/near-edge/, clusters/core/, clusters/groups/ or clusters/models/"
        )
    near = nearest(path.parts[1], FOLDERS)
    return f"did you mean clusters/{near}/?" if near else _PLACES


_ALIKE = 0.85


def _odd(name: str) -> str:
    """What is wrong with a name that is not made of letters that can be shown."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "has a name that is not UTF-8"
    sign = next(char for char in name if not char.isprintable())
    return f"has U+{ord(sign):04X} in its name, which steers terminals or cannot be seen"


def _misread(folder: str, said: str, hint: str) -> Finding:
    return _finding(folder, Fault(UNREADABLE, 1, 1, said, hint))


__all__ = [
    "DUPLICATE",
    "FOLDERS",
    "MAX_BYTES",
    "MISPLACED",
    "REFERENCE",
    "SYNTAX",
    "TOO_LARGE",
    "UNREADABLE",
    "Document",
    "find_specs",
    "read_file",
    "read_text",
]
