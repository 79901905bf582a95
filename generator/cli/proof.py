"""Proving a tree, and what is said of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
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


def outcome(verification: Verification | None) -> int:
    """Say the failures, if any; the exit code."""
    if verification is None or not verification.failures:
        return CLEAN
    for failure in verification.failures:
        sys.stderr.write(f"{failure}\n")
    number = len(verification.failures)
    sys.stderr.write(f"verify: {number} failure{'s' if number != 1 else ''}\n")
    return FOUND


def proof_lines(verification: Verification) -> Iterator[str]:
    """How much was judged, and by what."""
    from ..report import table

    yield table([(check.name, str(check.judged), check.engine) for check in verification.checks])
