"""Models that a server has beside its own: LoRA adapters, and more models of the same kind.

Each lies on a volume of its own, which a load Job fills as it does for any model; the server mounts the folder of
its version. So an adapter comes to a site by itself, and neither the base's image nor its volume is touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...specs.model import ModelSpec
from ..kit.runtime import Beside
from ..models import storage_uri
from .spec import Service

LORA = "/mnt/lora"
"""Where KServe puts adapters as well (kserve v0.20.0 workload_lora.go loraAdaptersMountRoot)."""

MORE = "/mnt/more"

RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""What vLLM takes for --max-lora-rank (vllm config/lora.py MaxLoRARanks; 1 is of no use here)."""


def beside(item: Service, models: Mapping[str, ModelSpec]) -> tuple[Beside, ...]:
    """The models beside an item's own that exist, adapters first."""
    roots = {name: LORA if item.lora and name in item.lora.adapters else MORE for name in item.beside}
    return tuple(_beside(item, name, models[name], root) for name, root in roots.items() if name in models)


def _beside(item: Service, name: str, model: ModelSpec, root: str) -> Beside:
    uri = storage_uri(name, model, item.storage.volume, clone=item.storage.clone)
    claim, _, folder = uri.removeprefix("pvc://").partition("/")
    return Beside(name, model, claim, folder, f"{root}/{name}")


def lora_flags(item: Service, models: Mapping[str, ModelSpec]) -> tuple[str, ...]:
    """Flags of vLLM about how many adapters there are at a time, and how large they get."""
    if item.lora is None:
        return ()
    named = (
        ("max-lora-rank", max_rank(item, models)),
        ("max-loras", item.lora.maxAdapters),
        ("max-cpu-loras", item.lora.maxCpuAdapters),
    )
    return tuple(f"--{flag}={value}" for flag, value in named if value)


def max_rank(item: Service, models: Mapping[str, ModelSpec]) -> int | None:
    """The rank that vLLM makes room for: as said, else the least it takes that all adapters have room in.

    vLLM's own default is 16: an adapter of a higher rank would be refused when it is loaded.
    """
    if item.lora and item.lora.maxRank:
        return item.lora.maxRank
    wanted = max((rank for _, rank in ranks(item, models)), default=0)
    return next((rank for rank in RANKS if rank >= wanted), None) if wanted else None


def ranks(item: Service, models: Mapping[str, ModelSpec]) -> Iterator[tuple[str, int]]:
    """Adapters of an item with their ranks."""
    for name in item.lora.adapters if item.lora else ():
        model = models.get(name)
        if model is not None and model.adapter is not None:
            yield name, model.adapter.rank
