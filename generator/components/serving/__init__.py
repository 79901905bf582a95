"""Serving: one model server per item, as an InferenceService in raw mode with its own ServingRuntime.

`spec` is the section, `emit` its objects, `demand` what their pods ask for, `units` the component itself; the rules are in
`checks`. How a server runs is a file of `components/runtimes/`.
"""

from .beside import max_rank, ranks
from .demand import workloads
from .llm_emit import BEHIND, PORT
from .server import Endpoint, endpoint
from .sizes import PodKind, devices, pod_kinds, roles
from .units import SERVING

__all__ = [
    "BEHIND",
    "PORT",
    "SERVING",
    "Endpoint",
    "PodKind",
    "devices",
    "endpoint",
    "max_rank",
    "pod_kinds",
    "ranks",
    "roles",
    "workloads",
]
