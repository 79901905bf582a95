"""Rules about models beside a server's own: LoRA adapters, and more models in one server."""

from __future__ import annotations

from collections.abc import Iterator

from ....documents.near import meant
from ....findings.finding import MODELS, Path, Severity
from ....findings.rule import Problem, rule
from ...kit.component import Cluster
from ..beside import RANKS, max_rank, ranks
from ..spec import Service, items, runtimes

FORMAT = "lora"
"""Format of a Model that is an adapter."""

VLLM = "vllm docs/features/lora.md; vllm/config/lora.py"


def listed(cluster: Cluster) -> Iterator[tuple[int, Service, Path, str]]:
    """Every model that a server has beside its own: its index, the server, the path and the name."""
    for i, item in items(cluster):
        for j, name in enumerate(item.lora.adapters if item.lora else ()):
            yield i, item, ("serving", i, "lora", "adapters", j), name
        for j, name in enumerate(item.moreModels):
            yield i, item, ("serving", i, "moreModels", j), name


@rule("LORA001", covers=("LI-7",), source=VLLM)
def models_beside_are_known_and_different(cluster: Cluster) -> Iterator[Problem]:
    """Adapters and more models are models of the fleet, each once, called like neither the server nor its model.

    Callers choose among them by name.
    """
    seen: set[tuple[int, str]] = set()
    for i, item, path, name in listed(cluster):
        if name not in cluster.models:
            hint = meant(name, list(cluster.models), f"describe it in clusters/models/{name}.yaml")
            yield Problem(path, f"there is no model {name}", hint)
        elif (i, name) in seen or name in {item.name, item.model, item.servedModelName}:
            said = f"{item.name} serves a model called {name} already"
            yield Problem(path, said, "list it once, and call no server like it")
        seen.add((i, name))


@rule("LORA002", source=VLLM)
def adapter_fits_its_base(cluster: Cluster) -> Iterator[Problem]:
    """An adapter is a Model of format lora that says its adapter.base, and is listed by servers of that model.

    vLLM fails to load an adapter of another model, or serves nonsense where the shapes happen to agree.
    """
    for i, item, path, name in listed(cluster):
        model = cluster.models.get(name)
        if model is None or path[2] != "lora":
            continue
        there: Path = (MODELS, name, "format")
        if model.format != FORMAT or model.adapter is None:
            lacks = "says no adapter.base" if model.adapter is None else f"is of format {model.format}"
            said = f"{name} is listed as an adapter and {lacks}"
            yield Problem(
                path, said, "set format: lora and adapter: {base: ..., rank: ...} in the model", (there,)
            )
        elif model.adapter.base != item.model:
            said = f"{name} adapts {model.adapter.base}, {item.name} serves {item.model}"
            yield Problem(path, said, f"serve it with {model.adapter.base}", (("serving", i, "model"),))


@rule("LORA003", source="caikit-tgis-serving caikit.yml: TGIS has one model; data of components/runtimes")
def runtime_serves_several(cluster: Cluster) -> Iterator[Problem]:
    """Adapters are listed by a server with runtime vllm, more models by one with ovms or mlserver that serves them.

    The other runtimes have one model in a process: Caikit would list the others, and TGIS behind it answer with
    its own.
    """
    for i, item in items(cluster):
        runtime = runtimes()[item.runtime]
        inside = item.storage.type == "image"
        if item.lora and (inside or not runtime.adapters):
            able = [name for name, other in runtimes().items() if other.adapters]
            said = f"runtime {item.runtime} of {item.name} serves no LoRA adapters"
            yield Problem(("serving", i, "lora"), said, f"use runtime {' or '.join(able)}, or drop lora")
        if item.moreModels and (inside or runtime.settings is None):
            able = [name for name, other in runtimes().items() if other.settings]
            said = f"runtime {item.runtime} of {item.name} serves one model"
            yield Problem(
                ("serving", i, "moreModels"), said, f"use runtime {' or '.join(able)}, or a server for each"
            )


