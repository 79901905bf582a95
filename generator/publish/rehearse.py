"""What publishing would do, told without doing it: nothing is written, and nobody is asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path as File

from ..flow.rendered import Progress, silent
from ..git.command import git
from ..plan.plan import Plan
from ..proof.verify import Verification
from .checkout import Checkout, open_checkout
from .flow import forge_choice, planned_against, refuse, trusting
from .forges.choose import open_forge
from .order import Order
from .prospect import judged, prospected, proven
from .remote import commit_of, open_remote


@dataclass(frozen=True)
class Rehearsed:
    """What publishing would do, as far as it can be told without the remote."""

    files: tuple[str, ...]
    planned: Plan | None
    proof: Verification | None
    """Of the folders that it touches; None when it touches none."""


def rehearse(root: File, order: Order, progress: Progress = silent) -> Rehearsed:
    """What would be committed and said; nothing is written, and nobody is asked.

    Raises:
        Unfit, Unproven, Overlooked, PublishRefused: it would not be published.
    """
    checkout = open_checkout(root)
    rendered = judged(root, order.today, progress)
    said = forge_choice(order.said, rendered)
    remote = open_remote(checkout.top, order.remote, said)
    if order.pull_request:
        open_forge(remote.url, trusting(remote, said), os.environ)
    base = commit_of(checkout.top, f"refs/remotes/{order.remote}/{order.base}")
    left = _left(checkout, base) if base else None
    prospect = prospected(checkout, rendered, left)
    planned = planned_against(checkout, order, base, progress)
    refuse(planned)
    return Rehearsed(prospect.files, planned, proven(prospect, root, progress))


def _left(checkout: Checkout, base: str) -> str:
    """Where this branch left the one that it is for, as far as this clone tells."""
    if checkout.head is None:
        return base
    return git(checkout.top, "merge-base", base, checkout.head, accept=(0, 1)).stdout.strip() or base
