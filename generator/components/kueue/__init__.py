"""Kueue: flavors, queues, cohorts and priority classes of a cluster.

`spec` is the section, `emit` its objects, `units` the component itself; the rules are in `field_checks` (what it says by
itself) and `checks` (what its cohorts come to).
"""

from .units import KUEUE

__all__ = ["KUEUE"]
