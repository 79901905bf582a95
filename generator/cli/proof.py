"""Proving a tree, or what a change touches before it is written; and what is said of it."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path as File
from typing import TYPE_CHECKING

from .exits import CLEAN, FOUND
from .progress import Watch

if TYPE_CHECKING:
    from ..flow.rendered import Rendered
    from ..proof.verify import Verification


def proven(root: File, rendered: Rendered, watch: Watch, *, full: bool) -> Verification:
    """What verify finds in the tree on disk."""
    from ..proof.expected import expected
    from ..proof.verify import verify

    watch.progress("verify", 0, 1)
    return verify(root, expected(root, rendered), full=full, progress=watch.progress)


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
