"""What an object uses: every name of another object in it, with its path. The input of proof/references.py.

What all kinds have alike is their namespace, Kueue's labels and their pods; each kind has a reader beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

from .manifest import Manifest
from .names_by_kind import READERS
from .names_in_pods import label_names, pod_names, pods
from .object_names import Found, NameUse, one


def names_used(item: Manifest) -> Iterator[NameUse]:
    """Every name of another object in this one, templates of other languages left out."""
    namespace = item["metadata"].get("namespace", "")
    for path, targets in _uses(item, namespace):
        known = tuple(part for part in targets if part.owner.name and "{{" not in part.owner.name + part.part)
        if known:
            yield NameUse(path, known)


def _uses(item: Manifest, namespace: str) -> Iterator[Found]:
    if namespace:
        yield "metadata.namespace", one("", "Namespace", "", namespace)
    yield from label_names(item["metadata"].get("labels", {}), "metadata.labels", namespace)
    for path, pod in pods(item):
        yield from pod_names(pod, path, namespace)
    group = item["apiVersion"].rpartition("/")[0]
    reader = READERS.get((group, item["kind"]))
    if reader:
        yield from reader(item, namespace)
