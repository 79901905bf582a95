"""The section `ray` of a cluster: RayClusters, RayJobs and RayServices in the words of KubeRay."""

from typing import Annotated, Literal

from pydantic import Field

from ...specs.types import (
    Count,
    Duration,
    EnvVar,
    Flag,
    Image,
    Int32,
    LabelKey,
    Labels,
    LabelValue,
    Line,
    Name,
    Positive,
    PositiveInt32,
    Quantity,
    Resources,
    ServiceName,
    Strictly,
    Subdomain,
    Toleration,
)
from ..kit.metadata import Annotations
from ..kit.pod_fields import Folder, Mount, TopologySpread, WorkingDir, files_of
from ..models import Produced, ProducedVersion, Publish
from .runtime_env import RuntimeEnv, YamlText
from .serve import Amount, ServeConfig

RayName = ServiceName
"""KubeRay makes Services of it (validation.go ValidateRayClusterMetadata)."""
RayVersion = Annotated[
    str, Line(r"^[0-9]+\.[0-9]+\.[0-9]+((rc|\.dev)[0-9]+)?$", 32, form="a release in three parts: 2.52.0")
]
Entrypoint = Annotated[str, Line(longest=8192)]
ParameterName = Annotated[
    str,
    Line(
        r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$",
        64,
        form="an option of `ray start` without its two hyphens: num-cpus",
    ),
]
ParameterValue = Annotated[
    str,
    Line(
        r"^[A-Za-z0-9._:/,=+@-]+$",
        256,
        form="letters, digits and . _ : / , = + @ -, without blanks and quotes",
    ),
]
"""KubeRay puts these into a shell command as they are."""
CustomResource = Annotated[
    str, Line(r"^[A-Za-z_][A-Za-z0-9_.:/-]*$", 128, form="letters, digits and _ . : / -, a letter or _ first")
]
RedisAddress = Annotated[
    str,
    Line(
        r"^((redis|rediss)://)?[A-Za-z0-9][A-Za-z0-9.-]*:[0-9]{1,5}$",
        253,
        form="HOST:PORT or redis://HOST:PORT",
    ),
]
RedisNamespace = Annotated[
    str, Line(r"^[A-Za-z0-9][A-Za-z0-9._:-]*$", 128, form="letters, digits and . _ : -")
]


