"""Placements: which clusters get something. A cluster that cannot be reached keeps what it has."""

from __future__ import annotations

from collections.abc import Mapping

from ...fleet.fleet import Fleet
from ...objects.manifest import Manifest, meta
from .rings import decision_groups

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
    labels: Mapping[str, str | None] | None = None,
    rings: bool = False,
) -> Manifest:
    """Clusters of the set with these labels, or without one whose value is None; `rings` groups the decision by ring."""
    said = {key: value for key, value in (labels or {}).items() if value is not None}
    absent = [{"key": key, "operator": "DoesNotExist"} for key in labels or {} if key not in said]
    selector = {**({"matchLabels": said} if said else {}), "matchExpressions": [LOCAL_CLUSTER, *absent]}
    decided = [
        {"groupName": group.name, "groupClusterSelector": {"labelSelector": {"matchLabels": group.labels}}}
        for group in decision_groups(fleet)
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
                {"decisionStrategy": {"groupStrategy": {"decisionGroups": decided}}}
                if rings and decided
                else {}
            ),
        },
    }
