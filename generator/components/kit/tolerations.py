"""Which nodes let a pod in, by labels and taints, and what the API server refuses of a list of tolerations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...findings.finding import Path
from ...findings.rule import Problem
from ...specs.site import Node
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
        if taint.effect in KEEPING_OUT and not any(tolerates(item, taint) for item in tolerations):
            yield taint


def lets(node: Node, selector: Mapping[str, str], tolerations: Sequence[Toleration]) -> bool:
    """Whether nodes of a kind let a pod with this selector and these tolerations in."""
    if any(node.labels.get(key) != value for key, value in selector.items()):
        return False
    return not any(untolerated(node.taints, tolerations))


def tolerates(item: Toleration, taint: Taint) -> bool:
    """Whether a toleration matches a taint (k8s.io/component-helpers scheduling/corev1 ToleratesTaint)."""
    if item.effect is not None and item.effect != taint.effect:
        return False
    if item.key is None:
        return item.operator == "Exists"
    return item.key == taint.key and (item.operator == "Exists" or (item.value or "") == taint.value)
