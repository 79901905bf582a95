"""The section `training` of a cluster: jobs on several nodes, in the words of Kubeflow."""

from typing import Literal

from pydantic import Field

from ...specs.types import (
    Argument,
    EnvVar,
    Flag,
    Image,
    Int32,
    LabelKey,
    Labels,
    LabelValue,
    Name,
    PositiveInt32,
    Quantity,
    Resources,
    ServiceName,
    Strictly,
    Subdomain,
    Text,
    Toleration,
)
from ..kit.metadata import Annotations
from ..kit.pod_fields import EnvFrom, Folder, Mount, WorkingDir, files_of
from ..models import Produced, ProducedVersion, Publish

JobName = ServiceName
"""Services and Jobs are named after it (training-operator v1.9.3 pkg/webhooks/pytorch)."""


class TrainingJob(Strictly):
    """A program that runs on several nodes at once, started as torchrun wants it; edited, it runs again."""

    name: JobName = Field(description="Name; one name for one job in a namespace.")
    namespace: Name = Field(description="Namespace.")
    kind: Literal["TrainJob", "PyTorchJob"] = Field(
        "TrainJob", description="TrainJob: Kubeflow Trainer v2; PyTorchJob: Training Operator v1."
    )
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
    image: Image = Field(description="Image of all pods, by digest.")
    command: tuple[Text, ...] = Field(
        (), description="Program to run, such as [torchrun, train.py]; the image's own when left out."
    )
    args: tuple[Argument, ...] = Field((), description="Its arguments.")
    nodes: PositiveInt32 = Field(1, description="How many pods train together.")
    procPerNode: PositiveInt32 | None = Field(
        None,
        description="Processes that torchrun starts in each pod; one for each GPU, else for each CPU, when left out.",
    )
    resources: Resources = Field(
        description="What one pod gets: cpu, memory, accelerators. Limits and requests."
    )
    requests: Resources = Field({}, description="Requests that differ from resources; equal when left out.")
    env: tuple[EnvVar, ...] = Field((), description="Environment variables of all pods.")
    envFrom: tuple[EnvFrom, ...] = Field(
        (), description="Variables of all keys of ConfigMaps and Secrets; those of env win."
    )
    volumes: tuple[Mount, ...] = Field(
        (), description="Claims, ConfigMaps, Secrets and empty folders mounted into all pods."
    )
    workingDir: Folder = Field(
        {},
        description="Files of the folder that the program runs in: path -> text, or the folder of this repository that they lie in, such as jobs/tune; another text runs the job again.",
    )
    trustedCABundle: Flag = Field(
        False,
        description="Mount the certificates that Open Data Hub trusts (ConfigMap odh-trusted-ca-bundle) below /etc/pki/tls/certs and /etc/ssl/certs.",
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
    serviceAccountName: Subdomain | None = Field(
        None, description="An existing ServiceAccount; one without a token is made when left out."
    )
    readOnlyRootFilesystem: Flag = Field(
        True,
        description="Pods write to /tmp, /dev/shm and volumes only, and HOME is /tmp. false: for images whose own code writes elsewhere.",
    )
    maxRestarts: Int32 = Field(0, description="How often all pods are started anew when one fails.")
    activeDeadlineSeconds: PositiveInt32 | None = Field(
        None, description="The job fails when it takes longer."
    )
    suspend: Flag = Field(
        False,
        description="Keep it in the spec but not on the cluster: its pods and its quota go; without it, it starts anew.",
    )
    run: Name | None = Field(None, description="Any word; another word runs the same job once more.")
    produces: Produced = None
    version: ProducedVersion = None
    publish: Publish | None = Field(
        None, description="Put the model where its source points, once the job has written it."
    )

    @property
    def files(self) -> WorkingDir:
        """The files of workingDir."""
        return files_of(self.workingDir)


class TrainingSpec(Strictly):
    """Jobs of Kubeflow on a cluster."""

    jobs: tuple[TrainingJob, ...] = Field((), description="Jobs that train on several nodes.")
