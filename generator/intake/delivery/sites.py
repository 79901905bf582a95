"""Which folders go to which clusters: as ApplicationSets, Applications and Placements say, else as folders are called.

overlays/store-001, clusters/overlays/store-001     a cluster each, with what its Applications bring
an ApplicationSet over a Placement                   a set of clusters, of which Git does not say the names
anything else                                        one cluster
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ...objects.elements import same
from ...objects.manifest import ResourceId
from ..files.build import Builder
from ..files.source import Source
from ..files.tree import Tree
from .applications import folder_of, is_of_hub, paths_of, sets_of

_CLUSTER_FOLDERS = ("bootstrap/overlays", "clusters/overlays", "overlays", "clusters")
"""Folders whose folders are clusters, the one first that builds the others."""
_NOT_MEANT = frozenset({"test", "tests", "testdata", "example", "examples", "docs"})


@dataclass(frozen=True)
class Site:
    """One cluster, or a set of clusters that all get the same."""

    name: str
    objects: tuple[Source, ...]
    is_set: bool = False


@dataclass(frozen=True)
class Aside:
    """A folder or file that nothing delivers, and why it is not imported."""

    path: str
    objects: int
    why: str


@dataclass(frozen=True)
class Delivered:
    """All sites, the objects of the hub, and what is left aside."""

    sites: tuple[Site, ...]
    hub: tuple[Source, ...] = ()
    aside: tuple[Aside, ...] = ()


def delivered(tree: Tree, builder: Builder, name: str, *, several: bool = False) -> Delivered:
    """What goes where; `name` is that of the one cluster, or of `several`, where folders say nothing of clusters."""
    folders = _cluster_folders(tree)
    if folders:
        reached: set[str] = set()
        sites = tuple(Site(posixpath.basename(item), _with_apps(builder, item, reached)) for item in folders)
        return Delivered(sites, aside=_aside(builder, reached, _identities(sites)))
    tops = [folder for folder in tree.tops() if _is_meant(tree, folder)]
    loose = [file for file in tree.loose if _is_meant(tree, file)]
    read = [*(item for folder in tops for item in builder.folder(folder)), *builder.files(loose)]
    sets = sets_of(tree, read)
    if not sets:
        sites = (Site(name, once(_followed(builder, read, set())), is_set=several),)
        return Delivered(sites, aside=_aside(builder, {*tops, *loose}, _identities(sites)))
    reached = {folder for folders in sets.values() for folder in folders}
    sites = tuple(
        Site(
            of,
            once(item for place in sorted(found) for item in _folder(builder, place, found[place])),
            is_set=True,
        )
        for of, found in sorted(sets.items())
    )
    folders_of_hub = [folder for folder in tops if any(map(is_of_hub, builder.folder(folder)))]
    files_of_hub = [file for file in loose if any(map(is_of_hub, builder.file(file)))]
    hub = once(
        (
            *(item for folder in folders_of_hub for item in builder.folder(folder)),
            *builder.files(files_of_hub),
        )
    )
    reached |= {*folders_of_hub, *files_of_hub}
    known = _identities((*sites, Site("", hub)))
    return Delivered(sites, hub, _aside(builder, reached, known))


def _cluster_folders(tree: Tree) -> tuple[str, ...]:
    last = posixpath.basename(tree.start)
    for parent in (*((tree.start,) if last in {"overlays", "clusters"} else ()), *_CLUSTER_FOLDERS):
        above = parent if parent == tree.start else posixpath.join(tree.start, parent)
        found = [folder for folder in tree.kustomizations if posixpath.dirname(folder) == above]
        if found:
            return tuple(sorted(found))
    return ()


def _is_meant(tree: Tree, path: str) -> bool:
    inside = path.removeprefix(tree.start).strip("/")
    return not _NOT_MEANT.intersection(inside.split("/"))


def _with_apps(builder: Builder, folder: str, reached: set[str]) -> tuple[Source, ...]:
    reached.add(folder)
    return once(_followed(builder, builder.folder(folder), reached))


def _followed(builder: Builder, objects: Iterable[Source], reached: set[str]) -> Iterator[Source]:
    """The objects, and those of the folders that Applications among them bring to the same cluster."""
    waiting = list(objects)
    seen: set[str] = set()
    while waiting:
        item = waiting.pop(0)
        yield item
        for path in paths_of(builder.tree, item):
            folder = folder_of(builder.tree, path)
            if folder is not None and folder not in seen:
                seen.add(folder)
                reached.add(folder)
                waiting += _folder(builder, folder, item)


def _folder(builder: Builder, folder: str, app: Source | None = None) -> list[Source]:
    """The objects of a folder; what says no namespace goes where the Application says."""
    spec = ("spec", "template", "spec") if app is not None and app.kind == "ApplicationSet" else ("spec",)
    namespace = app.at(*spec, "destination", "namespace") if app is not None else None
    return [placed_in(item, namespace) for item in builder.folder(folder)]


def placed_in(item: Source, namespace: object) -> Source:
    """The object in a namespace, where it says none itself and is of a kind that has one."""
    if item.namespace or not isinstance(namespace, str) or item.kind in CLUSTER_WIDE:
        return item
    metadata = {**item.manifest["metadata"], "namespace": namespace}
    return replace(item, manifest={**item.manifest, "metadata": metadata})


CLUSTER_WIDE = frozenset(
    {
        "Namespace",
        "AdmissionCheck",
        "ClusterQueue",
        "ResourceFlavor",
        "Cohort",
        "WorkloadPriorityClass",
        "ClusterRole",
        "PriorityClass",
    }
    | {
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "ClusterServingRuntime",
        "StorageClass",
        "PersistentVolume",
    }
)


def once(objects: Iterable[Source]) -> tuple[Source, ...]:
    """Each object once: the first, where two folders give one that is the same in all."""
    found: dict[tuple[ResourceId, int], Source] = {}
    kept: list[Source] = []
    for item in objects:
        first = found.setdefault((item.identity, 0), item)
        if first is item or not same(first.manifest, item.manifest):
            kept.append(item)
    return tuple(kept)


def _identities(sites: Iterable[Site]) -> frozenset[ResourceId]:
    return frozenset(item.identity for site in sites for item in site.objects)


def _aside(builder: Builder, reached: set[str], known: frozenset[ResourceId]) -> tuple[Aside, ...]:
    """What of the imported folder nothing delivers."""
    return tuple(_set_aside(builder, reached, known))


def _set_aside(builder: Builder, reached: set[str], known: frozenset[ResourceId]) -> Iterator[Aside]:
    tree = builder.tree
    named = {folder for item in tree.kustomizations.values() for folder in item.folders}
    used = _closure(tree, reached)
    for path in (*tree.tops(), *tree.loose):
        inside = any(folder and (path == folder or path.startswith(f"{folder}/")) for folder in reached)
        if path in used or inside or path in named:
            continue
        objects = builder.known(path) if path in tree.kustomizations else builder.file(path)
        if not objects and path not in tree.kustomizations:
            continue
        twice = bool(objects) and all(item.identity in known for item in objects)
        why = (
            "the same objects come from another folder" if twice else "nothing here delivers it to a cluster"
        )
        if not _is_meant(tree, path):
            why = "tests and examples are imported only when they are named"
        yield Aside(path, len(objects), why)


def _closure(tree: Tree, folders: Iterable[str]) -> frozenset[str]:
    """Folders, and all that their kustomizations build."""
    found: set[str] = set()
    waiting = list(folders)
    while waiting:
        folder = waiting.pop()
        if folder not in found:
            found.add(folder)
            waiting += tree.kustomizations[folder].folders if folder in tree.kustomizations else ()
    return frozenset(found)
