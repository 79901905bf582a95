"""Workbenches: Notebooks of Open Data Hub, each with a volume of its own, for the people who make models.

`spec` is the section, `emit` its objects, `demand` what the pods ask for, `units` the component itself; the rules are in
`checks` and `pod_checks`.
"""

from .demand import volumes, workloads
from .units import WORKBENCHES

__all__ = ["WORKBENCHES", "volumes", "workloads"]
