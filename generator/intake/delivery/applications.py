"""Applications, ApplicationSets and Placements: which folders they bring, and to which clusters."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..files.source import Source, mapping_of, mappings_of, value_at
from ..files.tree import Tree, below

ARGO = "argoproj.io/"
_LOCAL = ("https://kubernetes.default.svc", "in-cluster", "")
_PLACEMENT = "cluster.open-cluster-management.io/placement"


def paths_of(tree: Tree, item: Source) -> Iterator[str]:
    """Folders of Git that an Application brings to the cluster it is on, or an ApplicationSet with a list or folders."""
    if not str(item.manifest["apiVersion"]).startswith(ARGO):
        return
    if item.kind == "Application" and is_local(item.at("spec", "destination")):
        yield from _sources(item.at("spec"))
    if item.kind == "ApplicationSet" and is_local(item.at("spec", "template", "spec", "destination")):
        for _, generator in item.mappings("spec", "generators"):
            for element in elements_of(tree, generator):
                for path in _sources(item.at("spec", "template", "spec")):
                    yield filled(path, element)


def elements_of(tree: Tree, generator: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What a generator puts into its template: the elements of a list, or the folders that it finds in Git."""
    yield from (element for _, element in mappings_of(mapping_of(generator.get("list")).get("elements")))
    listed = [one for _, one in mappings_of(mapping_of(generator.get("git")).get("directories"))]
    folders = {posixpath.dirname(file) for file in tree.loose} | set(tree.kustomizations)
    for folder in sorted(folders):
        wanted = [one for one in listed if matches(folder, str(one.get("path")))]
        if wanted and not any(one.get("exclude") is True for one in wanted):
            name = posixpath.basename(folder)
            # The names of the template's fields, of its older and of its newer language.
            yield {
                "path": folder,
                **dict.fromkeys(("path.basename", "path.basenameNormalized"), name),
                "path.path": folder,
            }


def matches(folder: str, pattern: str) -> bool:
    """Whether a folder is one that a pattern means: a star stands for the name of one folder.

    Source: argo-cd applicationset/generators/git.go filterApps, which takes Go's path.Match.
    """
    steps, wanted = folder.split("/"), pattern.strip("/").split("/")
    return len(steps) == len(wanted) and all(map(fnmatch.fnmatchcase, steps, wanted))


def is_local(destination: object) -> bool:
    """Whether an Application goes to the cluster that it is on."""
    said = destination if isinstance(destination, dict) else {}
    return (said.get("server") or said.get("name") or "") in _LOCAL


def _sources(spec: object) -> Iterator[str]:
    said = mapping_of(spec)
    for source in (mapping_of(said.get("source")), *(one for _, one in mappings_of(said.get("sources")))):
        if isinstance(source.get("path"), str):
            yield source["path"]


_FIELD = re.compile(r"\{\{\s*\.?([A-Za-z0-9_.]+)\s*\}\}")


def filled(text: str, element: object) -> str:
    """A template of an ApplicationSet with the fields of one element of its list."""

    def value(match: re.Match[str]) -> str:
        found = element
        if isinstance(element, dict) and isinstance(element.get(match[1]), str):
            return str(element[match[1]])
        for step in match[1].split("."):
            found = found.get(step) if isinstance(found, dict) else None
        return found if isinstance(found, str) else match[0]

    return _FIELD.sub(value, text)


def folder_of(tree: Tree, path: str) -> str | None:
    """The folder of the tree that a path in Git means: the whole path, or what is left of it below the imported folder."""
    steps = [step for step in path.split("/") if step not in {"", "."}]
    for i in range(len(steps)):
        for base in ("", tree.start):
            folder = posixpath.join(base, *steps[i:])
            if folder in tree.kustomizations or any(below(tree.loose, folder)):
                return folder
    return None


def sets_of(tree: Tree, objects: Iterable[Source]) -> dict[str, dict[str, Source]]:
    """Set of clusters -> folders that ApplicationSets bring to all clusters of a Placement, each with its ApplicationSet."""
    listed = list(objects)
    placements = {item.name: item for item in listed if item.kind == "Placement"}
    found: dict[str, dict[str, Source]] = {}
    for item in listed:
        if item.kind != "ApplicationSet":
            continue
        for _, generator in item.mappings("spec", "generators"):
            decided = generator.get("clusterDecisionResource")
            if decided is None:
                continue
            labels = mapping_of(value_at(decided, ("labelSelector", "matchLabels")))
            placement = placements.get(str(labels.get(_PLACEMENT, "")))
            sets = placement.listed("spec", "clusterSets") if placement else []
            name = str(sets[0]) if sets else str(labels.get(_PLACEMENT) or item.name)
            for path in _sources(item.at("spec", "template", "spec")):
                folder = folder_of(tree, path)
                if folder is not None:
                    found.setdefault(name, {})[folder] = item
    return found


def delivers(item: Source) -> bool:
    """Whether an object says how others are delivered."""
    return str(item.manifest["apiVersion"]).startswith(ARGO) and item.kind in {
        "Application",
        "ApplicationSet",
        "AppProject",
    }


def is_of_hub(item: Source) -> bool:
    """Whether an object lies on the hub, and says what goes to which cluster."""
    group = str(item.manifest["apiVersion"]).partition("/")[0]
    return item.kind == "ApplicationSet" or group.endswith("open-cluster-management.io")
