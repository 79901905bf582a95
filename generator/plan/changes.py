"""What differs between two sets of objects, field by field: the same object is found by its identity.

    {"spec": {"replicas": 1}} -> {"spec": {"replicas": 2}}     spec.replicas: 1 -> 2

Lists of named things are compared by their names, and where the names stand in another order that is a change of
its own; other lists are compared as a whole. An object whose name ends in the hash of its content is compared with
the one that it replaces.

No list is taken for a set. What a schema calls a `map` or a `set` says which elements are the same, not that their
order means nothing: Kueue tries the flavors of a ClusterQueue in their order, and env may refer to earlier env (both
`map`); mirrors of an ImageDigestMirrorSet are tried in theirs (`set`). The API server itself stores the order that
was applied last (sigs.k8s.io/structured-merge-diff v4.7.0, typed/merge.go), and a Deployment whose pod template has
nothing but another order rolls out anew (kubernetes pkg/controller/deployment/util EqualIgnoreHash).
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from ..documents.paths import dotted
from ..objects.elements import named_by, same
from ..objects.manifest import CONTENT_HASH, Manifest, ResourceId, by_identity

_HASH = re.compile(r"-[0-9a-f]{8}$")


class Absent(Enum):
    """Stands where one side has nothing; None is a value that YAML has."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


class Named(NamedTuple):
    """A step into a list: the element that has these values in the fields that name it."""

    keys: tuple[str, ...]
    values: tuple[Any, ...]

    @property
    def fields(self) -> dict[str, Any]:
        """Field -> value."""
        return dict(zip(self.keys, self.values, strict=True))

    @property
    def label(self) -> str:
        """As people write it: a namespace before the name."""
        return "/".join(str(value) for value in reversed(self.values))


Step = str | Named | int
"""A key, an element that has a name, or the place of one that has none."""
Steps = tuple[Step, ...]


class Action(StrEnum):
    """What happens to an object; replace is the removal of one and the addition of another."""

    REMOVE = "remove"
    REPLACE = "replace"
    CHANGE = "change"
    ADD = "add"


@dataclass(frozen=True)
class FieldChange:
    """One field, before and after.

    `order` is set when the elements of a list stand in another order, and has their names before and after. What
    changed inside of them, which of them come and which go are changes of their own, in front of this one.
    """

    path: Steps
    before: Any
    after: Any
    order: tuple[tuple[Any, ...], tuple[Any, ...]] | None = None

    @property
    def dotted(self) -> str:
        """The path as people write it: spec.containers[server].image."""
        return dotted(self.path)


@dataclass(frozen=True)
class ObjectChange:
    """One object: before, after, and the fields in which they differ; `was` is what a replacement replaces."""

    action: Action
    identity: ResourceId
    before: Manifest | None
    after: Manifest | None
    fields: tuple[FieldChange, ...] = ()
    was: ResourceId | None = None


def object_changes(before: Iterable[Manifest], after: Iterable[Manifest]) -> tuple[ObjectChange, ...]:
    """What has to happen to the objects `before` so that they are those `after`; dangers first, then by name."""
    old = by_identity(before)
    new = by_identity(after)
    gone = {identity: item for identity, item in old.items() if identity not in new}
    come = {identity: item for identity, item in new.items() if identity not in old}
    found = list(_replacements(gone, come))
    found += [ObjectChange(Action.REMOVE, identity, item, None) for identity, item in gone.items()]
    found += [ObjectChange(Action.ADD, identity, None, item) for identity, item in come.items()]
    for identity, item in new.items():
        if identity in old and not _equal(old[identity], item):
            fields = differences(old[identity], item)
            if fields:
                found.append(ObjectChange(Action.CHANGE, identity, old[identity], item, fields))
    return tuple(sorted(found, key=lambda change: (list(Action).index(change.action), change.identity)))


def _equal(before: Manifest, after: Manifest) -> bool:
    """Quickly true for most of the objects that are equal; version 2 of the format knows no references."""
    return before is after or marshal.dumps(before, 2) == marshal.dumps(after, 2)


