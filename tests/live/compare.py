"""What an API server made of an object, beside what was sent: dropped, changed, and added by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

SERVERS = frozenset(
    {"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid", "selfLink"}
)
"""Fields of metadata that are the server's own."""


class Difference(NamedTuple):
    """One place. `path` has no indexes: `spec.template.spec.containers[].imagePullPolicy`."""

    kind: str  # added | changed | dropped
    path: str
    sent: Any
    found: Any


def differences(sent: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    """All differences but those that every object has; an added part is told by its topmost path."""
    for item in _compared(sent, found, ""):
        if item.path == "status" and item.kind == "added":
            continue
        if item.path.startswith("metadata.") and item.path.removeprefix("metadata.") in SERVERS:
            continue
        yield item


def _compared(sent: Any, found: Any, path: str) -> Iterator[Difference]:
    if isinstance(sent, Mapping) and isinstance(found, Mapping):
        for key in dict.fromkeys((*sent, *found)):
            below = f"{path}.{key}" if path else str(key)
            if key not in found:
                if not _empty(sent[key]):
                    yield Difference("dropped", below, sent[key], None)
            elif key not in sent:
                yield Difference("added", below, None, found[key])
            else:
                yield from _compared(sent[key], found[key], below)
    elif isinstance(sent, list) and isinstance(found, list) and len(sent) == len(found):
        for one, other in zip(sent, found, strict=True):
            yield from _compared(one, other, f"{path}[]")
    elif sent != found or type(sent) is not type(found):
        yield Difference("changed", path, sent, found)


def _empty(value: Any) -> bool:
    """What a server may leave out without a loss: nothing, or an empty list."""
    return value is None or value == []
