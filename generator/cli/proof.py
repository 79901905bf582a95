"""Proving a tree, or what a change touches before it is written; and what is said of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..flow.parallel import PROCESSES
from ..programs.record import judged_repository
from .exits import CLEAN, FOUND, UsageError
from .progress import Watch

if TYPE_CHECKING:
    from ..flow.engine import Engine
    from ..flow.rendered import Rendered
    from ..proof.known import Known
    from ..proof.verify import Verification

SHARED = "NEAREDGE_CACHE"
"""Variable that names a folder of proofs which runs on several machines share."""


def recalled(root: File, *, believed: bool = True) -> Known:
    """What was proven before: here, and where `NEAREDGE_CACHE` says; or what counts for nothing, for who proves all.

    Raises:
        ToolMissing: there is no kustomize.
        UsageError: the folder lies in the repository that is judged.
    """
    from ..proof.known import recalled

    return recalled(root, shared_folder(root), believed=believed)


def shared_folder(root: File) -> File | None:
    """The folder that `NEAREDGE_CACHE` names; None when it names none.

    Raises:
        UsageError: what lies there came with a commit, or may have.
    """
    named = os.environ.get(SHARED)
    if not named:
        return None
    folder = File(named)
    if not folder.is_absolute():
        raise UsageError(
            f"{SHARED} is {named}: give the whole path of a folder, it must not depend on where one stands"
        )
    judged = judged_repository(root.resolve())
    if folder.resolve().is_relative_to(judged) or judged.is_relative_to(folder.resolve()):
        raise UsageError(
            f"{SHARED} is {named}, in the repository that is judged: a commit could bring proofs of its own; "
            "name a folder outside of it"
        )
    return folder


def proven(  # noqa: PLR0913 - what, how much of it, what is known of it, by whom
    root: File,
    rendered: Rendered,
    watch: Watch,
    *,
    full: bool = False,
    known: Known | None = None,
    engine: Engine = PROCESSES,
) -> Verification:
    """What is found in the tree on disk; without `known` everything is proven anew."""
    from ..proof.prove import prove

    watch.progress("verify", 0, 1)
    held = known or recalled(root, believed=False)
    return prove(root, rendered, held, full=full, progress=watch.progress, engine=engine)


def proven_before(
    root: File, specs: File, rendered: Rendered, edited: Collection[str], watch: Watch
) -> Verification | None:
    """What verify finds in the folders that a change will touch, none of which is written; None when it touches none.

    `rendered` was made of the specs below `specs`, of which `edited` are not as they are below `root`.

    Raises:
        ToolMissing: there is no kustomize; the sentence says how to go on without.
    """
    from ..disk import tree
    from ..errors import ToolMissing
    from ..kustomize.readback import reader
    from ..proof.part import Ground, files_to_be, prove, touched

    changes = tree.compare(root, rendered.tree)
    part = touched(rendered, {*edited, *changes.written, *changes.removed}, reader(root))
    if not part:
        return None
    files = files_to_be(root, part, rendered.tree.texts, changes.removed)
    try:
        return prove(Ground(specs, rendered, root), part, files, watch.progress)
    except ToolMissing as missing:
        hint = f"{missing.hint}. Nothing was changed; --no-render changes the specs without a proof"
        raise ToolMissing(tool=missing.tool, hint=hint) from None


def outcome(verification: Verification | None) -> int:
    """Say the failures, if any; the exit code."""
    if verification is None or not verification.failures:
        return CLEAN
    for failure in verification.failures:
        sys.stderr.write(f"{failure}\n")
    number = len(verification.failures)
    sys.stderr.write(f"verify: {number} failure{'s' if number != 1 else ''}\n")
    return FOUND
