"""The way from specs on disk to a pull request, one step after the other.

    checkout -> render -> look at the remote -> plan -> commit -> land -> pull request and comment

Up to the commit nothing leaves the machine and nothing of the repository changes but the output; after the push, a run
that stops is completed by the next one, because every step looks first whether it is done.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path as File

from .. import incremental, tree
from ..errors import NearedgeError
from ..finding import Finding, has_errors
from ..lock import locked
from ..pipeline import Progress, Rendered, silent
from ..plan import Plan, plan
from ..planshow import LIMIT, as_markdown
from ..transaction import settle
from ..waivers import Waived
from .checkout import Checkout, commit, differing, on_branch, open_checkout
from .errors import PublishRefused
from .forge import Forge, Proposal
from .forges import open_forge
from .git import git
from .land import Landed, Target, connected, land, look
from .merge import Rebuild, follow
from .patience import Patience
from .place import UNSAID, ForgeKind, Said
from .pullrequest import PLAN_MARK, Shown, framed, propose
from .remote import is_ancestor, open_remote, resolve

TEXT = "Specs, and the output that nearedge makes of them. What they change on every cluster is in the comment with the plan."


@dataclass(frozen=True)
class Order:
    """What a person wants published."""

    branch: str
    title: str
    message: str = ""
    base: str = "main"
    remote: str = "origin"
    labels: tuple[str, ...] = ()
    pull_request: bool = True
    replace: bool = False
    """Whether what is here wins over what the branch has on the remote."""
    said: Said = UNSAID
    today: str = ""

    @property
    def text(self) -> str:
        """Message of the commit."""
        return f"{self.title}\n\n{self.message.strip()}".strip()

    @property
    def target(self) -> str | None:
        """The branch that it is for, when that is another one."""
        return self.base if self.base != self.branch else None


@dataclass(frozen=True)
class Published:
    """What was done; `landed` is None when there was nothing to publish."""

    files: tuple[str, ...]
    """What was committed."""
    landed: Landed | None = None
    shown: Shown | None = None
    behind: bool = False
    """Whether the branch of this checkout could not follow the remote's."""


class Unfit(PublishRefused):
    """The specs have errors, or take something away that nobody named."""

    def __init__(self, findings: tuple[Finding, ...], waived: tuple[Waived, ...] = ()) -> None:
        self.findings, self.waived = findings, waived
        super().__init__("nothing was published: the specs have to be mended first")


def publish(root: File, order: Order, patience: Patience, progress: Progress = silent) -> Published:
    """Publish what is on disk below `root`.

    Raises:
        Unfit, PublishRefused: it is not to be published as it is.
        NearedgeError: git, the remote or the forge does not let us; after the push the sentence says so.
    """
    checkout = open_checkout(root)
    _check_branch(checkout, order.branch)
    with locked(root) as held:
        if held:
            settle(root)
        rendered = written(root, order.today, progress)
    progress("look", 0, 1)
    said = _said(order.said, rendered)
    remote = open_remote(checkout.top, order.remote, said)
    forge = open_forge(remote.url, said, os.environ) if order.pull_request else None
    target = Target(remote, order.branch, order.target, _rebuild(order.today), order.replace)
    found = look(target)
    base = _base(order, found, target)
    files = differing(checkout)
    if not files and _holds_nothing(checkout, base):
        return Published(())
    if base and checkout.head:
        connected(checkout, target, (base, checkout.head))
    planned = _planned(checkout, order, base, progress)
    progress("commit", 0, 1)
    checkout = on_branch(checkout, order.branch)
    if files:
        checkout = commit(checkout, files, rendered.tree.paths, order.text)
    if checkout.head is None:
        raise PublishRefused("there is nothing to publish: the repository has no commit and no specs")
    progress("push", 0, 1)
    landed = land(checkout, target, checkout.head, patience, found)
    followed = follow(checkout, landed.commit)
    done = Published(files, landed, behind=followed is None)
    if forge is None:
        return done
    if followed is not None and landed.commit != checkout.head:
        # What others did in between is part of it now.
        planned = _planned(followed, order, _base(order, look(target), target), progress)
    progress("pull request", 0, 1)
    return replace(done, shown=_shown(forge, order, planned, patience))


