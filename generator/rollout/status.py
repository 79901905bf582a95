"""How far each ring is: the commit that it holds, how many the main branch is further, which clusters differ and why."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path as File

from .differ import DifferingCluster, Output, changed_clusters, output
from .fleet import CommitSpecs, specs_of
from .history import Repo, is_behind, no_such, read_commit, repository, resolved
from .position import Position, positions


@dataclass(frozen=True)
class RingStatus:
    """One ring: where it is, its clusters, and those that are not as the main branch has them."""

    position: Position
    clusters: tuple[str, ...]
    differ: tuple[DifferingCluster, ...]


@dataclass(frozen=True)
class Status:
    """All rings against the main branch; `notes` are what is odd about it."""

    ref: str
    head: str
    subject: str
    rings: tuple[RingStatus, ...]
    loose: tuple[str, ...]
    """Clusters of no ring: nothing is delivered to them."""
    hub: tuple[str, ...]
    """Files of the hub that the last ring's commit has otherwise than the main branch."""
    notes: tuple[str, ...]


def status(root: File, ref: str, remote: str = "origin") -> Status:
    """Where all rings are, as this clone knows it.

    Raises:
        NoSuchCommit, NoFleet: `ref` is no commit, or has no fleet.
        ToolMissing, ToolFailed: git cannot tell.
    """
    repo = repository(root)
    head = resolved(repo, ref)
    if head is None:
        raise no_such(repo, ref)
    specs = specs_of(repo, head)
    at = positions(repo, specs.rings, head, remote)
    now = output(repo, head)
    rings = tuple(_ring(repo, specs, item, now) for item in at)
    loose = tuple(sorted(place.name for place in specs.places.values() if place.ring is None))
    subject = read_commit(repo, head).subject
    return Status(ref, head, subject, rings, loose, _hub(repo, at, head), tuple(notes(repo, at, loose)))


def _ring(repo: Repo, specs: CommitSpecs, at: Position, now: Output) -> RingStatus:
    clusters = specs.of(at.ring.name)
    found = tuple(changed_clusters(repo, output(repo, at.commit), now, clusters))
    return RingStatus(at, clusters, found)


def _hub(repo: Repo, at: tuple[Position, ...], head: str) -> tuple[str, ...]:
    last = next((item.commit for item in reversed(at) if item.commit), None)
    was, now = output(repo, last).hub, output(repo, head).hub
    return tuple(sorted(path for path in {*was, *now} if was.get(path) != now.get(path))) if last else ()


def notes(repo: Repo, at: tuple[Position, ...], loose: tuple[str, ...]) -> list[str]:
    """What is not as a rollout leaves it."""
    found = []
    for item in at:
        if item.commit is None:
            found.append(
                f"ring {item.ring.name}: there is no {item.ref}; its clusters get nothing until it is there"
            )
        elif item.holds is None:
            found.append(
                f"ring {item.ring.name}: {item.ref} has a tree of its own at {item.commit[:12]}, which the main branch "
                f"never had: bring that into the main branch before the ring moves on"
            )
    for first, second in pairwise(at):
        if first.holds and second.holds and not is_behind(repo, second.holds, first.holds):
            found.append(
                f"ring {second.ring.name} is further than ring {first.ring.name}, which comes before it"
            )
    if loose:
        listed = ", ".join(loose[:6]) + (f" and {len(loose) - 6} more" if len(loose) > 6 else "")  # noqa: PLR2004
        found.append(f"of no ring, so nothing is delivered to them: {listed}")
    return found
