"""Ray: clusters, jobs with a cluster of their own or on one that is there, and services.

`spec` is the section (`serve` and `runtime_env` parts of it), `pods` its pod templates and `demand` what these ask for,
`emit`, `service` and `wrapper` its objects, `units` the component itself; the rules are in `checks`.
"""

from .accelerators import ray_name
from .demand import submitters, workloads
from .flavor import Place, in_place, place_of
from .shapes import own_cluster
from .units import RAY

__all__ = ["RAY", "Place", "in_place", "own_cluster", "place_of", "ray_name", "submitters", "workloads"]
