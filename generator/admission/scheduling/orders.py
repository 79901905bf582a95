"""In which orders Workloads are let come, and what becomes of each in all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

from ..offer import Offer
from .scheduler import Contender, Outcome, outcome, outcomes

ALL_ORDERS = 5
"""Up to how many workloads every order is looked at: a way to be left out that one order only has is then found."""

EACH_PAIR = 8
"""Up to how many workloads each is last once with each other one first."""

MANY = 24
"""Most workloads that are each first and last once, before and behind the others in their order and in the reverse of it."""


class Tried(NamedTuple):
    """Orders of some contenders, by index, with their outcomes."""

    orders: tuple[tuple[int, ...], ...]
    outcomes: tuple[Outcome, ...]


def tried(contenders: Sequence[Contender], given: Offer) -> Tried:
    """Let contenders come in several orders. Raises Undecided."""
    orders = tuple(_orders(len(contenders)))
    return Tried(orders, tuple(outcomes(contenders, orders, given)))


def pair(first: Contender, then: Contender, given: Offer) -> Outcome:
    """What becomes of two contenders, the one after the other. Raises Undecided."""
    return outcome([first, then], (0, 1), given)


def alone(contender: Contender, given: Offer) -> Outcome:
    """What becomes of a contender that is there alone. Raises Undecided."""
    return outcome([contender], (0,), given)


def _orders(count: int) -> Iterator[tuple[int, ...]]:
    """All orders of a few, some of many; the one of the spec is among them."""
    listed = tuple(range(count))
    if count <= ALL_ORDERS:
        yield from permutations(listed)
        return
    if count <= EACH_PAIR:
        for first, last in permutations(listed, 2):
            yield (first, *(i for i in listed if i not in {first, last}), last)
    step = max(1, count // MANY)
    for i in range(0, count, step):
        yield (*listed[i:], *listed[:i])
    for i in range(0, count, step):
        yield tuple(reversed((*listed[i:], *listed[:i])))
