"""Placements: which clusters get something. A cluster that cannot be reached keeps what it has."""

from __future__ import annotations

from collections.abc import Mapping

from ..fleet import Fleet
from ..manifest import Manifest, meta
from .clusters import RING_LABEL

NAME = "nearedge"
"""Name of the Placement that selects every cluster of the fleet, in both namespaces."""

TAINTS = ("cluster.open-cluster-management.io/unreachable", "cluster.open-cluster-management.io/unavailable")

LOCAL_CLUSTER = {"key": "local-cluster", "operator": "NotIn", "values": ["true"]}
"""A GitOpsCluster must not select the hub, which carries this label whatever its name is."""


def placement(
    fleet: Fleet,
    namespace: str,
    name: str = NAME,
    *,
    labels: Mapping[str, str] | None = None,
    rings: bool = False,
) -> Manifest:
    """Clusters of the set, those with `labels` only; `rings` divides the decision into groups by ring."""
    selector = {**({"matchLabels": dict(labels)} if labels else {}), "matchExpressions": [LOCAL_CLUSTER]}
    groups = [
        {
            "groupName": ring.name,
            "groupClusterSelector": {"labelSelector": {"matchLabels": {RING_LABEL: ring.name}}},
        }
        for ring in fleet.rings
    ]
    return {
        "apiVersion": "cluster.open-cluster-management.io/v1beta1",
        "kind": "Placement",
        "metadata": meta(name, namespace),
        "spec": {
            "clusterSets": [fleet.spec.hub.clusterSet],
            "predicates": [{"requiredClusterSelector": {"labelSelector": selector}}],
            # Without seconds: for ever. A decision that drops a cluster takes its workload away.
            "tolerations": [{"key": taint, "operator": "Exists"} for taint in TAINTS],
            **(
                {"decisionStrategy": {"groupStrategy": {"decisionGroups": groups}}}
                if rings and groups
                else {}
            ),
        },
    }
