"""Which element of a manifest's list is which: the fields that name one, and when two values are equal.

Of a spec's own lists documents/identity.py speaks: there a namespace belongs to the name, and layers merge.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Sequence
from typing import Any

NAME_KEYS = ("name", "groupName", "mountPath", "containerPort", "port", "key", "class", "namespace", "source")
"""Fields that say which element of a list is which, the likeliest first."""


def named_by(*lists: Sequence[Any]) -> Iterator[tuple[str, ...]]:
    """The fields by which elements of these lists may be named, a namespace with the name; every element has them."""
    elements = [element for items in lists for element in items]
    if not elements or not all(isinstance(element, dict) for element in elements):
        return
    for key in NAME_KEYS:
        fields = (key, "namespace") if key == "name" else (key,)
        if all(key in element for element in elements):
            yield fields if all(field in element for element in elements for field in fields) else (key,)


def same(one: Any, other: Any) -> bool:
    """Equal as YAML: to Python 1 is True and 1.0, to an API server they are three values; the order of keys is none."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def plainly_same(one: Any, other: Any) -> bool:
    """True only if `same` is, found out without a loop in Python: most of two manifests is alike."""
    # Version 2 writes types and values, nothing of how often an object is referred to.
    return one is other or (one == other and marshal.dumps(one, 2) == marshal.dumps(other, 2))
