"""Pod templates of a Ray cluster: head, workers, and what the autoscaler and the submitter need.

KubeRay completes them: it adds the `ray start` command, probes, the init container that waits for the head,
and RAY_* variables. What it copies from the Ray container (image, security, mounts) is why all of it stands
there.

Ray writes below /tmp (sessions, logs, spilled objects, runtime environments) and /dev/shm (the object store)
and nowhere else: head, dashboard, job submission and tasks of Ray 2.52.0 were run on a read-only root with
just these two writable. What a job's own code writes is its image's business, hence readOnlyRootFilesystem in
the spec.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...facts.profiles import Profile
from ...objects.manifest import Manifest
from ...specs.quantity import binary, parse
from ...specs.types import EnvVar, Resources
from ..kit import pod
from ..kit.metadata import marks
from ..kit.pod_fields import WORKING_DIR, mounted, spread
from ..kit.runtime import security
from .accelerators import start_params
from .spec import Head, PodGroup, RayCluster, WorkerGroup

TMP_MOUNT: Manifest = {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108 - the path inside the container
SHM_MOUNT: Manifest = {"name": "shm", "mountPath": "/dev/shm"}  # noqa: S108
MOUNTED = (str(TMP_MOUNT["mountPath"]), str(SHM_MOUNT["mountPath"]))
"""Paths that every Ray container has already."""

PORTS = (("gcs-server", 6379), ("dashboard", 8265), ("client", 10001))
"""Names that KubeRay looks for when it makes the head's Service (controllers/ray/utils/constant.go)."""

EVERYWHERE = "0.0.0.0"  # noqa: S104 - of the pod; network policies say who reaches it

NO_USAGE_STATS = EnvVar(name="RAY_USAGE_STATS_ENABLED", value="0")
"""Ray reports to its makers otherwise; an edge cluster mostly cannot reach them."""

FILES = "working-dir"
"""Volume of a job's files."""

HOME = EnvVar(name="HOME", value="/tmp")  # noqa: S108
"""Where libraries put their caches when the root is read-only."""

ELASTIC_GATE = "kueue.x-k8s.io/elastic-job"
"""Scheduling gate of an elastic job's pods (kueue v0.19.2 apis/kueue/v1beta2/constants.go)."""


def head_group(ray: RayCluster, profile: Profile) -> Manifest:
    """The headGroupSpec of a cluster."""
    head = ray.head
    params = {"dashboard-host": EVERYWHERE, **start_params(head), **_sorted(head.rayStartParams)}
    return {
        "serviceType": "ClusterIP",
        "enableIngress": False,
        "rayStartParams": params,
        "template": {**_marks(ray), "spec": _pod(ray, head, profile)},
    }


def worker_group(ray: RayCluster, worker: WorkerGroup, profile: Profile) -> Manifest:
    """One entry of workerGroupSpecs.

    Every field that the CRD has a default for is written: the list is atomic, so a default that the API
    server adds is a lasting difference for Argo CD (priority, of KubeRay 1.7.0 alone, is not compared). The three replica fields also keep Kueue and KubeRay in
    agreement: Kueue counts `replicas` as it stands, KubeRay clamps it into [minReplicas, maxReplicas].
    """
    return {
        "groupName": worker.name,
        "replicas": worker.replicas,
        "minReplicas": worker.fewest,
        "maxReplicas": worker.most,
        "numOfHosts": worker.numOfHosts,
        **({} if worker.idleTimeoutSeconds is None else {"idleTimeoutSeconds": worker.idleTimeoutSeconds}),
        "rayStartParams": {**start_params(worker), **_sorted(worker.rayStartParams)},
        "template": {**_marks(ray), "spec": _pod(ray, worker, profile, _spread(worker))},
    }


def submitter_pod(
    ray: RayCluster, resources: Resources, profile: Profile, files: Manifest | None = None
) -> Manifest:
    """Spec of the pod that submits a job: beside the head's nodes, in the head's image, with the job's files.

    KubeRay gives its first container the command when there is none. Ray takes the files from there into the cluster.
    """
    mount = {"name": FILES, "mountPath": WORKING_DIR, "readOnly": True}
    return {
        **_identity(ray),
        "automountServiceAccountToken": False,
        "securityContext": security(profile),
        **_scheduling(ray, ray.head),
        "restartPolicy": "Never",
        "containers": [
            {
                "name": "ray-job-submitter",
                "image": ray.image,
                "imagePullPolicy": "IfNotPresent",
                "env": pod.env(_fixed_env(ray)),
                "resources": pod.resources(resources),
                "securityContext": _container_security(ray),
                "volumeMounts": [TMP_MOUNT, *([mount] if files else [])],
            }
        ],
        "volumes": [
            {"name": "tmp", "emptyDir": {}},
            *([{"name": FILES, "configMap": files}] if files else []),
        ],
    }


def autoscaler_options(ray: RayCluster) -> Manifest:
    """autoscalerOptions; empty without autoscaling."""
    if ray.autoscaling is None:
        return {}
    return {
        **({"version": ray.autoscaling.version} if ray.autoscaling.version else {}),
        "upscalingMode": ray.autoscaling.upscalingMode,
        "idleTimeoutSeconds": ray.autoscaling.idleTimeoutSeconds,
        "imagePullPolicy": "IfNotPresent",
        "env": pod.env(_fixed_env(ray)),
        "resources": pod.resources(ray.autoscaling.resources),
        "securityContext": _container_security(ray),
        "volumeMounts": [TMP_MOUNT],
    }


def service_account(ray: RayCluster) -> str:
    """The ServiceAccount of a cluster's pods. Never the cluster's own name: that is the one KubeRay makes."""
    return ray.serviceAccountName or f"ray-{ray.name}"


