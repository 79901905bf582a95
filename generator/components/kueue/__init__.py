"""Kueue: flavors, queues, cohorts, admission checks and priority classes of a cluster.

`spec` is the section, `emit` its objects, `units` the component itself; the rules are in `field_checks` (what it says by
itself), `word_checks` (words that go together), `admission_checks` and `checks` (what its cohorts come to). `named` is
what workloads of other sections say of their queues.
"""

from .named import wrong_priority_class, wrong_queue
from .units import KUEUE

__all__ = ["KUEUE", "wrong_priority_class", "wrong_queue"]
