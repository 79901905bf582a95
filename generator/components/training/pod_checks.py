"""Rules about the pods of training jobs: resources, mounts, variables, tolerations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...findings.finding import Path
from ...findings.rule import Problem, rule
from ...specs.quantity import parse
from ..kit.component import Cluster
from ..kit.pod import BUNDLE, TRUSTED_MOUNTS, over_memory, said_once
from ..kit.pod_fields import MOST, WORKING_DIR, Mount
from ..kit.tolerations import malformed
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
        missing = [name for name in ("cpu", "memory") if parse(job.resources.get(name, "0")) == 0]
        if missing:
            said = f"{' and '.join(missing)} missing"
            yield Problem((*path, "resources"), said, 'such as {cpu: "4", memory: 16Gi}')
        for name, amount in job.requests.items():
            limit = job.resources.get(name)
            if "/" in name and amount != limit:
                said = f"request {amount} of {name}, limit {limit or 'none'}: they must be equal"
                yield Problem((*path, "requests", name), said, "say it in resources only")
            elif limit is not None and parse(amount) > parse(limit):
                said = f"request {amount} of {name} is more than the limit {limit}"
                yield Problem((*path, "requests", name), said, f"ask for at most {limit}")
        if wrong := over_memory(job.sharedMemory, job.resources):
            yield Problem((*path, "sharedMemory"), wrong, "a half is usual")


@rule("TRAIN014", source=f"{VALIDATION} validateVolumeSource, ValidateVolumeMounts, ValidateConfigMap")
def mounts_hold(cluster: Cluster) -> Iterator[Problem]:
    """Each volume is one thing at a path of its own, folders in memory fit, and files and certificates are there.

    The API server refuses the pods, a folder that grows kills them, or what they look for is not there.
    """
    for path, job in items(cluster):
        yield from _volumes((*path, "volumes"), job)
        yield from _in_memory(path, job)
        if job.trustedCABundle and cluster.profile.family != "odh":
            said = f"nothing on {cluster.profile.name} makes the ConfigMap {BUNDLE}"
            yield Problem((*path, "trustedCABundle"), said, "mount a ConfigMap of certificates with volumes")
        size = sum(len(name.encode()) + len(text.encode()) for name, text in job.workingDir.items())
        if size > MOST:
            said = f"the files of {job.name} have {size} bytes, a ConfigMap takes {MOST}"
            yield Problem((*path, "workingDir"), said, "put what is large into the image or on a volume")
        for name in job.workingDir:
            if any(other.startswith(f"{name}/") for other in job.workingDir):
                yield Problem(
                    (*path, "workingDir", name), f"{name} is a file, and a folder of others", "rename one"
                )


def _volumes(path: Path, job: TrainingJob) -> Iterator[Problem]:
    taken = set(MOUNTED)
    taken |= {WORKING_DIR} if job.workingDir else set()
    taken |= {str(one["mountPath"]) for one in TRUSTED_MOUNTS} if job.trustedCABundle else set()
    for i, mount in enumerate(job.volumes):
        if said := _wrong(mount):
            yield Problem((*path, i), said, "say one of claim, configMap, secret, emptyDir")
        plain = mount.path.rstrip("/")
        met = next((other for other in sorted(taken) if other == plain or other.startswith(f"{plain}/")), "")
        if met:
            said = f"{mount.path} would be mounted where {met} is already"
            yield Problem((*path, i, "path"), said, "choose another path")
        taken.add(plain)


def _wrong(mount: Mount) -> str:
    told = mount.sources
    if len(told) != 1:
        return f"{mount.path} is {' and '.join(told) or 'nothing'}"
    if mount.key and told[0] not in {"configMap", "secret"}:
        return f"{told[0]} of {mount.path} has no keys"
    return f"the empty folder {mount.path} is readOnly" if mount.readOnly and told[0] == "emptyDir" else ""


def _in_memory(path: Path, job: TrainingJob) -> Iterator[Problem]:
    memory, total = job.resources.get("memory"), parse(shared_memory(job) or "0")
    for i, mount in enumerate(job.volumes):
        if mount.emptyDir is None or mount.emptyDir.medium is None:
            continue
        total += parse(mount.emptyDir.sizeLimit or "0")
        at = (*path, "volumes", i, "emptyDir")
        if mount.emptyDir.sizeLimit is None:
            yield Problem(at, f"{mount.path} in memory may grow to all memory of its pod", "say sizeLimit")
        elif memory and total >= parse(memory):
            said = f"{mount.path} in memory and /dev/shm are not less than the memory limit {memory}"
            yield Problem(at, said, "make them smaller, or leave medium out")


@rule("TRAIN015", source=f"{VALIDATION} ValidateEnv, ValidateEnvFrom; trainer v2.1.0 plugins/torch/torch.go")
def variables_are_clear(cluster: Cluster) -> Iterator[Problem]:
    """A variable has one source, is said once, and is not one by which torchrun finds the other pods.

    The controllers set those; the webhook of Trainer refuses the job, and of two values one counts.
    """
    for path, job in items(cluster):
        count = Counter(item.name for item in job.env)
        for i, item in enumerate(job.env):
            at = (*path, "env", i)
            if item.name in RESERVED:
                yield Problem((*at, "name"), f"{item.name} is set by the controller", "leave it out")
            if count[item.name] > 1:
                yield Problem((*at, "name"), f"{item.name} is said {count[item.name]} times", "keep one")
            if not said_once(item):
                said = f"{item.name} has not one of value, secret and configMap"
                yield Problem(at, said, "say one of them")
        for i, source in enumerate(job.envFrom):
            if (source.configMap is None) == (source.secret is None):
                yield Problem(
                    (*path, "envFrom", i), "it is not one of configMap and secret", "say one of them"
                )


@rule("TRAIN017", source=f"{VALIDATION} ValidateTolerations")
def tolerations_are_well_formed(cluster: Cluster) -> Iterator[Problem]:
    """A toleration without key has operator Exists, and one with operator Exists has no value.

    The API server refuses the pods, and their controller tries again for ever.
    """
    for path, job in items(cluster):
        yield from malformed((*path, "tolerations"), job.tolerations)
