"""The fleet as the hub sees it: the fleet's spec and, of each cluster, the few facts that hub objects hold.

10,000 clusters are kept as Members, so a Member is small and holds nothing of what a cluster runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .spec import FleetSpec, Ring

Labels = tuple[tuple[str, str], ...]
"""Sorted (key, value) pairs."""


@dataclass(frozen=True, slots=True)
class Member:
    """One cluster of the fleet.

    `namespaces` are those that its overlay fills, each with the labels that it needs before Argo CD may touch
    it, sorted by name; `profile` is the name of its platform profile. `operators` are those that it gets, each
    after what it requires, with the words that their objects are filled with (components/platform/needs.py).
    `repositories` are those of the images that it pulls through the fleet's mirror, sorted, and none when it does
    not use one.
    `credentials` are those that the hub's Policies bring to it
    (components/credentials/places.py Delivered); `mirrored` says that its nodes pull through the fleet's mirror.
    """

    name: str
    file: str
    tier: str
    ring: str | None
    labels: Mapping[str, str]
    namespaces: tuple[tuple[str, Labels], ...]
    profile: str
    openshift: bool
    operators: tuple[tuple[str, tuple[str, ...]], ...] = ()
    repositories: tuple[str, ...] = ()
    credentials: tuple[tuple[Any, ...], ...] = ()
    mirrored: bool = False


@dataclass(frozen=True)
class Fleet:
    """A fleet with one hub; members sorted by name."""

    name: str
    spec: FleetSpec
    members: tuple[Member, ...]

    @property
    def hub(self) -> Member | None:
        """The cluster that is the hub; None when no file describes it."""
        return next((member for member in self.members if member.name == self.spec.hub.cluster), None)

    @property
    def managed(self) -> tuple[Member, ...]:
        """Every cluster that the hub manages: all but itself."""
        return tuple(member for member in self.members if member.name != self.spec.hub.cluster)

    @property
    def rings(self) -> tuple[Ring, ...]:
        """Rings in the order of the rollout."""
        return self.spec.delivery.rings
