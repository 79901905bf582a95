"""Rules for the pods of Ray clusters, those of jobs included: resources, options, environment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ....specs.quantity import parse
from ....specs.types import EnvVar
from ...kit.component import Cluster
from ...kit.pod import over_memory, said_once
from ...kit.tolerations import malformed
from ..shapes import Shape, groups, shapes
from ..units import RAY

VALIDATION = "kuberay v1.4.2 ray-operator/controllers/ray/utils/validation.go"

HEAD_MEMORY = "2Gi"
"""Least memory of a head: its own processes, and room for the programs of a job."""

OURS = frozenset(
    {
        "address",
        "block",
        "dashboard-host",
        "dashboard-port",
        "head",
        "labels",
        "no-monitor",
        "node-ip-address",
        "num-cpus",
        "num-gpus",
        "port",
        "ray-client-server-port",
        "redis-password",
        "redis-username",
        "resources",
    }
)
"""Options of `ray start` that nearedge or KubeRay writes, or that other fields stand for."""

KUBERAY_ENV = frozenset(
    {
        "FQ_RAY_IP",
        "KUBERAY_GEN_AUTOSCALER_START_CMD",
        "KUBERAY_GEN_RAY_START_CMD",
        "RAY_ADDRESS",
        "RAY_CLUSTER_NAME",
        "RAY_IP",
        "RAY_PORT",
        "RAY_REDIS_ADDRESS",
        "REDIS_PASSWORD",
        "REDIS_USERNAME",
    }
)
"""Variables that are KubeRay's to set."""


@rule("RAY010", source="k8s.io/kubernetes pkg/apis/core/validation ValidateResourceRequirements")
def resources_are_complete(cluster: Cluster) -> Iterator[Problem]:
    """A group says cpu and memory, and its requests are at most the limits.

    Ray and Kueue take their numbers from here. A pod with other amounts is refused when it is made.
    """
    for shape in shapes(cluster.part(RAY)):
        for path, group in groups(shape):
            missing = [name for name in ("cpu", "memory") if parse(group.resources.get(name, "0")) == 0]
            if missing:
                yield Problem(
                    (*path, "resources"),
                    f"{' and '.join(missing)} missing",
                    'such as {cpu: "4", memory: 16Gi}',
                )
            yield from _amounts(path, group.resources, group.requests)


def _amounts(path: Path, limits: dict[str, str], requests: dict[str, str]) -> Iterator[Problem]:
    for name, amount in requests.items():
        at = (*path, "requests", name)
        limit = limits.get(name)
        if "/" in name and amount != limit:
            said = f"request {amount} of {name}, limit {limit or 'none'}: they must be equal"
            yield Problem(at, said, "say it in resources only")
        elif limit is not None and parse(amount) > parse(limit):
            yield Problem(
                at, f"request {amount} of {name} is more than the limit {limit}", f"ask for at most {limit}"
            )


@rule("RAY011", Severity.WARNING)
def head_has_memory(cluster: Cluster) -> Iterator[Problem]:
    """A head has at least 2Gi of memory.

    Its control processes alone take 0.9Gi (measured, Ray 2.52.0, idle); with less than 2Gi it is killed for
    memory once jobs start.
    """
    for shape in shapes(cluster.part(RAY)):
        memory = shape.ray.head.resources.get("memory")
        if memory and parse(memory) < parse(HEAD_MEMORY):
            said = (
                f"the head of {shape.ray.name} has {memory} of memory, {HEAD_MEMORY} is the least that holds"
            )
            yield Problem((*shape.path, "head", "resources", "memory"), said, "give it more")


WORKER_MEMORY = "512Mi"
"""Least memory of a worker: its own processes, and one for tasks."""


@rule("RAY072", Severity.WARNING)
def workers_have_memory(cluster: Cluster) -> Iterator[Problem]:
    """A worker has at least 512Mi of memory.

    Its own processes (raylet, agents, log monitor) take 308 MB (measured, Ray 2.52.0, idle), and each process for tasks
    about 80 MB before it does anything.
    """
    for shape in shapes(cluster.part(RAY)):
        for i, worker in enumerate(shape.ray.workers):
            memory = worker.resources.get("memory")
            if memory and parse(memory) < parse(WORKER_MEMORY):
                said = f"workers of group {worker.name} have {memory} of memory, {WORKER_MEMORY} is the least that holds"
                yield Problem((*shape.path, "workers", i, "resources", "memory"), said, "give them more")


