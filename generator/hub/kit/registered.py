"""How a cluster joins its hub, as its spec says it: what a Member keeps of `registration`."""

from __future__ import annotations

from typing import NamedTuple

from ...fleet.fleet import Member


class Registered(NamedTuple):
    """`store` is where External Secrets finds what opens the cluster: store, kind and folder; empty where nobody says."""

    accept: bool
    klusterletConfig: str
    addons: tuple[str, ...]
    store: tuple[str, ...]


def registered(member: Member) -> Registered | None:
    """What a cluster's spec says of it; None where it says nothing."""
    return Registered(*member.registration) if member.registration else None
