"""Which Argo CD the sites of a fleet have, where the fleet itself says it.

    delivery.argoCD, else a pin of operator gitops for each site, else delivery.gitOpsChannel -> the oldest of them all

What is emitted may have no field that one of them does not know, so whatever nobody says counts as the oldest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...components.kit.component import Cluster, once
from ...components.platform import chosen, from_words
from ...facts.argocd import argocd_of
from ...facts.profiles import profiles
from ...fleet.fleet import Fleet, Member
from ...specs.fleet import Delivery, FleetSpec
from .windows import OLDEST, numbers

Operators = Iterable[tuple[str, tuple[str, ...]]]
"""What a cluster has of operators, with their words."""

GITOPS = "gitops"
"""Name of OpenShift GitOps in the catalog of operators."""


@once
def spec_of(fleet: Fleet) -> FleetSpec:
    """A fleet's spec, with the Argo CD that it has."""
    return known(fleet.spec, _of_members(fleet))


def delivery_of(fleet: Fleet) -> Delivery:
    """How a fleet is delivered, with the Argo CD that it has."""
    return spec_of(fleet).delivery


@once
def spec_on(cluster: Cluster) -> FleetSpec:
    """The spec of a cluster's fleet, with the Argo CD that this cluster has: what is in its overlay no hub applies."""
    return known(cluster.fleet, [_release(chosen(cluster), cluster.profile.name, cluster.fleet.delivery)])


def known(spec: FleetSpec, releases: Iterable[str | None]) -> FleetSpec:
    """A fleet's spec with the oldest of these releases, where it says none itself; None is one that nobody knows."""
    if spec.delivery.argoCD is not None:
        return spec
    oldest = _oldest(releases)
    if oldest is None:
        return spec
    return spec.model_copy(update={"delivery": spec.delivery.model_copy(update={"argoCD": oldest})})


def _oldest(releases: Iterable[str | None]) -> str | None:
    oldest = None
    for release in releases:
        if release is None:
            # Of 10,000 clusters without a pin the first one says all.
            return OLDEST
        oldest = min(oldest or release, release, key=numbers)
    return oldest


def releases_of(fleet: Fleet) -> Mapping[str, str]:
    """The clusters of which the fleet says which Argo CD they have, and which."""
    delivery = fleet.spec.delivery
    told = ((member.name, _release(member.operators, member.profile, delivery)) for member in fleet.managed)
    return {name: release for name, release in told if release is not None}


def is_told(fleet: Fleet) -> bool:
    """Whether the fleet says of any cluster which Argo CD it has."""
    return fleet.spec.delivery.argoCD is not None or any(_of_members(fleet))


def _of_members(fleet: Fleet) -> Iterator[str | None]:
    delivery = fleet.spec.delivery
    asked = delivery.argoCD is None
    for operators, profile in dict.fromkeys(map(_about, fleet.managed if asked else ())):
        yield _release(operators, profile, delivery)
    # The hub's own comes from elsewhere, as a rule: it counts where it is pinned.
    own = _pinned(fleet.hub.operators) if asked and fleet.hub is not None else None
    yield from [own] if own else []


def _about(member: Member) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], str]:
    return member.operators, member.profile


def _release(operators: Operators, profile: str, delivery: Delivery) -> str | None:
    if profiles()[profile].argoCD is not None:
        # The platform brings its own.
        return None
    return _pinned(operators) or argocd_of(delivery.gitOpsChannel or "")


def _pinned(operators: Operators) -> str | None:
    """The oldest release that the pins of a cluster allow, or that its channel has."""
    words = next((words for name, words in operators if name == GITOPS), ())
    terms, _ = from_words(words)
    found = [argocd_of(version) for version in terms.versions or (terms.channel or "",)]
    there = [release for release in found if release is not None]
    return min(there, key=numbers) if there and len(there) == len(found) else None
