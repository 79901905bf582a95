"""The proof of what a ring's branch will hold, before it moves: specs without errors, output that passes as in a render.

    move -> the target's files, written out -> judged, compared -> folders of the ring's clusters that change, proven

Clusters of other rings never read this branch, and the hub's objects follow no ring: both are left out. A way back may
lead to what another nearedge wrote. That is held against itself, not against what this one would write; or it was proven
when the ring took it, which its step says.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path as File

from ..disk import tree
from ..disk.sealed import copy_sealed
from ..findings.finding import Severity
from ..flow import incremental
from ..flow.cache import CACHE
from ..flow.rendered import Progress, Rendered, silent
from ..proof.part import Ground, Touched, prove_in
from .differ import changed_clusters, output
from .history import Repo, first_parents, is_behind, read_commit
from .move import Move, write_out
from .step import step_of

_ELSEWHERE = frozenset({"hub", "removed", "not rendered"})
"""Reasons for which a cluster differs without a folder of the branch that it could read."""


def proven(
    repo: Repo, found: Move, progress: Progress = silent, today: str = "", *, back: bool = False
) -> Move:
    """The move with what is wrong at its target, and the proof of what changes for the ring's clusters.

    `back`: what the specs there do not give is no reason against it.

    Raises:
        ToolMissing, ToolFailed: as `verify`.
    """
    with tempfile.TemporaryDirectory(prefix="nearedge-rollout-") as name:
        root = File(name).resolve()
        write_out(repo, found.target, root)
        # So that only what the last render does not know is compiled there.
        copy_sealed(repo.root / CACHE, root / CACHE)
        rendered = incremental.render_changed(root, progress, today)
        wrong = tuple(item for item in rendered.findings if item.severity is Severity.ERROR)
        if wrong:
            return replace(found, wrong=wrong)
        changes = tree.compare(root, rendered.tree)
        stale = tuple(sorted((*changes.written, *changes.removed)))
        if stale and not back:
            return replace(found, stale=stale)
        ground = Ground(root, rendered, repo.root, as_built=bool(stale))
        proof = prove_in(root, ground, _touched(repo, found, rendered), progress)
        return replace(found, stale=stale, proof=proof)


def _touched(repo: Repo, found: Move, rendered: Rendered) -> Touched:
    was, now = (output(repo, commit) for commit in (found.was.commit, found.target))
    differ = {
        item.name
        for item in changed_clusters(repo, was, now, found.clusters)
        if not _ELSEWHERE.issuperset(item.reasons)
    }
    return Touched(tuple(item for item in rendered.clusters if item.member and item.member.name in differ))


def proven_before(repo: Repo, found: Move, head: str) -> str:
    """The last step of this ring that took the target's tree after a proof; "" when none did.

    Only what stands on the ring's own branch counts: whoever moves rings wrote it. A message of the main branch may be
    anybody's.
    """
    wanted = read_commit(repo, found.target).tree
    for commit in first_parents(repo, found.was.commit) if found.was.commit else ():
        if is_behind(repo, commit.id, head):
            break
        step = step_of(commit)
        if step is not None and commit.tree == wanted == step.proven:
            return commit.id
    return ""
