"""What changes about the rings themselves: their order is that of every rollout, and stands in no object."""

from __future__ import annotations

from dataclasses import dataclass

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
