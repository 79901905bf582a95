"""One verdict for each server on a GPU: FITS, TIGHT or NEVER, with the sum that it comes from.

    needed = weights / (tensor x pipeline) + cache + what the server needs beside  <=  utilization x gpuMemory

NEVER: not even with the least that a server was ever seen to need beside weights and cache. TIGHT: not with a
tenth to spare when it needs what is usual. FITS: everything else. The smallest GPU that a pod can land on counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from ..components.kit.component import Cluster
from ..components.serving import max_rank, ranks, roles
from ..components.serving.spec import Service, known
from ..specs.model import ModelMemory, ModelSpec
from .engine import LEAST, GpuLoad, load_of
from .memory import cache_per_token, ceil, most_cache_per_token, stored_weights, weights, whole_bytes
from .nodes import device_memory, gpus, landing

SPARE = Fraction(1, 10)
"""Less than this share left of what the server may take is tight."""


class FitVerdict(StrEnum):
    """Whether a server will start."""

    FITS = "FITS"
    TIGHT = "TIGHT"
    NEVER = "NEVER"


class Fit(NamedTuple):
    """The sum for one GPU, in bytes, and what comes of it."""

    verdict: FitVerdict
    weights: int
    cache: int
    beside: int
    budget: int
    """What the server may take: its share of `memory`."""
    memory: int
    node: str
    """Kind of the node with the smallest GPU that the pod can land on."""
    load: GpuLoad
    unknown: bool
    """The cache is not in the sum: the model does not say its layers and heads, and they could matter."""

    @property
    def needed(self) -> int:
        """All that the server needs on one GPU."""
        return self.weights + self.cache + self.beside


def fit_of(item: Service, cluster: Cluster) -> Fit | None:
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
    load = load_of(item, model.memory, devices)._replace(adapters=adapters_of(item, cluster))
    return fit(model.memory, whole_bytes(model.size), load, *min(sized))


@lru_cache(maxsize=1024)
def fit(memory: ModelMemory, on_disk: int, load: GpuLoad, size: int, node: str) -> Fit:
    """The sum for one GPU of `size` bytes."""
    per_token = cache_per_token(memory, load.cache, tensor=load.tensor, pipeline=load.pipeline)
    cache = (per_token or 0) * load.tokens
    budget = ceil(load.utilization * size)
    room = int((1 - SPARE) * budget)
    parts = load.tensor * load.pipeline
    room_of = -(-load.adapters // parts)
    least = _share(weights(memory, load.each), parts, load)
    usual = _share(stored_weights(memory, load.each, on_disk), parts, load)
    bound = most_cache_per_token(memory, load.cache) * load.tokens
    unknown = per_token is None and usual + bound + load.usual + room_of > room
    if least + cache + LEAST + room_of > budget:
        found = FitVerdict.NEVER, least, cache, LEAST + room_of
    else:
        tight = usual + cache + load.usual + room_of > room
        found = FitVerdict.TIGHT if tight else FitVerdict.FITS, usual, cache, load.usual + room_of
    return Fit(*found, budget, size, node, load, unknown)


def adapters_of(item: Service, cluster: Cluster) -> int:
    """Bytes that vLLM keeps for LoRA adapters: as many as there can be at a time, each of the largest rank.

    An adapter grows with its rank; its files hold the 16 bits per weight that vLLM loads (vllm lora/lora_weights.py).
    """
    if item.lora is None:
        return 0
    widest = max_rank(item, cluster.models) or 0
    sizes = (
        whole_bytes(cluster.models[name].size) * widest // rank
        for name, rank in ranks(item, cluster.models)
        if widest >= rank
    )
    return max(sizes, default=0) * (item.lora.maxAdapters or 1)


def _share(total: int, parts: int, load: GpuLoad) -> int:
    return max(0, -(-total // parts) - load.offload)


def fits(cluster: Cluster) -> Iterator[tuple[int, Service, ModelSpec, Fit]]:
    """All servers with a verdict, with their index."""
    for i, item, model in known(cluster):
        for role in roles(item):
            found = fit_of(role, cluster)
            if found is not None:
                yield i, role, model, found
