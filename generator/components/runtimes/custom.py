"""A server of one's own: any image, also one that carries its model (source image://).

The spec says the port, where it is ready and where its metrics are.
"""

from __future__ import annotations

from ...objects.manifest import Manifest
from ..kit.runtime import SERVER, Runtime, Server, command, http, probes
from ..kit.runtime import container as start


def containers(server: Server) -> list[Manifest]:
    """The one container."""
    ports = [{"name": "http", "containerPort": server.port, "protocol": "TCP"}]
    if server.metrics_port and server.metrics_port != server.port:
        ports.append({"name": "metrics", "containerPort": server.metrics_port, "protocol": "TCP"})
    listening: Manifest = {"tcpSocket": {"port": server.port}}
    ready = http(server.readiness_path, server.port) if server.readiness_path else listening
    alive = http(server.liveness_path, server.port) if server.liveness_path else listening
    return [
        {
            **start(server, SERVER, "", read_only_root=False),
            **({"command": list(server.command)} if server.command else {}),
            **command(server.args, {}, server.env),
            "ports": ports,
            **probes(ready, alive, server.startup),
        }
    ]


CUSTOM = Runtime(name="custom", title="Custom model server", formats=(), containers=containers)
