"""The section `ray` of a cluster: RayClusters and RayJobs in the words of KubeRay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from ...finding import Path as SpecPath
from ...spec import (
    REFUSED,
    Count,
    EnvName,
    EnvVar,
    Flag,
    Image,
    LabelKey,
    LabelValue,
    Line,
    Name,
    Positive,
    PvcMount,
    Quantity,
    Resources,
    Strictly,
    Subdomain,
    Text,
    Toleration,
)

_REFUSED_LINES = REFUSED.replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f")
"""REFUSED, but lines may end: for text that is a document of its own."""

_FOUND = re.compile(_REFUSED_LINES)


@dataclass(frozen=True)
class _Lines:
    """Text of several lines, with the same characters refused as in every other string of a spec."""

    longest: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(strict=True, min_length=1, max_length=self.longest)
        return core_schema.no_info_after_validator_function(_clean, text)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "not": {"pattern": _REFUSED_LINES}}


def _clean(text: str) -> str:
    found = _FOUND.search(text)
    if found:
        said = f"U+{ord(found[0]):04X}" if len(found[0]) == 1 else found[0]
        raise PydanticCustomError(
            "refused_text", "{said} is refused in every string of a spec", {"said": said}
        )
    return text


RayName = Annotated[str, Line(r"^[a-z]([-a-z0-9]*[a-z0-9])?$", 63)]
"""A DNS-1035 label: KubeRay makes Services of it (validation.go ValidateRayClusterMetadata)."""
RayVersion = Annotated[str, Line(r"^[0-9]+\.[0-9]+\.[0-9]+((rc|\.dev)[0-9]+)?$", 32)]
Entrypoint = Annotated[str, Line(longest=8192)]
ParameterName = Annotated[str, Line(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", 64)]
ParameterValue = Annotated[str, Line(r"^[A-Za-z0-9._:/,=+@-]+$", 256)]
"""KubeRay puts these into a shell command as they are."""
CustomResource = Annotated[str, Line(r"^[A-Za-z_][A-Za-z0-9_.:/-]*$", 128)]
RedisAddress = Annotated[str, Line(r"^((redis|rediss)://)?[A-Za-z0-9][A-Za-z0-9.-]*:[0-9]{1,5}$", 253)]


class Group(Strictly):
    """What the head and a group of workers have in common."""

    resources: Resources = Field(
        description="What one pod gets: cpu, memory, accelerators. Limits and requests."
    )
    requests: Resources = Field({}, description="Requests that differ from resources; equal when left out.")
    numCpus: Count | None = Field(
        None,
        description="CPUs that Ray schedules by; 0 keeps tasks off this pod. The cpu limit when left out.",
    )
    customResources: dict[CustomResource, Positive] = Field(
        {}, description="Further resources that Ray schedules by; accelerators are there without saying so."
    )
    rayStartParams: dict[ParameterName, ParameterValue] = Field(
        {}, description="More options of `ray start`."
    )
    env: tuple[EnvVar, ...] = Field(
        (), description="Environment variables; they win over those of the cluster."
    )
    nodeSelector: dict[LabelKey, LabelValue] = Field(
        {}, description="Labels of the nodes; with a queue, Kueue adds those of the flavor."
    )
    tolerations: tuple[Toleration, ...] = Field(
        (), description="Tolerations; with a queue, Kueue adds those of the flavor."
    )
    volumes: tuple[PvcMount, ...] = Field((), description="Existing claims mounted into these pods.")
    sharedMemory: Quantity | None = Field(
        None, description="Size of /dev/shm, a part of the memory limit; half of it when left out."
    )


class Head(Group):
    """The head: it runs Ray's control processes, and tasks unless numCpus is 0."""


class Worker(Group):
    """A group of workers that are alike."""

    name: Name = Field(description="Name of the group.")
    replicas: Count = Field(1, description="How many workers.")
    minReplicas: Count | None = Field(None, description="Fewest workers; replicas when left out.")
    maxReplicas: Count | None = Field(None, description="Most workers; replicas when left out.")
    numOfHosts: Positive = Field(1, description="Pods per worker, for accelerators that span hosts.")

    @property
    def fewest(self) -> int:
        """The minReplicas that is written."""
        return self.replicas if self.minReplicas is None else self.minReplicas

    @property
    def most(self) -> int:
        """The maxReplicas that is written."""
        return self.replicas if self.maxReplicas is None else self.maxReplicas


