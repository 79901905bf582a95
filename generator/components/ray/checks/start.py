"""Rules for the options of `ray start`, held against those that Ray has, and for the autoscaler's version."""

from __future__ import annotations

from collections.abc import Iterator

from ....facts.flags import Known, nearest_release
from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ....specs.quantity import parse
from ...kit.arguments import close, wrong_value
from ...kit.component import Cluster
from ..pods import shared_memory
from ..shapes import Shape, groups, shapes
from ..spec import PodGroup
from ..units import RAY
from .pod import OURS

KUBERAY = "kuberay v1.6.2 ray-operator/controllers/ray/common/pod.go convertParamMap"
SERVICES = "ray 2.52 python/ray/_private/services.py determine_plasma_store_config"
VALIDATION = "kuberay v1.6.2 ray-operator/controllers/ray/utils/validation.go"

BOTH = frozenset({"log-color", "include-dashboard"})
"""Options that KubeRay gives their true or false; of all others a true is the option alone, and a false nothing."""


def _started(cluster: Cluster) -> Iterator[tuple[Shape, Path, PodGroup, Known]]:
    for shape in shapes(cluster.part(RAY)):
        known = nearest_release("ray", shape.ray.rayVersion)
        yield from ((shape, path, group, known) for path, group in groups(shape))


def _options(path: Path, group: PodGroup, known: Known) -> Iterator[Problem]:
    for name, value in group.rayStartParams.items():
        at = (*path, "rayStartParams", name)
        told = "" if known.exact else " as the nearest known release"
        if name in OURS:
            continue
        if name not in known.flags:
            near = close(name, known.flags)
            hint = (
                f"did you mean {near}?"
                if near
                else "drop it: `ray start` ends at an option that it does not know"
            )
            yield Problem(at, f"`ray start` of Ray {known.version}{told} has no option {name}", hint)
        elif why := _wrong(name, value, known):
            yield Problem(at, f"{name} {why} (Ray {known.version}{told})")


def _wrong(name: str, value: str, known: Known) -> str | None:
    flag, said = known.flags[name], value.lower() in {"true", "false"}
    if flag.kind == "flag":
        return None if said else f"is true or false, {value} is given"
    if said and name not in BOTH:
        return f"needs a value: of {value} KubeRay makes the option alone, or leaves it out"
    return wrong_value(value, flag)


@rule("RAY034", source=f"ray python/ray/scripts/scripts.py start; {KUBERAY}; data/flags")
def start_options_exist(cluster: Cluster) -> Iterator[Problem]:
    """rayStartParams are options that `ray start` has in rayVersion, with values that they take.

    The container ends as soon as it starts, and starts again for ever: KubeRay looks at none of it.
    """
    for _, path, group, known in _started(cluster):
        if known.exact:
            yield from _options(path, group, known)


@rule("RAY035", Severity.WARNING, source=f"ray python/ray/scripts/scripts.py start; {KUBERAY}; data/flags")
def start_options_probably_exist(cluster: Cluster) -> Iterator[Problem]:
    """The same where rayVersion is one whose options are not known here: the nearest one that is counts."""
    for _, path, group, known in _started(cluster):
        if not known.exact:
            yield from _options(path, group, known)


STORE = "object-store-memory"
SMALLEST = 75 * 2**20
"""OBJECT_STORE_MINIMUM_MEMORY_BYTES (ray python/ray/_private/ray_constants.py)."""
SLOW = 10**10
"""REQUIRE_SHM_SIZE_THRESHOLD: a larger store outside of /dev/shm is refused."""
SLOW_ALLOWED = "RAY_OBJECT_STORE_ALLOW_SLOW_STORAGE"


def _stores(cluster: Cluster) -> Iterator[tuple[Path, int, PodGroup, bool]]:
    """Groups that say how large their object store is, in bytes; whether it may lie outside of /dev/shm."""
    for shape, path, group, _ in _started(cluster):
        said = group.rayStartParams.get(STORE, "")
        if said.isdecimal() and "memory" in group.resources:
            slow = any(entry.name == SLOW_ALLOWED for entry in (*shape.ray.env, *group.env))
            elsewhere = slow or "plasma-directory" in group.rayStartParams
            yield (*path, "rayStartParams", STORE), int(said), group, elsewhere


