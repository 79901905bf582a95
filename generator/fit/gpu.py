"""Rules about models on GPUs: whether they fit, and whether they can be split as their server is told to."""

from __future__ import annotations

from collections.abc import Iterator

from ..components.kit.component import Cluster
from ..components.kit.runtime import accelerators
from ..components.serving.spec import Service, known
from ..findings.finding import MODELS, Path, Severity
from ..findings.rule import Problem, rule
from ..specs.model import ModelSpec
from .advice import divides, hint, sum_sentence
from .engine import PARALLEL, flags, own_tensor, whole
from .nodes import device_memory, gpus, landing, slice_memory
from .verdict import Fit, FitVerdict, fit_of, fits

SOURCE = (
    "vllm v1/core/kv_cache_utils.py check_enough_kv_cache_memory, at 001cabc1; llm-d-planner "
    "src/planner/capacity_planner.py, data/configuration/vllm_memory_constants.json"
)


@rule("FIT001", source=SOURCE)
def model_fits_the_gpu(cluster: Cluster) -> Iterator[Problem]:
    """A model fits into the memory of the GPUs that its server gets, with one request of full length.

    The server runs out of memory while it loads the model and starts again for ever; a vLLM whose cache cannot
    hold one sequence of --max-model-len refuses to start.
    """
    for i, item, model, found in fits(cluster):
        if found.verdict is FitVerdict.NEVER:
            yield _problem(i, item, model, found, cluster)


@rule("FIT002", Severity.WARNING, source=SOURCE)
def model_fits_with_room_to_spare(cluster: Cluster) -> Iterator[Problem]:
    """A tenth of what a server may take of its GPU is left when it needs what is usual.

    It may not start with another release of the server, and serves few requests at a time.
    """
    for i, item, model, found in fits(cluster):
        if found.verdict is FitVerdict.TIGHT:
            yield _problem(i, item, model, found, cluster)


def _problem(i: int, item: Service, model: ModelSpec, found: Fit, cluster: Cluster) -> Problem:
    needs = (MODELS, item.model, "memory", "parameters")
    text, advice = sum_sentence(item, model, found), hint(item, model, found, cluster)
    return Problem(_cause(i, item, found), text, advice, (needs,))


def _cause(i: int, item: Service, found: Fit) -> Path:
    """The context length in args where it is what does not fit, else the model."""
    if found.needed - found.cache <= found.budget:
        for j, arg in enumerate(item.args):
            if "max-model-len" in flags((arg,)):
                return ("serving", i, "args", j)
    return ("serving", i, "model")


def _place(i: int, item: Service, flag: str) -> Path:
    """Where a flag is said, else the number of GPUs."""
    for j, arg in enumerate(item.args):
        if flag in flags((arg,)):
            return ("serving", i, "args", j)
    device = gpus(item)
    return ("serving", i, "resources", device[0] if device else "")


@rule("FIT003", source="vllm model_executor/models/llama.py LlamaAttention; config/parallel.py")
def parallel_sizes_add_up(cluster: Cluster) -> Iterator[Problem]:
    """A model is split over the GPUs that vLLM gets, and its key/value heads evenly over them.

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
            split = " x ".join(map(str, sizes))
            said = (
                f"{item.name} uses {split} = {used} GPUs (tensor x pipeline x data), the pod gets {device[1]}"
            )
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
        said = item.llm.parallelism if item.llm else None
        return own_tensor(item, devices), 1, (said.dataLocal if said else None) or 1
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
        if None not in {model.memory.layers, model.memory.kvHeads, model.memory.headDim}:
            continue
        found = fit_of(item, cluster)
        if found is not None and found.unknown:
            said = f"{item.model} does not say its layers, kvHeads and headDim: its cache is not counted"
            yield Problem(path, said, "add them to the model's memory")
    if any(node.gpuMemory is None and accelerators(node.allocatable) for node in cluster.spec.nodes):
        yield from _unsized(cluster)


def _unsized(cluster: Cluster) -> Iterator[Problem]:
    """Nodes that a model on a GPU can land on and that do not say its size; each once."""
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
