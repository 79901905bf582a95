"""Ray: clusters, jobs with a cluster of their own or on one that is there, and services.

`spec` is the section (`serve` and `runtime_env` parts of it), `pods` its pod templates, `emit`, `service` and
`wrapper` its objects, `units` the component itself; the rules are in the modules that end in `_checks`.
"""

from .accelerators import ray_name
from .units import RAY

__all__ = ["RAY", "ray_name"]
