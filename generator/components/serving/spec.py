"""The section `serving` of a cluster's spec.

serving: [{name: assistant, namespace: ai-serving, model: flan-t5-small, runtime: vllm, storage: {type: oci}}]
"""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ...specs.model import ModelSpec
from ...specs.types import (
    STEPS,
    SUBDOMAIN_FORM,
    Argument,
    Count,
    Duration,
    EnvVar,
    Flag,
    Image,
    LabelKey,
    Labels,
    LabelValue,
    Line,
    Name,
    Path,
    Port,
    Quantity,
    Resources,
    Strictly,
    Subdomain,
    Text,
    Toleration,
)
from .. import runtimes as runtime_files
from ..kit.component import Cluster
from ..kit.metadata import Annotations
from ..kit.pod_fields import EnvFrom, TopologySpread, Volume
from ..kit.runtime import Runtime
from .check import Check
from .llm import LLM, Llm, Lora
from .plain import PLAIN, Exposure, ServiceSaid
from .scaling import Scaling

ISVC = "kserve v0.20.0 pkg/apis/serving/v1beta1/inference_service_validation.go"


@cache
def runtimes() -> dict[str, Runtime]:
    """All runtimes by name, one from each file of `runtimes/`."""
    names = sorted(found.name for found in pkgutil.iter_modules(runtime_files.__path__))
    files = [importlib.import_module(f"{runtime_files.__name__}.{name}") for name in names]
    found = [value for file in files for value in vars(file).values() if isinstance(value, Runtime)]
    return {runtime.name: runtime for runtime in sorted(found, key=lambda item: item.name)}


