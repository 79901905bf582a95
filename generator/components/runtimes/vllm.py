"""vLLM: OpenAI's API on port 8080 for a Hugging Face model folder.

Source: odh-model-controller config/runtimes/vllm-cuda-template.yaml. The root file system stays writable:
vLLM compiles kernels into caches whose place changes between releases.
"""

from __future__ import annotations

from ...objects.manifest import Manifest
from ..kit.runtime import (
    MODEL_DIR,
    SERVER,
    Runtime,
    Server,
    accelerators,
    command,
    container,
    http,
    probes,
)

PORT = 8080
OFFLINE = {"HF_HOME": "/tmp/hf_home", "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}  # noqa: S108
"""The model is on disk: nothing is to be asked of the internet, which an edge may not reach."""


def containers(server: Server) -> list[Manifest]:
    """The one container."""
    health = http("/health", PORT)
    return [
        {
            **container(server, SERVER, "vllm"),
            "command": ["python", "-m", "vllm.entrypoints.openai.api_server"],
            **command(
                [
                    f"--port={PORT}",
                    f"--model={folder(server)}",
                    f"--served-model-name={server.served}",
                    *_parallel(server),
                    *adapters(server),
                    *server.args,
                ],
                OFFLINE,
                server.env,
            ),
            "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
            **probes(health, health, server.startup),
        }
    ]


def folder(server: Server) -> str:
    """Where the Hugging Face folder is: the model's own, or one in it."""
    return f"{MODEL_DIR}/{server.model.folder}" if server.model.folder else MODEL_DIR


def adapters(server: Server) -> list[str]:
    """Flags for the adapters; each answers to its own name (vllm docs/features/lora.md)."""
    if not server.beside:
        return []
    modules = (f"{item.name}={item.path}" for item in server.beside)
    return ["--enable-lora", *server.lora, "--lora-modules", *modules]


def _parallel(server: Server) -> list[str]:
    # Left alone vLLM uses one GPU, however many it was given.
    flag = "--tensor-parallel-size"
    if any(
        arg.partition("=")[0] in {flag, "-tp", "--pipeline-parallel-size", "-pp", "--data-parallel-size"}
        for arg in server.args
    ):
        return []
    devices = sum(int(amount) for amount in accelerators(server.limits).values() if amount.isdecimal())
    return [f"{flag}={devices}"] if devices > 1 else []


VLLM = Runtime(
    name="vllm",
    title="vLLM",
    formats=("vLLM",),
    containers=containers,
    metrics_port=PORT,
    kind="vllm",
    accelerators=("nvidia.com/gpu",),
    needs_accelerator=True,
    flags="vllm",
    names_model="--served-model-name",
    reserved=frozenset({"--port", "--model", "--served-model-name"}),
    shared_memory="2Gi",
    timeout="300s",
    adapters=True,
)
