"""A few objects that stand for all of a large folder, so that its proof does not cost the square of its objects.

kustomize compares all objects of a folder in pairs: 3,000 ManagedClusters take it half a minute. A folder that only
lists files is treated object by object, so one object of each shape shows what becomes of all of them. That no object
is there twice is what the evaluator says of the whole folder.
"""

from __future__ import annotations

import posixpath

from ..yaml.writer import to_yaml
from .build import Read
from .file import FILE, parse
from .shape import EXACT, shape_of

NAMES = frozenset({"name", "namespace"})
"""What kustomize only copies in an object that nothing patches."""


def sample(read: Read, folder: str) -> dict[str, str] | None:
    """Files of the same folder with the first object of each shape; None when the folder does more than list files."""
    text = read(f"{folder}/{FILE}")
    found = parse(text or "")
    if text is None or found.images or found.patches:
        return None
    seen: set[str] = set()
    files: dict[str, str] = {}
    for name in found.resources:
        path = posixpath.normpath(posixpath.join(folder, name))
        listed = read(path)
        if listed is None:
            return None
        documents = listed.split("\n---\n")
        kept = [one for one in documents if _is_new(shape_of(one.removesuffix("\n"), EXACT - NAMES), seen)]
        if kept:
            files[path] = "\n---\n".join(kept)
    listing = to_yaml(
        {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [posixpath.relpath(path, folder) for path in files],
        }
    )
    return {f"{folder}/{FILE}": listing, **files}


def _is_new(key: str, seen: set[str]) -> bool:
    new = key not in seen
    seen.add(key)
    return new
