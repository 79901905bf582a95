"""Serving: one model server per item, as an InferenceService in raw mode with its own ServingRuntime, or without KServe.

`spec` is the section, `emit` its objects, `llm_emit` those of LLMInferenceServices and `deployment` those of Deployments of
our own, `demand` what their pods ask for, `synthetic` what asks them, `units` the component itself; the rules are in `checks`. How a server runs is a file of `components/runtimes/`.
"""

from .beside import max_rank, ranks
from .check import checked, judged
from .demand import workloads
from .llm_emit import BEHIND, PORT
from .placement import pods_of
from .plain import COMPONENT, HTTP_ROUTE, MODEL_SERVER, PLAIN, SUFFIX, exposure_kind
from .server import Endpoint, endpoint
from .sizes import PodKind, devices, pod_kinds, roles
from .synthetic import workloads as checking
from .units import SERVING, starts_first, waits_for_itself

__all__ = [
    "BEHIND",
    "COMPONENT",
    "HTTP_ROUTE",
    "MODEL_SERVER",
    "PLAIN",
    "PORT",
    "SERVING",
    "SUFFIX",
    "Endpoint",
    "PodKind",
    "checked",
    "checking",
    "devices",
    "endpoint",
    "exposure_kind",
    "judged",
    "max_rank",
    "pod_kinds",
    "pods_of",
    "ranks",
    "roles",
    "starts_first",
    "waits_for_itself",
    "workloads",
]
