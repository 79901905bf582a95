"""Model storage: the volume a model lies in and the Job that fills it.

Each model that a namespace serves from a volume has one PersistentVolumeClaim and one load Job there. A model
that a Ray job `produces` gets a shared volume in the job's namespace and no load Job: the job writes it, and a Job
that `publish` asks for puts it where other clusters fetch it from. `claims` says which volumes there are, `emit` makes
their objects, `transfer` what a download is told, `publish` those of publishing, `cache` those of the nodes' own disks,
`upload` what brings files from here; `checks`, `source_checks` and `cache_checks` hold the rules.
"""

from .claims import (
    access_modes,
    is_written,
    node_bound,
    on_volume,
    one_node,
    servers,
    storage_class,
    volume_name,
)
from .emit import ROOT as MODELS_DIR
from .emit import claim_name, place, storage_uri
from .publish import target
from .units import MODELS

__all__ = [
    "MODELS",
    "MODELS_DIR",
    "access_modes",
    "claim_name",
    "is_written",
    "node_bound",
    "on_volume",
    "one_node",
    "place",
    "servers",
    "storage_class",
    "storage_uri",
    "target",
    "volume_name",
]
