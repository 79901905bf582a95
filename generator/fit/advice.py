"""A verdict in words: the sum, and what would do instead."""

from __future__ import annotations

from ..components.kit.component import Cluster
from ..components.kit.counting import left_on
from ..components.serving.spec import Service
from ..specs.model import ModelMemory, ModelSpec
from .engine import BLOCK, over
from .memory import GIB, ceil, whole_bytes
from .nodes import device_memory, gpus, landing, slice_memory
from .verdict import SPARE, Fit, FitVerdict, fit


def gib(size: int) -> str:
    """Bytes in GiB with two decimals."""
    return f"{size / GIB:.2f}"


def up(size: int) -> str:
    """Bytes in GiB with two decimals, rounded up: what is needed never looks less than it is."""
    return f"{-(-size * 100 // GIB) / 100:.2f}"


def sum_sentence(item: Service, model: ModelSpec, found: Fit) -> str:
    """The whole sum in one sentence."""
    memory, load = model.memory, found.load
    counted = memory.parameters if memory else ""
    parts = load.tensor * load.pipeline
    over = f" over {parts} GPUs" if parts > 1 else ""
    cache = f" + {gib(found.cache)} cache for {load.tokens} tokens" if found.cache else ""
    share = "" if load.utilization == 1 else f", {float(load.utilization):g} of {gib(found.memory)}"
    per = "each GPU" if parts > 1 else "the GPU"
    return (
        f"{item.model} needs {up(found.needed)} GiB on {per}: {gib(found.weights)} weights "
        f"({counted} x {float(load.each):.3g} bytes{over}){cache} + {gib(found.beside)} beside; "
        f"{item.runtime} may take {gib(found.budget)} GiB on node {found.node}{share}"
    )


def hint(item: Service, model: ModelSpec, found: Fit, cluster: Cluster) -> str:
    """What would do, with a tenth to spare: another node, a shorter context, more GPUs, or a larger one."""
    memory = model.memory
    if memory is None:
        return ""
    wanted = _wanted(memory, model, found)
    ways = (
        _larger(item, wanted, cluster),
        _shorter(item, memory, model, found),
        _more(memory, model, found, _most_devices(item, cluster)),
        f"use a GPU with {up(wanted)} GiB",
    )
    return "; or ".join(way for way in ways if way)


AMPLE = 2**60
"""More memory than any GPU has: what is needed then is what is usual."""


def _wanted(memory: ModelMemory, model: ModelSpec, found: Fit) -> int:
    """Memory of a GPU that would do."""
    usual = fit(memory, whole_bytes(model.size), found.load, AMPLE, found.node)
    return ceil(usual.needed / (found.load.utilization * (1 - SPARE)))


def _most_devices(item: Service, cluster: Cluster) -> int:
    """How many GPUs a pod could get at most, by the kind of node with the most; MIG slices do not add up."""
    device = gpus(item)
    if device is None or slice_memory(device[0]) is not None:
        return 0
    there = (left_on(node).get(device[0], 0) for _, node in landing(item, cluster))
    return max(there, default=0)


def _larger(item: Service, wanted: int, cluster: Cluster) -> str:
    """A kind of node with enough memory that the pod could be sent to."""
    device = gpus(item)
    name = device[0] if device else ""
    for _, node in landing(item, cluster):
        size = device_memory(node, name)
        if size is not None and size >= wanted:
            return f"send it to node {node.name} with nodeSelector"
    return ""


def _shorter(item: Service, memory: ModelMemory, model: ModelSpec, found: Fit) -> str:
    """The longest context that would do, for a runtime that can be told."""
    if item.runtime != "vllm" or not found.cache:
        return ""
    usual = fit(memory, whole_bytes(model.size), found.load, AMPLE, found.node)
    room = int((1 - SPARE) * found.budget) - usual.weights - usual.beside
    most = room // (found.cache // found.load.tokens) // BLOCK * BLOCK
    # vLLM refuses to start with more than the model was made for.
    tokens = min(most, memory.contextLength)
    useful = SHORTEST <= tokens < found.load.tokens
    return f"set --max-model-len={tokens} in args" if useful else ""


SHORTEST = 1024
"""A shorter context is of no use to anyone."""


def _more(memory: ModelMemory, model: ModelSpec, found: Fit, most: int) -> str:
    """The smallest number of GPUs of this size that would do, where a node has so many."""
    if found.load.pipeline > 1 or not found.load.tokens:
        return ""
    for count in range(found.load.tensor + 1, most + 1):
        if memory.kvHeads and not divides(memory.kvHeads, count):
            continue
        split = over(found.load, count)
        if fit(memory, whole_bytes(model.size), split, found.memory, found.node).verdict is FitVerdict.FITS:
            return f"give it {count} GPUs"
    return ""


def divides(heads: int, gpus_used: int) -> bool:
    """Whether heads can be dealt out evenly, or repeated evenly where there are fewer heads than GPUs.

    >>> divides(8, 4), divides(8, 16), divides(8, 3)
    (True, True, False)
    """
    return heads % gpus_used == 0 if heads >= gpus_used else gpus_used % heads == 0
