"""Whether a second pod of a server finds quota beside everything else, as an update needs it that starts the new pod first.

By sums, so that a yes is certain: what is declared for the flavors that the pod can take, and one pod more, fit into their
nominal quota. What a queue could borrow is nobody's for sure. Whether an update that is asked for can finish is found out
in `admission`, as Kueue would.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...specs.types import Resources
from .. import ray
from ..kit.component import Cluster, once
from ..kit.counting import amount
from ..kit.demand import Pods, Workload
from ..kit.quota import resource_of, taken_by_pod
from ..kueue.spec import Flavor, KueueSpec, Queue, quota_of, root_of
from .demand import workloads
from .spec import Service


@once
def declared(cluster: Cluster) -> tuple[Workload, ...]:
    """Everything that servers and Ray ask for."""
    return tuple(found.work for part in (workloads(cluster), ray.workloads(cluster)) for found in part)


def has_room(item: Service, cluster: Cluster) -> bool:
    """Whether quota holds one more pod of each kind that a Deployment runs for a server."""
    mine = [work for work in declared(cluster) if (work.namespace, work.name) == (item.namespace, item.name)]
    pods = [one for work in mine if not work.whole for one in work.pods]
    return all(_in_queue(one, item, cluster) and _in_namespace(one, item.namespace, cluster) for one in pods)


def _in_namespace(pods: Pods, namespace: str, cluster: Cluster) -> bool:
    quota: Resources = next((item.quota for item in cluster.spec.namespaces if item.name == namespace), {})
    for name, hard in quota.items():
        each = taken_by_pod(pods, name)
        if each:
            there = [work for work in declared(cluster) if work.namespace == namespace]
            taken = sum(one.most * (taken_by_pod(one, name) or 0) for work in there for one in work.pods)
            if taken + each > amount(resource_of(name), hard):
                return False
    return True


def _in_queue(pods: Pods, item: Service, cluster: Cluster) -> bool:
    spec: KueueSpec = cluster.spec.kueue
    queue = next(
        (one for one in spec.queues if (one.name, one.namespace) == (item.queue, item.namespace)), None
    )
    if queue is None:
        return True
    flavors = [flavor for flavor in spec.flavors if flavor.name in queue.quota and _takes(flavor, pods)]
    beside = list(_lenders(queue, spec))
    for name, each in pods.requests.items():
        covering = [flavor for flavor in flavors if name in queue.quota[flavor.name]]
        # With several flavors what is free may lie in pieces: as much for each is one pod's worth in one of them.
        wanted = each * max(1, len(covering))
        for queues in ([queue], [queue, *beside]):
            taken = sum(_taken(work, name, covering) for work in _waiting(queues, cluster))
            if taken + wanted > _nominal(queues, covering, name):
                return False
    return True


def _takes(flavor: Flavor, pods: Pods) -> bool:
    """Whether the labels of a flavor are none that pods do not want."""
    return all(pods.selector.get(key, value) == value for key, value in flavor.nodeLabels.items())


def _lenders(queue: Queue, spec: KueueSpec) -> Iterator[Queue]:
    """The other queues of a queue's cohort."""
    root = root_of(queue.cohort or spec.cohort, spec)
    return (
        one
        for one in spec.queues
        if root and one is not queue and root_of(one.cohort or spec.cohort, spec) == root
    )


def _waiting(queues: Iterable[Queue], cluster: Cluster) -> Iterator[Workload]:
    keys = {(one.name, one.namespace) for one in queues}
    return (work for work in declared(cluster) if (work.queue, work.namespace) in keys)


def _taken(work: Workload, name: str, flavors: Iterable[Flavor]) -> int:
    """What a workload may take of a resource of these flavors."""
    listed = list(flavors)
    able = (pods for pods in work.pods if any(_takes(flavor, pods) for flavor in listed))
    return sum(pods.most * pods.requests.get(name, 0) for pods in able)


def _nominal(queues: Iterable[Queue], flavors: Iterable[Flavor], name: str) -> int:
    cells = (one.quota.get(flavor.name, {}).get(name) for flavor in flavors for one in queues)
    return sum(amount(name, quota_of(cell).nominal) for cell in cells if cell is not None)
