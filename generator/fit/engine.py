"""What a model server makes of its flags: how it splits a model, how long contexts get, what it may take.

Constants are figures somebody measured; each has its source. There are two for what a server needs beside
weights and cache: the least that was ever seen, by which a server is refused, and the usual, by which it is
called tight.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

from ..components.serving.spec import Service
from ..specs.model import ModelMemory
from .memory import BYTES, GIB, QUANTISED

LEAST = GIB // 4
"""Least beside weights and cache: vLLM reports 0.05 GiB outside of PyTorch and 0.22 GiB for activations for
Llama-3.1-8B on an L4 (start-up log of March 2025), less than in any of some twenty other logs.
"""

ACTIVATIONS = 2 * GIB
"""Usual activation peak of vLLM: llm-d-planner vllm_memory_constants.json, activation_base_gib.dense, measured
with vLLM v0.19.0 on an H100. From 0.75 (Granite) to 3.99 GiB (Gemma 3) there; less on GPUs below 70 GiB, where
vLLM batches 2,048 tokens instead of 8,192 (vllm engine/arg_utils.py get_batch_defaults).
"""

OUTSIDE = 27 * GIB // 100
"""CUDA context and libraries of vLLM on one GPU: the same file, non_torch_overhead_gib.tp1_pp1."""

OUTSIDE_PARALLEL = 21 * GIB // 10
"""The same with tensor parallelism: NCCL's buffers; non_torch_overhead_gib.tpN_pp1."""

KERNELS = 13 * 10**8
"""What PyTorch takes on a GPU before anything is loaded: 1.3 GB (Hugging Face Transformers documentation,
"Model training anatomy").
"""

VLLM_UTILIZATION = Fraction(9, 10)
"""Default of --gpu-memory-utilization (vLLM documentation, engine arguments; the latest releases take 0.92)."""

TGIS_SEQUENCE = 2048
TGIS_BATCH = 12
"""Defaults of MAX_SEQUENCE_LENGTH and MAX_BATCH_SIZE (IBM text-generation-inference launcher/src/main.rs)."""


class GpuLoad(NamedTuple):
    """How a server puts a model onto its GPUs. Bytes, and all figures for one GPU."""

    each: Fraction
    """Bytes of a weight."""
    cache: int
    """Bytes of an element of the cache."""
    tokens: int
    """Tokens of cache without which the server does not start; 0: unknown engine, no cache counted."""
    tensor: int
    pipeline: int
    utilization: Fraction
    """Share of a GPU's memory that the server may take."""
    offload: int
    """Bytes of weights kept in the host's memory."""
    usual: int
    """Usual need beside weights and cache."""
    adapters: int = 0
    """Room for LoRA adapters, which vLLM takes whether they are in use or not."""


def over(load: GpuLoad, tensor: int) -> GpuLoad:
    """The same on another number of GPUs."""
    alone = load.usual == ACTIVATIONS + OUTSIDE and tensor > 1
    return load._replace(tensor=tensor, usual=ACTIVATIONS + OUTSIDE_PARALLEL if alone else load.usual)


def load_of(item: Service, memory: ModelMemory, devices: int) -> GpuLoad:
    """How an item's runtime puts the model onto this many GPUs."""
    return ENGINES.get(item.runtime, _other)(item, memory, devices)


_ALIASES = {"tp": "tensor-parallel-size", "pp": "pipeline-parallel-size", "dp": "data-parallel-size"}
_ALIASES |= {"q": "quantization"}


def flags(args: Iterable[str]) -> dict[str, str]:
    """Flags by their long name without dashes; `--a=b`, `--a b` and `--a_b c` as vLLM reads them.

    >>> flags(["--max_model_len", "4096", "-tp=2", "--enforce-eager"])
    {'max-model-len': '4096', 'tensor-parallel-size': '2', 'enforce-eager': ''}
    """
    found: dict[str, str] = {}
    name = ""
    for arg in args:
        if arg.startswith("-") and not arg[1:2].isdigit():
            head, _, value = arg.partition("=")
            name = head.lstrip("-").replace("_", "-")
            name = _ALIASES.get(name, name)
            found[name] = value
        elif name:
            found[name] = arg
            name = ""
    return found


_SUFFIXES = {"k": 10**3, "m": 10**6, "g": 10**9, "K": 2**10, "M": 2**20, "G": 2**30, "": 1}


def whole(text: str | None, default: int) -> int:
    """A positive number as vLLM writes it (4096, 4k, 4K); the default for anything else."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([kmgKMG]?)", text or "")
    number = int(Fraction(match[1]) * _SUFFIXES[match[2]]) if match else 0
    return number if number > 0 else default


def _share(text: str | None, default: Fraction) -> Fraction:
    match = re.fullmatch(r"[0-9]*\.?[0-9]+", text or "")
    value = Fraction(match[0]) if match else Fraction(0)
    return value if 0 < value <= 1 else default


BLOCK = 16
"""Tokens in a block of vLLM's cache, and the least a context can be."""