class Autoscaling(Strictly):
    """Ray's own autoscaler, a container beside the head."""

    upscalingMode: Literal["Default", "Conservative", "Aggressive"] = Field(
        "Default", description="Conservative: at most as many new workers at a time as there are."
    )
    idleTimeoutSeconds: Positive = Field(60, description="How long a worker is idle before it is taken away.")
    resources: Resources = Field(
        {"cpu": "500m", "memory": "512Mi"}, description="Requests and limits of the autoscaler container."
    )


class GcsFaultTolerance(Strictly):
    """Keeps the state of the head in a Redis, so that workers outlive a restart of the head."""

    redisAddress: RedisAddress = Field(description="host:port or redis://host:port.")
    passwordSecret: Subdomain | None = Field(None, description="Secret that holds the password of the Redis.")
    passwordKey: LabelValue = Field("password", description="Key in that Secret.")


class RuntimeConfig(Strictly):
    """How Ray sets a runtime environment up."""

    setup_timeout_seconds: Positive = Field(600, description="How long it may take.")
    eager_install: Flag = Field(True, description="Set it up before the first task asks for it.")


class RuntimeEnv(Strictly):
    """What Ray prepares on every node before the job runs; field names are Ray's."""

    working_dir: Text | None = Field(None, description="Folder of the image, or URL of a zip file.")
    py_modules: tuple[Text, ...] = Field((), description="Python modules: URLs of zip files or wheels.")
    excludes: tuple[Text, ...] = Field((), description="Patterns left out of working_dir.")
    pip: tuple[Text, ...] = Field(
        (), description="Packages to install; the cluster must reach the package index."
    )
    uv: tuple[Text, ...] = Field((), description="The same with uv, which the image must hold.")
    env_vars: dict[EnvName, Text] = Field({}, description="Environment variables; never a secret.")
    config: RuntimeConfig | None = Field(None, description="Time-out and order of the set-up.")


class Submitter(Strictly):
    """The pod that hands the job to Ray and follows its log (submissionMode K8sJobMode)."""

    # `ray job submit` and `ray job logs --follow` of Ray 2.52.0 were measured at 91 MiB.
    resources: Resources = Field(
        {"cpu": "500m", "memory": "512Mi"}, description="Requests and limits; they count against the queue."
    )


class Part(Strictly):
    """What RayClusters and RayJobs say about a Ray cluster, apart from image, version and head."""

    name: RayName = Field(
        description="Name; a letter first, and one name for one cluster or job in a namespace."
    )
    namespace: Name = Field(description="Namespace.")
    queue: Name | None = Field(None, description="A queue of kueue.queues in the same namespace.")
    priorityClass: Name | None = Field(
        None, description="One of kueue.priorityClasses: whose turn it is in the queue."
    )
    podPriorityClassName: Subdomain | None = Field(
        None, description="PriorityClass of the pods, for the scheduler."
    )
    workers: tuple[Worker, ...] = Field(
        (), description="Groups of workers; none: the head does all the work."
    )
    autoscaling: Autoscaling | None = Field(None, description="Let Ray change the number of workers.")
    env: tuple[EnvVar, ...] = Field((), description="Environment variables of all pods.")
    volumes: tuple[PvcMount, ...] = Field((), description="Existing claims mounted into all pods.")
    imagePullSecrets: tuple[Subdomain, ...] = Field(
        (), description="Secrets with credentials for the image's registry."
    )
    serviceAccountName: Subdomain | None = Field(
        None, description="An existing ServiceAccount; one without a token is made when left out."
    )
    readOnlyRootFilesystem: Flag = Field(
        True,
        description="Pods write to /tmp, /dev/shm and volumes only, and HOME is /tmp. false: for images whose"
        " own code writes elsewhere.",
    )
    gcsFaultTolerance: GcsFaultTolerance | None = Field(None, description="Keep the head's state in a Redis.")


