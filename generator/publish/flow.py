"""The way from specs on disk to a pull request, one step after the other.

    checkout -> judge -> look at the remote -> the commit's tree -> plan -> prove -> write, commit -> land -> pull request

Up to the proof nothing is written at all, and up to the commit nothing leaves the machine; after the push, a run that
stops is completed by the next one, because every step looks first whether it is done. What is committed is the tree
that was proven, or nothing (tree.py).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path as File

from ..disk import tree
from ..disk.lock import locked
from ..disk.specs import refuse_moved, spec_digests
from ..disk.transaction import recover_locked
from ..errors import NearedgeError
from ..findings.finding import has_errors
from ..flow import incremental
from ..flow.rendered import Progress, Rendered, silent
from ..git.command import git
from ..git.commit import contents, files_that_differ, snapshot, snapshot_at
from ..plan.plan import Plan, plan, plan_of
from ..plan.sides import between
from ..proof.noted import note
from ..proof.verify import Verification
from ..report.plan.text import LIMIT, as_markdown
from .checkout import (
    Checkout,
    commit,
    on_branch,
    open_checkout,
    taken_back,
    uncommitted_files,
    with_trailer,
)
from .errors import PublishRefused
from .forges.choose import open_forge
from .forges.forge import Forge
from .forges.pullrequest import PLAN_MARK, Shown, propose
from .land import Landed, Target, connected, land, looked
from .merge import follow
from .order import Order, proposal
from .patience import Patience
from .place import ForgeChoice, place_of
from .prospect import Prospect, Unfit, judged, prospected, proven, rebuilding
from .remote import Remote, is_ancestor, open_remote
from .tree import refuse_another


@dataclass(frozen=True)
class Published:
    """What was done; `landed` is None when there was nothing to publish."""

    files: tuple[str, ...]
    """What was committed."""
    proof: Verification | None = None
    """Of the folders that it touches; None when it touches none."""
    tree: str = ""
    """The tree that was proven and committed."""
    landed: Landed | None = None
    shown: Shown | None = None
    behind: bool = False
    """Whether the branch of this checkout could not follow the remote's."""


def publish(root: File, order: Order, patience: Patience, progress: Progress = silent) -> Published:
    """Publish what is on disk below `root`; nobody else writes there meanwhile.

    Raises:
        Unfit, Unproven, Overlooked, PublishRefused: it is not to be published as it is; nothing was written.
        SpecsMoved: a spec was saved meanwhile; nothing was written, or nothing was committed.
        NearedgeError: git, the remote or the forge does not let us; after the push the sentence says so.
    """
    with locked(root) as held:
        if held:
            recover_locked(root)
        return _published(root, order, patience, progress)


def _published(root: File, order: Order, patience: Patience, progress: Progress) -> Published:
    checkout = open_checkout(root)
    rendered = judged(root, order.today, progress)
    progress("look", 0, 1)
    said = forge_choice(order.said, rendered)
    remote = open_remote(checkout.top, order.remote, said)
    forge = open_forge(remote.url, trusting(remote, said), os.environ) if order.pull_request else None
    rebuild = rebuilding(root, order.today)
    target = Target(remote, order.branch, order.target, rebuild, order.replace)
    found = looked(target, patience)
    base = _base(order, found, target)
    left = connected(checkout, target, (base, checkout.head)) if base and checkout.head else base
    prospect = prospected(checkout, rendered, left)
    if not prospect.files and _holds_nothing(checkout, base):
        return Published(())
    planned = planned_against(checkout, order, base, progress)
    refuse(planned)
    proof = proven(prospect, root, progress)
    progress("commit", 0, 1)
    checkout, files = _committed(prospect, order)
    if proof is not None:
        note(root, None, rendered, proof)
    if checkout.head is None:
        raise PublishRefused("there is nothing to publish: the repository has no commit and no specs")
    progress("push", 0, 1)
    landed = land(checkout, target, checkout.head, patience, found)
    followed = follow(checkout, landed.commit)
    done = Published(files, proof, prospect.found.id, landed, behind=followed is None)
    if forge is None:
        return done
    if followed is not None and landed.commit != checkout.head:
        # What others did in between is part of it now.
        planned = planned_at(followed, order, landed.base, progress)
    progress("pull request", 0, 1)
    return replace(done, shown=_proposed(forge, order, planned, patience))


def _committed(prospect: Prospect, order: Order) -> tuple[Checkout, tuple[str, ...]]:
    """Output written and everything committed, and which files: the tree that was proven, or nothing.

    Raises:
        SpecsMoved: a spec was saved since it was judged.
        PublishRefused: the commit holds something else; it was taken back.
    """
    checkout, rendered = prospect.checkout, prospect.rendered
    refuse_moved(checkout.root, rendered.specs)
    tree.write(checkout.root, rendered.tree, prospect.changes, rendered.specs)
    incremental.remember(checkout.root, rendered)
    files = uncommitted_files(checkout)
    checkout = on_branch(checkout, order.branch)
    if not files:
        if checkout.head is not None:
            refuse_another(checkout, checkout.head, prospect.found)
        return checkout, files
    made = commit(checkout, files, with_trailer(order.text, prospect.found.id))
    try:
        refuse_another(checkout, made.head or "", prospect.found)
    except PublishRefused:
        taken_back(checkout)
        raise
    return made, files


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


def planned_at(checkout: Checkout, order: Order, base: str | None, progress: Progress) -> Plan | None:
    """What the commit that was pushed does to every cluster, also where a spec was saved since."""
    root = checkout.root
    if base is None or checkout.head is None:
        return None
    pushed = snapshot_at(root, checkout.head)
    if not files_that_differ(root, pushed, spec_digests(root).keys()):
        return planned_against(checkout, order, base, progress)
    left = snapshot(root, base)
    before, after = (contents(root, side, sorted(side.blobs)) for side in (left, pushed))
    return plan_of(after, between(before, after, progress), f"{order.remote}/{order.base}", left.commit)


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
