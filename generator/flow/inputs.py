"""What all clusters share, file by file: which bytes it has, and what it says without comments and line numbers.

A cluster depends on the fleet's file, on its groups, and on the models that it names; so a model's edit is the business
of those who name it, and a comment the business of those about whom something is found in that file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..disk.plain import digest
from ..documents.files import Document, is_own_part, whole_of
from ..documents.merge import Layer, Resolved
from ..findings.finding import Where
from ..fleet.folders import named_in
from ..fleet.spec_files import FLEET_FILE, Shared
from ..yaml.positions import Position


class Content(NamedTuple):
    """A shared file: digests of its bytes and of what they say; the latter empty while nobody has asked."""

    raw: str
    says: str = ""


Contents = Mapping[str, Content]
"""The shared files of a repository by path."""


class Moves(NamedTuple):
    """What happened to shared files since they were noted."""

    changed: frozenset[str] = frozenset()
    """Those that say something else."""
    moved: frozenset[str] = frozenset()
    """Those that say the same on other lines, perhaps."""
    now: Mapping[str, Mapping[Position, Position]] = {}
    """Of these, line and column as they were -> as they are."""

    def __bool__(self) -> bool:
        return bool(self.changed or self.moved)

    @property
    def touched(self) -> frozenset[str]:
        """All of them."""
        return self.changed | self.moved

    def place(self, where: Where) -> Where | None:
        """Where it stands now; None when nobody knows without looking again."""
        if where.file in self.changed:
            return None
        if where.file in self.moved:
            found = self.now.get(where.file, {}).get((where.line, where.column))
            return None if found is None else Where(where.file, *found)
        return where


NO_MOVES = Moves()


def is_shared(file: str) -> bool:
    """Whether clusters are compiled from it, or judged by it, beside their own files; what teams say of one is such a file."""
    shared = (
        file.startswith(("clusters/groups/", "clusters/models/", "clusters/rules/")) or file == FLEET_FILE
    )
    return shared or is_own_part(file)


def contents_of(
    digests: Mapping[str, str], before: Contents, document: Callable[[str], Document | None]
) -> dict[str, Content]:
    """Shared files as they are now; what one says is found out where `before` holds other bytes of it."""
    found: dict[str, Content] = {}
    for file in filter(is_shared, digests):
        known = before.get(file)
        if known is None:
            found[file] = Content(digests[file])
        elif known.raw == digests[file]:
            found[file] = known
        else:
            read = document(file)
            found[file] = Content(digests[file], "" if read is None else said(read.data))
    return found


def moves(
    before: Contents,
    now: Contents,
    positions: Mapping[str, Sequence[Position]],
    document: Callable[[str], Document | None],
) -> Moves:
    """The files that differ; `positions` are those of everything in a file, as they were."""
    other = {file for file, content in now.items() if content != before.get(file)}
    changed = frozenset(file for file in other if not now[file].says or now[file].says != before[file].says)
    moved = frozenset(other - changed)
    read = {file: document(file) for file in moved & positions.keys()}
    now_at = {file: _paired(positions[file], item.positions()) for file, item in read.items() if item}
    return Moves(changed, moved, now_at)


def _paired(before: Sequence[Position], now: Sequence[Position]) -> dict[Position, Position]:
    """Positions in two texts that say the same; not those that were one place and are two."""
    found: dict[Position, Position] = {}
    split: set[Position] = set()
    for was, now_at in zip(before, now, strict=True):
        if found.setdefault(was, now_at) != now_at:
            split.add(was)
    return {was: now_at for was, now_at in found.items() if was not in split}


def told(now: Contents, documents: Mapping[str, Document]) -> dict[str, Content]:
    """The same, with what each file says."""
    return {
        file: content
        if content.says or file not in documents
        else Content(content.raw, said(documents[file].data))
        for file, content in now.items()
    }


def documents_of(shared: Shared) -> Iterator[Document]:
    """The documents of all files that clusters share; of what teams say, those that were read."""
    yield shared.fleet_document
    yield from shared.groups.values()
    yield from shared.model_documents.values()
    yield from (item.document for item in shared.rules)
    yield from shared.parts.known()


def said(data: Any) -> str:
    """Digest of what a document says; the order of keys is part of it."""
    return digest(json.dumps(data).encode())


def uses_of(shared: Shared, resolved: Resolved) -> tuple[str, ...]:
    """The groups and models that a cluster is made of, the models that these name in turn, and the fleet's own rules.

    But for the fleet's file. What teams say of groups and of the cluster is among the former.
    """
    rules = (item.document.file for item in shared.rules)
    groups = [layer.document.file for layer in resolved.layers[1:-1]]
    named: set[str] = set()
    asked = _strings(resolved.spec)
    while new := (asked & shared.model_documents.keys()) - named:
        named |= new
        for name in new:
            asked |= _strings(shared.model_documents[name].data)
    return (*groups, *sorted(shared.model_documents[name].file for name in named), *rules)


def folders_of(shared: Shared, layers: Iterable[Layer]) -> tuple[tuple[str, str], ...]:
    """The folders that layers name, each with the digest of what is taken of it.

    Also those that a later layer replaces: a base is made of what groups say alone.
    """
    named = sorted({folder for layer in layers for _, folder in named_in(layer.data)})
    return tuple((folder, shared.folders.digest(folder)) for folder in named)


def parts_by_cluster(files: Iterable[str]) -> dict[str, frozenset[str]]:
    """Cluster's file -> what teams say of it in files of their own."""
    found: dict[str, set[str]] = {}
    for file in files:
        if is_own_part(file):
            found.setdefault(whole_of(file), set()).add(file)
    return {whole: frozenset(parts) for whole, parts in found.items()}


def has_parts(uses: Iterable[str], parts: frozenset[str]) -> bool:
    """Whether a cluster that was made of these shared files has the same files of teams now."""
    return parts == {file for file in uses if is_own_part(file)}


def _strings(value: Any) -> set[str]:
    """Everything in a spec that could be a name: no name has a character that JSON escapes."""
    return set(_STRING.findall(json.dumps(value)))


_STRING = re.compile(r'"([^"\\]*)"')
