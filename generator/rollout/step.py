"""A step: the commit that moves a ring. It holds the tree of another commit and says in trailers what it is.

    Advance ring canary to 1a2b3c4d5e6f

    Give the shelf detector 3Gi

    Nearedge-Ring: canary
    Nearedge-Action: advance
    Nearedge-From: 0f9e8d...
    Nearedge-Target: 1a2b3c...
    Nearedge-Acknowledged: DOWNTIME/store-005
    Nearedge-Proven: 4b825d...

Its first parent is where the ring was, its second the target. Trailers only speed up what the tree proves anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..git.command import git
from .history import Commit, Repo, read_commit

SHORT = 12
_TRAILER = re.compile(r"^Nearedge-(Ring|Action|From|Target|Acknowledged|Proven): (.+)$", re.MULTILINE)
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class RingAction(StrEnum):
    """Which way a ring moves."""

    ADVANCE = "advance"
    ROLLBACK = "rollback"


@dataclass(frozen=True)
class RingStep:
    """What a step says of itself: from where the ring came (None: there was none), and what it holds now."""

    ring: str
    action: RingAction
    came_from: str | None
    target: str
    acknowledged: tuple[str, ...] = ()
    proven: str = ""
    """The tree that was proven, which is the step's own; "" when nothing was."""


def step_of(commit: Commit) -> RingStep | None:
    """The step that a commit is; None for any other commit."""
    said = _TRAILER.findall(commit.message)
    one = dict(said)
    if not {"Ring", "Action", "Target"} <= one.keys() or one["Action"] not in set(RingAction):
        return None
    if not all(_ID.fullmatch(one[key]) for key in ("Target", "From") if key in one):
        return None
    acknowledged = tuple(value for key, value in said if key == "Acknowledged")
    action = RingAction(one["Action"])
    return RingStep(one["Ring"], action, one.get("From"), one["Target"], acknowledged, one.get("Proven", ""))


def message(step: RingStep, subject: str) -> str:
    """The message of a step's commit."""
    verb = "Advance ring" if step.action is RingAction.ADVANCE else "Roll back ring"
    rows = [("Ring", step.ring), ("Action", step.action.value)]
    rows += [("From", step.came_from)] if step.came_from else []
    rows += [("Target", step.target), *(("Acknowledged", code) for code in step.acknowledged)]
    rows += [("Proven", step.proven)] if step.proven else []
    trailers = "".join(f"Nearedge-{key}: {value}\n" for key, value in rows)
    return f"{verb} {step.ring} to {step.target[:SHORT]}\n\n{subject}\n\n{trailers}"


def make(repo: Repo, step: RingStep, ring: str | None) -> str:
    """Write the commit of a step on top of where the ring's branch is; its id. No ref moves.

    Raises:
        GitFailed: git does not know who commits, or cannot sign.
    """
    target = read_commit(repo, step.target)
    parents = _parents(ring, step.target)
    signed = (
        git(repo.root, "config", "--type=bool", "--get", "commit.gpgSign", accept=(0, 1)).stdout.strip()
        == "true"
    )
    options = ("-S",) if signed else ()
    text = message(step, target.subject)
    done = git(repo.root, "commit-tree", *options, *parents, "-F", "-", target.tree, stdin=text)
    return done.stdout.strip()


def _parents(*commits: str | None) -> Iterable[str]:
    for commit in dict.fromkeys(commit for commit in commits if commit):
        yield from ("-p", commit)
