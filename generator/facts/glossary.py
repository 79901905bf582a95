"""The words of the projects that nearedge writes for, and its own: data/glossary.yaml, which says where they are from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from .files import shipped_data


@dataclass(frozen=True)
class Word:
    """A word, the project that it is of, and what it means in two lines."""

    word: str
    of: str
    text: str
    also: tuple[str, ...] = ()
    """Other words for the same, or what is said with it."""
    see: tuple[str, ...] = ()
    """Words beside it."""


@cache
def glossary() -> Mapping[str, Word]:
    """All words, in the order of the alphabet."""
    return {
        item["word"]: Word(**{**item, **{key: tuple(item.get(key, ())) for key in ("also", "see")}})
        for item in shipped_data("data/glossary.yaml")
    }


@cache
def _folded() -> Mapping[str, Word]:
    words = {other.casefold(): item for item in glossary().values() for other in item.also}
    return words | {word.casefold(): item for word, item in glossary().items()}


def meant_by(asked: str) -> Word | None:
    """The word that somebody asks for, in whatever case, or in the plural.

    >>> [item.word for item in map(meant_by, ("clusterqueues", "OVMS", "Policies")) if item]
    ['ClusterQueue', 'OpenVINO Model Server', 'Policy']
    """
    known, folded = _folded(), asked.casefold()
    forms = (folded, folded.removesuffix("s"), folded.removesuffix("ies") + "y")
    return next((known[form] for form in forms if form in known), None)


def every_word() -> tuple[str, ...]:
    """All that can be asked for."""
    return tuple(word for item in glossary().values() for word in (item.word, *item.also))