def written(root: File, today: str, progress: Progress = silent) -> Rendered:
    """The output below `root` brought in step with its specs.

    Raises:
        Unfit: they have errors; nothing was written.
    """
    rendered = incremental.render(root, progress, today)
    if has_errors(rendered.findings):
        raise Unfit(rendered.findings, rendered.waived)
    tree.write(root, rendered.tree, tree.compare(root, rendered.tree))
    incremental.remember(root, rendered)
    return rendered


def _rebuild(today: str) -> Rebuild:
    def rebuild(root: File) -> None:
        written(root, today)

    return rebuild


def _check_branch(checkout: Checkout, branch: str) -> None:
    if git(checkout.top, "check-ref-format", f"refs/heads/{branch}", accept=(0, 1)).code or branch[:1] == "-":
        raise PublishRefused(f"{branch} is no name for a branch")


def _said(said: Said, rendered: Rendered) -> Said:
    """What arguments say, then what fleet.yaml says."""
    assert rendered.fleet is not None  # noqa: S101 - a fleet without errors is complete
    repository = rendered.fleet.spec.repository
    kind = ForgeKind(repository.forge) if repository.forge else None
    return replace(said, kind=said.kind or kind, url=said.url or repository.forgeURL)


def _base(order: Order, found: Mapping[str, str], target: Target) -> str | None:
    """The commit that the change is judged against."""
    base = found.get(target.base_ref or target.ref)
    if base is None and order.pull_request:
        raise PublishRefused(
            f"{order.remote} has no branch {order.base} that a pull request could be for: say --base BRANCH, or push it first"
        )
    return base


def _holds_nothing(checkout: Checkout, base: str | None) -> bool:
    return checkout.head is None or (base is not None and is_ancestor(checkout.top, checkout.head, base))


def _planned(checkout: Checkout, order: Order, base: str | None, progress: Progress) -> Plan | None:
    """What it does to every cluster.

    Raises:
        Unfit: something is removed that nobody named.
    """
    if base is None or checkout.head is None:
        return None
    planned = plan(checkout.root, base, progress, order.today)
    if planned.refused or has_errors(planned.findings):
        raise Unfit((*planned.findings, *planned.refused))
    return replace(planned, ref=f"{order.remote}/{order.base}")


def _shown(forge: Forge, order: Order, planned: Plan | None, patience: Patience) -> Shown:
    try:
        return propose(forge, proposal(order), comment(planned), patience)
    except NearedgeError as fault:
        said = f"{order.branch} is pushed, but its pull request is not up to date: {fault}; the same command again goes on from there"
        raise NearedgeError(said) from None


def proposal(order: Order) -> Proposal:
    """The pull request of an order."""
    return Proposal(order.branch, order.base, order.title, framed(order.message or TEXT), order.labels)


def comment(planned: Plan | None) -> str:
    """The plan as a comment that any forge takes, with room for its mark."""
    if planned is None:
        return "There is no earlier commit to compare with."
    return as_markdown(planned, LIMIT - len(PLAN_MARK) - 1)


@dataclass(frozen=True)
class Rehearsed:
    """What publishing would do, as far as it can be told without the remote."""

    files: tuple[str, ...]
    planned: Plan | None


def rehearse(root: File, order: Order, progress: Progress = silent) -> Rehearsed:
    """What would be committed and said; nothing is written, and nobody is asked.

    Raises:
        Unfit, PublishRefused: it would not be published.
    """
    checkout = open_checkout(root)
    _check_branch(checkout, order.branch)
    rendered = incremental.render(root, progress, order.today)
    if has_errors(rendered.findings):
        raise Unfit(rendered.findings, rendered.waived)
    said = _said(order.said, rendered)
    remote = open_remote(checkout.top, order.remote, said)
    if order.pull_request:
        open_forge(remote.url, said, os.environ)
    changes = tree.compare(root, rendered.tree)
    made = {f"{checkout.prefix}{path}" for path in (*changes.written, *changes.removed)}
    base = resolve(checkout.top, f"refs/remotes/{order.remote}/{order.base}")
    planned = _planned(checkout, order, base, progress)
    return Rehearsed(tuple(sorted(made.union(differing(checkout)))), planned)
