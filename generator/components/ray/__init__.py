"""Ray: clusters, and jobs with a cluster of their own or on one that is there.

`spec` is the section, `pods` its pod templates, `emit` its objects, `units` the component itself; the rules
are in `cluster_checks`, `pod_checks` and `job_checks`.
"""

from .units import RAY

__all__ = ["RAY"]
