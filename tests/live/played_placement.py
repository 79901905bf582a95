"""The placement controller, played: which clusters a Placement means, by the rules that ours use.

Of ocm pkg/placement/controllers/scheduling (v1.3.1): clusters of the sets that are bound in its namespace, matched by any
of its predicates; taints of a cluster are not played. A decision holds up to 100 clusters and carries the names of the
Placement and of the decision group. A cluster is of the set that its label says, of `default` without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from generator.objects.manifest import Manifest

from .client import Client

GROUP = "cluster.open-cluster-management.io"
SET = f"{GROUP}/clusterset"
AT_MOST = 100


def means(placement: Manifest, clusters: Iterable[Manifest], bound: Iterable[str]) -> list[str]:
    """Names of the clusters, sorted. `bound` are the sets that its namespace may choose from."""
    sets = set(placement["spec"].get("clusterSets") or bound) & set(bound)
    predicates = placement["spec"].get("predicates") or [{}]
    return sorted(
        item["metadata"]["name"]
        for item in clusters
        for labels in [item["metadata"].get("labels") or {}]
        if labels.get(SET, "default") in sets
        and any(_matches(one.get("requiredClusterSelector", {}), labels) for one in predicates)
    )


def _matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    if unknown := set(selector) - {"labelSelector"}:
        raise AssertionError(f"a Placement says {', '.join(unknown)}, which is not played")
    said = selector.get("labelSelector", {})
    return all(labels.get(key) == value for key, value in said.get("matchLabels", {}).items()) and all(
        _holds(item, labels) for item in said.get("matchExpressions", ())
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator, values = expression["key"], expression["operator"], expression.get("values", ())
    if operator in {"Exists", "DoesNotExist"}:
        return bool((key in labels) == (operator == "Exists"))
    if operator in {"In", "NotIn"}:
        return bool((labels.get(key) in values) == (operator == "In"))
    raise AssertionError(f"a Placement says {operator}, which is not played")


def play_placements(client: Client, *, growing: bool = False) -> dict[str, list[str]]:
    """Decisions of all Placements as the server has them now; gives `namespace/name` of each -> its clusters.

    `growing`: only those that come to mean somebody; Placements are decided one by one, in any order.
    """
    clusters = client.list(f"{GROUP}/v1", "ManagedCluster")
    found: dict[str, list[str]] = {}
    for placement in client.list(f"{GROUP}/v1beta1", "Placement"):
        meta = placement["metadata"]
        bindings = client.list(f"{GROUP}/v1beta2", "ManagedClusterSetBinding", meta["namespace"])
        names = means(placement, clusters, [item["spec"]["clusterSet"] for item in bindings])
        found[f"{meta['namespace']}/{meta['name']}"] = names
        if names or not growing:
            _write(client, placement, names)
    return found


def _write(client: Client, placement: Manifest, names: list[str]) -> None:
    wanted = {item["metadata"]["name"]: item for item in decisions(placement, names)}
    for item in wanted.values():
        there = client.get(item)
        if there is None:
            status = item.pop("status")
            there = client.create(item)
            client.merge(there, {"status": status}, "status")
        elif there.get("status") != item["status"]:
            client.merge(there, {"status": item["status"]}, "status")
    label = f"{GROUP}/placement"
    for old in client.list(f"{GROUP}/v1beta1", "PlacementDecision", placement["metadata"]["namespace"]):
        meta = old["metadata"]
        if meta["labels"].get(label) == placement["metadata"]["name"] and meta["name"] not in wanted:
            client.remove(old)


def decisions(placement: Manifest, names: list[str]) -> Iterator[Manifest]:
    """The PlacementDecisions of a Placement; one, and empty, where it means nobody."""
    meta = placement["metadata"]
    owner = {
        "apiVersion": placement["apiVersion"],
        "kind": "Placement",
        "name": meta["name"],
        "uid": meta["uid"],
    }
    for i in range(max(1, -(-len(names) // AT_MOST))):
        some = names[i * AT_MOST : (i + 1) * AT_MOST]
        labels = {f"{GROUP}/placement": meta["name"], f"{GROUP}/decision-group-index": str(i)}
        yield {
            "apiVersion": f"{GROUP}/v1beta1",
            "kind": "PlacementDecision",
            "metadata": {
                "name": f"{meta['name']}-decision-{i + 1}",
                "namespace": meta["namespace"],
                "labels": {**labels, f"{GROUP}/decision-group-name": ""},
                "ownerReferences": [{**owner, "blockOwnerDeletion": True, "controller": True}],
            },
            "status": {"decisions": [{"clusterName": name, "reason": ""} for name in some]},
        }
