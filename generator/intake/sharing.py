"""What clusters share, found by comparing them: groups, and what is left to each cluster.

An item that several clusters have is compared field by field: what is the same in all of them goes into a group of just these
clusters, what differs stays with each. Merged again they say what they said before.

    >>> made = share({"a": {"serving": [{"name": "m", "port": 1}]}, "b": {"serving": [{"name": "m", "port": 1}]}})
    >>> made.groups["shared"].spec, made.own["a"]
    ({'serving': [{'name': 'm', 'port': 1}]}, {'groups': ['shared']})
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from .site import flat, nested

_WHOLE = frozenset({"quota", "checksums", "nodeLabels"})
"""Mappings that are compared as a whole: the order of flavors in a quota means something."""
_SAID_ANYWAY = frozenset({"name", "namespace", "class"})


@dataclass(frozen=True)
class Group:
    """What some clusters have in common."""

    members: tuple[str, ...]
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class Shared:
    """Groups by name, and what is left to each cluster."""

    groups: Mapping[str, Group]
    own: Mapping[str, Mapping[str, Any]]


Key = tuple[tuple[str, ...], tuple[str, ...]]
"""Field of a spec, and which item of its list (nothing for a field that is no list of items)."""


def share(specs: Mapping[str, Mapping[str, Any]]) -> Shared:
    """Groups of what at least two clusters have."""
    units = {name: dict(_units(spec)) for name, spec in specs.items()}
    pieces: dict[tuple[str, ...], dict[Key, Any]] = {}
    own: dict[str, dict[Key, Any]] = {name: {} for name in specs}
    for key in dict.fromkeys(key for of in units.values() for key in of):
        members = tuple(name for name in specs if key in units[name])
        for class_, base in _bases([units[name][key] for name in members], members):
            if len(class_) > 1 and base is not None:
                pieces.setdefault(class_, {})[key] = base
            for name in class_:
                left = _left(units[name][key], base) if len(class_) > 1 else units[name][key]
                if left is not None:
                    own[name][key] = left
    names = _names(pieces, tuple(specs))
    groups = {
        names[of]: Group(of, _spec(found))
        for of, found in sorted(pieces.items(), key=lambda one: -len(one[0]))
    }
    return Shared(groups, {name: _own(name, groups, own[name]) for name in specs})


def _own(name: str, groups: Mapping[str, Group], left: Mapping[Key, Any]) -> dict[str, Any]:
    member_of = [group for group, found in groups.items() if name in found.members]
    return nested({**({("groups",): member_of} if member_of else {}), **dict(flat(_spec(left)))})


def _units(spec: Mapping[str, Any]) -> Iterator[tuple[Key, Any]]:
    for path, value in flat(spec):
        if _is_items(value):
            for item in value:
                yield (path, tuple(str(item.get(key, "")) for key in ("namespace", "name", "class"))), item
        else:
            yield (path, ()), value


def _is_items(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _bases(values: Sequence[Any], members: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Classes of clusters with what is the same for them: all that have an item, or those that say one value."""
    if all(isinstance(value, dict) for value in values):
        base = _common(values)
        more = set(base) - _SAID_ANYWAY
        yield members, base if more else None
        return
    for value in dict.fromkeys(map(repr, values)):
        class_ = tuple(name for name, one in zip(members, values, strict=True) if repr(one) == value)
        yield class_, next(one for one in values if repr(one) == value)


def _common(values: Sequence[dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in values[0].items():
        others = [item[key] for item in values[1:] if key in item]
        if len(others) != len(values) - 1:
            continue
        if all(other == value for other in others):
            made[key] = value
        elif key not in _WHOLE and all(isinstance(one, dict) for one in (value, *others)):
            inner = _common([value, *others])
            made |= {key: inner} if inner else {}
    return made


def _left(value: Any, base: Any) -> Any:
    """What a cluster has to say itself; None when its groups say all."""
    if not isinstance(value, dict) or base is None:
        return value if base is None else None
    rest = _difference(value, base)
    if not rest:
        return None
    return {**{key: value[key] for key in value if key in _SAID_ANYWAY}, **rest}


def _difference(value: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, item in value.items():
        if key not in base:
            made[key] = item
        elif isinstance(item, dict) and item != base[key]:
            made[key] = _difference(item, base[key])
    return made


def _spec(found: Mapping[Key, Any]) -> dict[str, Any]:
    made: dict[tuple[str, ...], Any] = {}
    for (path, item), value in found.items():
        if item:
            made.setdefault(path, []).append(value)
        else:
            made[path] = value
    return nested(made)


def _names(pieces: Mapping[tuple[str, ...], Any], every: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """Names of groups: shared of what all have, else what their clusters' names begin with."""
    made: dict[tuple[str, ...], str] = {}
    for members in sorted(pieces, key=lambda of: (-len(of), of)):
        stem = "shared" if len(members) == len(every) else _stem(members)
        name, number = stem, 2
        while name in made.values():
            name, number = f"{stem}-{number}", number + 1
        made[members] = name
    return made


def _stem(members: tuple[str, ...]) -> str:
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*members, strict=False))
    begun = re.sub(r"[-0-9]+$", "", "".join(letters[0] for letters in same))
    return begun if len(begun) > 1 else "shared"
