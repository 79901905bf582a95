"""A hub that nearedge makes, and how clusters join it: ACM or OCM itself, settings of klusterlets, registration.

hub:
  install: {}
  klusterletConfigs: [{name: slow-line, workStatusSyncInterval: 5m}]

The words are those of MultiClusterHub, ClusterManager, KlusterletConfig and ManagedCluster.
"""

from typing import Annotated, Literal

from pydantic import Field

from .lines import Pem
from .types import (
    REGISTRY,
    Duration,
    Flag,
    Labels,
    Line,
    Name,
    RemoteKey,
    Strictly,
    Subdomain,
    Toleration,
)

HOST_URL = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?"
Registry = Annotated[
    str, Line(rf"^{REGISTRY}$", 253, form="HOST or HOST/PATH, with a port if need be; no scheme, no tag")
]


class HubInstall(Strictly):
    """ACM or OCM itself, and the Argo CD of the hub: acm/<hub>/bootstrap/ makes an empty cluster the hub."""

    channel: (
        Annotated[
            str, Line(r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", 63, form="the name of a channel: release-2.16")
        ]
        | None
    ) = Field(None, description="Channel of the Subscription; that of hub.version when left out.")
    approval: Literal["Automatic", "Manual"] = Field(
        "Automatic",
        description="Automatic: every patch of the channel comes by itself; Manual: somebody approves each InstallPlan.",
    )
    source: Subdomain | None = Field(
        None,
        description="CatalogSource that it comes from; the usual one when left out, from the mirror where mirror.hub is on.",
    )
    availabilityConfig: Literal["High", "Basic"] | None = Field(
        None,
        description="With ACM: Basic runs one of everything, for a hub of few nodes; ACM's default is High.",
    )
    imagePullSecret: Subdomain | None = Field(
        None,
        description="With ACM: Secret in open-cluster-management with the registry's credential; its value never enters Git.",
    )
    nodeSelector: Labels = Field({}, description="Labels of the nodes that ACM or OCM runs on.")
    tolerations: tuple[Toleration, ...] = Field((), description="Taints that it tolerates.")
    gitops: Flag = Field(
        True, description="Install OpenShift GitOps as well, which makes hub.argocdNamespace; OpenShift only."
    )


class MirroredRegistry(Strictly):
    """A registry that klusterlets pull from instead of another one."""

    source: Registry = Field(description="The registry, or a repository of it, that is replaced.")
    mirror: Registry = Field(description="What takes its place.")


class NodePlacement(Strictly):
    """Which nodes of a cluster its klusterlet runs on."""

    nodeSelector: Labels = Field({}, description="Labels of the nodes.")
    tolerations: tuple[Toleration, ...] = Field((), description="Taints that it tolerates.")


class KlusterletConfig(Strictly):
    """Settings of klusterlets: how they reach the hub, and what they pull and ask; with ACM."""

    name: Name = Field(
        description="Name of it, which clusters say in registration.klusterletConfig; global: of all clusters."
    )
    url: (
        Annotated[str, Line(rf"^https://{HOST_URL}$", 253, form="https://HOST or https://HOST:PORT")] | None
    ) = Field(
        None,
        description="Address at which clusters reach the hub's API server; that of its own Infrastructure when left out.",
    )
    proxyURL: (
        Annotated[str, Line(rf"^https?://{HOST_URL}$", 253, form="http://HOST:PORT or https://HOST:PORT")]
        | None
    ) = Field(None, description="Proxy on the way to the hub, without user or password.")
    serverVerificationStrategy: (
        Literal["UseSystemTruststore", "UseAutoDetectedCABundle", "UseCustomCABundles"] | None
    ) = Field(None, description="Whose certificates prove the hub; those that ACM finds when left out.")
    caBundle: Pem | None = Field(
        None, description="Certificates that prove the hub or the proxy, in PEM; never a key."
    )
    registries: tuple[MirroredRegistry, ...] = Field(
        (), description="Where klusterlets and add-ons pull their images."
    )
    pullSecret: Subdomain | None = Field(
        None,
        description="Secret in hub.policyNamespace by which klusterlets pull; its value never enters Git.",
    )
    nodePlacement: NodePlacement | None = Field(None, description="Nodes that klusterlets run on.")
    workStatusSyncInterval: Duration | None = Field(
        None,
        description="How often the status of what a cluster was sent is looked at, 5s to 1h: longer spares a thin line.",
    )
    appliedManifestWorkEvictionGracePeriod: (
        Annotated[
            str,
            Line(r"^(([0-9]+(h|m|s))+|INFINITE)$", 16, form="whole hours, minutes or seconds, or INFINITE"),
        ]
        | None
    ) = Field(
        None,
        description="How long a cluster keeps what the hub no longer has, when it was away: 72h, or INFINITE.",
    )


class ImportSecret(Strictly):
    """Where External Secrets on the hub finds what opens a cluster, so that ACM imports it by itself."""

    store: Subdomain = Field(
        description="SecretStore or ClusterSecretStore on the hub that is there already."
    )
    storeKind: Literal["ClusterSecretStore", "SecretStore"] = Field(
        "ClusterSecretStore", description="SecretStore: one in the cluster's namespace on the hub."
    )
    key: RemoteKey = Field(
        description="Folder in the store: what opens a cluster is called KEY/<cluster>, and holds kubeconfig, or server and token."
    )


Addon = Literal["applicationManager", "certPolicyController", "searchCollector"]


class Registration(Strictly):
    """How a cluster joins its hub."""

    accept: Flag = Field(
        False,
        description="true: the hub accepts whoever registers under this name (hubAcceptsClient); left out, an administrator accepts it.",
    )
    autoImport: ImportSecret | None = Field(
        None,
        description="ACM imports the cluster with a credential from a store; left out, somebody makes Secret auto-import-secret, or applies import.yaml on the cluster.",
    )
    klusterletConfig: Name | None = Field(
        None, description="Settings of its klusterlet, by their name in hub.klusterletConfigs."
    )
    addons: tuple[Addon, ...] = Field(
        ("searchCollector",),
        description="Add-ons of ACM beside the one for Policies, which delivery needs; searchCollector finds its objects from the hub's console.",
    )


__all__ = ["Addon", "HubInstall", "ImportSecret", "KlusterletConfig", "NodePlacement", "Registration"]
