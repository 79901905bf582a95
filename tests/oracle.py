"""What really differs between two sides of a change, asked of nothing that a plan is made of.

Objects are compared as the API server is sent them: as JSON, every value with its type and every list in its order.
Who reads a list may go by its order (Kueue tries flavors in it), and pods start again when that of a template's
changes. Only the keys of a mapping have none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from generator.kustomize.build import evaluator
from generator.objects.manifest import Manifest


class Key(NamedTuple):
    """What makes two manifests the same object."""

    group: str
    kind: str
    namespace: str
    name: str


Objects = Mapping[Key, Manifest]


def keyed(manifests: Iterable[Manifest]) -> Objects:
    """Objects by their keys; none is there twice."""
    found: dict[Key, Manifest] = {}
    for item in manifests:
        key = Key(
            str(item["apiVersion"]).rpartition("/")[0],
            item["kind"],
            item["metadata"].get("namespace", ""),
            item["metadata"]["name"],
        )
        assert key not in found, key
        found[key] = item
    return found


def built(texts: Mapping[str, str]) -> dict[str, Objects]:
    """Each folder that Argo CD applies -> its objects, as kustomize builds them from these files."""
    build = evaluator(texts.get)
    folders = [path.rpartition("/")[0] for path in texts if path.endswith("/kustomization.yaml")]
    applied = sorted(folder for folder in folders if folder.startswith(("acm/", "overlays/")))
    return {folder: keyed(build(folder)) for folder in applied}


def raw(value: Any) -> str:
    """A value as JSON: 1, 1.0, "1" and true are four; the keys of a mapping are sorted."""
    return json.dumps(value, sort_keys=True)


def differing(before: Objects, after: Objects) -> frozenset[Key]:
    """Objects that come or go, or that are not the same on both sides."""
    both = before.keys() & after.keys()
    return frozenset(before.keys() ^ after.keys()) | {
        key for key in both if raw(before[key]) != raw(after[key])
    }
