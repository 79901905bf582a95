"""`nearedge mirror`: from specs to files and a summary. Nothing here prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path as File

from ..documents.near import suggestion
from ..errors import NearedgeError
from ..findings.finding import Finding, has_errors
from ..report import table
from ..rules.waivers import Waived
from ..specs.quantity import binary
from .commit import specs_at
from .content import HUBS, Inventory, inventory, only
from .delta import Delta, delta
from .files import delta_files, files, unpinned


class NoSuchCluster(NearedgeError):
    """The name of a cluster is asked for that the fleet does not have."""

    exit_code = 64

    def __init__(self, *, cluster: str, known: Iterable[str] = ()) -> None:
        self.cluster = cluster
        super().__init__(f"there is no cluster {cluster}{suggestion(cluster, known)}")


class BrokenSpecs(NearedgeError):
    """The specs of the commit to compare with cannot be compiled."""

    exit_code = 1

    def __init__(self, *, ref: str, first: Finding, number: int) -> None:
        self.ref = ref
        said = f"{first.where}: {first.code}: {first.message}"
        super().__init__(f"the specs at {ref} have {number} errors, the first one {said}")


@dataclass(frozen=True)
class Mirrored:
    """What came out: files by name, the lines of the summary, and what is in the way."""

    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]
    files: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    unpinned: tuple[str, ...] = ()


def mirror(root: File, *, cluster: str | None = None, base: str | None = None, today: str = "") -> Mirrored:
    """Everything that the fleet pulls, or one cluster of it; with `base`, what came since that commit as well.

    Raises:
        NoSuchCluster: the fleet has no such cluster.
        NoSuchCommit: the repository has no such commit.
        BrokenSpecs: the specs of that commit have errors.
    """
    whole, rendered = inventory(root, today)
    if whole is None:
        return Mirrored(rendered.findings, rendered.waived)
    if cluster is not None and cluster not in (known := {place.place for place in whole.places}):
        raise NoSuchCluster(cluster=cluster, known=known)
    chosen = whole if cluster is None else only(whole, cluster)
    made, told = files(chosen), table(list(_rows(chosen)))
    if base is not None:
        found = _since(root, base, chosen, cluster)
        made |= delta_files(chosen, found)
        told += _delta_text(found)
    return Mirrored(rendered.findings, rendered.waived, made, told, tuple(unpinned(chosen)))


def _since(root: File, base: str, after: Inventory, cluster: str | None) -> Delta:
    with specs_at(root, base) as folder:
        before, rendered = inventory(folder)
    if before is None:
        errors = [item for item in rendered.findings if has_errors((item,))]
        raise BrokenSpecs(ref=base, first=errors[0], number=len(errors))
    return delta(base, before if cluster is None else only(before, cluster), after)


def _rows(chosen: Inventory) -> list[list[str]]:
    rows = [["place", "images", "models", "of models"]]
    rows += [
        [place.place, str(len(place.images)), str(len(place.models)), binary(chosen.size(place.models))]
        for place in chosen.places
        if place.images or place.models or not place.place.startswith(HUBS)
    ]
    total = [str(len(chosen.images)), str(len(chosen.models)), binary(chosen.size(chosen.models))]
    return [*rows, ["altogether", *total]]


def _delta_text(found: Delta) -> str:
    if not found.places:
        return f"since {found.base}: nothing to pull\n"
    rows = [["place", "images", "models", "of models"]]
    rows += [
        [
            item.place,
            f"+{len(item.images)} -{len(item.gone)}",
            f"+{len(item.models)}",
            f"+{binary(item.size)}",
        ]
        for item in found.places
    ]
    return f"since {found.base}:\n{table(rows)}"
