"""What Kueue will write into the pods of a queued Ray cluster, where the queue leaves no choice.

Kueue puts the labels and tolerations of the flavors that it assigned into the pod templates (kueue v0.19.2
pkg/podset/podset.go FromAssignment). `workerGroupSpecs` is one value to the API server, so that the next commit of
anything would take them out of the worker groups again, and new pods would go to nodes that they were not admitted
for. What Git holds itself, Kueue adds nothing to (Merge), and no commit removes.

The label and annotations that Kueue writes beside them name its Workload and cannot be known; no pod goes
elsewhere without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from ...specs.types import Toleration
from ..kit.component import Cluster
from ..kueue import KUEUE
from ..kueue.spec import Flavor, queue_of
from .spec import RayCluster


class Pods(Protocol):
    """What is asked of pods here: a group of Ray has it, and a job of Kubeflow."""

    @property
    def resources(self) -> Mapping[str, str]:
        """Limits."""

    @property
    def requests(self) -> Mapping[str, str]:
        """Requests that differ from them."""

    @property
    def nodeSelector(self) -> Mapping[str, str]:  # noqa: N802 - Kubernetes' own word
        """Labels of the nodes."""

    @property
    def tolerations(self) -> tuple[Toleration, ...]:
        """Tolerations."""

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The same with other fields."""


G = TypeVar("G", bound=Pods)


class Offer(NamedTuple):
    """A flavor of a queue: what it has quota for, and the labels by which a pod's node selector is compared with it."""

    flavor: Flavor
    covered: frozenset[str]
    keys: frozenset[str]


Place = tuple[Offer, ...]
"""What a queue offers."""


def place_of(namespace: str, queue: str | None, cluster: Cluster) -> Place:
    """Flavors of a queue of the cluster; none where nothing is queued."""
    spec = cluster.part(KUEUE)
    known = {flavor.name: flavor for flavor in spec.flavors}
    found = queue_of(spec, queue, namespace)
    listed = [
        (known[name], frozenset(quota))
        for name, quota in (found.quota.items() if found else ())
        if name in known
    ]
    # Flavors of the same resources are one resource group.
    beside = cluster.profile.kueue.flavorKeys == "group"
    return tuple(
        Offer(
            flavor,
            covered,
            frozenset(
                key
                for other, same in listed
                if other is flavor or (beside and same == covered)
                for key in other.nodeLabels
            ),
        )
        for flavor, covered in listed
    )


def placed(ray: RayCluster, place: Place) -> RayCluster:
    """The cluster with what Kueue would add to its groups, where there is one answer."""
    if not place:
        return ray
    workers = tuple(in_place(worker, place) for worker in ray.workers)
    return ray.model_copy(update={"head": in_place(ray.head, place), "workers": workers})


def choices(group: Pods, place: Place) -> tuple[str, ...]:
    """Names of the flavors among which Kueue chooses for a group; none where there is one answer."""
    fitting = _fitting(group, place)
    several = {name for name in _asked(group) if sum(name in offer.covered for offer in fitting) > 1}
    return tuple(offer.flavor.name for offer in fitting if several & offer.covered)


def _asked(group: Pods) -> set[str]:
    return {*group.resources, *group.requests}


def _fitting(group: Pods, place: Place) -> Place:
    """Flavors with quota for something that the group asks for, on nodes that it may go to."""
    said = group.nodeSelector
    return tuple(
        offer
        for offer in place
        if _asked(group) & offer.covered
        and all(offer.flavor.nodeLabels.get(key) == said[key] for key in offer.keys & said.keys())
    )


def in_place(group: G, place: Place) -> G:
    """Pods with the labels and tolerations of the flavors that they get, where there is one answer; as they are elsewhere."""
    if choices(group, place):
        return group
    fitting = [offer.flavor for offer in _fitting(group, place)]
    labels = {key: value for flavor in fitting for key, value in flavor.nodeLabels.items()}
    added = [entry for flavor in fitting for entry in flavor.tolerations if entry not in group.tolerations]
    tolerations: tuple[Toleration, ...] = (*group.tolerations, *dict.fromkeys(added))
    return group.model_copy(
        update={"nodeSelector": {**labels, **group.nodeSelector}, "tolerations": tolerations}
    )
