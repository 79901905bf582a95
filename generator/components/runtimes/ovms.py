"""OpenVINO Model Server: KServe's v2 protocol, REST on 8888 and gRPC on 8001.

The model's folder holds numbered version folders (1/model.onnx), as OVMS wants them. Sources:
odh-model-controller config/runtimes/ovms-kserve-template.yaml; docs.openvino.ai ovms_docs_security: runs
under any user with a read-only root file system and a writable /tmp.
"""

from __future__ import annotations

from ...manifest import Manifest
from ...runtime import MODEL_DIR, SERVER, Runtime, Server, command, container, http, probes

REST = 8888
GRPC = 8001


def containers(server: Server) -> list[Manifest]:
    """The one container."""
    return [
        {
            **container(server, SERVER, "ovms", read_only_root=True),
            **command([*_flags(server), *server.args], {}, server.env),
            "ports": [{"name": "http", "containerPort": REST, "protocol": "TCP"}],
            **probes(http("/v2/health/ready", REST), http("/v2/health/live", REST), server.startup),
        }
    ]


def _flags(server: Server) -> list[str]:
    return [
        f"--model_name={server.name}",
        f"--port={GRPC}",
        f"--rest_port={REST}",
        f"--model_path={MODEL_DIR}",
        "--file_system_poll_wait_seconds=0",
        "--grpc_bind_address=0.0.0.0",
        "--rest_bind_address=0.0.0.0",
        "--metrics_enable",
    ]


OVMS = Runtime(
    name="ovms",
    title="OpenVINO Model Server",
    formats=("openvino_ir", "onnx", "tensorflow", "paddle", "pytorch"),
    containers=containers,
    metrics_port=REST,
    kind="ovms",
    protocols=("v2", "grpc-v2"),
    reserved=frozenset(
        {"--model_name", "--port", "--rest_port", "--model_path", "--config_path", "--metrics_enable"}
    ),
)