def _replacements(
    gone: dict[ResourceId, Manifest], come: dict[ResourceId, Manifest]
) -> Iterator[ObjectChange]:
    """Pairs of an object and the one that takes its place with another content hash; both are taken out."""
    stems: dict[ResourceId, list[ResourceId]] = {}
    for identity, item in gone.items():
        if hashed(item):
            stems.setdefault(_stem(identity), []).append(identity)
    for identity in [identity for identity, item in come.items() if hashed(item)]:
        for old in stems.pop(_stem(identity), [])[:1]:
            before, after = gone.pop(old), come.pop(identity)
            yield ObjectChange(Action.REPLACE, identity, before, after, differences(before, after), old)


def hashed(manifest: Manifest) -> bool:
    """Whether the object's name follows its content."""
    return CONTENT_HASH in manifest["metadata"].get("labels", {})


def _stem(identity: ResourceId) -> ResourceId:
    return identity._replace(name=_HASH.sub("", identity.name))


def differences(before: Any, after: Any) -> tuple[FieldChange, ...]:
    """The fields in which two manifests differ, in the order of the later one."""
    return tuple(_differences(before, after, ()))


def _differences(before: Any, after: Any, path: Steps) -> Iterator[FieldChange]:
    if before is after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _pairs(before, after, path, list(before) + [key for key in after if key not in before])
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    elif not same(before, after):
        yield FieldChange(path, before, after)


def _pairs(before: Any, after: Any, path: Steps, steps: Sequence[Step]) -> Iterator[FieldChange]:
    for step in steps:
        old, new = before.get(step, ABSENT), after.get(step, ABSENT)
        if old is ABSENT or new is ABSENT:
            yield FieldChange((*path, step), old, new)
        else:
            yield from _differences(old, new, (*path, step))


def _lists(before: list[Any], after: list[Any], path: Steps) -> Iterator[FieldChange]:
    keys = name_keys(before, after)
    if not keys:
        yield from _unnamed(before, after, path)
        return
    old, new = ({_named(keys, item): item for item in items} for items in (before, after))
    come = [step for step in new if step not in old]
    yield from _pairs(old, new, path, [*old, *come])
    # Without a word about the order, what stays is where it was, and what comes is behind it.
    if list(new) != [*(step for step in old if step in new), *come]:
        names = tuple(step.label for step in old), tuple(step.label for step in new)
        yield FieldChange(path, before, after, names)


def _unnamed(before: list[Any], after: list[Any], path: Steps) -> Iterator[FieldChange]:
    alike = len(before) == len(after) and all(isinstance(item, dict) for item in (*before, *after))
    if alike:
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, (*path, i))
    elif not same(before, after):
        yield FieldChange(path, before, after)


def name_keys(before: Sequence[Any], after: Sequence[Any]) -> tuple[str, ...]:
    """The fields that name the elements of two lists, each of which has values of its own; empty when none do."""
    if not before or not after:
        return ()
    return next(
        (keys for keys in named_by(before, after) if _distinct(keys, before) and _distinct(keys, after)), ()
    )


def _distinct(keys: tuple[str, ...], items: Sequence[Any]) -> bool:
    values = [_named(keys, item).values for item in items]
    plain = all(isinstance(value, str | int) for those in values for value in those)
    return plain and len(set(values)) == len(values)


def _named(keys: tuple[str, ...], item: Any) -> Named:
    return Named(keys, tuple(item[key] for key in keys))


def apply_changes(manifest: Manifest, fields: Iterable[FieldChange]) -> Manifest:
    """The manifest with these changes made."""
    result: Manifest = manifest
    for change in fields:
        result = _with(result, change.path, change.after)
    return result


def _with(value: Any, path: Steps, new: Any) -> Any:
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(step, Named):
        return _with_element(value, step, rest, new)
    if isinstance(step, int):
        return [_with(item, rest, new) if i == step else item for i, item in enumerate(value)]
    inner = _with(value.get(step, {}), rest, new)
    changed = {key: item for key, item in value.items() if key != step or inner is not ABSENT}
    return changed if inner is ABSENT else {**changed, step: inner}


def _with_element(items: list[Any], step: Named, rest: Steps, new: Any) -> list[Any]:
    result = []
    found = False
    for item in items:
        named = step == _named(step.keys, item)
        inner = _with(item, rest, new) if named else item
        found = found or named
        result += [] if inner is ABSENT else [inner]
    return result if found or new is ABSENT else [*result, new]
