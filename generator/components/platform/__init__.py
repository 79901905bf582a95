"""The platform below the workloads: operators, the objects they work from, and hardware profiles.

`needs` says which operators a cluster has and why, `install` what one of them is on a platform; the hub's
Policies are made of both (`hub/platform/operators.py`). `hardware` is the component of HardwareProfiles, in overlays like
any other section; the rules are in `checks`. `asks` says what volumes their instances ask for, `agents` what the hub puts
beside them, `room` what all their pods take of the nodes.
"""

from .asks import Asked, asked
from .hardware import HARDWARE_PROFILES
from .install import Install, installs
from .needs import GPU, Chosen, chosen, wanted
from .room import Standing, standing, unknown
from .terms import from_words

__all__ = [
    "GPU",
    "HARDWARE_PROFILES",
    "Asked",
    "Chosen",
    "Install",
    "Standing",
    "asked",
    "chosen",
    "from_words",
    "installs",
    "standing",
    "unknown",
    "wanted",
]
