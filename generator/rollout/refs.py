"""Moving the branch of a ring: on the remote, in this clone when there is none, or by a pull request.

step -> commit -> push (moved only if it is still where it was seen) | pull request into the ring's branch
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import NearedgeError
from ..publish.git import git
from ..publish.remote import Pushed, Rejected, Remote, fetch, heads, push_ref
from .advance import Judged
from .history import Repo
from .step import make


class NotMoved(NearedgeError):
    """The remote did not take the step; nothing was changed."""

    exit_code = 1


@dataclass(frozen=True)
class Moved:
    """What was done: the step's commit, the ref it went to, and where that is."""

    commit: str
    ref: str
    place: str


def fetched(remote: Remote, refs: Iterable[str]) -> None:
    """Have the remote's branches here, as they are now."""
    fetch(remote, heads(remote, refs))


def push(repo: Repo, judged: Judged, remote: Remote | None) -> Moved:
    """Make the step and move the ring's branch to it.

    Raises:
        NotMoved: somebody else moved the ring meanwhile, or the remote does not let us.
        GitFailed: the commit cannot be made, or the remote does not answer.
    """
    at = judged.move.was
    step = make(repo, judged.step, at.commit)
    ref = at.ring.revision
    if remote is None:
        git(repo.root, "update-ref", "-m", "nearedge rollout", ref, step, at.commit or "0" * len(step))
        return Moved(step, ref, "this clone, which has no remote")
    outcome = push_ref(remote, step, ref, at.commit)
    if isinstance(outcome, Pushed):
        fetched(remote, [ref])
        return Moved(step, ref, remote.name)
    if isinstance(outcome, Rejected):
        raise NotMoved(f"{ref} was moved by somebody else meanwhile ({outcome.why}): look again")
    raise NotMoved(
        f"{remote.name} does not take {ref} ({outcome.why}): let the bot push to it, or set advance: pull-request "
        f"for the ring in clusters/fleet.yaml"
    )
