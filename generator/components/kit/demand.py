"""What pods ask for: containers as specs and controllers make them, and what one pod comes to.

    containers, the limits of their namespace -> Pods -> Workload

Each component says what its own pods are made of (`ray.demand`, `serving.demand`, `models.demand`); here is what they have
in common. Amounts are counted once as Kueue sees them, once as a node has to give them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ...findings.finding import Path
from ...specs.types import Resources, Toleration
from .component import Cluster, once
from .counting import Amounts, amounts, largest, together


class Container(NamedTuple):
    """One container of a pod: what it asks for, and where the spec says so.

    `by` is who adds it to the pod, empty for what nearedge writes; `init` runs before the others; `unseen` is added
    after Kueue has counted.
    """

    name: str
    limits: Resources
    requests: Resources
    path: Path
    by: str = ""
    init: bool = False
    unseen: bool = False


class Bounds(NamedTuple):
    """A LimitRange for containers, as the API server completes it.

    Source: kubernetes pkg/apis/core/v1/defaults.go SetDefaults_LimitRangeItem: max stands in for default, default
    and then min for defaultRequest.
    """

    limits: Resources
    requests: Resources
    most: Resources
    least: Resources

    def filled(self, item: Container) -> Container:
        """A container with what it does not say itself.

        A limit is also the request of a container that says no other (pkg/apis/core/v1/defaults.go SetDefaults_Pod), and
        that comes before the LimitRange (plugin/pkg/admission/limitranger mergePodResourceRequirements).
        """
        return item._replace(
            limits={**self.limits, **item.limits},
            requests={**self.requests, **item.limits, **item.requests},
        )


UNBOUND = Bounds({}, {}, {}, {})


@once
def bounds(cluster: Cluster) -> Mapping[str, Bounds]:
    """Namespace -> the limits of its containers, where there are some."""
    listed = getattr(cluster.spec, "namespaces", ())
    return {item.name: _bounds(item.limits) for item in listed if item.limits}


def _bounds(said: Any) -> Bounds:
    limits = {**said.max, **said.default}
    return Bounds(limits, {**said.min, **limits, **said.defaultRequest}, said.max, said.min)


class Pods(NamedTuple):
    """Pods that are alike: a pod set, or the replicas of a server.

    `requests` is one pod as Kueue counts it, `real` one pod as its node must give it; `most` is how many there
    can be once something scales them.
    """

    name: str
    replicas: int
    most: int
    requests: Amounts
    real: Amounts
    selector: Mapping[str, str]
    tolerations: tuple[Toleration, ...]
    path: Path
    containers: tuple[Container, ...] = ()


class Shape(NamedTuple):
    """What is known of pods beside their containers."""

    name: str
    path: Path
    replicas: int = 1
    most: int = 1
    selector: Mapping[str, str] = {}
    tolerations: tuple[Toleration, ...] = ()


def pods_of(shape: Shape, containers: Iterable[Container], within: Bounds) -> Pods:
    """Pods of these containers in a namespace with these limits."""
    filled = tuple(within.filled(item) for item in containers)
    real = pod_amounts(filled)
    seen = [item for item in filled if not item.unseen]
    counted = real if len(seen) == len(filled) else pod_amounts(seen)
    return Pods(
        shape.name,
        shape.replicas,
        shape.most,
        counted,
        real,
        shape.selector,
        shape.tolerations,
        shape.path,
        filled,
    )


def pod_amounts(containers: Iterable[Container]) -> dict[str, int]:
    """What a pod requests: its containers together, and no less than each of those that run before them.

    Source: k8s.io/component-helpers resource/helpers.go PodRequests.
    """
    together_: dict[str, int] = {}
    before: dict[str, int] = {}
    for item in containers:
        asked = amounts(item.requests)
        if item.init:
            before = largest(before, asked) if before else asked
        else:
            together_ = together(together_, asked) if together_ else asked
    return largest(together_, before) if before else together_


def limit_amounts(containers: Iterable[Container]) -> dict[str, int]:
    """The limits of a pod, summed as its requests are (PodLimits)."""
    return pod_amounts(item._replace(requests=item.limits) for item in containers)


class Workload(NamedTuple):
    """What is admitted or waits: `whole` as one, else each pod for itself.

    `queue` is None for what runs without asking Kueue; `lasting` says that it stays once it runs; `priority` is that of its
    WorkloadPriorityClass, `rank` that of its pods' PriorityClass, and `stops` says that pods of lower ones are stopped for it.
    """

    kind: str
    namespace: str
    name: str
    queue: str | None
    path: Path
    pods: tuple[Pods, ...]
    whole: bool
    lasting: bool
    priority: int = 0
    rank: int = 0
    stops: bool = True
