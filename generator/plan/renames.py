"""Clusters that are gone, and those that only have another name now: told from the specs, nearly equal as they are."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from ..fleet.spec_files import kind_of, stem
from .sides import Sides

ALIKE = 0.8
"""Share of equal lines above which a removed and a new cluster are called one that was renamed."""
_FEW = 400
"""Pairs of removed and new clusters that are compared line by line."""


@dataclass(frozen=True)
class Rename:
    """A cluster that went and one that came, with nearly the same spec.

    Nothing else changes the name of an Application, so no move between hubs, rings or models of delivery changes a
    tracking-id (argo-cd v3.5.1 util/argo/resource_tracking.go BuildAppInstanceValue; what KServe copies was seen on 0.20.0).
    """

    before: str
    after: str

    def __str__(self) -> str:
        return (
            f"{self.before} looks renamed to {self.after}: to the hub these are two clusters. {self.after} has to be "
            f"imported and fills its volumes anew; {self.before} keeps running what it has until it is detached. On a "
            "cluster that stays the same, every model server starts again: KServe copies Argo CD's tracking-id, which "
            "begins with the Application's name, into its pods"
        )


def gone_clusters(sides: Sides) -> dict[str, str]:
    """Clusters that are removed -> their file, those that cannot be compiled any more among them."""
    now = {member.name for member in sides.after.members} if sides.after else set()
    files = {file for file in sides.texts if kind_of(file) == "Cluster"}
    moved = {stem(file): file for file in sorted(files) if stem(file) not in now}
    return {name: file for name, file in moved.items() if not _still(sides, file)}


def _still(sides: Sides, file: str) -> bool:
    return any(site.file == file for site in sides.judged.clusters)


def renamed(sides: Sides) -> tuple[Rename, ...]:
    """Clusters that went and came back under another name: most likely pairs, each cluster once."""
    gone = {name: sides.texts[file] for name, file in gone_clusters(sides).items() if file in sides.texts}
    before = {member.name for member in sides.before.members} if sides.before else set()
    new = {item.name: item.file for item in sides.clusters if item.name not in before}
    come = {name: text for name, file in new.items() if (text := _text(sides, file))}
    found = []
    for old in sorted(gone):
        new_name = _closest(old, gone[old], come)
        if new_name:
            found.append(Rename(old, new_name))
            del come[new_name]
    return tuple(found)


def _text(sides: Sides, file: str) -> str:
    return sides.now.get(file, "")


def _closest(old: str, text: str, come: Mapping[str, str]) -> str | None:
    for name, other in sorted(come.items()):
        if text.replace(old, name) == other:
            return name
    if len(come) > _FEW:
        return None
    rated = ((_alike(text.replace(old, name), other), name) for name, other in sorted(come.items()))
    best = max(rated, default=(0.0, ""))
    return best[1] if best[0] >= ALIKE else None


def _alike(one: str, other: str) -> float:
    matcher = difflib.SequenceMatcher(None, one.splitlines(), other.splitlines(), autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0