@dataclass(frozen=True)
class _RuntimeName:
    """One of the runtimes there are files for."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(runtimes()))


ModelName = Annotated[
    str,
    Line(
        r"^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$",
        253,
        STEPS,
        form="letters, digits and . _ / -, with a letter or digit at both ends: acme/granite-3.1-8b",
    ),
]
"""A name by which callers ask for a model: those of Hugging Face have a / in them."""


class Replicas(Strictly):
    """How many pods serve."""

    min: Count = Field(1, description="Pods that always run, at least 1: KServe raises 0 to 1 in raw mode.")
    max: Count = Field(
        1,
        description="Most pods; more than min makes KServe scale, on CPU use unless `scaling` says otherwise.",
    )


class ServingStorage(Strictly):
    """Where the server finds its model."""

    model_config = ConfigDict(serialize_by_alias=True)

    type: Literal["pvc", "s3", "hf", "oci", "oci+native", "oci+fetch", "cache", "image"] = Field(
        description="pvc: on a volume that a Job fills; s3, hf: downloaded at every start; oci: a modelcar image beside "
        "the server; oci+native: that image mounted as a volume; oci+fetch: its files copied at every start; cache: on "
        "the nodes' own disks (models.cache); image: inside the server's own image."
    )
    class_: Annotated[str, Line(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", 253, form=SUBDOMAIN_FORM)] | None = (
        Field(
            None,
            alias="class",
            description="Storage class of the volume; the cluster's default one when left out.",
        )
    )
    size: Quantity | None = Field(
        None, description="Size of the volume; room for two versions when left out."
    )
    accessModes: tuple[Literal["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"], ...] = (
        Field((), description="Access modes of the volume; the first one of its class when left out.")
    )
    volume: Name | None = Field(
        None,
        description="Volume that several models share, each in a folder of its own; each model has one of its own when left out.",
    )
    clone: Flag = Field(
        False,
        description="Serve each version from a ReadOnlyMany clone of the volume, which replicas on all nodes can mount.",
    )


class Service(Strictly):
    """One model server."""

    name: Name = Field(description="Name of the server and of its objects; part of its host name.")
    namespace: Name = Field(description="Namespace it runs in.")
    model: Name = Field(description="Model that it serves.")
    runtime: Annotated[str, _RuntimeName()] = Field(
        description="Serving runtime; custom: the image of your choice."
    )
    storage: ServingStorage = Field(description="Where the server finds its model.")
    servedModelName: ModelName | None = Field(
        None,
        description="What callers call the model; the server's own name when left out; runtimes vllm, ovms and mlserver.",
    )
    displayName: Text | None = Field(None, description="Name in the dashboard.")
    labels: Labels = Field({}, description="Labels of the server, which its pods have too.")
    annotations: Annotations = Field({}, description="Annotations of the server, which its pods have too.")
    queue: Name | None = Field(None, description="Kueue queue (LocalQueue) that admits its pods.")
    priorityClass: Subdomain | None = Field(None, description="Kueue WorkloadPriorityClass of its pods.")
    replicas: Replicas = Field(default_factory=Replicas, description="How many pods serve.")
    scaling: Scaling | None = Field(
        None, description="By what pods are added and taken away, where replicas.max is more than min."
    )
    resources: Resources = Field(
        {"cpu": "1", "memory": "2Gi"},
        description="Limits of the serving container, and its requests unless said otherwise.",
    )
    requests: Resources = Field({}, description="Requests where they differ from resources.")
    exposed: Flag = Field(False, description="Reachable from outside the cluster.")
    auth: Flag = Field(
        False,
        description="Callers need a token that may get this InferenceService; not with kind Deployment.",
    )
    timeout: Duration | None = Field(
        None, description="Longest a request may take; 300s for language models, else 60s."
    )
    image: Image | None = Field(
        None, description="Image of the model server instead of the fleet's; custom runtimes need one."
    )
    command: tuple[Argument, ...] = Field(
        (), description="Program of the image to start in place of its own, one word each; custom only."
    )
    args: tuple[Argument, ...] = Field((), description="More arguments for the model server, one word each.")
    env: tuple[EnvVar, ...] = Field((), description="Environment of the model server.")
    envFrom: tuple[EnvFrom, ...] = Field(
        (), description="ConfigMaps and Secrets whose keys are variables; env wins over them."
    )
    volumes: tuple[Volume, ...] = Field(
        (), description="ConfigMaps and empty folders that the model server finds at a path."
    )
    port: Port | None = Field(None, description="Port of the API; runtime custom only.")
    metricsPort: Port | None = Field(None, description="Port of /metrics; runtime custom only.")
    readinessPath: Path | None = Field(
        None,
        description="Path that answers 200 when the model is loaded: /v2/models/bike/ready; custom only.",
    )
    livenessPath: Path | None = Field(
        None,
        description="Path that answers 200 while the server lives, whatever it loads; its port is asked when left out; custom only.",
    )
    sharedMemory: Quantity | None = Field(
        None,
        description="Size of /dev/shm, a part of the memory limit; 2Gi of vLLM and the node's 64Mi of others when left out.",
    )
    grpc: Flag = Field(
        False, description="Serve gRPC (h2c on 8085) instead of REST; runtime caikit-tgis only."
    )
    frontResources: Resources = Field(
        {},
        description="Limits and requests of the Caikit container in front of TGIS, 1 cpu and 2Gi where it says nothing; runtime caikit-tgis only.",
    )
    startupBudget: Duration | None = Field(
        None,
        description="How long loading may take before the pod is restarted; "
        "5 minutes and a second per 50 MiB of model when left out.",
    )
    nodeSelector: dict[LabelKey, LabelValue] = Field(
        {}, description="Node labels its pods need; a queue's flavor adds its own."
    )
    tolerations: tuple[Toleration, ...] = Field(
        (), description="Taints its pods tolerate; a queue's flavor adds its own."
    )
    podPriorityClassName: Subdomain | None = Field(
        None,
        description="PriorityClass of its pods, for the scheduler: one of priorityClasses or the system's.",
    )
    topologySpreadConstraints: tuple[TopologySpread, ...] | None = Field(
        None,
        description="How its pods are spread; of two and more evenly over nodes, as well as it goes, when left out.",
    )
    podAntiAffinity: Literal["preferred", "required"] | None = Field(
        None,
        description="required: no two of its pods on one node; preferred: only where there is no other way.",
    )
    minAvailable: Count | None = Field(
        None,
        description="Pods that a drain of nodes leaves at least, by a PodDisruptionBudget; one less than replicas.min when left out, 0 for none.",
    )
    deploymentStrategy: Literal["RollingUpdate", "Recreate"] | None = Field(
        None, description="How an update replaces pods; chosen so that it cannot deadlock when left out."
    )
    readOnlyRootFilesystem: Flag | None = Field(
        None, description="Lock the container's root file system; as its runtime allows when left out."
    )
    kind: Literal["InferenceService", "LLMInferenceService", "Deployment"] = Field(
        "InferenceService",
        description="LLMInferenceService: vLLM by KServe's presets, with a gateway, a scheduler or several pods "
        "for one model; it needs operators that an InferenceService does without. Deployment: a Deployment and a "
        "Service of our own, without KServe and any operator.",
    )
    service: ServiceSaid | None = Field(
        None, description="Name and port of its Service; kind Deployment only."
    )
    exposure: Exposure | None = Field(
        None,
        description="What leads to it from outside, with exposed; kind Deployment, and on plain Kubernetes InferenceService.",
    )
    llm: Llm | None = Field(None, description="What only kind LLMInferenceService has.")
    lora: Lora | None = Field(None, description="LoRA adapters beside the model; runtime vllm.")
    moreModels: tuple[Name, ...] = Field(
        (),
        description="Models that the same server has beside its own, each on a volume; runtimes ovms and mlserver.",
    )
    check: Check | None = Field(
        None,
        description="A question that the cluster asks the server again and again; a wrong answer is an alert.",
    )
    hardwareProfile: Name | None = Field(
        None,
        description="HardwareProfile of its namespace; queue, nodeSelector, tolerations and resources agree with it.",
    )

    @property
    def beside(self) -> tuple[str, ...]:
        """Models that it serves beside its own, each from a volume."""
        return (*(self.lora.adapters if self.lora else ()), *self.moreModels)


def is_llm(item: Service) -> bool:
    """Whether an LLMInferenceService runs it."""
    return item.kind == LLM


def is_plain(item: Service) -> bool:
    """Whether it is a Deployment of our own, of which KServe knows nothing."""
    return item.kind == PLAIN


def answers_on(item: Service) -> int:
    """The port on which callers ask the pods of a server that no LLMInferenceService runs."""
    runtime = runtimes()[item.runtime]
    return int(item.port or (item.grpc and runtime.grpc_port) or runtime.port)


KSERVE_PORT = 80
"""Port of the Service that KServe makes of an InferenceService without Knative: kserve v0.20.0
reconcilers/service/service_reconciler.go, constants.CommonDefaultHttpPort."""


def service_name(item: Service) -> str:
    """Name of the Service that requests to a server go to: ours of a Deployment, else KServe's."""
    if not is_plain(item):
        return f"{item.name}-predictor"
    return (item.service and item.service.name) or item.name


def service_port(item: Service) -> int:
    """Port of that Service."""
    if not is_plain(item):
        return KSERVE_PORT
    return int((item.service and item.service.port) or answers_on(item))


DOWNLOADS = frozenset({"s3", "hf", "oci+fetch"})
"""Storage types whose servers bring the model themselves, every time a pod starts (KServe's storage initializer)."""


CUSTOM_ONLY = ("command", "port", "metricsPort", "readinessPath", "livenessPath")
"""What the other runtimes know of themselves."""


def items(cluster: Cluster) -> Iterator[tuple[int, Service]]:
    """The model servers of a cluster, with their index."""
    return enumerate(cluster.spec.serving)


def known(cluster: Cluster) -> Iterator[tuple[int, Service, ModelSpec]]:
    """Those whose model exists, with it; the others have a finding of their own."""
    return (
        (i, item, cluster.models[item.model]) for i, item in items(cluster) if item.model in cluster.models
    )