class RayCluster(Part):
    """A Ray cluster that stays."""

    image: Image = Field(description="Image of all pods, by digest; it holds Ray of rayVersion.")
    rayVersion: RayVersion = Field(description="Ray's version in the image, such as 2.52.0.")
    head: Head = Field(description="The head.")


class RayJob(Part):
    """A program that runs on a Ray cluster of its own or on one of ray.clusters; edited, it runs again."""

    image: Image | None = Field(None, description="Image of the job's own cluster, by digest.")
    rayVersion: RayVersion | None = Field(None, description="Ray's version in the image, such as 2.52.0.")
    head: Head | None = Field(None, description="Head of the job's own cluster.")
    cluster: RayName | None = Field(
        None, description="Name of one of ray.clusters in the same namespace, to run on."
    )
    entrypoint: Entrypoint = Field(description="Command to run; put shell syntax into sh -c '...'.")
    runtimeEnv: RuntimeEnv | Annotated[str, _Lines(65536)] | None = Field(
        None, description="Ray runtime environment: its fields, or its YAML as text."
    )
    submissionMode: Literal["K8sJobMode", "HTTPMode", "SidecarMode"] = Field(
        "K8sJobMode", description="Who submits: a pod, the operator itself, or a container in the head pod."
    )
    submitter: Submitter = Field(
        default_factory=Submitter, description="The pod that submits, with K8sJobMode."
    )
    backoffLimit: Count = Field(
        0, description="How often a failed job is tried again, each time with a new cluster."
    )
    activeDeadlineSeconds: Positive | None = Field(None, description="The job fails when it takes longer.")
    shutdownAfterJobFinishes: Flag = Field(True, description="Remove the job's own cluster when it is done.")
    ttlSecondsAfterFinished: Count | None = Field(
        None, description="How long its own cluster stays after that."
    )
    produces: Name | None = Field(
        None, description="Model that the job writes to /mnt/models, the volume the model is served from."
    )
    run: Name | None = Field(None, description="Any word; another word runs the same job once more.")


class RaySpec(Strictly):
    """Ray on a cluster."""

    clusters: tuple[RayCluster, ...] = Field((), description="RayClusters.")
    jobs: tuple[RayJob, ...] = Field((), description="RayJobs.")


class Shape(NamedTuple):
    """A Ray cluster wherever the section says one: an item of `clusters`, or what a job says of its own."""

    path: SpecPath
    ray: RayCluster
    job: RayJob | None


OWN = ("image", "rayVersion", "head")
"""Fields without which a job has no cluster of its own."""


def own_cluster(job: RayJob) -> RayCluster | None:
    """The cluster that a job brings along; None when it says no complete one."""
    if job.cluster is not None or any(getattr(job, field) is None for field in OWN):
        return None
    return RayCluster.model_construct(**{field: getattr(job, field) for field in RayCluster.model_fields})


def shapes(spec: RaySpec) -> Iterator[Shape]:
    """All Ray clusters of the section."""
    for i, item in enumerate(spec.clusters):
        yield Shape(("ray", "clusters", i), item, None)
    for i, job in enumerate(spec.jobs):
        own = own_cluster(job)
        if own is not None:
            yield Shape(("ray", "jobs", i), own, job)


def groups(shape: Shape) -> Iterator[tuple[SpecPath, Group]]:
    """Head and worker groups of a cluster, with their paths."""
    yield (*shape.path, "head"), shape.ray.head
    for i, worker in enumerate(shape.ray.workers):
        yield (*shape.path, "workers", i), worker


def runtime_env_text(value: RuntimeEnv | str | None) -> str | None:
    """The runtimeEnvYAML of a job: fields as JSON, which is YAML; text as it stands; None without any."""
    if not isinstance(value, RuntimeEnv):
        return value
    said = {key: item for key, item in value.model_dump(mode="json", exclude_none=True).items() if item}
    return json.dumps(said) if said else None


__all__ = [
    "GcsFaultTolerance",
    "Group",
    "Head",
    "RayCluster",
    "RayJob",
    "RaySpec",
    "Worker",
    "groups",
    "shapes",
]
