"""How long a ring has had a commit: what the ring behind it waits for when a move is asked to soak.

Told from the commits on the ring's own branch: a step, or the merge of one, has the date of the move. A branch that somebody
moved by hand to a commit of the main branch has no date of its own, so how long it was there nobody can tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from ..fit.transfer import duration_text
from .history import Repo, first_parents, is_behind
from .position import Position, holds


class Soak(NamedTuple):
    """How long the ring before has to have had the target, and what time it is: seconds, and seconds since 1970."""

    seconds: int = 0
    now: float = 0.0


NO_SOAK = Soak()


def held_since(repo: Repo, at: Position, target: str, head: str) -> float | None:
    """Since when a ring has a commit without a break, in seconds since 1970; None where its branch does not tell."""
    since = None
    for commit in first_parents(repo, at.commit) if at.commit else ():
        held = holds(repo, commit, head)
        if is_behind(repo, commit.id, head):
            # Moved by hand, some time after this commit was made.
            return since if held is None or not is_behind(repo, target, held) else None
        if held is None or not is_behind(repo, target, held):
            break
        since = datetime.fromisoformat(commit.when).timestamp()
    return since


def unsoaked(repo: Repo, before: Position, target: str, head: str, soak: Soak) -> Iterator[str]:
    """What stands against a move to `target` while the ring before has not had it for long enough."""
    if not soak.seconds:
        return
    name, short = before.ring.name, target[:12]
    since = held_since(repo, before, target, head)
    if since is None:
        yield (
            f"since when ring {name} holds {short} is not known, as it was moved by hand: nothing can be soaked "
            f"there (--soak 0s)"
        )
        return
    left = soak.seconds - max(int(soak.now - since), 0)
    if left > 0:
        had = duration_text(max(int(soak.now - since), 0))
        yield f"ring {name} has {short} for {had}: it soaks for {duration_text(left)} more (--soak)"
