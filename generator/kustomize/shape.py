"""The shape of what is in a folder: what decides how kustomize treats it, without the values that it only copies.

kustomize patches object by object, so a folder is as many parts as it names resources: each base with the patches that
select something in it, and each file of its own. Two parts of one shape name the same base and images, patch it by the
same operations at the same paths, and write their values in the same styles. If the evaluator and kustomize agree on
one of them they agree on the other, so in a large fleet the real kustomize builds folders that have one of each.

    replicas: 2     ->  replicas: 0          cpu: "8"    ->  cpu: "
    path: /spec/x   ->  path: /spec/x        class: nvme ->  class: s
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from ..disk.plain import digest
from .file import Image, Patch

EXACT = frozenset({"op", "path", "group", "version", "kind", "apiVersion", "name", "namespace"})
"""Keys whose values are kept to the letter, at any depth; so are items of lists, such as `resources`."""

_HEADER = re.compile(r"\A#.*\n")
_ENTRY = re.compile(
    r"^(?P<lead> *(?:- )*(?P<key>[A-Za-z/][\w.:/@-]*|\"(?:[^\"\\\n]|\\.)*\"): )(?P<value>[^|>\n].*)$",
    re.MULTILINE,
)
"""A line `key: value` as yamlout writes it. Block scalars do not match: their text is kept."""


def shape_of_part(resource: str, patches: Iterable[Patch], images: tuple[Image, ...]) -> str:
    """One short text for all parts of one shape; `resource` is the folder of a base, or a file's shape."""
    return _digest(resource, tuple(map(_of_patch, patches)), tuple(map(_of_image, images)))


@lru_cache(maxsize=8192)
def _digest(*said: object) -> str:
    return digest(repr(said).encode())


@lru_cache(maxsize=8192)
def _of_patch(patch: Patch) -> tuple[tuple[str, ...], str]:
    return patch.target, shape_of(patch.text)


def _of_image(image: Image) -> tuple[str, bool]:
    return image.name, bool(image.new_name)


def shape_of(text: str, exact: frozenset[str] = EXACT) -> str:
    """A text without the values that are only copied; its first line, if it names specs, does not belong to it."""

    def by_style(entry: re.Match[str]) -> str:
        value = entry["value"]
        if entry["key"] in exact or value in {"true", "false", "[]", "{}"}:
            return entry[0]
        return entry["lead"] + ('"' if value[0] == '"' else "0" if value[0] in "-0123456789" else "s")

    return _ENTRY.sub(by_style, _HEADER.sub("", text))


def cover(folders: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Folders, as few as are easily found, that together have every part of all: those with most new parts first."""
    first: dict[frozenset[str], str] = {}
    for folder, parts in folders.items():
        first.setdefault(parts, folder)
    left = frozenset().union(*first)
    while left:
        best = max(first, key=lambda parts: len(parts & left))
        left -= best
        yield first[best]
