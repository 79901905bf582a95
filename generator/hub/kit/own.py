"""The hub as one of its own clusters: ACM manages it as local-cluster, and Policies reach it there."""

from __future__ import annotations

from collections.abc import Iterator

from ...fleet.fleet import Fleet
from ...objects.manifest import Manifest, meta
from . import placement
from .profile import HubProfile

HUB = "nearedge-hub"
"""Name of the Placement that selects the hub alone."""

DEFAULT_SET = "default"
"""The set of clusters that are in no other, and so of the hub itself (ocm registration, DefaultClusterSet)."""


def manages_itself(profile: HubProfile) -> bool:
    """Whether the hub is a managed cluster of its own, as with ACM."""
    return profile.flavor == "acm"


def has_policies(fleet: Fleet, profile: HubProfile) -> bool:
    """Whether a Policy is bound to the hub itself."""
    # Its Argo CD has settings, whatever else it runs.
    return fleet.hub is not None and manages_itself(profile)


def is_watched(fleet: Fleet) -> bool:
    """Whether the hub collects metrics of workloads on itself: it has some."""
    hub = fleet.hub
    return (
        hub is not None
        and hub.openshift
        and bool(hub.namespaces)
        and fleet.spec.observability is not None
        and fleet.spec.hub.flavor == "acm"
    )


def hub_placement(fleet: Fleet) -> Iterator[Manifest]:
    """The Placement that selects the hub, and the binding that lets the policy namespace choose from its set."""
    namespace = fleet.spec.hub.policyNamespace
    yield {
        "apiVersion": "cluster.open-cluster-management.io/v1beta2",
        "kind": "ManagedClusterSetBinding",
        "metadata": meta(DEFAULT_SET, namespace),
        "spec": {"clusterSet": DEFAULT_SET},
    }
    local = {"labelSelector": {"matchLabels": {"local-cluster": "true"}}}
    yield {
        "apiVersion": "cluster.open-cluster-management.io/v1beta1",
        "kind": "Placement",
        "metadata": meta(HUB, namespace),
        "spec": {
            "clusterSets": [DEFAULT_SET],
            "predicates": [{"requiredClusterSelector": local}],
            "tolerations": [{"key": taint, "operator": "Exists"} for taint in placement.TAINTS],
        },
    }
