"""Where names stand in all specs: definitions, references, and what a rename changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..documents.files import Document, read_file
from ..documents.spans import Span, span_of
from ..fleet.spec_files import FLEET_FILE, kind_of, stem
from ..specs.types import LABEL
from .cursor import cursor_at
from .names import BY_FLEET, DECLARED, Named, declares_at, names_at, names_in
from .workspace import Workspace

_NAME = re.compile(LABEL)
_LONGEST = 63

EVERYWHERE = frozenset({"group", "model", "hub", *BY_FLEET})
"""What has one name in the whole fleet; all else has it in clusters that have files in common."""


class Place(NamedTuple):
    """A word in a file."""

    file: str
    span: Span
    declares: bool = False


class Thing(NamedTuple):
    """What a word names."""

    what: str
    name: str


class CannotRename(Exception):
    """Why a word cannot be renamed."""


@dataclass(frozen=True)
class Rename:
    """What a rename changes: words in files, and the file that is called as the thing."""

    changes: Mapping[str, tuple[tuple[Span, str], ...]]
    old_file: str
    new_file: str
    texts: Mapping[str, str]
    """The files as they were read."""


def thing_at(workspace: Workspace, file: str, line: int, column: int) -> Thing | None:
    """What the word at a cursor names or declares."""
    spot = cursor_at(workspace.texts.get(file, ""), line, column)
    word = spot.word.strip("\"'")
    if not word or (not spot.path and not spot.is_key):
        return None
    if spot.is_key:
        what = names_at(file, (*spot.path, word), key=True)
    else:
        what = names_at(file, spot.path) or declares_at(file, spot.path)
    return Thing(what, word) if what else None


def definitions(workspace: Workspace, file: str, thing: Thing) -> tuple[Place, ...]:
    """Where a thing is declared."""
    what, name = thing
    direct = {"group": f"clusters/groups/{name}.yaml", "model": f"clusters/models/{name}.yaml"}.get(what)
    if direct is not None:
        return tuple(_declarations(workspace, thing, (direct,) if direct in workspace.files else ()))
    if what in BY_FLEET:
        return tuple(_declarations(workspace, thing, (FLEET_FILE,)))
    if what == "hub":
        return tuple(
            _declarations(
                workspace,
                thing,
                (item for item in workspace.files if kind_of(item) == "Cluster" and stem(item) == name),
            )
        )
    if what not in DECLARED:
        return ()
    resolved = workspace.resolved(file)
    files = [layer.document.file for layer in resolved.layers] if resolved else []
    # The cluster's own word is the last one.
    return tuple(_declarations(workspace, thing, (*files[::-1], *(() if file in files else (file,)))))


def _declarations(workspace: Workspace, thing: Thing, files: Iterable[str]) -> Iterator[Place]:
    for place in occurrences(workspace, thing, files):
        if place.declares:
            yield place


def references(workspace: Workspace, file: str, thing: Thing) -> tuple[Place, ...]:
    """Everywhere that a thing is named or declared."""
    return tuple(occurrences(workspace, thing, _scope(workspace, file, thing.what)))


def _scope(workspace: Workspace, file: str, what: str) -> tuple[str, ...]:
    if what in EVERYWHERE or what not in DECLARED:
        return workspace.files
    users = (file,) if kind_of(file) == "Cluster" else workspace.users(file)
    found: dict[str, None] = {file: None}
    for user in users:
        found[user] = None
        found.update(dict.fromkeys(workspace.judged[user].uses if user in workspace.judged else ()))
    shared = [name for name in found if kind_of(name) == "Group"]
    for group in shared:
        found.update(dict.fromkeys(workspace.users(group)))
    return tuple(sorted({*found, FLEET_FILE}))


def occurrences(workspace: Workspace, thing: Thing, files: Iterable[str]) -> Iterator[Place]:
    """The places in these files; only those that hold the word are read as YAML."""
    sources, word = workspace.sources, thing.name.encode()
    for file in files:
        raw = sources[file]
        if not isinstance(raw, bytes) or word not in raw:
            continue
        document = read_file(sources, file)[0] or workspace.readings.get(file)
        if document is not None:
            yield from (Place(file, _span(document, item), item.declares) for item in _of(document, thing))


def _of(document: Document, thing: Thing) -> Iterator[Named]:
    for item in names_in(document.file, document.data):
        if (item.what, item.name) == thing:
            yield item


def _span(document: Document, item: Named) -> Span:
    return span_of(document.text, document.where(item.path, key=item.is_key))


def renamed(workspace: Workspace, thing: Thing, new: str) -> Rename:
    """A model or group by another name, in all specs.

    Raises:
        CannotRename: it is neither, the name is taken or cannot be one, or a file that names it cannot be read.
    """
    folder = {"group": "groups", "model": "models"}.get(thing.what)
    if folder is None:
        raise CannotRename(
            f"{thing.name} is a {thing.what}: models and groups can be renamed, which have a file of their own"
        )
    old_file, new_file = (f"clusters/{folder}/{name}.yaml" for name in (thing.name, new))
    if not _NAME.fullmatch(new) or len(new) > _LONGEST:
        raise CannotRename(f"{new} is no name: small letters, digits and -, up to {_LONGEST}")
    if new_file in workspace.files:
        raise CannotRename(f"there is a {thing.what} {new} already")
    if old_file not in workspace.files:
        raise CannotRename(f"there is no {thing.what} {thing.name}")
    changes: dict[str, list[tuple[Span, str]]] = {}
    texts: dict[str, str] = {}
    for name in workspace.files:
        raw = workspace.sources[name]
        if not isinstance(raw, bytes) or thing.name.encode() not in raw:
            continue
        document = read_file(workspace.sources, name)[0]
        if document is None:
            raise CannotRename(f"{name} cannot be read as YAML, and may name {thing.name}: mend it first")
        for item in _of(document, thing):
            span = _span(document, item)
            quote = document.text.split("\n")[span.line][span.start]
            changes.setdefault(name, []).append((span, f"{quote}{new}{quote}" if quote in "\"'" else new))
            texts[name] = document.text
    return Rename({name: tuple(spans) for name, spans in changes.items()}, old_file, new_file, texts)
