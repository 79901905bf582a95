"""A commit lands on a branch of a remote that others write to as well.

    look -> bring in what is there -> push -> somebody was quicker? wait a little, look again

Nothing is forced. A push whose answer was lost is looked up before it is tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..git.command import Unreachable, git
from .checkout import Checkout
from .errors import PublishRefused
from .merge import Rebuild, merged
from .patience import Patience
from .remote import Pushed, PushRefused, Remote, deepen, fetch, heads, is_ancestor, push_ref

SILENT = 5
"""How often a remote may not answer, one time after the other."""


@dataclass(frozen=True)
class Target:
    """The branch that is published, and the one that it is for."""

    remote: Remote
    branch: str
    base: str | None
    """None: nothing but the branch itself is brought in."""
    rebuild: Rebuild
    """Makes the output anew where two heads are brought together."""
    replace: bool = False
    """Whether what is published wins over what the branch has on the remote."""

    @property
    def ref(self) -> str:
        """Full name of the branch."""
        return f"refs/heads/{self.branch}"

    @property
    def base_ref(self) -> str | None:
        """Full name of the branch that it is for."""
        return f"refs/heads/{self.base}" if self.base else None


@dataclass(frozen=True)
class Landed:
    """What the remote's branch is at now."""

    commit: str
    pushed: bool
    """False: it was there already."""
    tries: int
    base: str | None = None
    """Where the branch that it is for was."""


def looked(target: Target, patience: Patience) -> Mapping[str, str]:
    """`look`, tried again a few times when the remote does not answer."""
    for turn in range(SILENT - 1):
        try:
            return look(target)
        except Unreachable as error:
            patience.pause(str(error), turn)
    return look(target)


def look(target: Target) -> Mapping[str, str]:
    """Where both branches of the remote are; what they are at is here afterwards."""
    refs = [ref for ref in (target.ref, target.base_ref) if ref]
    found = heads(target.remote, refs)
    fetch(target.remote, found)
    return found


def land(
    checkout: Checkout,
    target: Target,
    commit: str,
    patience: Patience,
    found: Mapping[str, str] | None = None,
) -> Landed:
    """Push `commit`, brought together with what the remote has meanwhile.

    `found` is where the remote was a moment ago, when that is known.

    Raises:
        PublishRefused: specs clash, or the remote refuses the branch.
        NotAllowed, Unreachable, WaitedEnough: it is not in our hands.
    """
    turn = silent = 0
    while True:
        turn += 1
        try:
            seen = found if found is not None and turn == 1 else look(target)
            done = _bring_in(checkout, target, commit, seen)
            outcome = push_ref(target.remote, done, target.ref, seen.get(target.ref))
        except Unreachable as error:
            silent += 1
            if silent == SILENT:
                raise
            # It may have been pushed all the same: the next look tells.
            patience.pause(str(error), silent)
            continue
        silent = 0
        if isinstance(outcome, Pushed):
            return Landed(done, outcome.moved, turn, seen.get(target.base_ref or ""))
        if isinstance(outcome, PushRefused):
            raise PublishRefused(f"{target.remote.name} refuses {target.branch}: {outcome.why}")
        patience.pause(f"others push to {target.branch} all the time", min(turn - 1, 2))


def _bring_in(checkout: Checkout, target: Target, commit: str, seen: Mapping[str, str]) -> str:
    """The commit with what the branch has on the remote, and with what its base has and specs need."""
    theirs, base = seen.get(target.ref), seen.get(target.base_ref or "")
    if theirs is not None:
        connected(checkout, target, (commit, theirs))
        what = f"{target.remote.name}/{target.branch}"
        commit = merged(checkout, commit, theirs, what, target.rebuild, replace_theirs=target.replace)
    if base is not None and _is_news(checkout, target, base, commit):
        commit = merged(checkout, commit, base, f"{target.remote.name}/{target.base}", target.rebuild)
    return commit


def _is_news(checkout: Checkout, target: Target, base: str, commit: str) -> bool:
    """Whether the base has other specs or output than when the branch left it."""
    if is_ancestor(checkout.top, base, commit):
        return False
    left = connected(checkout, target, (base, commit))
    paths = [f"{checkout.prefix}{name}" for name in ("clusters", "acm", "base", "overlays")]
    arguments = ("diff", "--quiet", "--no-ext-diff", left, base, "--", *paths)
    return git(checkout.top, *arguments, accept=(0, 1)).code == 1


def connected(checkout: Checkout, target: Target, commits: tuple[str, str]) -> str:
    """The commit that both have behind them, for which a shallow clone is made deeper.

    Raises:
        PublishRefused: there is none.
    """
    refs = [ref for ref in (target.ref, target.base_ref) if ref]
    for turn in range(3):
        done = git(checkout.top, "merge-base", *commits, accept=(0, 1))
        if done.code == 0:
            return done.stdout.strip()
        there = list(heads(target.remote, refs))
        if turn == 2 or not deepen(target.remote, there, whole=turn == 1):  # noqa: PLR2004 - twice, then it is whole
            break
    names = (
        f"{target.remote.name}/{target.branch}"
        if target.base is None
        else f"{target.remote.name}/{target.base}"
    )
    raise PublishRefused(f"this branch has no commit in common with {names}")
