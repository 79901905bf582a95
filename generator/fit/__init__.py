"""Does it fit? GPU memory, disks and the link of a cluster against the models that it is to serve.

Plain arithmetic on what the spec declares: nothing is measured and nobody is asked. `memory` has the formulas,
`engine` what a server's flags make of them, `nodes` where pods can land, `verdict` and `advice` what comes of it
for a GPU; the rules are in `gpu`, `storage` and `transfer`. docs/fit.md explains the formulas with an example, their sources, and what is not counted.

Comes in: a `Cluster`. Goes out: verdicts, sums and problems. Not here: quota and queues, which are admission/.
"""

from __future__ import annotations

from .transfer import transfer_time, transfers, window_seconds
from .verdict import Fit, FitVerdict, fit_of

__all__ = ["Fit", "FitVerdict", "fit_of", "transfer_time", "transfers", "window_seconds"]
