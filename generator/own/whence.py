"""Which item of a cluster's spec makes an object: without it, the object is not there.

Asked only of objects that a rule finds; one compilation for each item of the sections (explain/ finds the leaf, and
needs many).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from ..components.discovery import discover
from ..components.kit.component import Cluster
from ..findings.finding import Path
from ..objects.manifest import ResourceId, identify
from ..overlays.overlay import emit

UNGUARDED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, AssertionError)
"""What a component may stumble over where an item is missing that another one names."""


def makers(cluster: Cluster, objects: Collection[ResourceId]) -> dict[ResourceId, Path]:
    """Object -> path of the item that makes it; those that no single item makes are left out."""
    found: dict[ResourceId, Path] = {}
    wanted = set(objects)
    for path, spec in _with_one_less(cluster.spec):
        if not wanted:
            break
        try:
            left = emit(replace(cluster, spec=spec, plain=None)).manifests
        except UNGUARDED:
            continue
        gone = wanted.difference(map(identify, left))
        found |= dict.fromkeys(gone, path)
        wanted -= gone
    return found


def _with_one_less(spec: Any) -> Iterator[tuple[Path, Any]]:
    """The spec without each item of its sections: of lists, and of the lists in a section that is a mapping."""
    for component in discover():
        section = getattr(spec, component.key)
        for path, less in _less(section):
            yield (component.key, *path), spec.model_copy(update={component.key: less})


def _less(section: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(section, tuple):
        for i in range(len(section)):
            yield (i,), (*section[:i], *section[i + 1 :])
    elif isinstance(section, BaseModel):
        for name, info in type(section).model_fields.items():
            items = getattr(section, name)
            if isinstance(items, tuple):
                for path, less in _less(items):
                    yield (info.alias or name, *path), section.model_copy(update={name: less})
