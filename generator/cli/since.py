"""The commit that a change is compared with."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path as File
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..flow.rendered import Rendered


def merge_base(remote: str = "origin") -> str | None:
    """What a CI job says its branch will be merged into, as seen on a remote; None outside of one."""
    branch = os.environ.get("GITHUB_BASE_REF")
    return f"{remote}/{branch}" if branch else os.environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or None


def guarded(root: File, rendered: Rendered, ref: str | None) -> Rendered:
    """With what is removed and not named, where it is known what to compare with."""
    base = ref or merge_base()
    if not base:
        return rendered
    from ..findings.finding import ordered
    from ..git.commit import snapshot
    from ..plan.rails import refused
    from ..plan.sides import both

    removed = refused(root, both(root, snapshot(root, base)))
    return replace(rendered, findings=ordered((*rendered.findings, *removed)))
