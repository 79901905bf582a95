"""Are these the objects that were meant? Two lists of manifests, compared object by object.

Used by verify for what is built from the output; strict about types, blind to the order of keys and objects.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from .json_patch import escape
from .manifest import Manifest, ResourceId, by_identity, identify

LONGEST = 200
"""Characters shown of a value, about two lines of a terminal."""


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def canonical(manifest: Any) -> str:
    """One text for equal manifests; 1, 1.0, "1" and true are different, the order of keys is not."""
    return _CANONICAL.encode(manifest)


def differences(meant: Sequence[Manifest], found: Sequence[Manifest]) -> Iterator[tuple[ResourceId, str]]:
    """Objects that are missing, twice, different or not meant at all, each with a sentence."""
    wanted = by_identity(meant)
    built = by_identity(found)
    yield from ((identity, "was emitted twice") for identity in _twice(meant))
    yield from ((identity, "is built twice") for identity in _twice(found))
    for identity, item in wanted.items():
        if identity not in built:
            yield identity, "was emitted and is not built"
        elif canonical(item) != canonical(built[identity]):
            yield identity, f"is built differently: {first_difference(item, built[identity])}"
    for identity in built:
        if identity not in wanted:
            yield identity, "is built and was never emitted"


def _twice(items: Sequence[Manifest]) -> list[ResourceId]:
    seen: set[ResourceId] = set()
    return [identity for identity in map(identify, items) if identity in seen or seen.add(identity)]  # type: ignore[func-returns-value]


def first_difference(meant: Any, found: Any) -> str:
    """The first JSON pointer at which two values differ, with both sides."""
    path, wanted, got = next(_differences(meant, found, ""))
    return f"{path or '/'} is {_show(got)}, {_show(wanted)} was emitted"


def _differences(meant: Any, found: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(meant, dict) and isinstance(found, dict):
        for key in sorted({*meant, *found}):
            yield from _differences(meant.get(key, _ABSENT), found.get(key, _ABSENT), f"{path}/{escape(key)}")
    elif isinstance(meant, list) and isinstance(found, list):
        for i in range(max(len(meant), len(found))):
            wanted, got = (side[i] if i < len(side) else _ABSENT for side in (meant, found))
            yield from _differences(wanted, got, f"{path}/{i}")
    elif type(meant) is not type(found) or meant != found:
        yield path, meant, found


class _Absent:
    """Stands where one side has nothing."""


_ABSENT = _Absent()


def _show(value: Any) -> str:
    if value is _ABSENT:
        return "not there"
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
