"""The fleet as the hub sees it: the fleet's spec and, of each cluster, the few facts that hub objects hold.

10,000 clusters are kept as Members, so a Member is small and holds nothing of what a cluster runs. With several hubs
each sees a fleet of its own (`views`): itself, the clusters that name it, and nothing of the others' objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    from ..specs.fleet import FleetSpec, Hub, Ring

Said = Union["FleetSpec", Callable[[], "FleetSpec"]]
"""What the fleet's file says, or what reads it when somebody asks: a run without a change never does."""
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
    (components/credentials/places.py Delivered); `mirrored` says that its nodes pull through the fleet's mirror. `trained` are the
    models that its jobs produce (model, version, published, section and index of the job), and `fetched` those that its servers
    take from where their source points. `models` and `images` are what it uses of clusters/models/ and of the fleet's
    images, which is what a ring can pin.
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
    trained: tuple[tuple[str, str, bool, str, int], ...] = ()
    fetched: tuple[str, ...] = ()
    hub: str | None = None
    """The hub that its spec names; None where it names none."""
    models: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    longest: int = 0
    """Seconds that its load Jobs and jobs may take at the most: a sync may wait so long for them."""
    endless: tuple[tuple[str, int, str], ...] = ()
    """Jobs without a deadline for which other objects of a sync wait: section, index and name, in the order of its spec."""
    silence: str | None = None
    """How long the hub may hear nothing of it before somebody is told: a duration, or never; None: as of all others."""
    window: str | None = None
    """connectivity.maintenanceWindow."""
    builds: str | None = None
    """The namespace in which it builds images; None where it builds none."""
    starts: bool = False
    """Whether CronJobs of its own start its builds."""
    registration: tuple[Any, ...] = ()
    """How it joins its hub (hub/kit/registered.py Registered); nothing where its spec does not say."""
    trains: bool = False
    """Whether it has jobs of Kubeflow."""
    workbenches: bool = False
    """Whether it has workbenches."""
    checks: tuple[str, ...] = ()
    """Namespaces in which it asks its models whether they answer, sorted."""
    applications: int = 0
    """Applications of workloads that its root Application brings."""
    access: tuple[tuple[str, str], ...] = ()
    """Team and namespace, sorted, for each namespace of it in which the team's groups get rights."""

    @property
    def apart(self) -> frozenset[str]:
        """Sections that it has of those whose kinds Argo CD is told of only where they are: `training`, `workbenches`."""
        told = {"training": self.trains, "workbenches": self.workbenches}
        return frozenset(section for section, there in told.items() if there)


def apart_of(members: Iterable[Member]) -> frozenset[str]:
    """What some of these clusters have of `Member.apart`."""
    return frozenset().union(*(member.apart for member in members))


@dataclass(frozen=True)
class Fleet:
    """A fleet, or what one of its hubs sees of it; members sorted by name.

    `hub` and `managed` speak of the first hub, `spec.hub`; `others` are the clusters of the other hubs.
    """

    name: str
    said: Said
    members: tuple[Member, ...]
    others: tuple[Member, ...] = ()

    @cached_property
    def spec(self) -> FleetSpec:
        """The fleet's spec."""
        return self.said() if callable(self.said) else self.said

    @property
    def hub(self) -> Member | None:
        """The cluster that is the hub; None when no file describes it."""
        return next((member for member in self.members if member.name == self.spec.hub.cluster), None)

    @property
    def managed(self) -> tuple[Member, ...]:
        """Every cluster that the hub manages: all but itself."""
        return tuple(member for member in self.members if member.name != self.spec.hub.cluster)

    @property
    def apart(self) -> frozenset[str]:
        """What some of its clusters have of `Member.apart`, or may still have in rings that are behind."""
        return apart_of(self.members) | set(self.spec.delivery.keptSections)

    @property
    def rings(self) -> tuple[Ring, ...]:
        """Rings in the order of the rollout."""
        return self.spec.delivery.rings

    @property
    def hubs(self) -> tuple[Hub, ...]:
        """All hubs, the first one first."""
        return (self.spec.hub, *self.spec.hubs)

    def views(self) -> tuple[Fleet, ...]:
        """What each hub sees, in the order of `hubs`; the fleet itself where there is one."""
        if not self.spec.hubs:
            return (self,)
        return tuple(self._view(hub) for hub in self.hubs)

    def _view(self, hub: Hub) -> Fleet:
        own = {member.name for member in self.members if hub.cluster in {member.name, member.hub}}
        # A hub that another one manages would be delivered twice; a rule says so.
        spec = self.spec.model_copy(update={"hub": hub, "hubs": ()})
        members = tuple(member for member in self.members if member.name in own)
        return replace(
            self, said=spec, members=members, others=tuple(m for m in self.members if m.name not in own)
        )
