"""The section `workbenches` of a cluster: Notebooks, in the words of Open Data Hub.

workbenches: [{name: vision, namespace: ai-lab, image: quay.io/acme/notebook@sha256:..., resources: {cpu: "2", memory: 8Gi}, storage: {size: 20Gi}}]
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from ...specs.types import (
    SUBDOMAIN_FORM,
    TAGGED,
    EnvVar,
    Flag,
    LabelKey,
    Labels,
    LabelValue,
    Line,
    Name,
    Quantity,
    Resources,
    ServiceName,
    Strictly,
    Subdomain,
    Text,
    Toleration,
    untagged,
)
from ..kit.metadata import Annotations
from ..kit.pod_fields import EnvFrom, Mount

WorkbenchName = ServiceName
"""The controller names a Service after it (notebook_controller.go generateService)."""


WorkbenchImage = Annotated[
    str,
    Line(
        rf"^({TAGGED}|[a-z0-9][a-z0-9-]*:[A-Za-z0-9][A-Za-z0-9._-]*)$",
        512,
        form="registry/name@sha256: and 64 hex digits, or an image of the platform: jupyter-datascience:2025.2",
    ),
    AfterValidator(untagged),
]


class WorkbenchStorage(Strictly):
    """The volume that keeps what a person makes."""

    size: Quantity = Field(description="Size of the volume; it can grow, not shrink.")
    class_: Annotated[str, Line(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", 253, form=SUBDOMAIN_FORM)] | None = (
        Field(None, alias="class", description="Class of storage; the default one when left out.")
    )


class Workbench(Strictly):
    """A notebook server in a browser, with a volume that outlives it."""

    name: WorkbenchName = Field(description="Name; one name for one workbench in a namespace.")
    namespace: Name = Field(description="Namespace.")
    displayName: Text | None = Field(None, description="Name that the dashboard shows; name when left out.")
    labels: Labels = Field(
        {}, description="Labels of the object and of its pod; those of controllers are refused."
    )
    annotations: Annotations = Field(
        {}, description="Annotations of the object and of its pod; those of controllers are refused."
    )
    queue: Name | None = Field(
        None, description="Name of the LocalQueue that a queue of kueue.queues has in the same namespace."
    )
    priorityClass: Name | None = Field(
        None, description="One of kueue.priorityClasses: whose turn it is in the queue."
    )
    podPriorityClassName: Subdomain | None = Field(
        None, description="PriorityClass of the pod, for the scheduler."
    )
    image: WorkbenchImage = Field(
        description="A workbench image, by digest, or one of the platform by its name and tag: it listens on port 8888 and reads NOTEBOOK_ARGS."
    )
    resources: Resources = Field(description="What it gets: cpu, memory, accelerators. Limits and requests.")
    requests: Resources = Field({}, description="Requests that differ from resources; equal when left out.")
    storage: WorkbenchStorage = Field(description="Its volume, mounted at /opt/app-root/src.")
    env: tuple[EnvVar, ...] = Field((), description="Environment variables.")
    envFrom: tuple[EnvFrom, ...] = Field(
        (), description="Variables of all keys of ConfigMaps and Secrets; those of env win."
    )
    volumes: tuple[Mount, ...] = Field(
        (), description="Claims, ConfigMaps, Secrets and empty folders beside its own volume."
    )
    sharedMemory: Quantity | None = Field(
        None, description="Size of /dev/shm, a part of the memory limit; half of it when left out."
    )
    nodeSelector: dict[LabelKey, LabelValue] = Field(
        {}, description="Labels of the nodes; with a queue, Kueue adds those of the flavor."
    )
    tolerations: tuple[Toleration, ...] = Field(
        (), description="Tolerations; with a queue, Kueue adds those of the flavor."
    )
    imagePullSecrets: tuple[Subdomain, ...] = Field(
        (), description="Secrets with credentials for the image's registry."
    )
    stopped: Flag = Field(
        False,
        description="Its pod and its quota go, its volume stays. Left out, the person who works there starts and stops it.",
    )
