"""Where the pods of a server run beside each other, and how many of them a drain of nodes leaves.

Sources: kserve v0.15.2 to v0.20.0 pkg/constants GetRawServiceLabel, inferenceservice utils MergePodSpec, which lays the
predictor's affinity and topologySpreadConstraints into the pods; llmisvc workload_single_node.go singleNodeLabels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...objects.manifest import Manifest, Wave, meta
from ...specs.types import Toleration
from ..kit.component import Cluster
from ..kit.counting import left_on
from ..kit.pod_fields import DEFAULT, apart, spread
from ..kit.runtime import accelerators
from ..kit.tolerations import lets
from ..kueue.spec import KueueSpec, Queue, queue_of
from .plain import pods_of_plain
from .spec import Service, is_llm, is_plain

WORKLOAD = "llminferenceservice-workload"
"""Value of app.kubernetes.io/component of the pods that answer; of those that only read prompts it ends in -prefill."""


def pods_of(item: Service, *, prefill: bool = False) -> Manifest:
    """Labels that the pods of a Deployment of a server have, and no others of the namespace."""
    if is_plain(item):
        return pods_of_plain(item.name)
    if not is_llm(item):
        return {"app": f"isvc.{item.name}-predictor"}
    return {
        "app.kubernetes.io/component": f"{WORKLOAD}-prefill" if prefill else WORKLOAD,
        "app.kubernetes.io/name": item.name,
    }


def placed(item: Service, labels: Manifest, pods: int) -> Manifest:
    """Affinity and topologySpreadConstraints of the pods with these labels, of which there are at most `pods`."""
    selector = {"matchLabels": labels}
    said = item.topologySpreadConstraints
    if said is None:
        said = DEFAULT if pods > 1 and item.podAntiAffinity is None else ()
    affinity, constraints = apart(item.podAntiAffinity, selector), spread(said, selector)
    return {
        **({"affinity": affinity} if affinity else {}),
        **({"topologySpreadConstraints": constraints} if constraints else {}),
    }


def homes(item: Service, cluster: Cluster) -> int | None:
    """Nodes that have its devices, and that its pods are let onto; None where the spec names no nodes.

    In a queue they are those of any flavor that it has quota for: which one Kueue takes is not known here.
    """
    if not cluster.spec.nodes:
        return None
    spec: KueueSpec = cluster.spec.kueue
    queue = queue_of(spec, item.queue, item.namespace)
    open_to = list(ways(item.nodeSelector, item.tolerations, queue, spec))
    counts: Iterator[int] = (
        node.count
        for node in cluster.spec.nodes
        if all(left_on(node).get(name, 0) > 0 for name in accelerators(item.resources))
        and any(lets(node, *way) for way in open_to)
    )
    return sum(counts)


Way = tuple[Mapping[str, str], tuple[Toleration, ...]]
"""Selector and tolerations of a pod."""


def ways(
    selector: Mapping[str, str], tolerations: tuple[Toleration, ...], queue: Queue | None, spec: KueueSpec
) -> Iterator[Way]:
    """How pods come to nodes: as they are made, or as Kueue makes them of each flavor that their queue has quota for."""
    if queue is None:
        yield selector, tolerations
        return
    for flavor in spec.flavors:
        if flavor.name in queue.quota:
            yield {**flavor.nodeLabels, **selector}, (*tolerations, *flavor.tolerations)


def goes_in_groups(item: Service) -> bool:
    """Whether several pods are one replica: a budget cannot count such groups, and each starts and stops as one."""
    return item.llm is not None and item.llm.worker is not None


def leaves_pods(item: Service, cluster: Cluster) -> bool:
    """Whether a drain of a node can leave pods of a server: not where all of them are on the one node there is."""
    return homes(item, cluster) != 1 or item.minAvailable is not None


def kept_by_drains(item: Service) -> int:
    """Pods that a drain of nodes has to leave: as said, else all but one of those that always run."""
    return max(0, item.replicas.min - 1) if item.minAvailable is None else item.minAvailable


def budgets(item: Service, wave: Wave) -> Iterator[Manifest]:
    """The PodDisruptionBudget of a server, and that of the pods which only read prompts.

    A pod that is not ready serves nobody and may go: else a server that does not start would hold up every drain
    (Kubernetes, unhealthyPodEvictionPolicy).
    """
    least = kept_by_drains(item)
    if least and not goes_in_groups(item):
        yield _budget(item.name, item, least, pods_of(item), wave)
    reading = item.llm.prefill if is_llm(item) and item.llm else None
    if reading and not reading.worker and reading.replicas > 1 and item.minAvailable != 0:
        labels = pods_of(item, prefill=True)
        yield _budget(f"{item.name}-prefill", item, reading.replicas - 1, labels, wave)


def _budget(name: str, item: Service, least: int, labels: Manifest, wave: Wave) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": meta(name, item.namespace, wave=wave),
        "spec": {
            "minAvailable": least,
            "selector": {"matchLabels": labels},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
