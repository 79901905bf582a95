"""Model storage: the volume a model lies in and the Job that fills it.

Each model that a namespace serves from a volume has one PersistentVolumeClaim and one load Job there. A model
that a job of Ray or of Kubeflow `produces` gets a shared volume in the job's namespace and no load Job: the job writes it, and a Job
that `publish` asks for puts it where other clusters fetch it from. `claims` says which volumes there are, `emit` makes
their objects, `transfer` what a download is told, `publish` those of publishing, `cache` those of the nodes' own disks,
`initializer` what KServe's own downloads are told, `upload` what brings files from here, `demand` what the Jobs' pods ask
for; `checks`, `source_checks` and `cache_checks` hold the rules.
"""

from .cache import JOB_NAMESPACE, cache_nodes, holds, placed_by_cache
from .claims import (
    access_modes,
    claims_of,
    is_written,
    jobs,
    longest_outage,
    model_of,
    node_bound,
    on_volume,
    one_node,
    produced_by,
    servers,
    storage_class,
    volume_modes,
    volume_name,
    volumes,
    written,
)
from .demand import workloads
from .emit import CA_FOLDER, claim_name, fetching, load_name, place, storage_uri
from .emit import ROOT as MODELS_DIR
from .initializer import (
    STORAGE_CONTAINER,
    STORAGE_CONTAINER_NOTE,
    fetching_container,
    storage_container_unit,
)
from .publish import target
from .spec import Produced, ProducedVersion, Publish
from .trained import fetched_models, trained_models, writing
from .transfer import environment, parameters, port_of, ports, secret_annotations
from .units import MODELS
from .upload import manifests as upload_manifests
from .upload import steps as upload_steps
from .upload import upload_name

__all__ = [
    "CA_FOLDER",
    "JOB_NAMESPACE",
    "MODELS",
    "MODELS_DIR",
    "STORAGE_CONTAINER",
    "STORAGE_CONTAINER_NOTE",
    "Produced",
    "ProducedVersion",
    "Publish",
    "access_modes",
    "cache_nodes",
    "claim_name",
    "claims_of",
    "environment",
    "fetched_models",
    "fetching",
    "fetching_container",
    "holds",
    "is_written",
    "jobs",
    "load_name",
    "longest_outage",
    "model_of",
    "node_bound",
    "on_volume",
    "one_node",
    "parameters",
    "place",
    "placed_by_cache",
    "port_of",
    "ports",
    "produced_by",
    "secret_annotations",
    "servers",
    "storage_class",
    "storage_container_unit",
    "storage_uri",
    "target",
    "trained_models",
    "upload_manifests",
    "upload_name",
    "upload_steps",
    "volume_modes",
    "volume_name",
    "volumes",
    "workloads",
    "writing",
    "written",
]