def elastic(ray: RayCluster) -> bool:
    """Whether Kueue must let the cluster change its size while it runs."""
    return ray.queue is not None and (ray.autoscaling is not None or bool(ray.elastic))


def _marks(ray: RayCluster) -> Manifest:
    """Metadata of pods; KubeRay adds its own labels (kuberay v1.6.2 controllers/ray/common/pod.go labelPod)."""
    found = marks(ray.labels, ray.annotations)
    return {"metadata": found} if found else {}


def _spread(worker: WorkerGroup) -> Manifest:
    """How the workers of a group are spread, those of one cluster: KubeRay makes its name where a job or a service has it."""
    selector = {"matchLabels": {"ray.io/group": worker.name, "ray.io/node-type": "worker"}}
    said = spread(worker.topologySpreadConstraints, selector)
    listed = [{**item, "matchLabelKeys": ["ray.io/cluster"]} for item in said]
    return {"topologySpreadConstraints": listed} if listed else {}


def _pod(ray: RayCluster, group: PodGroup, profile: Profile, placing: Manifest | None = None) -> Manifest:
    is_head = isinstance(group, Head)
    volumes, mounts = mounted((*ray.volumes, *group.volumes))
    if ray.trustedCABundle:
        volumes, mounts = [*volumes, pod.TRUSTED], [*mounts, *pod.TRUSTED_MOUNTS]
    gate = {"schedulingGates": [{"name": ELASTIC_GATE}]} if elastic(ray) else {}
    return {
        **(_head_identity(ray) if is_head else _identity(ray)),
        "automountServiceAccountToken": is_head and _asks_api_server(ray, profile),
        "securityContext": security(profile),
        **_scheduling(ray, group),
        **(placing or {}),
        **gate,
        "containers": [_container(ray, group, mounts)],
        "volumes": [{"name": "tmp", "emptyDir": {}}, _shared_memory(group), *volumes],
    }


def _asks_api_server(ray: RayCluster, profile: Profile) -> bool:
    """Whether a container beside the head needs a token: the autoscaler, or the proxy that the platform puts there.

    KubeRay gives the pod an account of its own for the proxy, and leaves this field as it is; without a token the proxy
    exits, and the cluster never becomes ready (kuberay, profile field headProxy).
    """
    return ray.autoscaling is not None or profile.kuberay.headProxy is not None


def _container(ray: RayCluster, group: PodGroup, mounts: list[Manifest]) -> Manifest:
    is_head = isinstance(group, Head)
    ports = [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in PORTS]
    return {
        "name": "ray-head" if is_head else "ray-worker",
        "image": ray.image,
        "imagePullPolicy": "IfNotPresent",
        **({"ports": ports} if is_head else {}),
        "env": _env(ray, group),
        "resources": pod.resources(group.resources, group.requests),
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/sh", "-c", "ray stop"]}}},
        "securityContext": _container_security(ray),
        "volumeMounts": [TMP_MOUNT, SHM_MOUNT, *mounts],
    }


def _identity(ray: RayCluster) -> Manifest:
    secrets = [{"name": name} for name in ray.imagePullSecrets]
    return {"serviceAccountName": service_account(ray), **({"imagePullSecrets": secrets} if secrets else {})}


def _head_identity(ray: RayCluster) -> Manifest:
    """Identity of the head, which talks to the API server when there is autoscaling.

    Unless the spec names an account, KubeRay makes one with the rights that takes, named after the cluster,
    and puts it into the head (kuberay v1.4.2 raycluster_controller.go reconcileAutoscalerServiceAccount); one
    that the spec names gets those rights.
    """
    own = _identity(ray)
    if ray.autoscaling is not None and ray.serviceAccountName is None:
        del own["serviceAccountName"]
    return own


def _scheduling(ray: RayCluster, group: PodGroup) -> Manifest:
    tolerations = pod.tolerations(group.tolerations)
    return {
        **({"priorityClassName": ray.podPriorityClassName} if ray.podPriorityClassName else {}),
        **({"nodeSelector": _sorted(group.nodeSelector)} if group.nodeSelector else {}),
        **({"tolerations": tolerations} if tolerations else {}),
    }


def _env(ray: RayCluster, group: PodGroup) -> list[Manifest]:
    """What nearedge sets, the cluster's, the group's: of one name the last wins."""
    listed = (*_fixed_env(ray), *ray.env, *group.env)
    return pod.env({item.name: item for item in listed}.values())


def _fixed_env(ray: RayCluster) -> tuple[EnvVar, ...]:
    return (NO_USAGE_STATS, HOME) if ray.readOnlyRootFilesystem else (NO_USAGE_STATS,)


def _container_security(ray: RayCluster) -> Manifest:
    return pod.container_security(read_only_root=ray.readOnlyRootFilesystem)


def shared_memory(group: PodGroup) -> str | None:
    """Size of /dev/shm, a part of the memory limit that what lies there counts against; None without a limit.

    Every cluster has one (RAY010), but what groups give alone may leave it to their clusters.

    Ray's object store takes 30 % of the memory (ray_constants.py DEFAULT_OBJECT_STORE_MEMORY_PROPORTION); the
    rest is for the processes of data loaders and NCCL.
    """
    if group.sharedMemory is None and "memory" in group.resources:
        return binary(parse(group.resources["memory"]) / 2)
    return group.sharedMemory


def _shared_memory(group: PodGroup) -> Manifest:
    size = shared_memory(group)
    return {"name": "shm", "emptyDir": {"medium": "Memory", **({"sizeLimit": size} if size else {})}}


def _sorted(values: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(values.items()))
