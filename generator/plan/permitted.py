"""Kinds of the whole cluster that a project newly lets an application from elsewhere make: not to be let in unseen.

AppProjects are looked for in the object itself and in what a Policy brings, so every model of delivery is told the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..hub.kit.naming import EXTRA
from .changes import ObjectChange


def newly_permitted(change: ObjectChange) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(project, kinds) of what a change of the hub lets in, sorted."""
    before, after = dict(_projects(change.before)), dict(_projects(change.after))
    for name, kinds in sorted(after.items()):
        added = kinds - before.get(name, frozenset())
        if added:
            yield name, tuple(sorted(added))


def _projects(value: Any) -> Iterator[tuple[str, frozenset[str]]]:
    if isinstance(value, dict):
        name = value.get("metadata", {}).get("name", "") if value.get("kind") == "AppProject" else ""
        if name.startswith(EXTRA):
            listed = value["spec"].get("clusterResourceWhitelist", ())
            yield name, frozenset(item["kind"] for item in listed)
        for item in value.values():
            yield from _projects(item)
    elif isinstance(value, list):
        for item in value:
            yield from _projects(item)
