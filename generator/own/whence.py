"""Which item of a cluster's spec makes an object: without it, the object is not there.

Asked only of objects that a rule finds; one compilation for each item of the sections (explain/ finds the leaf, and
needs many).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from pydantic import BaseModel

from ..components.discovery import discover
from ..components.kit.component import Cluster, Component
from ..findings.finding import Path
from ..objects.manifest import ResourceId, identify
from ..overlays.overlay import UNGUARDED, emit

_SOME = ResourceId("", "", "", "")
"""Beside what was made: without it nothing could be."""


def makers(cluster: Cluster, objects: Collection[ResourceId]) -> dict[ResourceId, Path]:
    """Object -> path of the item that makes it; those that no single item makes are left out."""
    found: dict[ResourceId, Path] = {}
    # Nearly always the section itself makes it, and its component alone is quick to ask.
    for component in discover():
        made = _made(component, cluster)
        _drop(found, objects, component, cluster, made, partial(_made, component))
    for component in discover():
        _drop(found, objects, component, cluster, frozenset(objects), _made_of_all)
    return found


def _drop(  # noqa: PLR0913, PLR0917 - what is looked for, where, and by what
    found: dict[ResourceId, Path],
    objects: Collection[ResourceId],
    component: Component[Any],
    cluster: Cluster,
    made: Collection[ResourceId],
    make: Callable[[Cluster], frozenset[ResourceId]],
) -> None:
    """Leave out one item of a section after the other, and note what of `made` is gone then."""
    wanted = {item for item in objects if item in made and item not in found}
    for path, less in _less(getattr(cluster.spec, component.key)) if wanted else ():
        spec = cluster.spec.model_copy(update={component.key: less})
        left = make(replace(cluster, spec=spec, plain=None))
        if left:
            gone = wanted - left
            found |= dict.fromkeys(gone, (component.key, *path))
            wanted -= gone
        if not wanted:
            return


def _made(component: Component[Any], cluster: Cluster) -> frozenset[ResourceId]:
    try:
        return frozenset(identify(item) for unit in component.units(cluster) for item in unit.final) | {_SOME}
    except UNGUARDED:
        return frozenset()


def _made_of_all(cluster: Cluster) -> frozenset[ResourceId]:
    try:
        return frozenset(map(identify, emit(cluster).manifests)) | {_SOME}
    except UNGUARDED:
        return frozenset()


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
