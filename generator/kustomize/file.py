"""A kustomization file as we write it, and nothing else: parsed strictly, so that nothing is overlooked.

What is outside of `resources`, `images` and JSON6902 `patches` raises. So does what kustomize would read as
more than it says: names are regular expressions to it.

Source: kustomize v5.8.1, modules api and kyaml v0.21.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..objects.json_patch import Operation
from ..yaml.machine import read_documents

FILE = "kustomization.yaml"
KEYS = ("apiVersion", "kind", "resources", "images", "patches")
"""All that a kustomization of ours holds; each other key can change objects in ways nobody sees."""
TARGET = ("group", "version", "kind", "name", "namespace")
"""Fields of a patch's target, in the order of `Patch.target`."""

_HEAD = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
_PATTERN = re.compile(r"[A-Za-z0-9.:/-]+(?:\[0-9a-f\]\{8\})?")
"""Patterns that Go and Python read alike: plain names (a dot is any character) and content-hashed ones."""
_IMAGE_NAME = re.compile(r"[A-Za-z0-9._/:-]+")


class NotBuildable(ValueError):
    """A folder cannot be built, or holds something the evaluator will not guess about."""


@dataclass(frozen=True)
class Image:
    """An entry of `images`; an empty new_name keeps the name."""

    name: str
    new_name: str
    digest: str


@dataclass(frozen=True)
class Patch:
    """An entry of `patches`: five patterns, empty ones match all, and the text of the operations."""

    target: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return ", ".join(
            f"{field} {value}" for field, value in zip(TARGET, self.target, strict=True) if value
        )


@dataclass(frozen=True)
class Kustomization:
    """One kustomization file."""

    resources: tuple[str, ...]
    images: tuple[Image, ...]
    patches: tuple[Patch, ...]


@lru_cache(maxsize=1024)
def parse(text: str) -> Kustomization:
    """The text of a kustomization file.

    Raises:
        NotBuildable: it holds something we do not write.
        NotReadable: it is no YAML that all readers agree on.
    """
    documents = read_documents(text)
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise NotBuildable("it is not one mapping")
    data = documents[0]
    for key in data:
        if key not in KEYS:
            raise NotBuildable(f"{key} is outside of what nearedge writes ({', '.join(KEYS)})")
    if any(data.get(key) != value for key, value in _HEAD.items()):
        raise NotBuildable(f"it does not start with {_HEAD['apiVersion']} {_HEAD['kind']}")
    found = Kustomization(
        tuple(_texts(data.get("resources", []), "resources")),
        tuple(_image(item) for item in _items(data, "images", {"name", "newName", "digest"})),
        tuple(_patch(item) for item in _items(data, "patches", {"target", "patch"})),
    )
    if data.keys() <= _HEAD.keys():
        # An empty list of resources is built, to nothing: a cluster may have nothing to pull.
        raise NotBuildable("it names nothing, which kustomize refuses")
    return found


def _texts(value: Any, what: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise NotBuildable(f"{what} is not a list of strings")
    return value


def _items(data: Mapping[str, Any], key: str, fields: set[str]) -> list[dict[str, Any]]:
    items = data.get(key, [])
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and item.keys() <= fields for item in items
    ):
        raise NotBuildable(f"{key} is not a list of {', '.join(sorted(fields))}")
    return items


def _image(item: Mapping[str, Any]) -> Image:
    texts = _texts(
        [item.get("name"), item.get("newName", item.get("name")), item.get("digest")], "each of images"
    )
    if not _IMAGE_NAME.fullmatch(texts[0]):
        raise NotBuildable(f"the image name {texts[0]} is read as a regular expression")
    return Image(texts[0], item.get("newName", ""), texts[2])


def _patch(item: Mapping[str, Any]) -> Patch:
    target, text = item.get("target"), item.get("patch")
    if not isinstance(target, dict) or not isinstance(text, str) or not target.keys() <= set(TARGET):
        raise NotBuildable(f"a patch is a target ({', '.join(TARGET)}) and a text")
    patterns = tuple(target.get(field, "") for field in TARGET)
    if not {"kind", "name"} <= target.keys():
        raise NotBuildable("the target of a patch names a kind and a name")
    for pattern in patterns:
        if pattern and not (isinstance(pattern, str) and _PATTERN.fullmatch(pattern)):
            raise NotBuildable(f"the target {pattern} is read as a regular expression")
    operations(text.strip())
    return Patch(patterns, text.strip())


@lru_cache(maxsize=8192)
def operations(text: str) -> tuple[Operation, ...]:
    """The operations of a patch; NotBuildable when they do not begin with a test."""
    documents = read_documents(text)
    operations = documents[0] if len(documents) == 1 else None
    if not isinstance(operations, list) or not operations:
        raise NotBuildable("a patch is one list of JSON6902 operations")
    for item in operations:
        wanted = (
            {"op", "path"}
            if isinstance(item, dict) and item.get("op") == "remove"
            else {"op", "path", "value"}
        )
        if not isinstance(item, dict) or item.keys() != wanted or not isinstance(item["path"], str):
            raise NotBuildable(f"{item} is not an operation")
    if operations[0]["op"] != "test":
        raise NotBuildable("a patch does not begin with op: test, so it cannot notice a changed base")
    return tuple(operations)
