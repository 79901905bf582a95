"""The kind Fleet: its repository, hubs, delivery, and what all clusters have in common.

The words are in specs/types.py, the kind Model in specs/model.py. A Cluster's own sections (kueue, ray, serving ...) are
defined by their components; `fleet/kinds.py` puts them together.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, Strict

from .hub import HubInstall, KlusterletConfig
from .model import Images, Pins
from .sources import ExtraApp, Repository
from .teams import Team
from .types import (
    METRIC,
    REGISTRY,
    AnyPort,
    Duration,
    Flag,
    GitRef,
    Image,
    Line,
    Metadata,
    Name,
    Strictly,
    Subdomain,
    whole,
)


class Hub(Strictly):
    """The core cluster that places and watches the others."""

    cluster: Name = Field(description="Name of the Cluster of tier core that is the hub.")
    flavor: Literal["acm", "ocm"] = Field(
        "acm", description="acm: Red Hat Advanced Cluster Management; ocm: upstream Open Cluster Management."
    )
    version: Annotated[
        str, Line(r"^[0-9]+\.[0-9]+(\.[0-9]+)?$", 16, form="numbers with points between them: 2.16")
    ] = Field("2.16", description='ACM or OCM version, quoted: "2.16".')
    argocdNamespace: Name = Field(
        "openshift-gitops",
        description="Namespace of the hub's Argo CD; Placement and ApplicationSets live there.",
    )
    policyNamespace: Name = Field(
        "nearedge-policies", description="Namespace for Policies; holds only what the edge may be given."
    )
    clusterSet: Name = Field("near-edge", description="ManagedClusterSet that all near-edge clusters join.")
    install: HubInstall | None = Field(
        None,
        description="ACM or OCM itself, to be installed by acm/<hub>/bootstrap/; left out, it is there already.",
    )
    bootstrap: Literal["apply", "argocd"] | None = Field(
        None,
        description="Who applies the steps of acm/<hub>/bootstrap/: a person (apply, the default), or the hub's own Argo CD, once a person has given it one Application.",
    )
    klusterletConfigs: tuple[KlusterletConfig, ...] = Field(
        (),
        description="Settings of klusterlets, with ACM: of all clusters under the name global, of others by name.",
    )


SHARDS = 64
"""Most shards of a ring: more than any hub can use."""


NO_HUB = ""
"""Name of the hub of a fleet that has none."""


def _no_hub() -> Hub:
    # No cluster can be called so; a rule asks for a hub wherever one is needed.
    return Hub.model_construct(cluster=NO_HUB)


class Ring(Strictly):
    """A step of the rollout: its clusters follow one Git ref."""

    name: Annotated[
        str,
        Line(
            r"^[a-z0-9][-a-z0-9]{0,61}[a-z0-9]$",
            63,
            form="2 to 63 small letters, digits and -, with a letter or digit at both ends",
        ),
    ] = Field(description="Name of the ring, 2 to 63 characters.")
    revision: GitRef = Field(
        description="Fully qualified ref (refs/heads/..., refs/tags/...) or commit that the ring follows."
    )
    shards: Annotated[int, Strict(), Field(ge=1, le=SHARDS), BeforeValidator(whole)] = Field(
        1,
        description="ApplicationSets that share the clusters of this ring, on each hub: one for every 2,000. A cluster keeps its shard as long as the number stays; docs/delivery.md says how to change it.",
    )
    advance: Literal["push", "pull-request"] = Field(
        "push",
        description="How `nearedge rollout` moves the ring's branch: push to it, or open a pull request into it.",
    )
    pins: Pins = Field(
        default_factory=Pins,
        description="Versions of models, and images, that the clusters of this ring run instead.",
    )


class Agent(Strictly):
    """The Argo CD agent, with delivery.model agent."""

    mode: Literal["managed", "autonomous"] = Field(
        "managed",
        description="managed: the hub hands out Applications; autonomous: a Policy brings them, and the hub only watches.",
    )
    serverAddress: Subdomain | None = Field(
        None,
        description="Address at which clusters reach the principal on the hub; found from its LoadBalancer when left out.",
    )
    serverPort: AnyPort | None = Field(
        None, description="Port of that address; needed together with serverAddress."
    )


class Delivery(Strictly):
    """How a cluster gets its overlay."""

    model: Literal["pull", "agent", "policy", "standalone"] = Field(
        "pull",
        description="pull: ACM pull model; agent: Argo CD agent; policy: a Policy delivers the Application; standalone: no hub.",
    )
    agent: Agent | None = Field(None, description="Of the Argo CD agent; only with model agent.")
    pollInterval: Duration = Field("15m", description="How often a cluster asks Git for news.")
    pollJitter: Duration | None = Field(
        None,
        description="Each wait is longer by up to so much, at random, so that clusters do not ask together; half of pollInterval when left out, 0s for none.",
    )
    syncTimeout: Duration | None = Field(
        None,
        description="When a sync that still waits is ended, so that the next commit is taken; an hour more than the longest deadline of a load or a job when left out, 0s for never.",
    )
    argoCD: Annotated[str, Line(r"^[0-9]+\.[0-9]+$", 16, form="two numbers, such as 3.3")] | None = Field(
        None,
        description='Oldest Argo CD of hub and sites, major and minor, quoted: "3.3". From 3.2 on a fix reaches a site while a failed sync is tried again. Left out it is what gitOpsChannel or the pins of operator gitops bring to all sites, else 3.1.',
    )
    gitOpsChannel: (
        Annotated[
            str, Line(r"^(latest|gitops-[0-9]+\.[0-9]+)$", 32, form="gitops- and two numbers: gitops-1.20")
        ]
        | None
    ) = Field(
        None,
        description="Channel from which ACM's add-on installs OpenShift GitOps on sites, with model pull or agent: gitops-1.20 has the patches of one release. Left out it is latest, whose next release comes to all sites at once.",
    )
    keptNamespaces: tuple[Name, ...] = Field(
        (),
        description="Namespaces that no cluster fills any more, while rings that are behind still do: Argo CD may go on there until they have left them.",
    )
    keptSections: tuple[Literal["training", "workbenches"], ...] = Field(
        (),
        description="Sections that no cluster has any more, while rings that are behind still do: Argo CD may go on with their kinds until they have left them.",
    )
    holdWindows: Flag = Field(
        False,
        description="A site with connectivity.maintenanceWindow takes commits only while it is open, fixes too; otherwise Argo CD syncs at once, whatever the window says.",
    )
    healthChecks: Flag = Field(
        True,
        description="Teach the clusters' Argo CD when objects of Kueue, Ray, KServe and Open Data Hub are healthy.",
    )
    applications: Literal["cluster", "workload"] = Field(
        "cluster",
        description="workload: each model server, Ray cluster or service, and job of a site has an Argo CD Application of its own there; docs/delivery.md says how to switch.",
    )
    handOver: Flag = Field(
        False,
        description="Root Applications take nothing away, while workloads go from them to Applications of their own or back.",
    )
    rings: tuple[Ring, ...] = Field((), description="Rollout order, first ring first.")


class Observability(Strictly):
    """Metrics and dashboards on the hub."""

    objectStorageSecret: Subdomain = Field(
        "thanos-object-storage", description="Secret with thanos.yaml on the hub."
    )
    dashboards: Flag = Field(False, description="Put dashboards into the hub's Grafana.")
    alerts: Flag = Field(
        True,
        description="Alert on the hub: model not ready, queue stuck, volume full, cluster silent.",
    )
    metrics: tuple[METRIC, ...] = Field(
        (), description="More metrics of workloads that clusters send to the hub, by exact name."
    )
    interval: Annotated[int, Strict(), Field(ge=15, le=3600), BeforeValidator(whole)] = Field(
        300, description="Seconds between two deliveries of metrics to the hub."
    )
    instanceSize: (
        Literal["default", "minimal", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge"] | None
    ) = Field(None, description="Size of the stack on the hub; ACM's default when left out.")
    storageClass: Subdomain | None = Field(
        None, description="StorageClass of the stack's own volumes; the hub's default one when left out."
    )


class Mirror(Strictly):
    """The registry that air-gapped clusters pull from."""

    registry: Annotated[
        str,
        Line(
            rf"^{REGISTRY}$", 253, form="HOST, with a port and a path if need be; no scheme, no / at the end"
        ),
    ] = Field(
        description="host[:port][/path], no scheme; oc-mirror puts quay.io/acme/app to <registry>/acme/app."
    )
    clusters: Literal["all", "disconnected"] = Field(
        "all",
        description="Who pulls through it: all OpenShift clusters that the hub manages, or those with connectivity.mode disconnected.",
    )
    mirrorSourcePolicy: Literal["AllowContactingSource", "NeverContactSource"] | None = Field(
        None,
        description="NeverContactSource: a node does not try the image's own registry; OpenShift's default is to try it last.",
    )
    catalogs: dict[Subdomain, Image] = Field(
        {},
        description="Name of an operator catalog (redhat-operators) -> its index image by digest, for `nearedge mirror`.",
    )
    catalogSources: dict[Subdomain, Image] = Field(
        {},
        description="Name of an operator catalog -> its index image in the mirror, by digest: clusters that pull through it get operators from there, and the default catalogs are switched off.",
    )
    sources: tuple[
        Annotated[
            str,
            Line(
                rf"^{REGISTRY}$",
                253,
                form="HOST, with a port and a path if need be; no scheme, no / at the end",
            ),
        ],
        ...,
    ] = Field(
        (),
        description="More registries or repositories that the mirror serves under the same paths, such as registry.redhat.io; images of operators come from them.",
    )
    hub: Flag = Field(False, description="The hub pulls through it as well.")


class FleetSpec(Strictly):
    """What all clusters have in common."""

    repository: Repository = Field(description="The repository that every cluster pulls.")
    hub: Hub = Field(
        default_factory=_no_hub, description="The hub; only with delivery.model standalone there is none."
    )
    hubs: tuple[Hub, ...] = Field(
        (),
        description="More hubs; then each cluster names its own in `hub`, by the name of that hub's cluster.",
    )
    delivery: Delivery = Field(default_factory=Delivery, description="How overlays reach the clusters.")
    observability: Observability | None = Field(None, description="Metrics on the hub.")
    mirror: Mirror | None = Field(None, description="Registry mirror for air-gapped clusters.")
    images: Images = Field(default_factory=Images, description="Images to use instead of the built-in ones.")
    extraApps: tuple[ExtraApp, ...] = Field(
        (), description="Applications from elsewhere: what nearedge has no spec for."
    )
    teams: tuple[Team, ...] = Field(
        (),
        description="Teams with files of their own beside those of clusters and groups, and what they may use; docs/teams.md.",
        max_length=256,
    )
    nodeFeatureDiscoveryImage: Image | None = Field(
        None,
        description="Operand image of the Node Feature Discovery operator, of your OpenShift release; without it the operator has no instance.",
    )


def hub_names(fleet: FleetSpec) -> frozenset[str]:
    """Names of the clusters that are hubs."""
    return frozenset(hub.cluster for hub in (fleet.hub, *fleet.hubs) if hub.cluster != NO_HUB)


class Fleet(Strictly):
    """The fleet: its repository, hub, delivery and defaults."""

    apiVersion: Literal["nearedge/v1alpha1"] = Field(description="Version of this format.")
    kind: Literal["Fleet"] = Field(description="Fleet.")
    metadata: Metadata = Field(description="Name of the fleet.")
    spec: FleetSpec = Field(description="What all clusters have in common.")


__all__ = [
    "NO_HUB",
    "SHARDS",
    "Agent",
    "Delivery",
    "ExtraApp",
    "Fleet",
    "FleetSpec",
    "Hub",
    "Mirror",
    "Observability",
    "Repository",
    "Ring",
    "hub_names",
]
