"""Rules about volumes of models and the servers that share them."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.rule import Problem, rule
from .kit.component import Cluster
from .models import node_bound, on_volume, servers, storage_class, volume_modes, volume_name
from .serving import pod_kinds
from .serving.spec import Service


def _on_volumes(cluster: Cluster) -> Iterator[tuple[int, Service]]:
    return ((i, item) for i, item in servers(cluster) if on_volume(item, cluster))


@rule("MODEL002", covers=("PV-2",), source="kserve #3409; kserve/website PR #343")
def one_node_volume_has_one_user(cluster: Cluster) -> Iterator[Problem]:
    """A ReadWriteOnce volume serves one replica, unless the cluster has a single node.

    Such a volume is attached to one node: the second pod waits for ever with a Multi-Attach error.
    """
    single = sum(node.count for node in cluster.spec.nodes) == 1
    users: dict[tuple[str, str], int] = {}
    counted: set[tuple[int, tuple[str, str]]] = set()
    for i, item in _on_volumes(cluster):
        modes = volume_modes(item, cluster)
        if item.storage.clone or not node_bound(modes) or (single and "ReadWriteOncePod" not in modes):
            continue
        key = (item.namespace, volume_name(item))
        if (i, key) in counted:
            # Its own model and one beside it may lie on one volume: the same pods use both.
            continue
        counted.add((i, key))
        users[key] = total = users.get(key, 0) + _pods(item)
        if total > 1:
            said = f"{total} replicas would share the {modes[0]} volume {volume_name(item)}"
            declared = storage_class(item.storage.class_, cluster)
            clone = "storage.clone, " if declared and declared.clone else ""
            hint = f"use a class with ReadWriteMany, {clone}storage.type oci, or one replica"
            yield Problem(("serving", i, "replicas", "max"), said, hint)


def _pods(item: Service) -> int:
    """Pods of a server at its maximum."""
    return sum(part.groups * part.pods for part in pod_kinds(item))
