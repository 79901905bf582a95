"""What the API server refuses of a list of tolerations; said by every section that has one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...findings.finding import Path
from ...findings.rule import Problem
from ...specs.types import Toleration


def malformed(path: Path, tolerations: Sequence[Toleration]) -> Iterator[Problem]:
    """Those of a list at a path that Kubernetes' pkg/apis/core/validation ValidateTolerations does not take."""
    for i, item in enumerate(tolerations):
        at = (*path, i)
        if item.key is None and item.operator != "Exists":
            yield Problem(at, "a toleration without key needs operator Exists", "name the taint's key")
        if item.operator == "Exists" and item.value is not None:
            said = f"operator Exists takes no value, {item.value} is given"
            yield Problem((*at, "value"), said, "drop the value, or use operator Equal")
