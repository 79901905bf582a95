"""What a person wants published, and how it is called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path as File

from ..git.command import git
from .checkout import open_checkout
from .errors import NoBranchName, PublishRefused
from .forges.forge import Proposal
from .forges.pullrequest import framed
from .place import UNSAID, ForgeChoice

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


def settled(root: File, order: Order) -> Order:
    """The order with the branch that it is for.

    Raises:
        PublishRefused: the branch that is published is that one, and no branch at all.
    """
    checkout = open_checkout(root)
    if git(checkout.top, "check-ref-format", f"refs/heads/{order.branch}", accept=(0, 1)).code:
        raise NoBranchName(f"{order.branch} is no name for a branch")
    if not order.base:
        head = f"refs/remotes/{order.remote}/HEAD"
        told = git(checkout.top, "symbolic-ref", "--quiet", head, accept=(0, 1, 128)).stdout.strip()
        order = replace(order, base=told.removeprefix(head.removesuffix("HEAD")) or "main")
    if order.pull_request and order.branch == order.base:
        raise PublishRefused(
            f"{order.branch} is what pull requests are for: choose another --branch, or say --no-pull-request to push to it"
        )
    return order


def proposal(order: Order) -> Proposal:
    """The pull request of an order."""
    return Proposal(order.branch, order.base, order.title, framed(order.message or TEXT), order.labels)
