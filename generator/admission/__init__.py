"""Will Kueue ever admit it, and is there a node for it: quota and capacity arithmetic over one cluster.

`demand` says what the cluster's workloads ask for, `offer` what queues and nodes have (`cohorts`: what queues share,
`fungibility`: how they take flavors), `placing` brings the two together.
`judge` makes the verdicts: where not everything fits at once, `contest` and `rivalry` let the workloads come in several
orders, as Kueue would (`scheduling/`), and `search` looks for room on the nodes; `packing` puts pods onto them one by one, and
`spreading` does so as the scheduler of Kubernetes would. `bounds` and `namespace_quota` hold a
namespace's LimitRange and ResourceQuota against pods, `updates` a second pod against a queue. The rules are in `checks/`,
their words in `sentences`. docs/admission.md tells how the arithmetic works.

Comes in: a `Cluster`. Goes out: verdicts and problems. Not here: whether a model fits a GPU, which is fit/.
"""

from __future__ import annotations

from .judge import verdicts
from .verdict import Decision, Verdict

__all__ = ["Decision", "Verdict", "verdicts"]