@rule("RAY017", Severity.WARNING)
def some_pod_runs_tasks(cluster: Cluster) -> Iterator[Problem]:
    """A cluster whose head has numCpus 0 has workers.

    Tasks and actors ask for a CPU each; where no pod has one they wait for ever.
    """
    for shape in shapes(cluster.part(RAY)):
        if shape.ray.head.numCpus == 0 and not any(worker.most for worker in shape.ray.workers):
            said = f"{shape.ray.name} has no workers, and its head takes no tasks"
            yield Problem((*shape.path, "head", "numCpus"), said, "leave numCpus out, or add workers")


@rule("RAY012")
def shared_memory_fits(cluster: Cluster) -> Iterator[Problem]:
    """The sharedMemory of a group is less than its memory.

    What lies in /dev/shm counts against the memory limit: filling it would kill the pod.
    """
    for shape in shapes(cluster.part(RAY)):
        for path, group in groups(shape):
            said = over_memory(group.sharedMemory, group.resources)
            if said:
                yield Problem((*path, "sharedMemory"), said, "a half is usual")


@rule(
    "RAY013",
    covers=("RC-4", "RC-5", "RC-9"),
    source=f"{VALIDATION} ValidateRayClusterSpec, validateRayGroupLabels",
)
def start_params_are_free(cluster: Cluster) -> Iterator[Problem]:
    """No option in rayStartParams is one that nearedge or KubeRay sets itself.

    KubeRay refuses some of them in its operator; the others would take Ray off the ports and addresses that
    its Service, probes and network policies know.
    """
    for shape in shapes(cluster.part(RAY)):
        for path, group in groups(shape):
            for name in sorted(OURS & group.rayStartParams.keys()):
                hint = {"num-cpus": "use numCpus", "resources": "use customResources"}.get(
                    name, "leave it out"
                )
                yield Problem((*path, "rayStartParams", name), f"{name} is not for the spec to set", hint)


def _environments(shape: Shape) -> Iterator[tuple[Path, tuple[EnvVar, ...]]]:
    yield (*shape.path, "env"), shape.ray.env
    for path, group in groups(shape):
        yield (*path, "env"), group.env


@rule("RAY014", covers=("RC-8", "RC-9", "RC-13", "RC-16"), source=f"{VALIDATION} ValidateRayClusterSpec")
def environment_is_clear(cluster: Cluster) -> Iterator[Problem]:
    """A variable has a value, a Secret or a ConfigMap, is said once, and is not one that KubeRay sets.

    KubeRay refuses a cluster with some of them (RAY_REDIS_ADDRESS, REDIS_PASSWORD), and overrides others.
    """
    for shape in shapes(cluster.part(RAY)):
        for path, variables in _environments(shape):
            count = Counter(item.name for item in variables)
            for i, item in enumerate(variables):
                if item.name in KUBERAY_ENV:
                    yield Problem((*path, i, "name"), f"{item.name} is set by KubeRay", "leave it out")
                if count[item.name] > 1:
                    yield Problem(
                        (*path, i, "name"), f"{item.name} is said {count[item.name]} times", "keep one"
                    )
                if not said_once(item):
                    told = [key for key in ("value", "secret", "configMap") if getattr(item, key) is not None]
                    lack = f"both {' and '.join(told)}" if told else "neither value nor secret"
                    yield Problem((*path, i), f"{item.name} has {lack}", "say one of them")


@rule("RAY016", source="k8s.io/kubernetes pkg/apis/core/validation ValidateTolerations")
def tolerations_are_well_formed(cluster: Cluster) -> Iterator[Problem]:
    """A toleration without key has operator Exists, and one with operator Exists has no value.

    The API server refuses the pods, and KubeRay tries again for ever.
    """
    for shape in shapes(cluster.part(RAY)):
        for path, group in groups(shape):
            yield from malformed((*path, "tolerations"), group.tolerations)


@rule("RAY018", source="kuberay ray-operator/controllers/ray/common/pod.go BuildAutoscalerContainer; job.go")
def helpers_are_sized(cluster: Cluster) -> Iterator[Problem]:
    """The autoscaler and the submitter say cpu and memory.

    A container without them is refused where a ResourceQuota counts them, is the first to be evicted elsewhere,
    and Kueue does not count it.
    """
    for path, resources in _helpers(cluster):
        missing = [name for name in ("cpu", "memory") if parse(resources.get(name, "0")) == 0]
        if missing:
            yield Problem(path, f"{' and '.join(missing)} missing", "such as {cpu: 500m, memory: 512Mi}")


def _helpers(cluster: Cluster) -> Iterator[tuple[Path, dict[str, str]]]:
    for shape in shapes(cluster.part(RAY)):
        if shape.ray.autoscaling:
            yield (*shape.path, "autoscaling", "resources"), shape.ray.autoscaling.resources
    for i, job in enumerate(cluster.part(RAY).jobs):
        if job.submissionMode == "K8sJobMode":
            yield ("ray", "jobs", i, "submitter", "resources"), job.submitter.resources
