"""How a base is made, as a value: so that two clusters' words about one base are compared without making it twice.

    recipe(emit, shared, profile)() == tuple(emit(shared, profile))

The function looks at nothing but what it is given, so equal recipes make equal manifests, to the last byte. That takes
more than `==` says: a map in another order is another text, which a ConfigMap or a Ray Serve configuration may hold,
and 1, 1.0 and true are three values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, TypeVarTuple

from pydantic import BaseModel

from ...objects.manifest import Manifest

Given = TypeVarTuple("Given")
Manifests = tuple[Manifest, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """A function, and all that it is given."""

    make: Callable[..., Sequence[Manifest]]
    given: tuple[Any, ...]

    def __call__(self) -> Manifests:
        """The manifests of the base."""
        return tuple(self.make(*self.given))

    def same(self, other: Recipe) -> bool:
        """Whether the other one makes the same for certain; if not, it may still do so."""
        return _same(self, other)


def recipe(make: Callable[[*Given], Sequence[Manifest]], *given: *Given) -> Recipe:
    """The recipe that calls `make` with these arguments."""
    return Recipe(make, given)


_PLAIN = frozenset({str, int, bool})
"""Types of the values that most of the others are made of, and that have no parts."""


def _same(one: Any, other: Any) -> bool:
    # Mostly it is the very same value: clusters share their groups' items, the models and the profiles.
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    if kind in _PLAIN:
        return bool(one == other)
    parts, others = _parts(one), _parts(other)
    if parts is None or others is None:
        return bool(one == other)
    return len(parts) == len(others) and all(map(_same, parts, others))


def _parts(value: Any) -> Sequence[Any] | None:
    """What a value is put together of, in its order; None for one that has no parts."""
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, BaseModel):
        value = value.__dict__
    if isinstance(value, dict):
        return [*value, *value.values()]
    if is_dataclass(value):
        kind: Any = type(value)
        return [getattr(value, name) for name in _names(kind)]
    return None


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))
