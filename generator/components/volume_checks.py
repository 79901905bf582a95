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
    """A ReadWriteOnce volume serves one pod, unless the cluster has a single node.

    Such a volume is attached to one node: the second pod waits for ever with a Multi-Attach error. The endpoint picker
    of an LLMInferenceService mounts its model on some platforms, too.
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
        pickers = _pickers(i, item, cluster)
        replicas = sum(part.groups * part.pods for part in pod_kinds(item))
        users[key] = total = users.get(key, 0) + replicas + pickers
        if total > 1:
            what = "replicas" if not pickers else f"pods, {pickers} of them its scheduler's,"
            said = f"{total} {what} would share the {modes[0]} volume {volume_name(item)}"
            declared = storage_class(item.storage.class_, cluster)
            clone = "storage.clone, " if declared and declared.clone else ""
            hint = f"use a class with ReadWriteMany, {clone}storage.type oci, or one {'pod' if pickers else 'replica'}"
            at = ("llm", "scheduler") if pickers else ("replicas", "max")
            yield Problem(("serving", i, *at), said, hint)


def _pickers(index: int, item: Service, cluster: Cluster) -> int:
    """Pods of an endpoint picker that mount the model of its server; adapters they do not mount."""
    said = item.llm.scheduler if item.llm and cluster.profile.kserve.schedulerMountsModel else None
    own = item is cluster.spec.serving[index]
    return (said.replicas or 1) if said and own else 0
