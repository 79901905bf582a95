"""What a change of the hub newly lets somebody do, which is not to be let in unseen: applications from elsewhere, and people.

AppProjects and RoleBindings are looked for in the object itself and in what a Policy brings, so every model of delivery is
told the same.
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


def newly_given(change: ObjectChange) -> Iterator[tuple[str, str, str]]:
    """(namespace, role, group) of the rights that a change of the hub gives to groups of people, sorted."""
    yield from sorted({*_rights(change.after)} - {*_rights(change.before)})


def _rights(value: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, dict):
        if value.get("kind") == "RoleBinding":
            for subject in value.get("subjects", ()):
                if subject["kind"] == "Group":
                    yield value["metadata"]["namespace"], value["roleRef"]["name"], subject["name"]
        for item in value.values():
            yield from _rights(item)
    elif isinstance(value, list):
        for item in value:
            yield from _rights(item)


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
