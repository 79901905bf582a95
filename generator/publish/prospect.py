"""What would be published, before anything is written: judged specs, their output, the commit's tree, and its proof.

specs -> judged -> prospected (every judged byte is in the tree) -> proven (what it changes since a commit)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path as File

from ..disk import tree
from ..disk.specs import Digests
from ..findings.finding import Finding, has_errors
from ..flow import incremental
from ..flow.folders import judged_files
from ..flow.incremental import Partly
from ..flow.rendered import Progress, silent
from ..git.commit import reader_at
from ..proof.noted import Naming
from ..proof.part import Ground, is_laid_out, prove, touched
from ..proof.verify import Verification
from ..rules.waivers import Waived
from .checkout import Checkout, uncommitted_files
from .errors import PublishRefused
from .merge import Rebuild, stage
from .overlooked import refuse_ignored
from .tree import Stored, contents_of, future_tree, refuse_others, stored


class Unfit(PublishRefused):
    """The specs have errors, or take something away that nobody named."""

    def __init__(self, findings: tuple[Finding, ...], waived: tuple[Waived, ...] = ()) -> None:
        self.findings, self.waived = findings, waived
        super().__init__("nothing was published: the specs have to be mended first")


class Unproven(PublishRefused):
    """The output is not what it should be: kustomize refuses it or builds something else, or clusters would refuse it."""

    def __init__(self, verification: Verification) -> None:
        self.verification = verification
        super().__init__("nothing was published: the output does not pass its proof")


@dataclass(frozen=True)
class Prospect:
    """A commit that can be made: what it is made of, and the tree that it will have."""

    checkout: Checkout
    rendered: Partly
    changes: tree.Changes
    """Of the output on disk."""
    files: tuple[str, ...]
    """Paths below `top` that are not as HEAD has them, or will not be."""
    found: Stored
    base: str | None
    """The commit that the tree is held against; everything is new without one."""

    @property
    def texts(self) -> Mapping[str, str]:
        """Files of the output that are not on disk yet."""
        return {path: self.rendered.tree.texts[path] for path in self.changes.written}


def judged(root: File, today: str, progress: Progress = silent) -> Partly:
    """The output of the specs below `root`; nothing is written.

    Raises:
        Unfit: they have errors.
    """
    rendered = incremental.render_changed(root, progress, today, Naming())
    if has_errors(rendered.findings):
        raise Unfit(rendered.findings, rendered.waived)
    return rendered


def prospected(checkout: Checkout, rendered: Partly, base: str | None) -> Prospect:
    """The commit of the judged specs and their output.

    Raises:
        SpecsMoved, Overlooked: it would hold something else than was judged, or leave something out.
    """
    checkout, judged_too = with_folders(checkout, rendered)
    changes = tree.compare(checkout.root, rendered.tree)
    made = {f"{checkout.prefix}{path}" for path in (*changes.written, *changes.removed)}
    files = tuple(sorted(made.union(uncommitted_files(checkout))))
    refuse_ignored(checkout, changes.written)
    found = future_tree(checkout, rendered.tree, changes, files, base)
    prospect = Prospect(checkout, rendered, changes, files, found, base)
    refuse_others(checkout, found, {**rendered.specs, **judged_too}, rendered.tree, prospect.texts)
    return prospect


def with_folders(checkout: Checkout, rendered: Partly) -> tuple[Checkout, Digests]:
    """The checkout with the folders that jobs of these specs name, and what was judged of them.

    Raises:
        SpecsMoved: a file of one was saved since.
    """
    named = {folder: digest for compiled in rendered.clusters for folder, digest in compiled.folders}
    files = judged_files(checkout.root, named)
    return replace(checkout, folders=tuple(sorted(named)), taken=frozenset(files)), files


def proven(prospect: Prospect, repository: File, progress: Progress = silent) -> Verification | None:
    """The proof of all folders that the commit touches; None when it touches none.

    `repository` says which programs and schemas judge them.

    Raises:
        Unproven: a folder does not pass.
        ToolMissing: there is no kustomize.
    """
    checkout, found = prospect.checkout, prospect.found
    part = touched(prospect.rendered, found.changed, reader_at(checkout.root, prospect.base, "acm"))
    if not part:
        return None
    belongs = is_laid_out(part)
    paths = [path for path in found.blobs if belongs(path)]
    files = contents_of(checkout, found, paths, prospect.texts)
    verification = prove(Ground(checkout.root, prospect.rendered, repository), part, files, progress)
    if verification.failures:
        raise Unproven(verification)
    return verification


def rebuilding(repository: File, today: str) -> Rebuild:
    """What makes the output anew where two heads come together, and proves what is other than on their side."""

    def rebuild(scratch: Checkout, theirs: str) -> None:
        rendered = judged(scratch.root, today)
        changes = tree.compare(scratch.root, rendered.tree)
        tree.write(scratch.root, rendered.tree, changes, rendered.specs)
        stage(scratch)
        scratch, judged_too = with_folders(scratch, rendered)
        found = stored(scratch, theirs)
        refuse_others(scratch, found, {**rendered.specs, **judged_too}, rendered.tree, {})
        nothing = tree.Changes((), (), changes.unchanged)
        proven(Prospect(scratch, rendered, nothing, (), found, theirs), repository)

    return rebuild
