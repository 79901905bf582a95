"""Amounts of resources as whole numbers, the way Kueue counts: cpu in thousandths, everything else in units.

Source: kueue pkg/resources/requests.go ResourceValue: MilliValue of cpu, Value of the others, both rounded up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ...specs.quantity import binary, canonical, parse
from ...specs.site import Node

Amounts = Mapping[str, int]
"""Resource -> amount."""

_BYTES = frozenset({"memory", "ephemeral-storage", "storage"})


@lru_cache(maxsize=4096)
def amount(resource: str, quantity: str) -> int:
    """The number that Kueue counts with.

    >>> amount("cpu", "500m"), amount("memory", "1Ki"), amount("nvidia.com/gpu", "2")
    (500, 1024, 2)
    """
    value = parse(quantity) * (1000 if resource == "cpu" else 1)
    return -(-value.numerator // value.denominator)


def amounts(resources: Mapping[str, str]) -> dict[str, int]:
    """All amounts of a resource list."""
    return {name: amount(name, quantity) for name, quantity in resources.items()}


def left_on(node: Node) -> dict[str, int]:
    """What the pods of a spec can have on one node: allocatable less what is reserved there.

    Where that is more than there is (AMOUNT005) nothing is taken off, so that a slip is told once.
    """
    has = amounts(node.allocatable)
    for name, quantity in node.reserved.items():
        taken = amount(name, quantity)
        if taken <= has.get(name, 0):
            has[name] -= taken
    return has


def said(resource: str, number: int) -> str:
    """An amount as a quantity of the spec.

    >>> said("cpu", 1500), said("memory", 2**30), said("nvidia.com/gpu", 8)
    ('1500m', '1Gi', '8')
    """
    if resource == "cpu":
        return canonical(f"{number}m")
    return binary(number) if resource in _BYTES or resource.startswith("hugepages-") else str(number)


def together(first: Amounts, second: Amounts) -> dict[str, int]:
    """Sum of two sets of amounts."""
    return {name: first.get(name, 0) + second.get(name, 0) for name in {**first, **second}}


def largest(first: Amounts, second: Amounts) -> dict[str, int]:
    """The larger of both for each resource."""
    return {name: max(first.get(name, 0), second.get(name, 0)) for name in {**first, **second}}
