"""OpenVINO Model Server: KServe's v2 protocol, REST on 8888 and gRPC on 8001.

The model's folder holds numbered version folders (1/model.onnx), as OVMS wants them. Sources:
odh-model-controller config/runtimes/ovms-kserve-template.yaml; docs.openvino.ai ovms_docs_security: runs
under any user with a read-only root file system and a writable /tmp.
"""

from __future__ import annotations

import json

from ...objects.manifest import Manifest
from ..kit.runtime import MODEL_DIR, SERVER, SETTINGS, Runtime, Server, command, container, http, probes

REST = 8888
GRPC = 8001


def containers(server: Server) -> list[Manifest]:
    """The one container."""
    return [
        {
            **_container(server),
            **command([*_flags(server), *server.args], {}, server.env),
            "ports": [{"name": "http", "containerPort": REST, "protocol": "TCP"}],
            **probes(http("/v2/health/ready", REST), http("/v2/health/live", REST), server.startup),
        }
    ]


def _container(server: Server) -> Manifest:
    made = container(server, SERVER, "ovms", read_only_root=True)
    if server.beside:
        made["volumeMounts"].append({"name": "settings", "mountPath": SETTINGS, "readOnly": True})
    return made


def _flags(server: Server) -> list[str]:
    # With a file of models, models and metrics are said there and nowhere else (ovms src/cli_parser.cpp:
    # metrics_enable and config_path cannot be used together).
    one = [f"--model_name={server.served}"], [f"--model_path={MODEL_DIR}"], ["--metrics_enable"]
    several: tuple[list[str], ...] = [], [f"--config_path={SETTINGS}/{CONFIG}"], []
    name, path, metrics = several if server.beside else one
    return [
        *name,
        f"--port={GRPC}",
        f"--rest_port={REST}",
        *path,
        "--file_system_poll_wait_seconds=0",
        "--grpc_bind_address=0.0.0.0",
        "--rest_bind_address=0.0.0.0",
        *metrics,
    ]


CONFIG = "config.json"


def settings(server: Server) -> dict[str, str]:
    """The file of models: its own, and those beside it."""
    paths = {server.served: MODEL_DIR, **{item.name: item.path for item in server.beside}}
    listed = [{"config": {"name": name, "base_path": path}} for name, path in paths.items()]
    said = {"model_config_list": listed, "monitoring": {"metrics": {"enable": True}}}
    return {CONFIG: json.dumps(said, indent=2) + "\n"}


OVMS = Runtime(
    name="ovms",
    title="OpenVINO Model Server",
    formats=("openvino_ir", "onnx", "tensorflow", "paddle", "pytorch"),
    containers=containers,
    port=REST,
    metrics_port=REST,
    kind="ovms",
    protocols=("v2", "grpc-v2"),
    settings=settings,
    flags="ovms",
    names_model="--model_name",
    named_in_path=True,
    reserved=frozenset(
        {
            "--config_path",
            "--file_system_poll_wait_seconds",
            "--metrics_enable",
            "--model_name",
            "--model_path",
            "--port",
            "--rest_port",
        }
    ),
)
