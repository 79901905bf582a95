"""Jobs of Kubeflow: TrainJobs of Trainer v2, and PyTorchJobs of Training Operator v1 where a platform still has it.

`spec` is the section, `pods` its pod template and `demand` what the pods ask for, `emit` its objects, `units` the component
itself; the rules are in `checks` and `pod_checks`.
"""

from .demand import workloads
from .units import TRAINING

__all__ = ["TRAINING", "workloads"]
