"""The pod template of a training job: one container, as restricted as every other pod of ours."""

from __future__ import annotations

from ...facts.profiles import Profile
from ...objects.manifest import Manifest
from ...specs.quantity import binary, parse
from ...specs.types import EnvVar
from ..kit import pod, pod_fields
from ..kit.metadata import marks
from ..kit.runtime import security
from .spec import TrainingJob

TMP: Manifest = {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108 - the path inside the container
SHM: Manifest = {"name": "shm", "mountPath": "/dev/shm"}  # noqa: S108
MOUNTED = ("/tmp", "/dev/shm")  # noqa: S108
"""Paths that every container has already."""
HOME = EnvVar(name="HOME", value="/tmp")  # noqa: S108
"""Where libraries put their caches when the root is read-only."""
FILES = "working-dir"

MARK = "nearedge.io/training"
"""Label of the pods, by which network policies let those of jobs reach each other; its value is the job's name."""

CONTAINER = {"TrainJob": "node", "PyTorchJob": "pytorch"}
"""What the controllers look for (trainer v2.1.0 pkg/webhooks/trainingruntime_webhook.go; training-operator v1.9.3
pkg/apis/kubeflow.org/v1/pytorch_types.go)."""

PORT: Manifest = {"name": "pytorchjob-port", "containerPort": 23456, "protocol": "TCP"}
"""Where the first pod of a PyTorchJob waits for the others; without it the operator adds it (pytorch_defaults.go)."""


def template(job: TrainingJob, profile: Profile, files: Manifest | None, restart: str | None) -> Manifest:
    """Metadata and spec of the pods; `files` is the ConfigMap volume of workingDir, `restart` the pod's restartPolicy."""
    volumes, mounts = pod_fields.mounted(job.volumes)
    if job.trustedCABundle:
        volumes, mounts = [*volumes, pod.TRUSTED], [*mounts, *pod.TRUSTED_MOUNTS]
    if files:
        volumes = [*volumes, {"name": FILES, "configMap": files}]
        mounts = [*mounts, {"name": FILES, "mountPath": pod_fields.WORKING_DIR, "readOnly": True}]
    secrets = [{"name": name} for name in job.imagePullSecrets]
    tolerations = pod.tolerations(job.tolerations)
    return {
        "metadata": marks({**job.labels, MARK: job.name}, job.annotations),
        "spec": {
            "serviceAccountName": account_name(job),
            **({"imagePullSecrets": secrets} if secrets else {}),
            "automountServiceAccountToken": False,
            "securityContext": security(profile),
            **({"priorityClassName": job.podPriorityClassName} if job.podPriorityClassName else {}),
            **({"nodeSelector": dict(sorted(job.nodeSelector.items()))} if job.nodeSelector else {}),
            **({"tolerations": tolerations} if tolerations else {}),
            **({"restartPolicy": restart} if restart else {}),
            "containers": [_container(job, mounts)],
            "volumes": [{"name": "tmp", "emptyDir": {}}, _shared(job), *volumes],
        },
    }


def account_name(job: TrainingJob) -> str:
    """The ServiceAccount of a job's pods."""
    return job.serviceAccountName or f"training-{job.name}"


def shared_memory(job: TrainingJob) -> str | None:
    """Size of /dev/shm, a part of the memory limit; None without a limit, which TRAIN013 refuses."""
    if job.sharedMemory is None and "memory" in job.resources:
        return binary(parse(job.resources["memory"]) / 2)
    return job.sharedMemory


def _container(job: TrainingJob, mounts: list[Manifest]) -> Manifest:
    fixed = (HOME,) if job.readOnlyRootFilesystem else ()
    variables = {item.name: item for item in (*fixed, *job.env)}
    return {
        "name": CONTAINER[job.kind],
        "image": job.image,
        "imagePullPolicy": "IfNotPresent",
        **({"command": list(job.command)} if job.command else {}),
        **({"args": list(job.args)} if job.args else {}),
        **({"workingDir": pod_fields.WORKING_DIR} if job.files else {}),
        **({"ports": [PORT]} if job.kind == "PyTorchJob" else {}),
        **({"env": pod.env(variables.values())} if variables else {}),
        **({"envFrom": pod_fields.env_from(job.envFrom)} if job.envFrom else {}),
        "resources": pod.resources(job.resources, job.requests),
        "securityContext": pod.container_security(read_only_root=job.readOnlyRootFilesystem),
        "volumeMounts": [TMP, SHM, *mounts],
    }


def _shared(job: TrainingJob) -> Manifest:
    size = shared_memory(job)
    return {"name": "shm", "emptyDir": {"medium": "Memory", **({"sizeLimit": size} if size else {})}}
