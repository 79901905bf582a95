"""What publishing would do, told without doing it: nothing is written, and nobody is asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path as File

from ..disk import tree
from ..findings.finding import has_errors
from ..flow import incremental
from ..flow.rendered import Progress, silent
from ..plan.plan import Plan
from .checkout import open_checkout, uncommitted_files
from .flow import Unfit, forge_choice, planned_against, refuse, trusting
from .forges.choose import open_forge
from .order import Order
from .remote import commit_of, open_remote


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
    rendered = incremental.render_changed(root, progress, order.today)
    if has_errors(rendered.findings):
        raise Unfit(rendered.findings, rendered.waived)
    said = forge_choice(order.said, rendered)
    remote = open_remote(checkout.top, order.remote, said)
    if order.pull_request:
        open_forge(remote.url, trusting(remote, said), os.environ)
    changes = tree.compare(root, rendered.tree)
    made = {f"{checkout.prefix}{path}" for path in (*changes.written, *changes.removed)}
    base = commit_of(checkout.top, f"refs/remotes/{order.remote}/{order.base}")
    planned = planned_against(checkout, order, base, progress)
    refuse(planned)
    return Rehearsed(tuple(sorted(made.union(uncommitted_files(checkout)))), planned)
