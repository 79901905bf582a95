"""A rule for queues that leave Kueue a choice of nodes."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings.finding import Severity
from ....findings.rule import Problem, rule
from ...kit.component import Cluster
from ..flavor import choices, place_of
from ..shapes import shapes
from ..units import RAY


@rule(
    "RAY073",
    Severity.NOTE,
    source="kuberay CRDs: workerGroupSpecs is atomic; argo-cd v3.5.1 controller/sync.go normalizeTargetResources",
)
def workers_keep_the_nodes_that_kueue_chose(cluster: Cluster) -> Iterator[Problem]:
    """The flavor of a queued worker group is known beforehand: by its queue, or by its nodeSelector.

    Where Kueue chooses, it writes the flavor's labels and tolerations into the group's pod template, and the next
    commit of the site takes them out again: the list of worker groups is one value. Pods that run stay; one that is made
    again may go to nodes of another flavor, or to none. What is known nearedge writes itself.
    """
    for shape in shapes(cluster.part(RAY)):
        place = place_of(shape.ray.namespace, shape.ray.queue, cluster)
        for i, group in enumerate(shape.ray.workers):
            open_ = choices(group, place)
            if open_:
                said = f"Kueue chooses among {', '.join(open_)}, and the next commit takes its choice out of {group.name}"
                path = (*shape.path, "workers", i, "nodeSelector")
                yield Problem(path, said, "name labels of one of these flavors here")
