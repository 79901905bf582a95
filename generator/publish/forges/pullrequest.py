"""One pull request for one change set, with one comment that holds its plan: opened once, then kept up to date.

Nothing is asked for twice that might happen twice: after an answer that was lost, it is looked up whether the pull
request or the comment is there before either is made again. A second run with nothing new only reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from ...plan.plan_class import Level
from ..patience import Patience
from .forge import GONE, Comment, Denied, Exists, Forge, Limited, Proposal, PullRequest, Unclear

TRIES = 6
"""How often one thing is asked for: half a minute of pauses when nobody says how long to wait."""
PLAN_MARK = "<!-- nearedge: plan -->"
OURS, OURS_END = "<!-- nearedge: made by publish -->", "<!-- nearedge: end -->"
_PART = re.compile(f"{re.escape(OURS)}.*?{re.escape(OURS_END)}", re.DOTALL)
LABELS = {level: f"plan-{level}" for level in Level}
"""Class of a plan -> label of its pull request."""
Value = TypeVar("Value")


class Did(StrEnum):
    """What was done to a pull request or a comment."""

    OPENED = "opened"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Shown:
    """The pull request as it is now."""

    pull: PullRequest
    did: Did
    comment: Did


def propose(forge: Forge, proposal: Proposal, plan: str, patience: Patience) -> Shown:
    """Have this pull request open, with this plan in its comment.

    Raises:
        Denied: the forge does not let us.
        Limited, Unclear, WaitedEnough: it does not answer in time; another run goes on from there.
    """
    pull, did = _opened(forge, proposal, patience)
    body = _text(pull.body, proposal.body)
    if did is not Did.OPENED and (_same(pull.title, proposal.title), _same(pull.body, body)) != (True, True):
        _patiently(patience, lambda: forge.update(pull.number, proposal.title, body))
        did = Did.UPDATED
    if not pull.labels.issuperset(proposal.labels):
        _patiently(patience, lambda: forge.add_labels(pull.number, proposal.labels))
        did = did if did is Did.OPENED else Did.UPDATED
    return Shown(pull, did, _comment(forge, pull.number, f"{PLAN_MARK}\n{plan}", patience))


def remark(forge: Forge, number: int, plan: str, level: Level | None, patience: Patience) -> Did:
    """Have this plan in the one comment of an open pull request, and its class as the one label of LABELS.

    Raises:
        Denied, Limited, Unclear, WaitedEnough: as `propose`.
    """
    if level is not None:
        _patiently(patience, lambda: forge.add_labels(number, [LABELS[level]]))
        for other in (label for one, label in LABELS.items() if one is not level):
            _patiently(patience, lambda other=other: forge.remove_label(number, other))  # type: ignore[misc]
    return _comment(forge, number, f"{PLAN_MARK}\n{plan}", patience)


def framed(text: str) -> str:
    """The part of a pull request's text that is ours to change; people may write around it."""
    return f"{OURS}\n{text.strip()}\n{OURS_END}"


def _text(before: str, wanted: str) -> str:
    """The text with our part renewed; one that people have taken our part out of stays theirs."""
    if not before.strip():
        return wanted
    return _PART.sub(lambda _: wanted, before, count=1)


def _same(one: str, other: str) -> bool:
    """Forges turn line breaks over, and drop what is blank at the end."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def _opened(forge: Forge, proposal: Proposal, patience: Patience) -> tuple[PullRequest, Did]:
    def find() -> PullRequest | None:
        return _patiently(patience, lambda: forge.find(proposal.branch, proposal.base))

    found = find()
    if found is not None:
        return found, Did.UNCHANGED
    try:
        return _patiently(patience, lambda: forge.create(proposal), find), Did.OPENED
    except Exists as fault:
        # It is there, and the list that we were shown is older.
        for turn in range(TRIES):
            found = find()
            if found is not None:
                return found, Did.UNCHANGED
            patience.pause(str(fault), turn)
        raise


def _comment(forge: Forge, number: int, body: str, patience: Patience) -> Did:
    def ours() -> tuple[Comment, ...]:
        listed = _patiently(patience, lambda: forge.comments(number))
        return tuple(item for item in listed if item.body.lstrip().startswith(PLAN_MARK))

    def there() -> bool | None:
        return bool(ours()) or None

    def write() -> bool:
        forge.add_comment(number, body)
        return True

    found = ours()
    if not found:
        _patiently(patience, write, there)
        return Did.OPENED
    first, *surplus = found
    for item in surplus:
        _patiently(patience, lambda item=item: _removed(forge, number, item.number))  # type: ignore[misc]
    if _same(first.body, body):
        return Did.UPDATED if surplus else Did.UNCHANGED
    _patiently(patience, lambda: forge.edit_comment(number, first.number, body))
    return Did.UPDATED


def _removed(forge: Forge, number: int, comment: int) -> None:
    try:
        forge.remove_comment(number, comment)
    except Denied as fault:
        # A removal whose answer was lost.
        if fault.status != GONE:
            raise


def _patiently(
    patience: Patience, act: Callable[[], Value], done: Callable[[], Value | None] | None = None
) -> Value:
    """What `act` gives, asked for again after a pause when it fails for now.

    `done` is for what must not happen twice: it looks whether it has happened although the answer was lost.
    """
    last: Limited | Unclear | None = None
    for turn in range(TRIES):
        try:
            return act()
        except (Limited, Unclear) as fault:
            last = fault
        if turn + 1 < TRIES:
            patience.pause(str(last), turn, last.asked)
        if done is not None and isinstance(last, Unclear) and (found := done()) is not None:
            return found
    assert last is not None  # noqa: S101 - every way out of the loop but this one gives a value
    raise last
