"""Moving the branch of a ring: on the remote, in this clone when there is none, or by a pull request.

step -> commit -> push (moved only if it is still where it was seen) | pull request into the ring's branch
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import NearedgeError
from ..git.command import git
from ..publish.forges.choose import open_forge
from ..publish.forges.forge import Proposal
from ..publish.forges.pullrequest import PLAN_MARK, framed, propose
from ..publish.patience import Patience
from ..publish.place import ForgeChoice
from ..publish.remote import Pushed, Rejected, Remote, fetch, heads, push_ref
from ..report.plan.text import LIMIT, as_markdown
from .advance import Judged
from .history import Repo, read_commit
from .step import SHORT, make, message

MAX_WAIT = 300.0
"""Seconds that a forge is waited for in all."""


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
    """Have the remote's branches here, and remember where they are now, or that they are gone."""
    asked = tuple(refs)
    found = heads(remote, asked)
    fetch(remote, found)
    # Of a commit that is here already nothing is fetched, and what git remembers of the branch stays where it was.
    for ref in asked:
        tracked = f"refs/remotes/{remote.name}/{ref.removeprefix('refs/heads/')}"
        if ref in found:
            git(remote.root, "update-ref", "--create-reflog", tracked, found[ref])
        else:
            git(remote.root, "update-ref", "-d", tracked)


def branch_for(judged: Judged) -> str:
    """The branch of a pull request: one for each ring and target, so that asking twice finds the same one."""
    return f"nearedge/{judged.action.value}/{judged.move.ring}-{judged.move.target[:SHORT]}"


@dataclass(frozen=True)
class Proposed:
    """What was asked for: the step's commit, and the pull request that merges it into the ring's branch."""

    commit: str
    url: str
    did: str


def propose_step(repo: Repo, judged: Judged, remote: Remote | None, said: ForgeChoice) -> Proposed:
    """Push the step to a branch of its own, and have a pull request open from there into the ring's branch.

    Raises:
        NotMoved: there is no remote, or it does not take the branch.
        NearedgeError: the forge does not let us, or does not answer in time.
    """
    if remote is None:
        raise NotMoved("a pull request needs a remote: git remote add origin URL adds one")
    if judged.move.was.commit is None:
        raise NotMoved(
            f"the ring has no branch yet that a pull request could be for: push {judged.move.was.ring.revision} first"
        )
    forge = open_forge(remote.url, said, os.environ)
    branch = branch_for(judged)
    ref = f"refs/heads/{branch}"
    there = heads(remote, [ref])
    fetch(remote, there)
    same = read_commit(repo, there[ref]) if ref in there else None
    if same and judged.move.was.commit in same.parents:
        # The same step of an earlier run: a second commit of it would be another one only by its date.
        step = same.id
    else:
        step = make(repo, judged.step, judged.move.was.commit)
        outcome = push_ref(remote, step, ref, there.get(ref))
        if not isinstance(outcome, Pushed):
            raise NotMoved(
                f"{remote.name} does not take {branch} ({outcome.why}): remove that branch and try again"
            )
    target = read_commit(repo, judged.move.target)
    text = message(judged.step, target.subject)
    title, _, body = text.partition("\n")
    base = judged.move.was.ring.revision.removeprefix("refs/heads/")
    proposal = Proposal(branch, base, title, framed(body))
    plan = as_markdown(judged.move.plan, LIMIT - len(PLAN_MARK) - 1)
    shown = propose(forge, proposal, plan, Patience(MAX_WAIT))
    return Proposed(step, shown.pull.url, shown.did.value)


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
