"""What a ring's branch tells of its past: every commit on it that the main branch does not have, the newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from .history import Commit, Repo, first_parents, is_behind
from .position import Position
from .step import RingStep, step_of

MOST = 30
"""Commits of a ring that are told."""


@dataclass(frozen=True)
class RingCommit:
    """A commit on a ring's branch; `step` is what it says of itself when `nearedge rollout` made it."""

    commit: Commit
    step: RingStep | None
    main: bool = False
    """Whether the main branch has it: the ring's branch begins there."""


def past(repo: Repo, at: Position, head: str) -> Iterator[RingCommit]:
    """The commits of a ring's own, back to where its branch left the main branch whose commit is `head`."""
    for commit in islice(first_parents(repo, at.commit), MOST) if at.commit else ():
        main = is_behind(repo, commit.id, head)
        yield RingCommit(commit, step_of(commit), main)
        if main:
            return


def recent(repo: Repo, head: str, most: int = MOST) -> tuple[Commit, ...]:
    """The newest commits of the main branch."""
    return tuple(islice(first_parents(repo, head), most))
