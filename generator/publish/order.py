"""What a person wants published, and how it is called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path as File

from ..flow.read import read
from ..git.command import git
from ..git.remote_head import BRANCH, remote_head
from .checkout import open_checkout
from .errors import NoBranchName, PublishRefused
from .forges.forge import Proposal
from .forges.pullrequest import framed
from .place import UNSAID, ForgeChoice
from .remote import default_branch, open_remote

TEXT = "Specs, and the output that nearedge makes of them. What they change on every cluster is in the comment with the plan."


@dataclass(frozen=True)
class Order:
    """What a person wants published."""

    branch: str
    title: str
    message: str = ""
    base: str = ""
    """"": the default branch of the remote, which `settled` looks up."""
    remote: str = "origin"
    labels: tuple[str, ...] = ()
    pull_request: bool = True
    replace: bool = False
    """Whether what is here wins over what the branch has on the remote."""
    said: ForgeChoice = UNSAID
    today: str = ""

    @property
    def text(self) -> str:
        """Message of the commit."""
        return f"{self.title}\n\n{self.message.strip()}".strip()

    @property
    def target(self) -> str | None:
        """The branch that it is for, when that is another one."""
        return self.base if self.base != self.branch else None


def settled(root: File, order: Order, *, offline: bool = False) -> Order:
    """The order with the branch that it is for; the remote is asked where this clone does not know, unless `offline`.

    Raises:
        PublishRefused: the branch that is published is that one, and no branch at all.
        UnknownHead: nobody said what it is for, and nobody knows.
    """
    checkout = open_checkout(root)
    if git(checkout.top, "check-ref-format", f"refs/heads/{order.branch}", accept=(0, 1)).code:
        raise NoBranchName(f"{order.branch} is no name for a branch")
    if not order.base:
        asked = None if offline else partial(_asked, root, checkout.top, order)
        found = remote_head(checkout.top, order.remote, "--base", asked)
        order = replace(order, base=found.branch.removeprefix(BRANCH))
    if order.pull_request and order.branch == order.base:
        raise PublishRefused(
            f"{order.branch} is what pull requests are for: choose another --branch, or say --no-pull-request to push to it"
        )
    return order


def _asked(root: File, top: File, order: Order) -> str | None:
    """What the remote says; which token it may be shown can stand in fleet.yaml."""
    shared = read(root)[1]
    said = order.said.over(shared.fleet.repository) if shared else order.said
    return default_branch(open_remote(top, order.remote, said))


def proposal(order: Order) -> Proposal:
    """The pull request of an order."""
    return Proposal(order.branch, order.base, order.title, framed(order.message or TEXT), order.labels)
