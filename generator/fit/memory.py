"""GPU memory of a language model, in bytes: its weights and its key/value cache.

    weights = parameters x bytes(dtype)
    cache   = 2 x layers x kvHeads x headDim x bytes(cache dtype) x tokens x sequences

Sources: llm-d-planner src/planner/capacity_planner.py (KVCacheDetail, model_memory_req) and its accuracy
report for vLLM v0.19.0, which puts the weights within 1 % of what vLLM reports for 28 models; Llama-3.1-8B
there: 58.11 GiB hold 476,016 tokens, 131,079 bytes each, and 2 x 32 x 8 x 128 x 2 is 131,072.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from ..specs.model import ModelMemory
from ..specs.quantity import parse

MIB = 2**20
GIB = 2**30

GROUP = 128
"""Weights that share one scale: the group size of AWQ and GPTQ checkpoints."""

BYTES: dict[str, Fraction] = {
    "float32": Fraction(4),
    "float16": Fraction(2),
    "bfloat16": Fraction(2),
    "float8": Fraction(1),
    "int8": Fraction(1),
    # Half a byte, and per group a 16-bit scale and a 4-bit zero point (llm-awq and AutoGPTQ checkpoints).
    "int4": Fraction(1, 2) + (2 + Fraction(1, 2)) / GROUP,
}
"""Bytes of one parameter. int8 and float8 have a scale per channel, thousandths of their size."""

QUANTISED = frozenset({"float8", "int8", "int4"})

NARROWEST = 512
"""Hidden size of the smallest language model that anyone serves (flan-t5-small has 512)."""

_MULTIPLE = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


@lru_cache(maxsize=4096)
def whole_bytes(text: str) -> int:
    """Bytes of a quantity, as a plain number: sizes are compared often."""
    return int(parse(text))


@lru_cache(maxsize=4096)
def parameters(text: str) -> Fraction:
    """Number of parameters.

    >>> int(parameters("77M")), int(parameters("8.03B"))
    (77000000, 8030000000)
    """
    return Fraction(text[:-1]) * _MULTIPLE[text[-1]]


def weights(memory: ModelMemory, each: Fraction) -> int:
    """Bytes of all weights at `each` bytes per parameter."""
    return ceil(parameters(memory.parameters) * each)


def stored_weights(memory: ModelMemory, each: Fraction, on_disk: int) -> int:
    """Bytes of all weights, by the size on disk where that tells more.

    A quantised model keeps its embeddings in 16 bits, which its parameter count does not show: Llama-3.1-8B
    in int4 takes 5.38 GiB instead of 3.89. Its files do. Files of 1.5 bytes per parameter and more are those
    of an unquantised model, which is quantised while it is loaded.
    """
    computed = weights(memory, each)
    quantised = memory.dtype in QUANTISED and 2 * on_disk < 3 * parameters(memory.parameters)
    return max(computed, on_disk) if quantised else computed


def cache_per_token(memory: ModelMemory, each: int, *, tensor: int = 1, pipeline: int = 1) -> int | None:
    """Bytes of cache for one token on one GPU; None when the model does not say its layers and heads.

    Heads are divided over the GPUs, or repeated where there are fewer heads than GPUs (vllm
    config/model.py get_num_kv_heads); layers are divided over the stages of a pipeline.
    """
    if memory.layers is None or memory.kvHeads is None or memory.headDim is None:
        return None
    heads = max(1, memory.kvHeads // tensor)
    return 2 * -(-memory.layers // pipeline) * heads * memory.headDim * each


def most_cache_per_token(memory: ModelMemory, each: int) -> int:
    """Bytes of cache for one token that no model of this many parameters exceeds.

    Keys and values are made by matrices of hidden size x (2 x kvHeads x headDim) in every layer, so all layers
    together have at most parameters / hidden size elements.
    """
    return ceil(parameters(memory.parameters) / NARROWEST) * each


def ceil(value: Fraction) -> int:
    """The next whole number."""
    return -(-value.numerator // value.denominator)
