"""What a move from Caikit to vLLM means for those who call a model, and for the sites: sentences for a person.

Sources: caikit-tgis-serving docs (REST and gRPC), docs.vllm.ai serving/openai_compatible_server.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..documents.merge import Layer
from ..findings.finding import Path


class MigratedServer(NamedTuple):
    """One server of the model: its cluster, that cluster's file, the item as it is merged, and the layers that say it."""

    cluster: str
    file: str
    item: Mapping[str, Any]
    said: tuple[tuple[Layer, Path], ...]

    @property
    def name(self) -> str:
        """Name of the server, which vLLM answers to as a model."""
        return str(self.item.get("name"))


def migration_notes(
    name: str, model: Mapping[str, Any], servers: tuple[MigratedServer, ...]
) -> Iterator[str]:
    """Everything to know, clients first."""
    moving = [server for server in servers if server.item.get("runtime") == "caikit-tgis"]
    where = ", ".join(f"{server.name} on {server.cluster}" for server in moving) or "no server so far"
    yield f"{name} moves from Caikit and TGIS to vLLM: {where}"
    if moving:
        yield "clients have to change with it:"
        yield from (f"  {line}" for line in _clients(moving))
    yield "on the clusters:"
    yield from (f"  {line}" for line in _sites(name, model, moving))


def _clients(moving: list[MigratedServer]) -> Iterator[str]:
    names = ", ".join(dict.fromkeys(server.name for server in moving))
    yield f"model     model_id (any word) -> model: {names} (the name of the server; GET /v1/models lists it)"
    yield "REST      POST /api/v1/task/text-generation -> POST /v1/completions, or /v1/chat/completions"
    yield "stream    /api/v1/task/server-streaming-text-generation -> the same path with stream: true; ends with data: [DONE]"
    yield "request   inputs -> prompt; parameters.max_new_tokens -> max_tokens, .stop_sequences -> stop, .seed -> seed"
    yield "response  generated_text -> choices[0].text; finish_reason, and token counts in usage"
    yield "tokens    /api/v1/task/tokenization -> POST /tokenize"
    if any(server.item.get("grpc") for server in moving):
        yield "gRPC      caikit.runtime.Nlp.NlpService on 8085 (h2c) is gone: vLLM speaks REST only, on 8080"
    else:
        yield "port      8080 as before; a gRPC client (caikit.runtime.Nlp.NlpService) has nothing to talk to"
    if any(server.item.get("exposed") for server in moving):
        yield "TLS       host, certificate and token stay: the Route and its proxy are not touched"
    else:
        yield "TLS       none inside the cluster, as before"


def _sites(name: str, model: Mapping[str, Any], moving: list[MigratedServer]) -> Iterator[str]:
    yield f"model     {name} {model.get('version')} is not transferred again: vLLM reads artifacts/ of the same files"
    if moving:
        yield "image     vLLM's is pulled in place of Caikit's and TGIS's (nearedge mirror lists it; nearedge plan sums it)"
        yield "pods      one container instead of two: 1 cpu and 2Gi of Caikit are free; vLLM takes 90% of its GPU at once"
        yield "rollout   pods start again; with strategy Recreate nothing answers until vLLM has loaded the model"
        yield "metrics   tgi_* and caikit_* end, vllm:* begin; dashboards of the fleet have both"
    yield "check     the architecture in artifacts/config.json is one that vLLM lists; nearedge does not see inside a model"
