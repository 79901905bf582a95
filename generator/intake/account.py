"""What becomes of every field of an object: nothing of it is lost in silence, because whatever nobody took is told.

A section reads an object through a `Reading` and says of each path what becomes of it. Leaves of which nothing was said are
not carried, whoever forgot them.

    >>> from .files.source import Source
    >>> reading = Reading(Source({"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "spec": {"x": 1, "y": 2}}, "a.yaml"))
    >>> reading.carry(("spec", "x"), "serving[a].x")
    1
    >>> [(shown(entry.path), entry.fate.value) for entry in reading.account().entries]
    [('spec.x', 'carried'), ('spec.y', 'not carried')]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..findings.finding import Path
from ..objects.elements import NAME_KEYS
from .files.source import Source, value_at

NO_WORD = "a spec has no word for it"
"""Why a field is not carried of which no section knows more."""

NOTHING = "it says nothing"
"""Of an empty mapping or list."""

IDENTITY = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"))
"""Fields that say which object it is: told once, at its head."""


class Fate(StrEnum):
    """What became of a field."""

    CARRIED = "carried"
    """A spec says it."""
    INTENT = "intent"
    """What comes out is another on purpose."""
    LOST = "not carried"


@dataclass(frozen=True)
class Entry:
    """One field of an object, or all below it: what became of it, where a spec says it, and why it is not the same."""

    path: Path
    value: Any
    fate: Fate
    said: str = ""
    why: str = ""


@dataclass(frozen=True)
class Account:
    """One object with what became of its fields; `becomes` is the item of a spec that it is now."""

    source: Source
    entries: tuple[Entry, ...]
    becomes: str = ""
    secret: bool = False
    """Its values are nobody's business here."""
    renamed: str = ""
    """What the object is called that comes out, where that is another name."""


class Reading:
    """An object while it is read."""

    def __init__(self, source: Source, becomes: str = "", renamed: str = "") -> None:
        self.source = source
        self._becomes = becomes
        self._renamed = renamed if renamed != source.name else ""
        self._marks: dict[Path, tuple[Fate, str, str]] = {}

    def get(self, *path: str | int) -> Any:
        """A value, without a word about what becomes of it."""
        return self.source.at(*path)

    def carry(self, path: Path, said: str) -> Any:
        """The value, which a spec says at `said` as it is; None when there is none."""
        return self._mark(path, Fate.CARRIED, said, "")

    def intend(self, path: Path, why: str, said: str = "") -> Any:
        """The value; what comes out is another on purpose, and `why`."""
        return self._mark(path, Fate.INTENT, said, why)

    def leave(self, path: Path, why: str) -> None:
        """It is not carried, and `why`."""
        self._mark(path, Fate.LOST, "", why)

    def _mark(self, path: Path, fate: Fate, said: str, why: str) -> Any:
        self._marks[path] = (fate, said, why)
        return self.source.at(*path)

    def account(self, *, secret: bool = False, rest: str = NO_WORD) -> Account:
        """What became of everything; `rest` is why what nobody took is not carried."""
        inner = {path[:i] for path in (*self._marks, *IDENTITY) for i in range(len(path))}
        found = self._entries(self.source.manifest, (), (Fate.LOST, "", rest), inner)
        return Account(self.source, tuple(found), self._becomes, secret, self._renamed)

    def _entries(
        self, value: Any, path: Path, above: tuple[Fate, str, str], inner: set[Path]
    ) -> Iterator[Entry]:
        """Of all that has one fate below one path, one entry."""
        if path in IDENTITY:
            return
        own = self._marks.get(path, above)
        if path in inner and (children := list(_children(value))):
            for step, item in children:
                yield from self._entries(item, (*path, step), own, inner)
        elif value in ({}, [], None) and path not in self._marks:
            yield Entry(path, value, Fate.INTENT, "", NOTHING)
        else:
            yield Entry(path, value, *own)


def _children(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def unaddressed(source: Source, why: str, *, secret: bool = False) -> Account:
    """An object of which nothing is carried."""
    return Reading(source).account(secret=secret, rest=why)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every path that ends in a plain value or in something empty."""
    inside = list(_children(value))
    if not inside:
        yield path, value
    for step, item in inside:
        yield from leaves(item, (*path, step))


def shown(path: Path, manifest: Any = None) -> str:
    """A path as people write it: an item of a list by its name where the manifest gives it one."""
    text = ""
    for i, step in enumerate(path):
        if isinstance(step, int):
            item = value_at(manifest, path[: i + 1])
            names = (
                item[key]
                for key in NAME_KEYS
                if isinstance(item, dict) and isinstance(item.get(key), str | int)
            )
            text += f"[{next(names, step)}]"
        else:
            text += f".{step}" if text else step
    return text
