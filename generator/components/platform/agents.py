"""Which agents and add-ons the hub of a cluster puts onto it.

    hub, its release, delivery, observability, registration -> names of ManagedClusterAddOns, klusterlet first

What somebody switches on by other means (hub console, AddOnDeploymentConfig) no spec says, so it is not here.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...specs.fleet import NO_HUB, Hub
from ..kit.component import Cluster, once

ALWAYS = ("klusterlet", "work-manager", "cluster-proxy", "managed-serviceaccount")
"""On every managed cluster, as far as the release of its hub has them: the last two by a Placement of all clusters
(stolostron/backplane-operator pkg/templates/charts/toggle, clustermanagementaddon.yaml)."""

POLICIES = ("governance-policy-framework", "config-policy-controller")
"""Delivery needs them: everything beside the overlay comes by Policy."""

BY_WORD = {
    "applicationManager": "application-manager",
    "certPolicyController": "cert-policy-controller",
    "searchCollector": "search-collector",
}
"""Field of KlusterletAddonConfig -> its add-on (stolostron/klusterlet-addon-controller pkg/apis/agent/v1/types.go)."""

GITOPS = "gitops-addon"


def hub_of(cluster: Cluster) -> Hub | None:
    """The hub that manages a cluster; None of a hub itself, and where there is none."""
    fleet = cluster.fleet
    if fleet.delivery.model == "standalone":
        return None
    hubs = {hub.cluster: hub for hub in (fleet.hub, *fleet.hubs)}
    found = hubs.get(cluster.spec.hub or "", fleet.hub)
    return None if cluster.name in hubs or found.cluster == NO_HUB else found


def release_of(hub: Hub) -> str:
    """The release of a hub, as data/hubs names it."""
    return "ocm" if hub.flavor == "ocm" else "-".join(("acm", ".".join(hub.version.split(".")[:2])))


@once
def addons(cluster: Cluster) -> tuple[str, ...]:
    """What the hub puts onto the cluster, whether or not its release has figures for it."""
    hub = hub_of(cluster)
    return () if hub is None else tuple(_addons(cluster, hub))


def _addons(cluster: Cluster, hub: Hub) -> Iterator[str]:
    yield from ALWAYS
    yield from POLICIES
    registration = cluster.spec.registration
    if registration is not None:
        yield from (BY_WORD[word] for word in sorted({*registration.addons}))
    if cluster.fleet.observability is not None and hub.flavor == "acm":
        yield "observability-controller"
    if cluster.fleet.delivery.model in {"pull", "agent"}:
        yield GITOPS
