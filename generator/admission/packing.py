"""Putting pods onto nodes one by one: what fits here certainly fits, what does not may still."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .demand import Pods
from .offer import NodeKind
from .placing import PODS

MANY = 1000
"""More pods than this are not packed; then only the sums are compared."""

Load = Sequence[tuple[Pods, int, int]]
"""(pods, how many, kinds of nodes they can stand on)."""


def packs(load: Load, kinds: Sequence[NodeKind]) -> bool:
    """Whether first fit, the largest pods first, finds a place for all of them."""
    number = sum(count for _, count, _ in load)
    if number > MANY:
        return True
    largest = largest_of(kinds)
    sized = [
        (size(pods, largest), mask.bit_count(), pods, count, mask) for pods, count, mask in load if count
    ]
    plain = sorted(kinds, key=lambda kind: len(kind.has))
    by_size = sorted(sized, key=lambda item: -item[0])
    return _first_fit(by_size, plain) or _first_fit(sorted(by_size, key=lambda item: item[1]), plain)


def largest_of(kinds: Iterable[NodeKind]) -> dict[str, int]:
    """The most that one node has of each resource."""
    largest: dict[str, int] = {}
    for kind in kinds:
        for name, amount in kind.has.items():
            largest[name] = max(amount, largest.get(name, 0))
    return largest


def size(pods: Pods, largest: Mapping[str, int]) -> float:
    """The share of a node that one pod takes of what it takes most of."""
    return max(
        (amount / largest[name] for name, amount in pods.real.items() if largest.get(name)), default=0.0
    )


def _first_fit(sized: Sequence[tuple[float, int, Pods, int, int]], kinds: Sequence[NodeKind]) -> bool:
    nodes: dict[int, list[dict[str, int]]] = {kind.bit: [] for kind in kinds}
    for _, _, pods, count, mask in sized:
        asked = {**pods.real, PODS: 1}
        open_to = [kind for kind in kinds if kind.bit & mask]
        if not all(_place(asked, open_to, nodes) for _ in range(count)):
            return False
    return True


def _place(asked: dict[str, int], kinds: Sequence[NodeKind], nodes: dict[int, list[dict[str, int]]]) -> bool:
    for kind in kinds:
        for left in nodes[kind.bit]:
            if _put(asked, left):
                return True
        if len(nodes[kind.bit]) < kind.nodes:
            fresh = dict(kind.has)
            nodes[kind.bit].append(fresh)
            if _put(asked, fresh):
                return True
    return False


def _put(asked: Mapping[str, int], left: dict[str, int]) -> bool:
    """Take a pod's part of a node, where it has so much."""
    if not fits(asked, left):
        return False
    take(asked, left)
    return True


def fits(asked: Mapping[str, int], left: Mapping[str, int]) -> bool:
    """Whether a node has room for a pod; a resource that the spec does not list there is without limit."""
    return all(number <= left.get(name, number) for name, number in asked.items())


def take(asked: Mapping[str, int], left: dict[str, int], times: int = 1) -> None:
    """Take the part of so many pods; below zero it is given back."""
    for name, number in asked.items():
        if name in left:
            left[name] -= number * times
