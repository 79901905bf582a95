"""Caikit in front of TGIS: two containers in one pod that share the model mount.

Caikit answers REST on 8080 (or gRPC on 8085) and asks TGIS on localhost:8033. A model is the converted Caikit
folder itself: config.yml and artifacts/ at its root. Kept for fleets that still serve such models.

Sources: odh-model-controller tag odh-v3.0 config/runtimes/caikit-tgis-template.yaml; caikit-tgis-serving
caikit.yml.
"""

from __future__ import annotations

from ...facts.images import image
from ...objects.manifest import Manifest
from ..kit import pod
from ..kit.runtime import (
    FRONT,
    MODEL_DIR,
    SERVER,
    TMP_MOUNT,
    Runtime,
    Server,
    command,
    container,
    http,
    probes,
)

REST, GRPC = 8080, 8085
TGIS_HTTP = 3000
"""Health and metrics of TGIS."""

FRONT_SHARE = {"cpu": "1", "memory": "2Gi"}
"""What the Caikit front gets beside the item's own resources, unless frontResources says otherwise: it holds no weights, but
its libraries are large.
"""


def containers(server: Server) -> list[Manifest]:
    """TGIS, which holds the weights, and Caikit, which is what the Service points at."""
    return [_tgis(server), _caikit(server)]


def _tgis(server: Server) -> Manifest:
    health = http("/health", TGIS_HTTP)
    return {
        **container(server, SERVER, "tgis"),
        "command": ["text-generation-launcher"],
        **command(
            [f"--model-name={MODEL_DIR}/artifacts/", *server.args],
            {"HF_HOME": "/tmp/hf_home"},  # noqa: S108
            server.env,
        ),
        # Caikit is ready before the model is loaded (caikit-tgis-serving #156, #221): TGIS knows.
        **probes(health, health, server.startup),
    }


def _caikit(server: Server) -> Manifest:
    fixed = {
        "RUNTIME_LOCAL_MODELS_DIR": MODEL_DIR,
        "HF_HOME": "/tmp/hf_home",  # noqa: S108
        "RUNTIME_GRPC_ENABLED": "true" if server.grpc else "false",
        "RUNTIME_HTTP_ENABLED": "false" if server.grpc else "true",
    }
    return {
        "name": FRONT,
        "image": image("caikit", server.images),
        "resources": pod.resources({**FRONT_SHARE, **server.front}),
        "securityContext": pod.container_security(read_only_root=bool(server.read_only_root)),
        "volumeMounts": [TMP_MOUNT],
        **command((), fixed, ()),
        "ports": [
            {"name": "h2c", "containerPort": GRPC, "protocol": "TCP"}
            if server.grpc
            else {"name": "http", "containerPort": REST, "protocol": "TCP"}
        ],
        # Each of these starts a Python of its own.
        **probes(_exec("readiness"), _exec("liveness"), server.startup, timeout=10),
    }


def _exec(probe: str) -> Manifest:
    return {"exec": {"command": ["python", "-m", "caikit_health_probe", probe]}}


CAIKIT_TGIS = Runtime(
    name="caikit-tgis",
    title="Caikit and TGIS",
    formats=("caikit",),
    containers=containers,
    port=REST,
    grpc_port=GRPC,
    metrics_port=TGIS_HTTP,
    kind="tgis",
    accelerators=("nvidia.com/gpu",),
    flags="tgis",
    # Caikit asks TGIS at its usual ports, and so do the probes.
    reserved=frozenset({"--model-name", "--port", "--grpc-port"}),
    timeout="300s",
    legacy="upstream removed it on 2025-10-24 and its images are frozen; vllm is the successor",
)
