"""Will Kueue ever admit it, and is there a node for it: quota and capacity arithmetic over one cluster.

`demand` says what the cluster's workloads ask for, `offer` what queues and nodes have, `placing` brings the
two together, `judge` makes the verdicts, with `contest` and `search` where an assignment has to be looked for,
and `telling` puts them into sentences. The rules are in `quota_checks` and `node_checks`. How the arithmetic works is told in docs/admission.md.

Comes in: a `Cluster`. Goes out: verdicts and problems. Not here: whether a model fits a GPU, which is fit/.
"""

from __future__ import annotations

from .judge import verdicts
from .verdict import Decision, Verdict

__all__ = ["Decision", "Verdict", "verdicts"]