def _vllm(item: Service, memory: ModelMemory, devices: int) -> GpuLoad:
    """A vLLM starts when one sequence of full length finds room in its share of the GPU.

    Source: vllm v1/core/kv_cache_utils.py check_enough_kv_cache_memory, at 001cabc1.
    """
    given = flags(item.args)
    tensor, pipeline = _vllm_parallel(given, own_tensor(item, devices))
    length = given.get("max-model-len")
    compute = 4 if given.get("dtype") in {"float", "float32"} else 2
    return GpuLoad(
        each=_vllm_weight(memory, given, compute),
        cache=_vllm_cache(given, compute),
        # auto: vLLM takes the longest context that fits.
        tokens=BLOCK if length in {"auto", "-1"} else whole(length, memory.contextLength),
        tensor=tensor,
        pipeline=pipeline,
        utilization=_share(given.get("gpu-memory-utilization"), VLLM_UTILIZATION),
        offload=whole(given.get("cpu-offload-gb"), 0) * GIB,
        usual=ACTIVATIONS + (OUTSIDE_PARALLEL if tensor > 1 else OUTSIDE),
    )


PARALLEL = ("tensor-parallel-size", "pipeline-parallel-size", "data-parallel-size")


def own_tensor(item: Service, devices: int) -> int:
    """GPUs over which one copy of the model is split where no flag says so."""
    said = item.llm.parallelism if item.llm else None
    if said is not None and said.tensor:
        return said.tensor
    # Over several pods the presets leave vLLM's own default, one GPU for each copy.
    return 1 if item.llm is not None and item.llm.worker else devices


def _vllm_parallel(given: Mapping[str, str], devices: int) -> tuple[int, int]:
    """Tensor and pipeline size: as given, else all GPUs as one group (components/runtimes/vllm.py)."""
    if any(flag in given for flag in PARALLEL):
        return whole(given.get(PARALLEL[0]), 1), whole(given.get(PARALLEL[1]), 1)
    return max(1, devices), 1


def _vllm_weight(memory: ModelMemory, given: Mapping[str, str], compute: int) -> Fraction:
    """Bytes of a weight. vLLM loads float32 in 16 bits unless told otherwise (--dtype auto)."""
    if memory.dtype in QUANTISED:
        return BYTES[memory.dtype]
    inflight = {"fp8": "float8", "bitsandbytes": "int4"}.get(given.get("quantization", ""))
    return BYTES[inflight] if inflight else Fraction(compute)


def _vllm_cache(given: Mapping[str, str], compute: int) -> int:
    named = given.get("kv-cache-dtype", "auto")
    return {"auto": compute, "bfloat16": 2, "float16": 2}.get(named, 1)


def _tgis(item: Service, memory: ModelMemory, devices: int) -> GpuLoad:
    """TGIS measures its memory when it starts and takes batches that fit, so it needs one full sequence.

    With ESTIMATE_MEMORY off or manual it takes whole batches without asking (IBM text-generation-inference
    server/text_generation_server/utils/memory_characterizer.py). A flag wins over its variable.
    """
    env = {entry.name.lower().replace("_", "-"): entry.value for entry in item.env if entry.value}
    given = {**env, **flags(item.args)}
    batch = whole(given.get("max-batch-size"), TGIS_BATCH)
    dtype = given.get("dtype") or given.get("dtype-str") or memory.dtype
    known = dtype in BYTES and memory.dtype not in QUANTISED
    return GpuLoad(
        each=BYTES[dtype if known else memory.dtype],
        cache=4 if known and dtype == "float32" else 2,
        tokens=min(memory.contextLength, whole(given.get("max-sequence-length"), TGIS_SEQUENCE))
        * (batch if given.get("estimate-memory") in {"off", "manual"} else 1),
        tensor=whole(given.get("num-shard") or given.get("num-gpus"), max(1, devices)),
        pipeline=1,
        utilization=_share(given.get("cuda-process-memory-fraction"), Fraction(1)),
        offload=0,
        usual=KERNELS,
    )


def _other(_: Service, memory: ModelMemory, devices: int) -> GpuLoad:
    """A server we know nothing of: the weights have to be somewhere, that is all that is certain."""
    each = BYTES[memory.dtype]
    return GpuLoad(each, 2, 0, max(1, devices), 1, Fraction(1), 0, KERNELS)


ENGINES: dict[str, Callable[[Service, ModelMemory, int], GpuLoad]] = {"vllm": _vllm, "caikit-tgis": _tgis}
