"""Rules about quantities, wherever a spec says one: whole devices, whole bytes, units that were forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ..findings.finding import MODELS, Path
from ..findings.rule import Problem, rule
from ..specs.quantity import parse
from .kit.amounts import Amount, amounts
from .kit.component import Cluster

VALIDATION = "k8s.io/kubernetes pkg/apis/core/validation ValidateResourceQuantityValue"

SIZES = frozenset({"size", "capacity", "gpuMemory", "sharedMemory", "memory", "ephemeral-storage", "storage"})
"""Resources and fields that are bytes."""
COUNTS = frozenset({"pods", "services", "persistentvolumeclaims", "configmaps", "secrets"})
"""Objects that a ResourceQuota counts."""
LIMITS = frozenset({"resources", "frontResources", "default", "max"})
"""Fields that are limits of a container."""

LEAST_MEMORY = 12 * 2**20
"""Least memory limit of a container (cri-o pkg/config defaultContainerMinMemory; 512 KiB where it runs crun)."""
UNIT = 2**16
"""Fewer bytes than any memory, volume or disk has: somebody left the unit out."""


@cache
def _kind(resource: str) -> str:
    """bytes, whole or any."""
    name = resource.removeprefix("requests.").removeprefix("limits.")
    if name in SIZES or name.startswith("hugepages-") or name.endswith("requests.storage"):
        return "bytes"
    return "whole" if "/" in name or name in COUNTS else "any"


@rule("AMOUNT001", source=f"{VALIDATION}: must be an integer")
def devices_are_whole(cluster: Cluster) -> Iterator[Problem]:
    """Devices, and whatever is counted one by one, come in whole numbers: of servers, queues, nodes, profiles, Ray.

    Kubernetes gives a device to one container as a whole, and refuses a pod that asks for a part of one.
    """
    for item in amounts(cluster):
        if _kind(item.resource) == "whole" and parse(item.text).denominator != 1:
            said = f"{item.resource} is {item.text}, it comes in whole numbers"
            yield Problem(
                item.path, said, "round it up; parts of a GPU are MIG slices, resources of their own"
            )


@rule("AMOUNT002", source=f"{VALIDATION}; kubectl warns of fractional bytes")
def bytes_are_whole(cluster: Cluster) -> Iterator[Problem]:
    """An amount of bytes is a whole number of them.

    m is a thousandth: 400m of memory is less than half a byte. Kubernetes rounds it up to one, and the container is
    never started.
    """
    for item in amounts(cluster):
        if _kind(item.resource) == "bytes" and parse(item.text).denominator != 1:
            said = f"{item.resource} {item.text} is a part of a byte: m is a thousandth"
            yield Problem(item.path, said, f"write {_mega(item.text)}")


def _mega(text: str) -> str:
    return f"{text.removesuffix('m')}Mi" if text.endswith("m") else "a whole number, with Mi or Gi"


@rule("AMOUNT003", source="cri-o pkg/config/config.go defaultContainerMinMemory; kubernetes/kubernetes#79950")
def bytes_have_their_unit(cluster: Cluster) -> Iterator[Problem]:
    """An amount of bytes is so large that somebody can have meant it, and a memory limit lets a container start.

    Without a unit it is bytes: with memory "24" no container is ever started, a volume of "10" holds no file. The
    container runtime of OpenShift starts none with less than 12Mi.
    """
    for item in amounts(cluster):
        if _kind(item.resource) != "bytes" or (found := parse(item.text)) == 0 or found.denominator != 1:
            continue
        if found < (least := _least(item)):
            why = "a container starts with (12Mi)" if least == LEAST_MEMORY else "anybody needs"
            wanted = f"write {item.text}Gi or {item.text}Mi" if item.text.isdecimal() else "give it more"
            said = f"{item.resource} {item.text} is {int(found)} bytes, less than {why}"
            yield Problem(item.path, said, wanted)


def _least(item: Amount) -> int:
    """Fewest bytes that make sense; a model may be as small as it likes, and so may the least that is asked for."""
    if item.field in LIMITS and item.resource == "memory":
        return LEAST_MEMORY
    return 0 if item.field == "min" or item.path[0] == MODELS else UNIT


@rule("AMOUNT004", source="Kubernetes: a limit of 0 is no limit for the CPU, and no memory at all")
def amounts_are_more_than_nothing(cluster: Cluster) -> Iterator[Problem]:
    """Sizes of models, volumes and disks, and cpu and memory of a container, are more than 0.

    Of a model without a size nothing can be said: whether it fits, how long its transfer takes, how large its volume
    is.
    """
    for item in amounts(cluster):
        # Of Ray's pods and helpers RAY010 and RAY018, of training jobs TRAIN013, of workbenches WORK006 say what is missing, which 0 is to them.
        container = (
            item.field in {"resources", "frontResources"}
            and item.resource in {"cpu", "memory"}
            and item.path[0] not in {"ray", "training", "workbenches"}
        )
        sized = item.field in {"size", "capacity", "gpuMemory", "sharedMemory"}
        if (container or sized) and parse(item.text) == 0:
            yield Problem(item.path, f"{item.resource} is {item.text}", "say how much there is of it")


@rule(
    "AMOUNT005",
    source="k8s.io/kubernetes pkg/kubelet/cm/node_container_manager_linux.go validateNodeAllocatable: the kubelet does not start",
)
def no_more_is_reserved_than_there_is(cluster: Cluster) -> Iterator[Problem]:
    """What a node has reserved is a part of its allocatable.

    Nothing would be left for pods, and of a resource that allocatable does not name nothing is taken off.
    """
    for i, node in enumerate(cluster.spec.nodes):
        for name, quantity in node.reserved.items():
            there, path = node.allocatable.get(name), ("nodes", i, "reserved", name)
            if there is None:
                said = f"node {node.name} has {quantity} {name} reserved, and its allocatable does not say {name}"
                yield Problem(path, said, f"say in allocatable how much {name} it has, or leave it out here")
            elif parse(quantity) > parse(there):
                said = f"node {node.name} has {quantity} {name} reserved of {there}"
                where: Path = ("nodes", i, "allocatable", name)
                yield Problem(path, said, "reserved is a part of allocatable", (where,))
