"""What each site has to pull: from what its ring holds to a commit, or because of the specs on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...errors import NearedgeError
from ...findings.finding import has_errors
from ...flow.rendered import Progress, silent
from ...git.commit import snapshot
from ...plan.changes import Action
from ...plan.clusters import ClusterChange
from ...plan.sides import Sides, between, both
from ..fleet import CommitSpecs, specs_of, texts_of
from ..history import Repo
from ..move import only
from ..position import Position
from .simulate import ClusterDownload


class NotCompiled(NearedgeError):
    """The specs have errors, so nobody knows what a site pulls."""

    exit_code = 1


def to_commit(
    repo: Repo, rings: Iterable[Position], target: str, image: int, progress: Progress = silent
) -> tuple[ClusterDownload, ...]:
    """What the clusters of each ring pull to have what a commit says; `image` bytes stand for an image of unknown size."""
    specs = specs_of(repo, target)
    known: dict[str | None, Sides] = {}
    found: list[ClusterDownload] = []
    for at in rings:
        if at.commit not in known:
            before = texts_of(repo, at.commit) if at.commit else {}
            known[at.commit] = _sound(between(before, specs.texts, progress))
        names = frozenset(specs.of(at.ring.name))
        changed = only(known[at.commit], names).clusters
        found += _loads(changed, at.ring.name, image)
    return tuple(found)


def of_disk(
    repo: Repo, specs: CommitSpecs, ref: str, image: int, progress: Progress = silent
) -> tuple[ClusterDownload, ...]:
    """What the specs on disk make clusters pull, compared with where this branch left `ref`."""
    sides = _sound(both(repo.root, snapshot(repo.root, ref), progress))
    rings = {item.name: item.ring or "" for item in sides.clusters}
    last = specs.rings[-1].name if specs.rings else ""
    named = {name: ring or (last if name in specs.hubs else "") for name, ring in rings.items()}
    return tuple(
        load for ring in dict.fromkeys(named.values()) if ring
        for load in _loads((item for item in sides.clusters if named[item.name] == ring), ring, image)
    )  # fmt: skip


def _sound(sides: Sides) -> Sides:
    errors = [item for item in sides.judged.findings if has_errors((item,))]
    if errors:
        raise NotCompiled(f"the specs have errors: {errors[0].where}: {errors[0].code}: {errors[0].message}")
    return sides


def _loads(changed: Iterable[ClusterChange], ring: str, image: int) -> Iterator[ClusterDownload]:
    for item in changed:
        if item.action is Action.REMOVE or not item.changes:
            continue
        load = item.download
        size = load.size + load.unknown * image if load else 0
        yield ClusterDownload(
            item.name,
            ring,
            size,
            load.bandwidth if load else None,
            load.window if load else None,
            disconnected=load.mode == "disconnected" if load else False,
        )
