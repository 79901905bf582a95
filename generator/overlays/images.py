"""Images that a whole overlay changes alike: what kustomize's `images` can say instead of patches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..objects.manifest import Manifest


def image_changes(pairs: Iterable[tuple[Manifest, Manifest]], own: Iterable[Manifest]) -> dict[str, str]:
    """Image name -> new reference, for images that one `images` entry can change everywhere in the overlay.

    kustomize changes every container image of that name, so an entry is only made when all of them want it.
    """
    wanted: dict[str, set[str]] = {}
    changed: set[str] = set()
    for base, final in pairs:
        old, new = list(_images(base)), list(_images(final))
        if len(old) != len(new):
            return {}
        for before, after in zip(old, new, strict=True):
            wanted.setdefault(before.partition("@")[0], set()).add(after)
            if before != after:
                changed.add(before.partition("@")[0])
    for manifest in own if changed else ():
        for image in _images(manifest):
            wanted.setdefault(image.partition("@")[0], set()).add(image)
    return {name: next(iter(wanted[name])) for name in sorted(changed) if len(wanted[name]) == 1}


def _images(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in {"containers", "initContainers"} and isinstance(item, list):
                yield from (entry["image"] for entry in item if isinstance(entry, dict) and "image" in entry)
            else:
                yield from _images(item)
    elif isinstance(value, list):
        for item in value:
            yield from _images(item)


def with_images(value: Any, images: Mapping[str, str]) -> Any:
    """A manifest as kustomize's `images` would leave it."""
    if not images:
        return value
    if isinstance(value, dict):
        return {key: _entries(key, item, images) for key, item in value.items()}
    if isinstance(value, list):
        return [with_images(item, images) for item in value]
    return value


def _entries(key: str, item: Any, images: Mapping[str, str]) -> Any:
    if key not in {"containers", "initContainers"} or not isinstance(item, list):
        return with_images(item, images)
    return [
        {**entry, "image": images.get(entry["image"].partition("@")[0], entry["image"])}
        if isinstance(entry, dict) and "image" in entry
        else entry
        for entry in item
    ]
