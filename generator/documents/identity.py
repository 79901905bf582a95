"""Which item of a list is which: the one place that says when two layers, or a path, mean the same thing.

    {name: till, namespace: shop-a}      shop-a/till
    {class: fast}                        fast
    {code: FIT003, path: serving[till]}  FIT003/serving[till]

A namespace is part of what an item is, and no section has one by default. An item that leaves it out is open: it is
the one item of its name, and nobody guesses where there are several. A waiver without a path is one for the whole
cluster, which leaves nothing open.

    >>> candidates(Identity("name", "till"), [Identity("name", "till", "shop-a"), Identity("name", "gate")])
    [0]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

NAMESPACE = "namespace"
NAMING = {"name": NAMESPACE, "class": "", "code": "path"}
"""Field that names an item -> the field that says where it is, which belongs to the name; the first that it has counts."""


class Identity(NamedTuple):
    """What an item is called: the field that names it, its name, and where it is; empty when nothing is said."""

    field: str
    name: str
    within: str = ""

    @property
    def is_open(self) -> bool:
        """Whether another layer may say the namespace of it."""
        return NAMING[self.field] == NAMESPACE and not self.within

    @property
    def label(self) -> str:
        """All of it as people write it between brackets: the namespace before the name, a waiver's path behind it."""
        if not self.within:
            return self.name
        first = NAMING[self.field] == NAMESPACE
        return f"{self.within}/{self.name}" if first else f"{self.name}/{self.within}"

    @property
    def fields(self) -> dict[str, str]:
        """What an item of this identity says of itself."""
        return {self.field: self.name, **({NAMING[self.field]: self.within} if self.within else {})}

    @property
    def called(self) -> tuple[str, str]:
        """What two items of one name have in common, wherever they are."""
        return self.field, self.name


def identity_of(item: Any) -> Identity | None:
    """The identity of an item; None of what nothing names."""
    if isinstance(item, Mapping):
        for field, place in NAMING.items():
            if isinstance(name := item.get(field), str):
                within = item.get(place)
                return Identity(field, name, within if isinstance(within, str) else "")
    return None


def said(label: str, fields: Iterable[str]) -> Identity | None:
    """The identity that a person wrote of an item with these fields; None when nothing names such items."""
    known = set(fields)
    field = next((field for field in NAMING if field in known), None)
    if field is None:
        return None
    place = NAMING[field]
    first, slash, rest = label.partition("/")
    if not slash or place not in known:
        return Identity(field, label)
    return Identity(field, rest, first) if place == NAMESPACE else Identity(field, first, rest)


def candidates(one: Identity, among: Sequence[Identity | None]) -> list[int]:
    """Numbers of the items that one can be: none where it is new, several where nobody can tell."""
    alike = {i: other for i, other in enumerate(among) if other and other.called == one.called}
    equal = [i for i, other in alike.items() if other == one]
    if equal and not one.is_open:
        return equal
    return list(alike) if one.is_open or any(other.is_open for other in alike.values()) else []


def labels(items: Sequence[Any]) -> list[str]:
    """How each item of a list is called in it: by its name, with the place where others have it, else by its number."""
    known = [identity_of(item) for item in items]
    names = Counter(one.name for one in known if one)
    whole = Counter(one.label for one in known if one)

    def label(i: int, one: Identity | None) -> str:
        if one is None or (names[one.name] > 1 and whole[one.label] > 1):
            return str(i)
        return one.name if names[one.name] == 1 else one.label

    return [label(i, one) for i, one in enumerate(known)]


def labelled(items: Sequence[Any], label: str) -> list[int]:
    """Numbers of the items that a label means: those that are called precisely so, else all of that name."""
    known = [identity_of(item) for item in items]
    return [i for i, one in enumerate(known) if one and one.label == label] or [
        i for i, one in enumerate(known) if one and one.name == label
    ]
