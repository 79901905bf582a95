"""The shape of an overlay: what decides how kustomize treats it, without the values that it only copies.

Two overlays of one shape name the same bases and images, patch the same objects by the same operations at
the same paths, and write their values in the same styles. If the evaluator and kustomize agree on one of them
they agree on the other, so in a large fleet the real kustomize builds one of each.

    replicas: 2     ->  replicas: 0          cpu: "8"    ->  cpu: "
    path: /spec/x   ->  path: /spec/x        class: nvme ->  class: s
"""

from __future__ import annotations

import re

from .build import Read
from .file import FILE

EXACT = frozenset({"op", "path", "group", "version", "kind", "apiVersion", "name", "namespace"})
"""Keys whose values are kept to the letter, at any depth; so are items of lists, such as `resources`."""

_HEADER = re.compile(r"\A#.*\n")
_ENTRY = re.compile(
    r"^(?P<lead> *(?:- )*(?P<key>[A-Za-z/][\w.:/@-]*|\"(?:[^\"\\\n]|\\.)*\"): )(?P<value>[^|>\n].*)$",
    re.MULTILINE,
)
"""A line `key: value` as yamlout writes it. Block scalars do not match: their text is kept."""


def shape(read: Read, folder: str, files: tuple[str, ...] = (FILE, "resources.yaml")) -> str:
    """One text for all folders of one shape."""
    return "\0".join(shape_of(read(f"{folder}/{name}") or "") for name in files)


def shape_of(text: str, exact: frozenset[str] = EXACT) -> str:
    """A text without the values that are only copied; its first line, if it names specs, does not belong to it."""

    def by_style(entry: re.Match[str]) -> str:
        value = entry["value"]
        if entry["key"] in exact or value in {"true", "false", "[]", "{}"}:
            return entry[0]
        return entry["lead"] + ('"' if value[0] == '"' else "0" if value[0] in "-0123456789" else "s")

    return _ENTRY.sub(by_style, _HEADER.sub("", text))
