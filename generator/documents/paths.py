"""Paths as people write them: serving[assistant].resources.cpu, against what a document holds.

An item of a list goes by its index or its name, in brackets or after a dot; where several have one name, by the
namespace and the name (`serving[shop-a/till]`), a waiver by its code and its path. A key that has dots itself
(`nodes[gpu].labels.nvidia.com/gpu.product`) is found as a whole.

    >>> located({"serving": [{"name": "a", "port": 1}]}, "serving.a.port")
    (('serving', 0, 'port'), ())
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from ..findings.finding import Path
from .identity import labelled, labels

_STEP = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]|([^.\[\]]+)")
"""A step in brackets, which may hold a path with brackets of its own, or one between dots."""
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


class Labelled(Protocol):
    """A step into a list by what the item is called."""

    @property
    def label(self) -> str:
        """The words between the brackets."""


class Word(NamedTuple):
    """A step as a person wrote it."""

    text: str
    bracketed: bool


def words(text: str) -> tuple[Word, ...]:
    """The steps of a path that a person wrote."""
    return tuple(Word(found[1] or found[2] or "", found[1] is not None) for found in _STEP.finditer(text))


def is_path(text: str) -> bool:
    """Whether a text has steps and dots between them, and nothing else."""
    return bool(_STEP.search(text)) and not _STEP.sub("", text).strip(".")


def located(data: Any, text: str) -> tuple[Path, tuple[str, ...]]:
    """The path as far as the data has it, and the steps that are left; one that means several items is left as well."""
    left = [word.text for word in words(text)]
    path: list[str | int] = []
    while left:
        step, taken = _next(data, left)
        if not taken:
            break
        path.append(step)
        data = data[step]
        left = left[taken:]
    return tuple(path), tuple(left)


def _next(data: Any, left: list[str]) -> tuple[Any, int]:
    """The key or index that the next steps name, and how many of them it takes; 0 when there is none."""
    if isinstance(data, dict):
        for taken in range(len(left), 0, -1):
            if (key := ".".join(left[:taken])) in data:
                return key, taken
    if isinstance(data, list):
        found = labelled(data, left[0])
        if len(found) == 1:
            return found[0], 1
        if not found and left[0].isdecimal() and int(left[0]) < len(data):
            return int(left[0]), 1
    return None, 0


def choices(data: Any, path: Path, left: tuple[str, ...]) -> tuple[str, ...]:
    """The items that the first step left over could mean, as people write them; none when it means none."""
    items = value_at(data, path)
    found = labelled(items, left[0]) if left and isinstance(items, list) else []
    return tuple(written(data, (*path, number)) for number in found)


def written(data: Any, path: Path) -> str:
    """A path with names instead of indices, where the items have names."""
    return dotted(_named(data, path))


class _Item(NamedTuple):
    label: str


def _named(data: Any, path: Path) -> Iterator[str | _Item]:
    for step in path:
        if isinstance(step, int):
            yield _Item(labels(data)[step] if isinstance(data, list) and step < len(data) else str(step))
        else:
            yield step
        data = _inside(data, step)


def dotted(path: Iterable[str | int | Labelled]) -> str:
    """A path as people write it: serving[0].replicas.min, a key with more than letters in brackets as well."""
    text = ""
    for step in path:
        if isinstance(step, str) and _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{step if isinstance(step, str | int) else step.label}]"
    return text


def value_at(data: Any, path: Path) -> Any:
    """What stands at a path; None where it ends early."""
    for step in path:
        data = _inside(data, step)
    return data


def with_value(data: Any, path: Path, value: Any) -> Any:
    """The same data with another value at a path; what lies beside it is shared, not copied."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(data)
        items[step] = with_value(items[step], rest, value)
        return items
    mapping = dict(data) if isinstance(data, dict) else {}
    mapping[step] = with_value(mapping.get(step, {}), rest, value)
    return mapping


def leaves(data: Any, path: Path = ()) -> list[Path]:
    """Paths of all values that hold nothing further, in the order of the document."""
    if isinstance(data, dict) and data:
        return [leaf for key, item in data.items() for leaf in leaves(item, (*path, key))]
    if isinstance(data, list) and data:
        return [leaf for i, item in enumerate(data) for leaf in leaves(item, (*path, i))]
    return [path]


def _inside(data: Any, step: str | int) -> Any:
    if isinstance(data, dict):
        # A JSON pointer does not tell the key "8080" from an index.
        return data.get(step, data.get(str(step)))
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return data[step]
    return None
