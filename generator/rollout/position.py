"""Where each ring is: the ref that it follows, the commit there, and which commit of the main branch that holds.

A ring holds a commit when its ref is at that commit, or at a step with the same tree. What has a tree that the main
branch never had is the ring's own, and nothing here moves it on before somebody has looked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..specs.fleet import Ring
from .history import Commit, Repo, distance, first_parents, is_behind, read_commit, resolved, with_tree
from .step import RingStep, step_of

BRANCH = "refs/heads/"


@dataclass(frozen=True)
class Position:
    """Where one ring is.

    `ref` is what was looked at for it (the remote's branch as it was last seen, or the local one), `commit` where that
    is, `holds` the commit of the main branch whose tree it has, `behind` how many commits the main branch is further.
    """

    ring: Ring
    ref: str
    commit: str | None = None
    holds: str | None = None
    behind: int = 0
    subject: str = ""
    step: RingStep | None = None
    """The last move, when it was made by a step."""

    @property
    def follows_branch(self) -> bool:
        """Whether the ring's ref can move; a tag or a commit stays what it is."""
        return self.ring.revision.startswith(BRANCH)


def seen_as(repo: Repo, revision: str, remote: str) -> str:
    """The ref that tells where a ring's ref is: the remote's branch as last fetched, else the ref itself."""
    if revision.startswith(BRANCH):
        tracked = f"refs/remotes/{remote}/{revision.removeprefix(BRANCH)}"
        if resolved(repo, tracked):
            return tracked
    return revision


def positions(repo: Repo, rings: Iterable[Ring], head: str, remote: str) -> tuple[Position, ...]:
    """Where all rings are, in the order of the rollout; `head` is the commit of the main branch."""
    return tuple(position(repo, ring, head, remote) for ring in rings)


def position(repo: Repo, ring: Ring, head: str, remote: str) -> Position:
    """Where one ring is."""
    ref = seen_as(repo, ring.revision, remote)
    found = resolved(repo, ref)
    if found is None:
        return Position(ring, ref)
    commit = read_commit(repo, found)
    held = holds(repo, commit, head)
    behind = distance(repo, held, head) if held else 0
    subject = read_commit(repo, held).subject if held else commit.subject
    return Position(ring, ref, found, held, behind, subject, step_of(commit))


def holds(repo: Repo, commit: Commit, head: str) -> str | None:
    """The commit of the main branch that has the tree of this one."""
    if is_behind(repo, commit.id, head):
        return commit.id
    step = step_of(commit)
    target = resolved(repo, step.target) if step else None
    if target and read_commit(repo, target).tree == commit.tree and is_behind(repo, target, head):
        return target
    return with_tree(repo, head, commit.tree)


@dataclass(frozen=True)
class Held:
    """Commits of the main branch that a ring held before, the latest first, each behind the one that it holds now.

    `floor` is where its branch left the main branch: the ring held that one, and whatever it held before nobody can
    tell, because a branch that is moved by hand leaves no trace.
    """

    known: tuple[str, ...] = ()
    floor: str | None = None


def earlier(repo: Repo, at: Position, head: str) -> Held:
    """What a ring held before, told from the commits on its own branch: steps, and what people merged or pushed there."""
    found: dict[str, None] = {}
    for commit in first_parents(repo, at.commit) if at.commit else ():
        held = holds(repo, commit, head)
        if held and held != at.holds and (at.holds is None or is_behind(repo, held, at.holds)):
            found.setdefault(held)
        if is_behind(repo, commit.id, head):
            return Held(tuple(found), commit.id)
    return Held(tuple(found))
