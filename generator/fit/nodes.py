"""Where the pods of a model server and of its endpoint picker can land: node kinds that match selectors, taints and devices.

With a queue, Kueue adds the labels and tolerations of the flavor it picks; each flavor of the queue that has
quota for the devices is possible, in every resource group one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

from ..components.kit.component import Cluster
from ..components.kit.counting import amount, left_on
from ..components.kit.runtime import accelerators
from ..components.kit.tolerations import lets
from ..components.kueue import KUEUE
from ..components.kueue.spec import Cells, Flavor, KueueSpec, Queue, Quota, groups, holders, queue_of
from ..components.models import holds, placed_by_cache
from ..components.ray import ray_name
from ..components.serving.spec import Service
from ..specs.quantity import parse
from ..specs.site import Node
from ..specs.types import Toleration
from .memory import GIB, MIB, whole_bytes

DEVICES = frozenset({"GPU", "HPU", "NPU"})
"""Kinds of accelerators (as Ray calls them) that hold a model in a memory of their own."""

_MIG = re.compile(r"nvidia\.com/mig-(?:[0-9]+c\.)?[0-9]+g\.([0-9]+)gb.*")


def gpus(item: Service) -> tuple[str, int] | None:
    """The GPU resource that a pod gets and how many of them; None for a server without."""
    for name, number in accelerators(item.resources).items():
        if ray_name(name) in DEVICES:
            return name, int(parse(number))
    return None


def slice_memory(resource: str) -> int | None:
    """Bytes of a MIG slice, by its name; None for a whole GPU.

    The name rounds up: 1g.5gb has 4.75 GiB, 3g.40gb has 39.5 (NVIDIA MIG user guide, device names).

    >>> slice_memory("nvidia.com/mig-1g.5gb") == 5 * 2**30
    True
    """
    match = _MIG.fullmatch(resource)
    return int(match[1]) * GIB if match else None


def device_memory(node: Any, resource: str) -> int | None:
    """Bytes of one device of this kind on a node; None when the spec does not say."""
    of_slice = slice_memory(resource)
    if of_slice is not None:
        return of_slice
    found = whole_bytes(node.gpuMemory) if node.gpuMemory else 0
    # Of a few bytes it is said elsewhere that a unit is missing (AMOUNT003): nothing fits is no second news.
    return found if found >= MIB else None


def landing(item: Service, cluster: Cluster) -> tuple[tuple[int, Any], ...]:
    """Node kinds, with their index, that one pod of an item can run on when nothing else does."""
    nodes = tuple(enumerate(cluster.spec.nodes))
    if not nodes:
        return ()
    ways = tuple(_ways(placed_by_cache(item, cluster), cluster))
    if item.storage.type == "cache":
        nodes = tuple((k, node) for k, node in nodes if holds(node.labels, cluster))
    return tuple(
        (k, node) for k, node in nodes if _holds(node, item) and any(lets(node, *way) for way in ways)
    )


def picker_landing(item: Service, cluster: Cluster) -> tuple[tuple[int, Any], ...]:
    """Node kinds, with their index, that a pod of an item's endpoint picker can run on, where it mounts the model.

    No preset gives these pods the server's place: no selector, no tolerations, and what they ask for is their own.
    """
    said = item.llm.scheduler if item.llm and cluster.profile.kserve.schedulerMountsModel else None
    if said is None:
        return ()
    asked = [one.requests or one.limits for one in cluster.profile.kserve.scheduler]
    return tuple(
        (k, node)
        for k, node in enumerate(cluster.spec.nodes)
        if lets(node, {}, ()) and _has_room(node, asked)
    )


def _has_room(node: Node, asked: Sequence[Mapping[str, str]]) -> bool:
    left = left_on(node)
    return all(
        left[name] >= sum(amount(name, one.get(name, "0")) for one in asked)
        for name in {name for one in asked for name in one}
        if name in left
    )


def _ways(item: Service, cluster: Cluster) -> Iterator[tuple[Mapping[str, str], tuple[Toleration, ...]]]:
    """Selector and tolerations of a pod, once for each choice of flavors."""
    spec = cluster.part(KUEUE)
    queue = queue_of(spec, item.queue, item.namespace)
    if queue is None:
        yield item.nodeSelector, item.tolerations
        return
    flavors = {flavor.name: flavor for flavor in spec.flavors}
    for chosen in product(*_choices(queue, spec, item.resources)):
        given = [flavors[name] for name in chosen if name in flavors]
        yield _with(item, given)


def _with(item: Service, given: list[Flavor]) -> tuple[Mapping[str, str], tuple[Toleration, ...]]:
    labels = {key: value for flavor in given for key, value in flavor.nodeLabels.items()}
    tolerations = tuple(entry for flavor in given for entry in flavor.tolerations)
    return {**labels, **item.nodeSelector}, (*item.tolerations, *tolerations)


def _choices(queue: Queue, spec: KueueSpec, wanted: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """For each resource group that the pod needs something of, the flavors that have all of it."""
    listed = tuple(item.quota for _, item in holders(spec))
    for names in groups(queue.quota):
        covered = {resource for name in names for resource in queue.quota[name]} & set(wanted)
        if covered:
            yield tuple(name for name in names if all(_offered(listed, name, one) for one in covered))


def _offered(quotas: tuple[Cells, ...], flavor: str, resource: str) -> bool:
    """Whether any queue or cohort has quota for it: in a cohort it can be borrowed."""
    found = (quota.get(flavor, {}).get(resource) for quota in quotas)
    return any(
        value is not None and _thousandths(value.nominal if isinstance(value, Quota) else value)
        for value in found
    )


def _holds(node: Any, item: Service) -> bool:
    """Whether a node of its own has room for one pod, as far as the spec declares what a node has."""
    devices = accelerators(item.resources)
    for name, limit in item.resources.items():
        there = node.allocatable.get(name)
        if there is None and name in devices:
            return False
        if there is not None and _thousandths(there) < _thousandths(item.requests.get(name, limit)):
            return False
    return not node.reserved or _leaves(node, item)


def _leaves(node: Node, item: Service) -> bool:
    """Whether what is reserved on a node leaves room for one pod."""
    left = left_on(node)
    return all(
        left[name] >= amount(name, item.requests.get(name, limit))
        for name, limit in item.resources.items()
        if name in left
    )


@lru_cache(maxsize=4096)
def _thousandths(amount: str) -> int:
    """A quantity in thousandths: whole numbers are compared many times faster than fractions."""
    return int(parse(amount) * 1000)
