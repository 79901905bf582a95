"""What Applications bring that is not among the files: told, so that nobody takes it for imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...findings.finding import Finding, Path
from ...objects.elements import same
from ...rules.imported import ELSEWHERE
from ..files.source import Source, finding
from ..files.tree import Tree
from .applications import ARGO, elements_of, filled, folder_of, is_local

_KNOWN = frozenset({"list", "git", "clusterDecisionResource"})


def unfollowed(tree: Tree, objects: Iterable[Source]) -> Iterator[Finding]:
    """A finding for each folder, chart and generator of Applications that was not followed."""
    told: list[Source] = []
    for item in objects:
        if str(item.manifest["apiVersion"]).startswith(ARGO) and not any(
            same(item.manifest, one.manifest) for one in told
        ):
            told.append(item)
            for path, said in _left(tree, item):
                yield finding(
                    ELSEWHERE, item.where(path), f"{item.identity}: {said}", "import what it brings by itself"
                )


def _left(tree: Tree, item: Source) -> Iterator[tuple[Path, str]]:
    if item.kind == "Application":
        if is_local(item.at("spec", "destination")):
            yield from _sources(tree, item, ("spec",), ({},))
        else:
            yield ("spec", "destination"), "it goes to another cluster, where nobody followed it"
    if item.kind == "ApplicationSet":
        yield from _generators(tree, item)


def _generators(tree: Tree, item: Source) -> Iterator[tuple[Path, str]]:
    template: Path = ("spec", "template", "spec")
    for i, generator in item.mappings("spec", "generators"):
        names = sorted(set(generator) - {"selector"})
        if not _KNOWN.intersection(names) or ("git" in names and not any(elements_of(tree, generator))):
            yield ("spec", "generators", i), f"generator {', '.join(names) or '(none)'} is not followed"
        elif "clusterDecisionResource" not in generator and not is_local(item.at(*template, "destination")):
            yield (*template, "destination"), "it goes to another cluster, where nobody followed it"
        else:
            elements = ({},) if "clusterDecisionResource" in generator else elements_of(tree, generator)
            yield from _sources(tree, item, template, elements)


def _sources(
    tree: Tree, item: Source, spec: Path, elements: Iterable[dict[str, object]]
) -> Iterator[tuple[Path, str]]:
    places: list[Path] = [
        (*spec, "source"),
        *((*spec, "sources", i) for i, _ in item.mappings(*spec, "sources")),
    ]
    for element in elements:
        for place in places:
            path, chart = item.at(*place, "path"), item.at(*place, "chart")
            if isinstance(path, str) and folder_of(tree, filled(path, element)) is None:
                yield (*place, "path"), f"the folder {filled(path, element)} is not among the files"
            if isinstance(chart, str):
                yield (*place, "chart"), f"the chart {chart} is not unpacked"
