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

from ..disk import tree
from ..disk.lock import locked
from ..disk.transaction import recover_locked
from ..errors import NearedgeError
from ..findings.finding import Finding, has_errors
from ..flow import incremental
from ..flow.rendered import Progress, Rendered, silent
from ..git.command import git
from ..plan.plan import Plan, plan
from ..report.plan.text import LIMIT, as_markdown
from ..rules.waivers import Waived
from .checkout import Checkout, commit, on_branch, open_checkout, uncommitted_files
from .errors import PublishRefused
from .forges.choose import open_forge
from .forges.forge import Forge
from .forges.pullrequest import PLAN_MARK, Shown, propose
from .land import Landed, Target, connected, land, looked
from .merge import Rebuild, follow
from .order import Order, proposal
from .patience import Patience
from .place import ForgeChoice, place_of
from .remote import Remote, is_ancestor, open_remote


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
    with locked(root) as held:
        if held:
            recover_locked(root)
        rendered = rendered_to_disk(root, order.today, progress)
    progress("look", 0, 1)
    said = forge_choice(order.said, rendered)
    remote = open_remote(checkout.top, order.remote, said)
    forge = open_forge(remote.url, trusting(remote, said), os.environ) if order.pull_request else None
    target = Target(remote, order.branch, order.target, _rebuild(order.today), order.replace)
    found = looked(target, patience)
    base = _base(order, found, target)
    files = uncommitted_files(checkout)
    if not files and _holds_nothing(checkout, base):
        return Published(())
    if base and checkout.head:
        connected(checkout, target, (base, checkout.head))
    planned = planned_against(checkout, order, base, progress)
    refuse(planned)
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
        planned = planned_against(followed, order, landed.base, progress)
    progress("pull request", 0, 1)
    return replace(done, shown=_proposed(forge, order, planned, patience))


def rendered_to_disk(root: File, today: str, progress: Progress = silent) -> Rendered:
    """The output below `root` brought in step with its specs.

    Raises:
        Unfit: they have errors; nothing was written.
    """
    rendered = incremental.render_changed(root, progress, today)
    if has_errors(rendered.findings):
        raise Unfit(rendered.findings, rendered.waived)
    tree.write(root, rendered.tree, tree.compare(root, rendered.tree), rendered.specs)
    incremental.remember(root, rendered)
    return rendered


def _rebuild(today: str) -> Rebuild:
    def rebuild(root: File) -> None:
        rendered_to_disk(root, today)

    return rebuild


def forge_choice(said: ForgeChoice, rendered: Rendered) -> ForgeChoice:
    """What arguments say, then what fleet.yaml says."""
    assert rendered.fleet is not None  # noqa: S101 - a fleet without errors is complete
    return said.over(rendered.fleet.spec.repository)


def trusting(remote: Remote, said: ForgeChoice) -> ForgeChoice:
    """With the certificates that git trusts for the remote, where nobody says others."""
    place = place_of(remote.url)
    if said.ca_bundle or place is None:
        return said
    asked = ("config", "--type=path", "--get-urlmatch", "http.sslCAInfo", place.site)
    bundle = git(remote.root, *asked, accept=(0, 1)).stdout.strip()
    return replace(said, ca_bundle=bundle) if bundle else said


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


def planned_against(checkout: Checkout, order: Order, base: str | None, progress: Progress) -> Plan | None:
    """What it does to every cluster; None without a commit to compare with."""
    if base is None or checkout.head is None:
        return None
    return replace(plan(checkout.root, base, progress, order.today), ref=f"{order.remote}/{order.base}")


def refuse(planned: Plan | None) -> None:
    """Stop before anything is committed.

    Raises:
        Unfit: something is removed that nobody named.
    """
    if planned and (planned.refused or has_errors(planned.findings)):
        raise Unfit((*planned.findings, *planned.refused))


def _proposed(forge: Forge, order: Order, planned: Plan | None, patience: Patience) -> Shown:
    try:
        return propose(forge, proposal(order), comment(planned), patience)
    except NearedgeError as fault:
        said = f"{order.branch} is pushed, but its pull request is not up to date: {fault}; the same command again goes on from there"
        raise NearedgeError(said) from None


def comment(planned: Plan | None) -> str:
    """The plan as a comment that any forge takes, with room for its mark."""
    if planned is None:
        return "There is no earlier commit to compare with."
    return as_markdown(planned, LIMIT - len(PLAN_MARK) - 1)
