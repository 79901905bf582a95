"""Rules about the pods of training jobs: resources, mounts, variables, tolerations."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings.rule import Problem, rule
from ..kit.component import Cluster
from ..kit.pod import (
    BUNDLE,
    TRUSTED_MOUNTS,
    too_large_in_memory,
    wrong_mounts,
    wrong_resources,
    wrong_variables,
)
from ..kit.pod_fields import MOST, WORKING_DIR
from ..kit.tolerations import malformed
from ..models import MODELS_DIR
from .checks import items
from .pods import MOUNTED, shared_memory
from .spec import TrainingJob

VALIDATION = "kubernetes v1.33 pkg/apis/core/validation/validation.go"

RESERVED = frozenset(
    {
        "MASTER_ADDR",
        "MASTER_PORT",
        "PET_MASTER_ADDR",
        "PET_MASTER_PORT",
        "PET_NNODES",
        "PET_NODE_RANK",
        "PET_NPROC_PER_NODE",
        "RANK",
        "WORLD_SIZE",
    }
)
"""Variables that the controllers set (trainer v2.1.0 pkg/constants TorchRunReservedEnvNames; training-operator v1.9.3
pkg/controller.v1/pytorch/envvar.go)."""


@rule("TRAIN013", source=f"{VALIDATION} ValidateResourceRequirements")
def resources_are_complete(cluster: Cluster) -> Iterator[Problem]:
    """A job says cpu and memory, its requests are at most the limits, and /dev/shm is less than the memory.

    Kueue takes its numbers from here, and torchrun how many processes it starts. A pod with other amounts is refused when
    it is made.
    """
    for path, job in items(cluster):
        yield from wrong_resources(path, job.resources, job.requests, job.sharedMemory)


@rule("TRAIN014", source=f"{VALIDATION} validateVolumeSource, ValidateVolumeMounts, ValidateConfigMap")
def mounts_hold(cluster: Cluster) -> Iterator[Problem]:
    """Each volume is one thing at a path of its own, folders in memory fit, and files and certificates are there.

    The API server refuses the pods, a folder that grows kills them, or what they look for is not there.
    """
    for path, job in items(cluster):
        yield from wrong_mounts((*path, "volumes"), job.volumes, _taken(job))
        limit = job.resources.get("memory")
        yield from too_large_in_memory((*path, "volumes"), job.volumes, limit, shared_memory(job))
        if job.trustedCABundle and cluster.profile.family != "odh":
            said = f"nothing on {cluster.profile.name} makes the ConfigMap {BUNDLE}"
            yield Problem((*path, "trustedCABundle"), said, "mount a ConfigMap of certificates with volumes")
        size = sum(len(name.encode()) + len(text.encode()) for name, text in job.files.items())
        if size > MOST:
            said = f"the files of {job.name} have {size} bytes, a ConfigMap takes {MOST}"
            yield Problem((*path, "workingDir"), said, "put what is large into the image or on a volume")
        for name in job.files:
            if any(other.startswith(f"{name}/") for other in job.files):
                yield Problem(
                    (*path, "workingDir", name), f"{name} is a file, and a folder of others", "rename one"
                )


def _taken(job: TrainingJob) -> set[str]:
    """Paths at which pods have something already."""
    taken = set(MOUNTED)
    taken |= {WORKING_DIR} if job.files else set()
    taken |= {MODELS_DIR} if job.produces else set()
    return taken | ({str(one["mountPath"]) for one in TRUSTED_MOUNTS} if job.trustedCABundle else set())


@rule("TRAIN015", source=f"{VALIDATION} ValidateEnv, ValidateEnvFrom; trainer v2.1.0 plugins/torch/torch.go")
def variables_are_clear(cluster: Cluster) -> Iterator[Problem]:
    """A variable has one source, is said once, and is not one by which torchrun finds the other pods.

    The controllers set those; the webhook of Trainer refuses the job, and of two values one counts.
    """
    for path, job in items(cluster):
        yield from wrong_variables(path, job.env, job.envFrom, RESERVED)


@rule("TRAIN017", source=f"{VALIDATION} ValidateTolerations")
def tolerations_are_well_formed(cluster: Cluster) -> Iterator[Problem]:
    """A toleration without key has operator Exists, and one with operator Exists has no value.

    The API server refuses the pods, and their controller tries again for ever.
    """
    for path, job in items(cluster):
        yield from malformed((*path, "tolerations"), job.tolerations)
