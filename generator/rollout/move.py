"""A ring on its way from one commit to another: the plan of its clusters, and what stands against it.

position, target -> between -> the ring's part of it -> dangers, refusals
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as File

from ..documents.files import is_part, whole_of
from ..findings.finding import Finding
from ..flow.rendered import Progress, silent
from ..git.blobs import blobs
from ..plan.plan import Plan, plan_of
from ..plan.sides import Sides, between
from ..proof.verify import Failure, Verification
from .fleet import CommitSpecs, NoFleet, specs_of, texts_of
from .history import Repo, files
from .position import Position

FOLDERS = ("clusters", "base", "overlays", "acm")


@dataclass(frozen=True)
class Move:
    """What it would do to a ring's clusters to hold `target` instead of what they have."""

    ring: str
    was: Position
    target: str
    plan: Plan
    clusters: tuple[str, ...]
    wrong: tuple[Finding, ...] = ()
    """Errors in the specs of the target."""
    stale: tuple[str, ...] = ()
    """Files at the target that are not what its specs give."""
    proof: Verification | None = None
    """Of the folders of these clusters that are others than they have; None when nothing was proven."""
    proven_by: str = ""
    """The step of this ring that says that the target's tree was proven before."""

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What the proof found."""
        return self.proof.failures if self.proof else ()


def moved(repo: Repo, at: Position, target: str, progress: Progress = silent) -> Move:
    """The move of one ring to a commit."""
    specs = specs_of(repo, target)
    before = texts_of(repo, at.commit) if at.commit else {}
    sides = between(before, specs.texts, progress)
    name = at.ring.name
    clusters = _members(specs, name, repo, at)
    here = only(sides, frozenset(clusters))
    plan = plan_of(specs.texts, here, at.ring.revision, at.commit or "", operators=False)
    return Move(name, at, target, plan, clusters)


def _members(specs: CommitSpecs, ring: str, repo: Repo, at: Position) -> tuple[str, ...]:
    """Clusters that follow the ring: those that the target has in it, and those that it had and that are gone."""
    try:
        before = specs_of(repo, at.commit).of(ring) if at.commit else ()
    except NoFleet:
        before = ()
    return tuple(sorted({*specs.of(ring), *(name for name in before if name not in specs.places)}))


def only(sides: Sides, names: frozenset[str]) -> Sides:
    """What is about these clusters; the hub's objects follow no ring, nor does what is applied by hand."""
    kept = tuple(replace(item, by_hand=()) for item in sides.clusters if item.name in names)
    before = sides.before
    fleet = (
        replace(before, members=tuple(item for item in before.members if item.name in names))
        if before
        else None
    )
    after = sides.after
    members = tuple(item for item in after.members if item.name in names) if after else ()
    judged = replace(sides.judged, fleet=replace(after, members=members) if after else None)
    gone = {path: text for path, text in sides.texts.items() if not _another(path, names)}
    lost = {path: found for path, found in sides.lost.items() if not _another(path, names)}
    return replace(sides, clusters=kept, hubs=(), before=fleet, judged=judged, texts=gone, lost=lost)


def _another(path: str, names: frozenset[str]) -> bool:
    """Whether a spec file is of a cluster that is not meant, or what a team says of such a one."""
    whole = whole_of(path) if is_part(path) else path
    return whole.split("/")[1] in {"core", "near-edge"} and File(whole).stem not in names


def write_out(repo: Repo, commit: str, root: File, folders: Iterable[str] = FOLDERS) -> None:
    """Put the specs and the machine folders of a commit below a folder; nothing of the work tree is touched."""
    wanted: Mapping[str, str] = {
        path: blob for folder in folders for path, blob in files(repo, commit, folder).items()
    }
    for path, raw in blobs(repo.root, wanted).items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(raw)
