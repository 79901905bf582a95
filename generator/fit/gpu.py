"""Does a model fit onto the GPUs that its server gets? One verdict for each server, by the smallest of them.

    needed = weights / (tensor x pipeline) + cache + what the server needs beside  <=  utilization x gpuMemory

NEVER: not even with the least that a server was ever seen to need beside weights and cache. TIGHT: not with a
tenth to spare when it needs what is usual. FITS: everything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from ..component import Cluster
from ..components.serving.spec import Service, known
from ..finding import Path, Problem, Severity, rule
from ..spec import ModelMemory, ModelSpec
from .engine import BLOCK, LEAST, PARALLEL, Load, flags, load_of, whole
from .memory import GIB, cache_per_token, most_cache_per_token, stored_weights, weights
from .nodes import device_memory, gpus, landing, slice_memory

SPARE = Fraction(1, 10)
"""Less than this share left of what the server may take is tight."""

SOURCE = (
    "vllm v0.19.0 v1/core/kv_cache_utils.py check_enough_kv_cache_memory; llm-d-planner "
    "src/planner/capacity_planner.py, data/configuration/vllm_memory_constants.json"
)


class Verdict(StrEnum):
    """Whether a server will start."""

    FITS = "FITS"
    TIGHT = "TIGHT"
    NEVER = "NEVER"


class Fit(NamedTuple):
    """The sum for one GPU, in bytes, and what comes of it."""

    verdict: Verdict
    weights: int
    cache: int
    beside: int
    budget: int
    """What the server may take: its share of `memory`."""
    memory: int
    node: str
    """Kind of the node with the smallest GPU that the pod can land on."""
    devices: int
    load: Load
    unknown: bool
    """The cache is not in the sum: the model does not say its layers and heads, and they could matter."""

    @property
    def needed(self) -> int:
        """All that the server needs on one GPU."""
        return self.weights + self.cache + self.beside


def judge(item: Service, cluster: Cluster) -> Fit | None:
    """The verdict for one server; None without a GPU, or where the spec lacks a figure (FIT004)."""
    device = gpus(item)
    model = cluster.models.get(item.model)
    if device is None or model is None or model.memory is None:
        return None
    name, devices = device
    sized = [
        (size, node.name)
        for _, node in landing(item, cluster)
        if (size := device_memory(node, name)) is not None
    ]
    if not sized or devices < 1:
        return None
    return fit(model, model.memory, load_of(item, model.memory, devices), devices, *min(sized))


def fit(  # noqa: PLR0913, PLR0917 - the figures of one sum
    model: ModelSpec, memory: ModelMemory, load: Load, devices: int, size: int, node: str
) -> Fit:
    """The sum for one GPU of `size` bytes."""
    per_token = cache_per_token(memory, load.cache, tensor=load.tensor, pipeline=load.pipeline)
    cache = (per_token or 0) * load.tokens
    budget = int(load.utilization * size)
    room = int((1 - SPARE) * budget)
    parts = load.tensor * load.pipeline
    least = _share(weights(memory, load.each), parts, load)
    usual = _share(stored_weights(memory, load.each, model.size), parts, load)
    bound = most_cache_per_token(memory, load.cache) * load.tokens
    unknown = per_token is None and usual + bound + load.usual > room
    if least + cache + LEAST > budget:
        found = Verdict.NEVER, least, cache, LEAST
    else:
        tight = usual + cache + load.usual > room
        found = Verdict.TIGHT if tight else Verdict.FITS, usual, cache, load.usual
    return Fit(*found, budget, size, node, devices, load, unknown)


def _share(total: int, parts: int, load: Load) -> int:
    return max(0, -(-total // parts) - load.offload)


def fits(cluster: Cluster) -> Iterator[tuple[int, Service, ModelSpec, Fit]]:
    """All servers with a verdict, with their index."""
    for i, item, model in known(cluster):
        found = judge(item, cluster)
        if found is not None:
            yield i, item, model, found


@rule("FIT001", source=SOURCE)
def model_fits_the_gpu(cluster: Cluster) -> Iterator[Problem]:
    """A model fits into the memory of the GPUs that its server gets, with one request of full length.

    The server runs out of memory while it loads the model and starts again for ever; a vLLM whose cache cannot
    hold one sequence of --max-model-len refuses to start.
    """
    for i, item, model, found in fits(cluster):
        if found.verdict is Verdict.NEVER:
            yield Problem(
                ("serving", i, "model"), _sum(item, model, found), _hint(item, model, found, cluster)
            )


@rule("FIT002", Severity.WARNING, source=SOURCE)
def model_fits_with_room_to_spare(cluster: Cluster) -> Iterator[Problem]:
    """A tenth of what a server may take of its GPU is left when it needs what is usual.

    It may not start with another release of the server, and serves few requests at a time.
    """
    for i, item, model, found in fits(cluster):
        if found.verdict is Verdict.TIGHT:
            yield Problem(
                ("serving", i, "model"), _sum(item, model, found), _hint(item, model, found, cluster)
            )


def gib(size: int, *, up: bool = False) -> str:
    """Bytes in GiB with two decimals, cut off or rounded up, so that a sum never looks better than it is."""
    hundredths = -(-size * 100 // GIB) if up else size * 100 // GIB
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _sum(item: Service, model: ModelSpec, found: Fit) -> str:
    """The whole sum in one sentence."""
    memory, load = model.memory, found.load
    counted = memory.parameters if memory else ""
    parts = load.tensor * load.pipeline
    over = f" over {parts} GPUs" if parts > 1 else ""
    cache = f" + {gib(found.cache)} cache for {load.tokens} tokens" if found.cache else ""
    share = "" if load.utilization == 1 else f", {float(load.utilization):g} of {gib(found.memory)}"
    per = "each GPU" if parts > 1 else "the GPU"
    return (
        f"{item.model} needs {gib(found.needed, up=True)} GiB on {per}: {gib(found.weights)} weights "
        f"({counted} x {float(load.each):.3g} bytes{over}){cache} + {gib(found.beside)} beside; "
        f"{item.runtime} may take {gib(found.budget)} GiB on node {found.node}{share}"
    )


def _hint(item: Service, model: ModelSpec, found: Fit, cluster: Cluster) -> str:
    """What would do: a shorter context, more GPUs, or the size of the GPU."""
    ways = [_larger(item, found, cluster), _shorter(item, model, found), _more(model, found)]
    wanted = _size_wanted(found)
    return "; or ".join([*(way for way in ways if way), f"use a GPU with {gib(wanted, up=True)} GiB"])


def _size_wanted(found: Fit) -> int:
    """Memory of a GPU that the same sum fits into; with a tenth to spare where it is only tight."""
    share = found.load.utilization * (1 if found.verdict is Verdict.NEVER else 1 - SPARE)
    return int(-(-found.needed // share))


def _larger(item: Service, found: Fit, cluster: Cluster) -> str:
    """A kind of node with enough memory that the pod could be sent to."""
    device = gpus(item)
    name = device[0] if device else ""
    for _, node in landing(item, cluster):
        size = device_memory(node, name)
        if size is not None and size >= _size_wanted(found):
            return f"send it to node {node.name} with nodeSelector"
    return ""


def _shorter(item: Service, model: ModelSpec, found: Fit) -> str:
    """The longest context that fits, for a runtime that can be told."""
    if item.runtime != "vllm" or not found.cache:
        return ""
    per_token = found.cache // found.load.tokens
    limit = found.budget if found.verdict is Verdict.NEVER else int((1 - SPARE) * found.budget)
    tokens = (limit - found.weights - found.beside) // per_token // BLOCK * BLOCK
    useful = tokens >= SHORTEST and model.memory is not None
    return f"add --max-model-len={tokens} to args" if useful else ""


SHORTEST = 1024
"""A shorter context is of no use to anyone."""

MOST_GPUS = 16


def _more(model: ModelSpec, found: Fit) -> str:
    """The smallest number of GPUs of this size that would do."""
    memory, load = model.memory, found.load
    if memory is None or load.pipeline > 1 or not load.tokens:
        return ""
    for count in range(found.load.tensor + 1, MOST_GPUS + 1):
        if memory.kvHeads and not divides(memory.kvHeads, count):
            continue
        other = fit(model, memory, load._replace(tensor=count), count, found.memory, found.node)
        if other.verdict is Verdict.FITS or (
            other.verdict is Verdict.TIGHT and found.verdict is Verdict.NEVER
        ):
            return f"give it {count} GPUs"
    return ""


def divides(heads: int, gpus_used: int) -> bool:
    """Whether heads can be dealt out evenly, or repeated evenly where there are fewer heads than GPUs.

    >>> divides(8, 4), divides(8, 16), divides(8, 3)
    (True, True, False)
    """
    return heads % gpus_used == 0 if heads >= gpus_used else gpus_used % heads == 0


def _place(i: int, item: Service, flag: str) -> Path:
    """Where a flag is said, else the number of GPUs."""
    for j, arg in enumerate(item.args):
        if flag in flags((arg,)):
            return ("serving", i, "args", j)
    device = gpus(item)
    return ("serving", i, "resources", device[0] if device else "")


@rule("FIT003", source="vllm v0.19.0 model_executor/models/llama.py LlamaAttention; config/parallel.py")
def parallel_sizes_add_up(cluster: Cluster) -> Iterator[Problem]:
    """vLLM splits a model over the GPUs that it gets, and its key/value heads evenly over them.

    Fewer heads than GPUs are repeated, which must come out even as well. vLLM refuses to start otherwise, as it
    does when it is told to use more GPUs than the pod has.
    """
    for i, item, model in known(cluster):
        device = gpus(item)
        if item.runtime != "vllm" or device is None or device[1] < 1:
            continue
        sizes = _sizes(item, device[1])
        used = sizes[0] * sizes[1] * sizes[2]
        if used > device[1]:
            said = f"args of {item.name} use {sizes[0]} x {sizes[1]} x {sizes[2]} = {used} GPUs (tensor x pipeline x data), the pod gets {device[1]}"
            yield Problem(_place(i, item, _first(item)), said, f'resources: {{{device[0]}: "{used}"}}')
        heads = model.memory.kvHeads if model.memory else None
        if heads and not divides(heads, sizes[0]):
            said = f"the {heads} key/value heads of {item.model} cannot be split over {sizes[0]} GPUs"
            able = [n for n in range(1, device[1] + 1) if divides(heads, n)]
            yield Problem(_place(i, item, PARALLEL[0]), said, f"use {' or '.join(map(str, able))}")


def _sizes(item: Service, devices: int) -> tuple[int, int, int]:
    """Tensor, pipeline and data parallel size that vLLM is started with."""
    given = flags(item.args)
    if not any(flag in given for flag in PARALLEL):
        return devices, 1, 1
    tensor, pipeline, data = (whole(given.get(flag), 1) for flag in PARALLEL)
    return tensor, pipeline, data


def _first(item: Service) -> str:
    given = flags(item.args)
    return next((flag for flag in PARALLEL if flag in given), PARALLEL[0])


@rule("FIT004", Severity.NOTE)
def fit_can_be_judged(cluster: Cluster) -> Iterator[Problem]:
    """A model on a GPU says its memory, and its layers and heads where they matter; a GPU node its gpuMemory.

    Without these figures nobody can tell whether the model fits.
    """
    for i, item, model in known(cluster):
        device = gpus(item)
        if device is None:
            continue
        path = ("serving", i, "model")
        if model.memory is None:
            said = f"{item.model} runs on a GPU and does not say its memory: whether it fits is not checked"
            yield Problem(path, said, "give parameters, dtype and contextLength in the model's memory")
            continue
        found = judge(item, cluster)
        if found is not None and found.unknown:
            said = f"{item.model} does not say its layers, kvHeads and headDim: its cache is not counted"
            yield Problem(path, said, "add them to the model's memory")
    yield from _unsized(cluster)


def _unsized(cluster: Cluster) -> Iterator[Problem]:
    wanted = {
        k: (item, node)
        for _, item, model in known(cluster)
        if model.memory is not None and (device := gpus(item)) is not None
        for k, node in landing(item, cluster)
        if device_memory(node, device[0]) is None
    }
    for k, (item, node) in sorted(wanted.items()):
        said = f"node {node.name} does not say its gpuMemory: whether {item.model} fits is not checked"
        yield Problem(("nodes", k), said, "give gpuMemory, the memory of one GPU as nvidia-smi shows it")


@rule("FIT005", source="NVIDIA MIG user guide, CUDA device enumeration: a process uses one MIG device")
def one_slice_is_enough(cluster: Cluster) -> Iterator[Problem]:
    """A server gets one MIG slice.

    A process sees the first of its slices only and cannot reach the memory of another.
    """
    for i, item, _ in known(cluster):
        device = gpus(item)
        if device is not None and device[1] > 1 and slice_memory(device[0]) is not None:
            said = f"{item.name} gets {device[1]} x {device[0]}, a server can use one"
            yield Problem(
                ("serving", i, "resources", device[0]), said, "use one larger slice, or a whole GPU"
            )