class PodGroup(Strictly):
    """What the head and a group of workers have in common."""

    resources: Resources = Field(
        description="What one pod gets: cpu, memory, accelerators. Limits and requests."
    )
    requests: Resources = Field({}, description="Requests that differ from resources; equal when left out.")
    numCpus: Count | None = Field(
        None,
        description="CPUs that Ray schedules by; 0 keeps tasks off this pod. The cpu limit when left out.",
    )
    customResources: dict[CustomResource, PositiveInt32] = Field(
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
    volumes: tuple[Mount, ...] = Field(
        (), description="Claims, ConfigMaps, Secrets and empty folders mounted into these pods."
    )
    sharedMemory: Quantity | None = Field(
        None, description="Size of /dev/shm, a part of the memory limit; half of it when left out."
    )


class Head(PodGroup):
    """The head: it runs Ray's control processes, and tasks unless numCpus is 0."""


class WorkerGroup(PodGroup):
    """A group of workers that are alike."""

    name: Name = Field(description="Name of the group.")
    replicas: Count = Field(1, description="How many workers.")
    idleTimeoutSeconds: Int32 | None = Field(
        None,
        description="How long a worker of this group is idle before it is taken away; with autoscaling.version v2, that of the cluster when left out.",
    )
    minReplicas: Count | None = Field(None, description="Fewest workers; replicas when left out.")
    maxReplicas: Count | None = Field(None, description="Most workers; replicas when left out.")
    numOfHosts: Positive = Field(1, description="Pods per worker, for accelerators that span hosts.")
    topologySpreadConstraints: tuple[TopologySpread, ...] = Field(
        (),
        description="How evenly the workers of this group are spread over nodes or zones; not at all when left out.",
    )

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
    version: Literal["v1", "v2"] | None = Field(
        None, description="Ray's autoscaler: v2 from Ray 2.10 on; KubeRay's own default when left out."
    )
    idleTimeoutSeconds: Int32 = Field(60, description="How long a worker is idle before it is taken away.")
    resources: Resources = Field(
        {"cpu": "500m", "memory": "512Mi"}, description="Requests and limits of the autoscaler container."
    )


class GcsFaultTolerance(Strictly):
    """Keeps the state of the head in a Redis, so that workers outlive a restart of the head."""

    redisAddress: RedisAddress = Field(description="host:port or redis://host:port.")
    passwordSecret: Subdomain | None = Field(None, description="Secret that holds the password of the Redis.")
    passwordKey: LabelValue = Field("password", description="Key in that Secret.")
    externalStorageNamespace: RedisNamespace | None = Field(
        None,
        description="Prefix of its keys in that Redis; the RayCluster's uid when left out, so that another cluster of the name begins anew.",
    )


class Submitter(Strictly):
    """The pod that hands the job to Ray and follows its log (submissionMode K8sJobMode)."""

    # `ray job submit` and `ray job logs --follow` of Ray 2.52.0 were measured at 91 MiB.
    resources: Resources = Field(
        {"cpu": "500m", "memory": "512Mi"}, description="Requests and limits; they count against the queue."
    )


class AppWrapper(Strictly):
    """How the controller of AppWrappers looks after what it wraps; its own defaults where nothing is said."""

    warmupGracePeriod: Duration | None = Field(
        None, description="How long pods may take until all are ready, before it starts over; 5m by default."
    )
    failureGracePeriod: Duration | None = Field(
        None, description="How long a failed pod may stay failed, before it starts over; 1m by default."
    )
    retryPausePeriod: Duration | None = Field(
        None, description="Pause before it starts over; 90s by default."
    )
    retryLimit: Int32 | None = Field(None, description="How often it starts over; 3 by default.")
    deletionOnFailureGracePeriod: Duration | None = Field(
        None, description="How long a failed one is left for a look at its pods; not at all by default."
    )


class RayFields(Strictly):
    """What RayClusters, RayJobs and RayServices say about a Ray cluster, apart from image, version and head."""

    name: RayName = Field(
        description="Name; a letter first, and one name for one cluster or job in a namespace."
    )
    namespace: Name = Field(description="Namespace.")
    labels: Labels = Field(
        {}, description="Labels of the object and of its pods; those of controllers are refused."
    )
    annotations: Annotations = Field(
        {}, description="Annotations of the object and of its pods; those of controllers are refused."
    )
    queue: Name | None = Field(
        None, description="Name of the LocalQueue that a queue of kueue.queues has in the same namespace."
    )
    priorityClass: Name | None = Field(
        None, description="One of kueue.priorityClasses: whose turn it is in the queue."
    )
    podPriorityClassName: Subdomain | None = Field(
        None, description="PriorityClass of the pods, for the scheduler."
    )
    workers: tuple[WorkerGroup, ...] = Field(
        (), description="Groups of workers; none: the head does all the work."
    )
    autoscaling: Autoscaling | None = Field(None, description="Let Ray change the number of workers.")
    env: tuple[EnvVar, ...] = Field((), description="Environment variables of all pods.")
    volumes: tuple[Mount, ...] = Field(
        (), description="Claims, ConfigMaps, Secrets and empty folders mounted into all pods."
    )
    trustedCABundle: Flag = Field(
        False,
        description="Mount the certificates that Open Data Hub trusts (ConfigMap odh-trusted-ca-bundle) below /etc/pki/tls/certs and /etc/ssl/certs.",
    )
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


class RayCluster(RayFields):
    """A Ray cluster that stays."""

    image: Image = Field(description="Image of all pods, by digest; it holds Ray of rayVersion.")
    rayVersion: RayVersion = Field(description="Ray's version in the image, such as 2.52.0.")
    head: Head = Field(description="The head.")
    elastic: Flag = Field(
        False,
        description="With a queue: another number of workers changes what runs instead of starting it anew; autoscaling is elastic without saying so.",
    )
    suspend: Flag = Field(
        False,
        description="Keep it in the spec but not on the cluster: its pods and its quota go; without it, it starts anew.",
    )
    appWrapper: AppWrapper | None = Field(
        None, description="Wrap it in an AppWrapper, which is what the queue admits; {} for its defaults."
    )


class RayJob(RayFields):
    """A program that runs on a Ray cluster of its own or on one of ray.clusters; edited, it runs again."""

    image: Image | None = Field(None, description="Image of the job's own cluster, by digest.")
    rayVersion: RayVersion | None = Field(None, description="Ray's version in the image, such as 2.52.0.")
    head: Head | None = Field(None, description="Head of the job's own cluster.")
    cluster: RayName | None = Field(
        None, description="Name of one of ray.clusters in the same namespace, to run on."
    )
    entrypoint: Entrypoint = Field(description="Command to run; put shell syntax into sh -c '...'.")
    entrypointNumCpus: Amount | None = Field(
        None,
        description="CPUs that Ray sets aside for the entrypoint; with any of the three it runs on a pod that has them, else on the head.",
    )
    entrypointNumGpus: Amount | None = Field(None, description="GPUs that Ray sets aside for it.")
    entrypointResources: dict[CustomResource, PositiveInt32] = Field(
        {}, description="Further resources that Ray sets aside for it, such as customResources of a group."
    )
    workingDir: Folder = Field(
        {},
        description="Files of the folder that the entrypoint runs in: path -> text, or the folder of this repository that they lie in, such as jobs/tune; another text runs the job again.",
    )
    runtimeEnv: RuntimeEnv | YamlText | None = Field(
        None, description="Ray runtime environment: its fields, or its YAML as text."
    )
    submissionMode: Literal["K8sJobMode", "HTTPMode", "SidecarMode"] = Field(
        "K8sJobMode", description="Who submits: a pod, the operator itself, or a container in the head pod."
    )
    submitter: Submitter = Field(
        default_factory=Submitter, description="The pod that submits, with K8sJobMode."
    )
    backoffLimit: Int32 = Field(
        0, description="How often a failed job is tried again, each time with a new cluster."
    )
    activeDeadlineSeconds: PositiveInt32 | None = Field(
        None, description="The job fails when it takes longer."
    )
    shutdownAfterJobFinishes: Flag = Field(True, description="Remove the job's own cluster when it is done.")
    ttlSecondsAfterFinished: Int32 | None = Field(
        None, description="How long its own cluster stays after that."
    )
    produces: Produced = None
    version: ProducedVersion = None
    publish: Publish | None = Field(
        None, description="Put that model where its source points; {} with the Model's own credential."
    )
    appWrapper: AppWrapper | None = Field(
        None, description="Wrap it in an AppWrapper, which is what the queue admits; {} for its defaults."
    )
    suspend: Flag = Field(
        False,
        description="Keep it in the spec but not on the cluster: its pods and its quota go; without it, it starts anew.",
    )
    run: Name | None = Field(None, description="Any word; another word runs the same job once more.")

    @property
    def files(self) -> WorkingDir:
        """The files of workingDir."""
        return files_of(self.workingDir)


class RayService(RayFields):
    """Ray Serve applications on a Ray cluster of their own."""

    image: Image = Field(description="Image of all pods, by digest; it holds Ray of rayVersion.")
    rayVersion: RayVersion = Field(description="Ray's version in the image, such as 2.52.0.")
    head: Head = Field(description="The head.")
    serveConfigV2: ServeConfig | YamlText = Field(
        description="The applications: the fields of Ray Serve's configuration, or its YAML as text."
    )
    exposed: Flag = Field(
        False,
        description="Reachable from outside the cluster, by a Route; Ray Serve asks callers for nothing.",
    )
    upgradeStrategy: Literal["NewCluster", "None"] = Field(
        "NewCluster",
        description="What a change of pods does - NewCluster: a second cluster takes over once it serves; None: nothing until the service is made again.",
    )
    excludeHeadPodFromServeSvc: Flag = Field(False, description="Requests go to workers only.")
    rayClusterDeletionDelaySeconds: Int32 | None = Field(
        None, description="How long the old cluster stays after a change; 60 when left out."
    )
    initializingTimeout: Duration | None = Field(
        None, description="When a service that never becomes ready is given up; never when left out."
    )


class RaySpec(Strictly):
    """Ray on a cluster."""

    clusters: tuple[RayCluster, ...] = Field((), description="RayClusters.")
    jobs: tuple[RayJob, ...] = Field((), description="RayJobs.")
    services: tuple[RayService, ...] = Field((), description="RayServices: Ray Serve applications.")


__all__ = [
    "AppWrapper",
    "GcsFaultTolerance",
    "Head",
    "PodGroup",
    "RayCluster",
    "RayJob",
    "RayService",
    "RaySpec",
    "WorkerGroup",
]
