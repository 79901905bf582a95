"""What depends on a name or on a key of a mapping, found out by giving it another one.

A leaf can be changed alone (probe.py). A name is said in several places, which have to change together, and a key is no
leaf: `quota: {cpu: {memory: 64Gi}}` says the amounts of memory in its values, and that memory is counted in its keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from ..documents.files import Document
from ..documents.paths import leaves, value_at
from ..findings.finding import Path
from ..fleet.spec_files import stem
from ..objects.elements import named_by
from .origins import Origin, View, origin_at
from .output_lines import FieldLine
from .probe import Compiled, Subject, attempted, renamed, with_document
from .reach import paired

_NAMES = ("name", "namespace")
_OTHER_KEYS = ("{}x", "example.com/x")
"""Another key of the same kind: one of them fits wherever a spec lets people choose the key."""


def naming_origins(
    subject: Subject, before: Compiled, spot: FieldLine, view: View, documents: Iterable[str]
) -> Iterator[Origin]:
    """Names and keys of these documents that decide the field."""
    decides = partial(_decides, before, spot, view)
    files = frozenset(documents)
    known: dict[Any, bool] = {}
    for document in subject.documents():
        if document.file not in files:
            continue
        for leaf in leaves(document.data):
            name = value_at(document.data, leaf)
            if leaf[-1] not in _NAMES or not isinstance(name, str):
                continue
            if name not in known:
                known[name] = decides(_renamed(subject, name, f"{name}x"))
            if known[name]:
                yield origin_at(subject, document.file, leaf, "value")
        for paths in _keys(document.data):
            if any(decides(other) for other in _with_other_keys(subject, document, paths)):
                yield from (origin_at(subject, document.file, path, "value") for path in paths)


def _renamed(subject: Subject, name: str, new: str) -> Compiled | None:
    """With another name in all documents."""
    other: Subject | None = subject
    for document in subject.documents():
        data, file = renamed(document.data, name, new), document.file
        if document == subject.document and stem(file) == name:
            # A cluster is called as its file.
            file = PurePosixPath(file).with_stem(new).as_posix()
        if other is not None and data != document.data:
            other = with_document(other, Document(file, document.text, data))
    return attempted(other) if other else None


def _keys(data: Any) -> Iterator[tuple[Path, ...]]:
    """Each key that a person may have chosen, with the same one beside it: `memory` of all flavors of a queue."""
    found: dict[tuple[Any, ...], dict[Path, None]] = {}
    for leaf in leaves(data.get("spec", {}), ("spec",)) if isinstance(data, dict) else ():
        for i in range(2, len(leaf)):
            if isinstance(leaf[i], str):
                found.setdefault((leaf[: i - 1], isinstance(leaf[i - 1], str), leaf[i]), {})[
                    leaf[: i + 1]
                ] = None
    yield from (tuple(paths) for paths in found.values())


def _with_other_keys(subject: Subject, document: Document, paths: tuple[Path, ...]) -> Iterator[Compiled]:
    key = str(paths[0][-1])
    for form in _OTHER_KEYS:
        data = document.data
        for path in paths:
            data = _with_key(data, path, form.format(key))
        other = with_document(subject, Document(document.file, document.text, data))
        found = attempted(other) if other else None
        if found is not None:
            yield found
            return


def _with_key(data: Any, path: Path, new: str) -> Any:
    """The data with another key at the end of a path, in the place of the one that was there."""
    step, *rest = path
    if isinstance(data, list):
        return [_with_key(item, tuple(rest), new) if i == step else item for i, item in enumerate(data)]
    if rest:
        return {key: _with_key(item, tuple(rest), new) if key == step else item for key, item in data.items()}
    return {new if key == step else key: item for key, item in data.items()}


def _decides(before: Compiled, spot: FieldLine, view: View, after: Compiled | None) -> bool:
    """Whether the field says something else: an item of a list is looked for where it is now."""
    objects = view(before)
    others = view(after) if after else {}
    if not others or spot.identity is None or not spot.path:
        return False
    other = paired(objects, others)[spot.identity]
    return other is not None and not _same_at(objects[spot.identity], others[other], spot.path)


def _same_at(one: Any, other: Any, path: Path) -> bool:
    if not path:
        return bool(one == other)
    step, *rest = path
    if isinstance(one, list) and isinstance(step, int):
        place = _place_of(one, other, step) if isinstance(other, list) and step < len(one) else None
        return place is not None and _same_at(one[step], other[place], tuple(rest))
    if isinstance(one, dict) and isinstance(other, dict) and step in one and step in other:
        return _same_at(one[step], other[step], tuple(rest))
    return bool(value_at(one, path) == value_at(other, path))


def _place_of(one: list[Any], other: list[Any], place: int) -> int | None:
    """Where an item of one list is in the other; under another name it has its old place."""
    element = one[place]
    fields = next(named_by(one, other), ()) if other else ()
    if fields:
        same = [i for i, item in enumerate(other) if all(item[name] == element[name] for name in fields)]
    else:
        same = [i for i, item in enumerate(other) if item == element]
    return same[0] if same else place if len(one) == len(other) else None
