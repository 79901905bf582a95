"""In which orders Workloads are let come, and what becomes of each in all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

from .offer import Offer
from .placing import Case
from .scheduler import Outcome, outcome

ALL_ORDERS = 4
"""Up to how many workloads every order is looked at; of more each is first and last once, before and behind the others
in their order and in the reverse of it."""

MANY = 24
"""Most workloads that are each first and last once."""


class Tried(NamedTuple):
    """Orders of some cases, by index, with their outcomes."""

    orders: tuple[tuple[int, ...], ...]
    outcomes: tuple[Outcome, ...]


def tried(cases: Sequence[Case], given: Offer) -> Tried:
    """Let cases come in several orders. Raises Undecided."""
    contenders = [case.contender(given) for case in cases]
    orders = tuple(_orders(len(cases)))
    return Tried(orders, tuple(outcome(contenders, order, given) for order in orders))


def pair(first: Case, then: Case, given: Offer) -> Outcome:
    """What becomes of two cases, the one after the other. Raises Undecided."""
    return outcome([first.contender(given), then.contender(given)], (0, 1), given)


def alone(case: Case, given: Offer) -> Outcome:
    """What becomes of a case that is there alone. Raises Undecided."""
    return outcome([case.contender(given)], (0,), given)


def _orders(count: int) -> Iterator[tuple[int, ...]]:
    """All orders of a few, some of many; the one of the spec first."""
    listed = tuple(range(count))
    if count <= ALL_ORDERS:
        yield from permutations(listed)
        return
    step = max(1, count // MANY)
    for i in range(0, count, step):
        yield (*listed[i:], *listed[:i])
    for i in range(0, count, step):
        yield tuple(reversed((*listed[i:], *listed[:i])))
