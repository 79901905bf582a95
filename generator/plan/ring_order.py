"""What changes about delivery itself: the rings, whose order is that of every rollout, and how many Applications there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..fleet.fleet import Fleet


@dataclass(frozen=True)
class RingOrder:
    """The rings before and after, in the order of the rollout, and those that are moved in another way."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    advance: tuple[tuple[str, str, str], ...] = ()
    """Ring, how it was moved before, and how it is now: push, pull-request."""

    def __bool__(self) -> bool:
        return self.before != self.after or bool(self.advance)


def ring_order(before: Fleet | None, after: Fleet | None) -> RingOrder:
    """What changes about the rings of a fleet that is there on both sides."""
    if before is None or after is None:
        return RingOrder()
    was = {ring.name: ring.advance for ring in before.rings}
    now = {ring.name: ring.advance for ring in after.rings}
    modes = tuple((name, was[name], mode) for name, mode in now.items() if was.get(name, mode) != mode)
    return RingOrder(tuple(was), tuple(now), modes)


class Count(NamedTuple):
    """Applications of workloads, and the clusters that have some."""

    applications: int = 0
    clusters: int = 0


NONE = Count()


@dataclass(frozen=True)
class Applications:
    """Applications of workloads on sites before and after; the hub has one for each cluster whatever they are."""

    before: Count = NONE
    after: Count = NONE
    switched: bool = False
    """Whether workloads go from their cluster's root Application to one of their own, or back."""
    kept: bool = False
    """Whether root Applications take nothing away meanwhile, before as after."""


def applications(before: Fleet | None, after: Fleet | None) -> Applications:
    """Applications of workloads on both sides; nobody's workloads go anywhere in a fleet that comes."""
    sides = [fleet.spec.delivery for fleet in (before, after) if fleet]
    return Applications(
        _count(before),
        _count(after),
        switched=len({side.applications for side in sides}) > 1,
        kept=all(side.handOver for side in sides),
    )


def _count(fleet: Fleet | None) -> Count:
    numbers = [member.applications for member in fleet.members if member.applications] if fleet else []
    return Count(sum(numbers), len(numbers))
