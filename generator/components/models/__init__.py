"""Model storage: the volume a model lies in and the Job that fills it.

Each model that a namespace serves from a volume has one PersistentVolumeClaim and one load Job there. A model
that a Ray job `produces` gets a shared volume in the job's namespace and no load Job: the job writes it.
`claims` says which volumes there are, `emit` makes their objects, `transfer` what a download is told, `cache` those
of the nodes' own disks, `upload` what brings files from here; `checks`, `source_checks` and `cache_checks` hold the rules.
"""

from .claims import access_modes, node_bound, on_volume, servers, volume_name
from .emit import claim_name, storage_uri
from .units import MODELS

__all__ = [
    "MODELS",
    "access_modes",
    "claim_name",
    "node_bound",
    "on_volume",
    "servers",
    "storage_uri",
    "volume_name",
]
