"""Bases: what clusters share, made once, and the same whichever cluster asks for it.

That is what makes it safe to compile one cluster alone (flow/incremental.py) or clusters in several processes, so
every word about a base is held against what was said before. Nothing is made twice for it: equal recipes make equal
manifests. Only where another recipe leads to the same base, the texts are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from ..components.kit.component import Cluster, Unit
from ..components.kit.recipe import Recipe
from ..disk.owned import header
from ..errors import BaseDiffers
from ..objects.manifest import Manifest, ResourceId, by_identity
from ..yaml.writer import to_documents, to_yaml
from .files import KUSTOMIZATION, RESOURCES, kustomization


@dataclass(frozen=True)
class Base:
    """A base folder: its manifests and the spec files it comes from."""

    folder: str
    origins: tuple[str, ...]
    manifests: tuple[Manifest, ...]
    by_id: Mapping[ResourceId, Manifest] = field(compare=False)
    recipe: Recipe = field(compare=False)
    asked_by: str = field(compare=False)
    """File of the first cluster that asked for it."""


def base_of(unit: Unit, cluster: Cluster, bases: dict[str, Base]) -> Base | None:
    """The base of a unit; `bases` remembers those that were asked for already.

    Raises BaseDiffers when this cluster would have something else in it than the first one had.
    """
    if unit.key is None:
        return None
    folder = unit.key.folder(cluster.profile.name)
    known = bases.get(folder)
    if known is None:
        bases[folder] = known = _made(folder, unit, cluster)
    elif not known.recipe.same(unit.common) or known.origins != unit.origins:
        files = known.asked_by, cluster.file
        same_texts(base_files(known), base_files(_made(folder, unit, cluster)), lambda _: files)
    return known


def _made(folder: str, unit: Unit, cluster: Cluster) -> Base:
    manifests = unit.common()
    by_id = by_identity(manifests)
    return Base(folder, unit.origins, manifests, by_id, unit.common, cluster.file)


def base_files(base: Base) -> dict[str, str]:
    """The files of a base folder."""
    entry, beside = f"{base.folder}/{KUSTOMIZATION}", f"{base.folder}/{RESOURCES}"
    return {
        entry: to_yaml(kustomization([RESOURCES]), header(entry, *base.origins)),
        beside: to_documents(base.manifests, header(beside, *base.origins)),
    }


def same_texts(
    known: Mapping[str, str], made: Mapping[str, str], askers: Callable[[str], tuple[str, str]]
) -> None:
    """Raise BaseDiffers unless files of bases that are in both are the same.

    `askers` gives the files of two clusters that ask for a folder: what is known was made for the first.
    """
    for path in sorted(known.keys() & made.keys()):
        if known[path] != made[path]:
            lines = _first_difference(known[path], made[path])
            raise BaseDiffers(path=path, clusters=askers(path.rpartition("/")[0]), lines=lines)


def _first_difference(known: str, made: str) -> tuple[int, str | None, str | None]:
    """Number of the first line that differs, and both; None where a text has ended."""
    pairs = zip_longest(known.splitlines(), made.splitlines())
    return next((i, was, now) for i, (was, now) in enumerate(pairs, 1) if was != now)