def gib(size: int) -> str:
    """Bytes as the next whole Gi."""
    return f"{-(-size // 2**30)}Gi"


@rule("RAY036", source=SERVICES)
def object_store_fits(cluster: Cluster) -> Iterator[Problem]:
    """The object-store-memory of a pod is at least 75 MiB, less than the memory of the pod, and has room in /dev/shm.

    What lies in the store counts against the memory of the pod. Ray does not start with less, nor with more than 10 GB
    that /dev/shm has no room for.
    """
    for at, size, group, elsewhere in _stores(cluster):
        memory, room = parse(group.resources["memory"]), parse(shared_memory(group))
        if size < SMALLEST:
            said = f"{STORE} is {size} bytes, Ray takes {SMALLEST} (75 MiB) or more"
            yield Problem(at, said, "leave it out: Ray takes 30 % of the memory")
        elif size >= memory:
            said = f"{STORE} {size} bytes is not less than the memory {group.resources['memory']} of the pod"
            yield Problem(at, said, "leave it out, or raise memory and sharedMemory")
        elif size > room and size > SLOW and not elsewhere:
            said = f"{STORE} {size} bytes is more than sharedMemory {shared_memory(group)}"
            yield Problem(at, said, f"sharedMemory: {gib(size)} or more", ((*at[:-2], "sharedMemory"),))


@rule("RAY037", Severity.WARNING, source=SERVICES)
def object_store_is_fast(cluster: Cluster) -> Iterator[Problem]:
    """An object store of up to 10 GB has room in /dev/shm as well.

    Ray puts it onto the disk below /tmp otherwise, and says so in a log that nobody reads: every object is written
    to disk.
    """
    for at, size, group, elsewhere in _stores(cluster):
        room = parse(shared_memory(group))
        fits = size <= room or size > SLOW or size >= parse(group.resources["memory"])
        if not fits and not elsewhere and size >= SMALLEST:
            said = (
                f"{STORE} {size} bytes is more than sharedMemory {shared_memory(group)}: it would lie on disk"
            )
            yield Problem(at, said, f"sharedMemory: {gib(size)} or more", ((*at[:-2], "sharedMemory"),))


AUTOSCALER = "RAY_enable_autoscaler_v2"


@rule(
    "RAY038", covers=("RC-8",), source=f"{VALIDATION} ValidateRayClusterSpec, validateWorkerGroupIdleTimeout"
)
def autoscaler_has_one_version(cluster: Cluster) -> Iterator[Problem]:
    """The autoscaler's version is said once, by autoscaling.version; what only v2 reads is said with v2.

    RAY_enable_autoscaler_v2 in the head's environment says the same. KubeRay refuses a cluster with both, with the
    variable and no autoscaling, and with idleTimeoutSeconds of a group and v1.
    """
    for shape in shapes(cluster.part(RAY)):
        scaling, told = shape.ray.autoscaling, False
        heads = ((shape.path, shape.ray.env), ((*shape.path, "head"), shape.ray.head.env))
        for path, variables in heads:
            for i, entry in enumerate(variables):
                if entry.name != AUTOSCALER:
                    continue
                on = entry.value in {"1", "true"}
                told |= on
                if scaling is None and on:
                    said = f"{AUTOSCALER} is set, and {shape.ray.name} has no autoscaling"
                    yield Problem((*path, "env", i), said, "autoscaling: {version: v2}, without the variable")
                elif scaling and scaling.version:
                    said = f"{AUTOSCALER} says again what autoscaling.version {scaling.version} says"
                    yield Problem((*path, "env", i), said, "drop the variable")
        second = told or bool(scaling and scaling.version == "v2")
        for i, worker in enumerate(shape.ray.workers):
            if worker.idleTimeoutSeconds is not None and not (scaling and second):
                said = f"idleTimeoutSeconds of group {worker.name} is for autoscaler v2, which {shape.ray.name} does not have"
                hint = "autoscaling: {version: v2}, or say autoscaling.idleTimeoutSeconds for all groups"
                yield Problem((*shape.path, "workers", i, "idleTimeoutSeconds"), said, hint)
