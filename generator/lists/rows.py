"""The rows of each list. Field names are those of the JSON that is printed; its schema is made of these classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ClusterRow:
    """A cluster, and how much runs on it."""

    name: str
    file: str
    tier: str
    ring: str | None
    hub: str
    platform: str
    state: str
    connectivity: str
    groups: tuple[str, ...]
    labels: Mapping[str, str]
    services: int
    """Model servers."""
    queues: int
    ray: int
    """RayClusters, RayJobs and RayServices."""


@dataclass(frozen=True)
class Running:
    """A version of a model, and the clusters that serve or train it."""

    version: str
    clusters: tuple[str, ...]


@dataclass(frozen=True)
class ModelRow:
    """A model, and where which version of it runs."""

    name: str
    file: str
    format: str
    size: str
    source: str
    version: str
    """What its file says; pins of rings and clusters make others."""
    runtimes: tuple[str, ...]
    running: tuple[Running, ...]

    @property
    def clusters(self) -> int:
        """How many clusters run it."""
        return sum(len(item.clusters) for item in self.running)


@dataclass(frozen=True)
class ServiceRow:
    """A model server, something of Ray, or a job of Kubeflow."""

    cluster: str
    namespace: str
    name: str
    kind: str
    model: str | None
    """None of a Ray workload that makes none, and of a job of Kubeflow."""
    version: str | None
    """Of the model."""
    runtime: str
    queue: str | None
    fewest: int
    most: int
    """Replicas of a server; workers of Ray, whose head is one pod more; nodes of a job of Kubeflow."""
    resources: Mapping[str, str]
    """Of one pod that serves; of Ray's head."""
    exposed: bool


@dataclass(frozen=True)
class QueueRow:
    """A Kueue queue, and who uses it."""

    cluster: str
    namespaces: tuple[str, ...]
    """Where it has a LocalQueue."""
    name: str
    """Of the ClusterQueue."""
    localQueue: str
    """What workloads say."""
    cohort: str | None
    quota: Mapping[str, Mapping[str, str]]
    """Flavor -> resource -> nominal quota."""
    users: tuple[str, ...]
    """Names of services and Ray workloads that queue there."""


@dataclass(frozen=True)
class BuildRow:
    """A model that a cluster makes an image of."""

    cluster: str
    namespace: str
    model: str
    version: str
    format: str
    kind: str
    """modelcar, mlserver, ovms, vllm or custom."""
    base: str | None
    """Image that it begins with; None where a Containerfile of people's own says it."""
    source: str
    """Where the trained model lies; of Git the URL, and the revision behind @."""
    pushes: tuple[str, ...]
    """Repositories that get it, the first of which is promoted."""
    schedule: str | None
    """When it is built by the clock."""
    gitPoll: str | None
    """How often Git is asked for another commit; None of a model that does not lie in Git."""
    test: str | None
    """File with the requests that it is tested with."""
    scan: bool
    """Whether a scanner of the cluster looks at it."""
    sbom: bool
    sign: str | None
    """Secret by which it is signed."""
    promote: str | None
    """Ring that the pull request is for, or all; None where nobody is asked."""
    pipeline: str
    """What `tkn pipeline start` takes."""


@dataclass(frozen=True)
class ImageRow:
    """An image by digest, and who pulls it."""

    image: str
    clusters: tuple[str, ...]


@dataclass(frozen=True)
class OperatorRow:
    """An operator as a platform gets it, and the clusters that have it."""

    name: str
    platform: str
    package: str
    channel: str | None
    """None: the default one of its catalog."""
    clusters: tuple[str, ...]


@dataclass(frozen=True)
class AskedRow:
    """What an operator and what it runs, or an add-on of the hub, ask of the nodes of one cluster."""

    name: str
    """Of the catalog, or of the ManagedClusterAddOn; controllers: what somebody else has installed."""
    pods: int
    """Those that ask for something."""
    requests: Mapping[str, str]
    """Of all of them."""
    unknown: tuple[str, ...]
    """What runs too, and whose figures are not known."""


@dataclass(frozen=True)
class FindingRow:
    """Something wrong, and where."""

    code: str
    severity: str
    file: str
    line: int
    column: int
    message: str
    hint: str
    waived: str = field(default="")
    """Why it is accepted for a while."""


Row = (
    ClusterRow | ModelRow | ServiceRow | QueueRow | BuildRow | ImageRow | OperatorRow | AskedRow | FindingRow
)
