"""Taints and tolerations: which taints keep pods out, and what the API server refuses of a list of tolerations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...findings.finding import Path
from ...findings.rule import Problem
from ...specs.types import Taint, Toleration

KEEPING_OUT = frozenset({"NoSchedule", "NoExecute"})


def malformed(path: Path, tolerations: Sequence[Toleration]) -> Iterator[Problem]:
    """Those of a list at a path that Kubernetes' pkg/apis/core/validation ValidateTolerations does not take."""
    for i, item in enumerate(tolerations):
        at = (*path, i)
        if item.key is None and item.operator != "Exists":
            yield Problem(at, "a toleration without key needs operator Exists", "name the taint's key")
        if item.operator == "Exists" and item.value is not None:
            said = f"operator Exists takes no value, {item.value} is given"
            yield Problem((*at, "value"), said, "drop the value, or use operator Equal")


def untolerated(taints: Iterable[Taint], tolerations: Iterable[Toleration]) -> Iterator[Taint]:
    """The taints that keep a pod out."""
    for taint in taints:
        if taint.effect in KEEPING_OUT and not any(_tolerates(item, taint) for item in tolerations):
            yield taint


def _tolerates(item: Toleration, taint: Taint) -> bool:
    """As k8s.io/component-helpers scheduling/corev1 ToleratesTaint."""
    if item.effect is not None and item.effect != taint.effect:
        return False
    if item.key is None:
        return item.operator == "Exists"
    return item.key == taint.key and (item.operator == "Exists" or (item.value or "") == taint.value)
