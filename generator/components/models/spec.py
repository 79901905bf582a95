"""The section `models` of a cluster's spec, and what a volume of models is."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from ...specs.build import ENDPOINT
from ...specs.model import ModelVersion
from ...specs.types import (
    Duration,
    Image,
    Int32,
    LabelKey,
    LabelValue,
    Line,
    Name,
    Quantity,
    Resources,
    Strictly,
    Subdomain,
    Text,
)


class Proxy(Strictly):
    """The proxy that load Jobs reach the world through."""

    url: Annotated[
        str, Line(rf"^https?://{ENDPOINT}$", 253, form="https://HOST or https://HOST:PORT, without a path")
    ] = Field(description="Its address: http://proxy.acme.internal:3128.")
    noProxy: tuple[
        Annotated[
            str,
            Line(r"^[A-Za-z0-9.*:/-]+$", 253, form="a host, a domain that begins with a dot, or a network"),
        ],
        ...,
    ] = Field(
        (),
        description="Hosts, domains (.acme.internal) and networks that are reached without it.",
        max_length=64,
    )


class Cache(Strictly):
    """Disks of the cluster's nodes that hold models, for storage.type cache (KServe's LocalModelCache)."""

    size: Quantity = Field(description="What models may take of each of these nodes: 100Gi.")
    nodeSelector: dict[LabelKey, LabelValue] = Field(
        description="Labels of the nodes; servers of cached models run there only.", min_length=1
    )


Produced = Annotated[
    Name | None,
    Field(
        description="Model that the job writes to the folder in its variable MODEL_DIR, on the volume the model is served from."
    ),
]
"""`produces` of a job, whoever runs it."""
ProducedVersion = Annotated[
    ModelVersion | None,
    Field(
        description="Version of the model that it produces, to train one before it is served; the Model's own when left out."
    ),
]
"""`version` of such a job."""


class Publish(Strictly):
    """Puts the trained model where the Model's `source` points, for other clusters to fetch."""

    credentialsSecret: Subdomain | None = Field(
        None,
        description="Secret that may write there: keys of an S3 data connection, or a pull secret for a registry; the Model's own when left out.",
    )
    image: Image | None = Field(
        None, description="Image with a program that pushes; needed for oci://, for s3:// there is one."
    )
    command: tuple[Text, ...] = Field(
        (), description="That program and its arguments; it finds the model and the place in its environment."
    )
    resources: Resources = Field(
        {"cpu": "1", "memory": "2Gi"}, description="Requests and limits of the pod that publishes."
    )
    deadline: Duration = Field("72h", description="When it gives up waiting for the job and publishing.")


class ModelsSpec(Strictly):
    """How models get onto volumes."""

    verify: Literal["full", "fast"] = Field(
        "full",
        description="A version that is there already - full: its checksums are computed again; "
        "fast: its files only have to be there. After a transfer they always are computed.",
    )
    deadline: Duration = Field(
        "24h",
        description="When a load Job gives up; a slow link needs its time. connectivity.longestOutage is added to it.",
    )
    backoffLimit: Int32 = Field(
        6, description="How often a load Job tries again, beside what connectivity.longestOutage waits for."
    )
    resources: Resources = Field(
        {"cpu": "1", "memory": "2Gi"}, description="Requests and limits of a load Job's containers."
    )
    proxy: Proxy | None = Field(None, description="Proxy of load Jobs.")
    caBundle: Subdomain | None = Field(
        None,
        description="ConfigMap in the servers' namespaces with all certificates that load Jobs trust, key cabundle.crt; "
        "on OpenShift the cluster's own when left out.",
    )
    huggingFaceEndpoint: (
        Annotated[
            str,
            Line(
                rf"^https://{ENDPOINT}(/[A-Za-z0-9._/-]+)?$",
                253,
                form="https://HOST, with a port and a path if need be",
            ),
        ]
        | None
    ) = Field(None, description="Mirror of the Hugging Face Hub that load Jobs ask instead.")
    cache: Cache | None = Field(None, description="Nodes' own disks for models of storage.type cache.")


@dataclass(frozen=True)
class Placement:
    """Where a pod that shares a node-bound volume with a server must run."""

    node_selector: tuple[tuple[str, str], ...] = ()
    tolerations: tuple[tuple[tuple[str, str], ...], ...] = ()


@dataclass(frozen=True)
class Claim:
    """What one model has of a volume in one namespace; `load` says whether a Job fills it."""

    namespace: str
    model: str
    size: str
    """Of the whole volume."""
    storage_class: str | None
    modes: tuple[str, ...]
    load: bool
    placement: Placement
    volume: str
    """Name of the PersistentVolumeClaim."""
    shared: bool = False
    """Other models may lie on it as well."""
    clone: bool = False
    """Each version is served from a ReadOnlyMany clone."""
    patience: int = 0
    """Seconds that a transfer may stand still: the site's longest outage."""


@dataclass(frozen=True)
class Volume:
    """One PersistentVolumeClaim, and the models on it."""

    namespace: str
    name: str
    size: str
    storage_class: str | None
    modes: tuple[str, ...]
    models: tuple[str, ...]
