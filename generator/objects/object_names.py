"""Names of objects in objects: a path, and what stands at its end may mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .manifest import Manifest, ResourceId

KUEUE = "kueue.x-k8s.io"
SERVING = "serving.kserve.io"
RBAC = "rbac.authorization.k8s.io"
CLUSTER = "cluster.open-cluster-management.io"
POLICY = "policy.open-cluster-management.io"
ARGO = "argoproj.io"
PIPELINES = "datasciencepipelinesapplications.opendatahub.io"


class ObjectPart(NamedTuple):
    """An object, or a named part of one: a key of a ConfigMap, a decision group of a Placement."""

    owner: ResourceId
    part: str = ""

    def __str__(self) -> str:
        return f"{self.part} of {self.owner}" if self.part else str(self.owner)


class NameUse(NamedTuple):
    """A name at a path, and what it may mean: any one of these is enough."""

    path: str
    targets: tuple[ObjectPart, ...]


def folder_part(folder: str) -> ObjectPart:
    """A folder of this repository as something that Applications refer to."""
    return ObjectPart(ResourceId("", "Folder", "", folder))


def at(value: Any, path: str) -> Any:
    """The value at a dotted path; None where the path ends early."""
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


Found = tuple[str, tuple[ObjectPart, ...]]
Reader = Callable[[Manifest, str], Iterator[Found]]


def one(group: str, kind: str, namespace: str, name: Any, part: str = "") -> tuple[ObjectPart, ...]:
    """The one object that a name can mean."""
    return (ObjectPart(ResourceId(group, kind, namespace, str(name or "")), part),)


def field_name(path: str, group: str, kind: str, item: Manifest, namespace: str) -> Iterator[Found]:
    """A field that holds a name; `namespace` is empty for kinds that have none."""
    name = at(item, path)
    if name:
        yield path, one(group, kind, namespace, name)


def rooted(group: str, kind: str, path: str, *, namespaced: bool = False) -> Reader:
    """A reader of one field that holds a name."""

    def read(item: Manifest, namespace: str) -> Iterator[Found]:
        return field_name(path, group, kind, item, namespace if namespaced else "")

    return read