@rule("LORA004", source="data of components/runtimes; load-model.sh")
def models_beside_can_be_mounted(cluster: Cluster) -> Iterator[Problem]:
    """A model beside a server's own is of a format that the runtime serves, and has a source that fills a volume.

    It lies on a volume of its own, whatever the server's storage is; a model inside an image cannot.
    """
    for _, item, path, name in listed(cluster):
        model = cluster.models.get(name)
        if model is None:
            continue
        if model.source.startswith("image://"):
            yield Problem(path, f"{name} lies inside an image and cannot be mounted", "serve it by itself")
        formats = runtimes()[item.runtime].formats
        if path[2] == "moreModels" and runtimes()[item.runtime].settings and model.format not in formats:
            said = f"{item.runtime} serves {', '.join(formats)}; {name} is {model.format}"
            yield Problem(path, said, "serve it by itself")


@rule("LORA005", covers=("LI-7",), source=VLLM)
def adapters_have_room(cluster: Cluster) -> Iterator[Problem]:
    """maxRank is one that vLLM takes and no adapter exceeds; maxCpuAdapters is at least maxAdapters.

    vLLM refuses to start with another number, and to load an adapter of a higher rank.
    """
    for i, item in items(cluster):
        if item.lora is None:
            continue
        path: Path = ("serving", i, "lora")
        most = max_rank(item, cluster.models)
        taken = ", ".join(map(str, RANKS))
        if item.lora.maxRank and item.lora.maxRank not in RANKS:
            yield Problem((*path, "maxRank"), f"vLLM takes no maxRank of {item.lora.maxRank}", f"use {taken}")
        for name, rank in ranks(item, cluster.models):
            if rank > (most or RANKS[-1]):
                where = (*path, "maxRank") if item.lora.maxRank else path
                said = f"adapter {name} has rank {rank}, vLLM makes room for {most or RANKS[-1]}"
                yield Problem(
                    where,
                    said,
                    f"raise maxRank, at most to {RANKS[-1]}",
                    ((MODELS, name, "adapter", "rank"),),
                )
        gpu, cpu = item.lora.maxAdapters or 1, item.lora.maxCpuAdapters
        if cpu is not None and cpu < gpu:
            said = f"maxCpuAdapters {cpu} is less than the {gpu} adapters in GPU memory"
            yield Problem((*path, "maxCpuAdapters"), said, f"give at least {gpu}, or leave it out")


FLAGS = frozenset(
    "--enable-lora --lora-modules --max-loras --max-lora-rank --max-cpu-loras".split()  # noqa: SIM905
)


@rule("LORA006", source=VLLM)
def adapters_are_said_once(cluster: Cluster) -> Iterator[Problem]:
    """A server that has `lora` says nothing of adapters in args.

    The second word would replace the first: adapters that are mounted and not served.
    """
    for i, item in items(cluster):
        for j, arg in enumerate(item.args if item.lora else ()):
            flag = arg.partition("=")[0].replace("_", "-")
            if flag in FLAGS:
                yield Problem(("serving", i, "args", j), f"lora sets {flag} itself", "say it in lora")


@rule("LORA007", Severity.WARNING, source=VLLM)
def adapters_can_be_in_use_together(cluster: Cluster) -> Iterator[Problem]:
    """maxAdapters is no more than there are adapters.

    vLLM keeps GPU memory for each, which the cache lacks then.
    """
    for i, item in items(cluster):
        if item.lora and item.lora.maxAdapters and item.lora.maxAdapters > len(item.lora.adapters):
            said = f"{item.name} keeps room for {item.lora.maxAdapters} adapters and has {len(item.lora.adapters)}"
            yield Problem(
                ("serving", i, "lora", "maxAdapters"), said, f"use {len(item.lora.adapters)} at most"
            )
