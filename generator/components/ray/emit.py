"""Objects of the section `ray`: a ServiceAccount and a RayCluster or RayJob for each item; `service` has RayServices.

A finished RayJob never runs again, whatever changes in it: KubeRay leaves objects in state Complete or Failed
alone (kuberay v1.4.2 rayjob_controller.go, case JobDeploymentStatusComplete), and its queue label cannot
change while it runs. People who edit a job expect it to run, so its object is named after its content:
`tune-1a2b3c4d`, with the hash in the label nearedge.io/content-hash. An edit makes a new object, and Argo CD
removes the old one together with its cluster. The hash is that of the spec item, defaults left out: neither a
new nearedge nor another platform profile starts jobs again. What a job produces belongs to it: a new version of the
model is a new run. It is a plain object and no Argo CD hook; a hook would run at every sync.

`suspend` is never written: Kueue owns it, and Argo CD is told to leave it alone. What a spec suspends is not on the
cluster at all, in a queue or in none.
"""

from __future__ import annotations

import json
from typing import Any

from ...facts.profiles import Profile
from ...objects.manifest import CONTENT_HASH, Manifest, Wave, content_hash, meta
from ...specs.model import ModelSpec
from ..kit.pod_fields import files_map, files_source
from ..models import writing, written
from .flavor import Place, placed
from .pods import autoscaler_options, elastic, head_group, service_account, submitter_pod, worker_group
from .runtime_env import runtime_env_text, with_files
from .serve import number
from .shapes import own_cluster
from .spec import GcsFaultTolerance, RayCluster, RayJob, RayService
from .wrapper import wrapped

API_VERSION = "ray.io/v1"
QUEUE = "kueue.x-k8s.io/queue-name"
PRIORITY = "kueue.x-k8s.io/priority-class"
ELASTIC = "kueue.x-k8s.io/elastic-job"
CLUSTER_KEY = "ray.io/cluster"
"""Key of clusterSelector that holds the name of the RayCluster (validation.go RayJobClusterSelectorKey)."""


def emit_cluster(ray: RayCluster, profile: Profile, place: Place = ()) -> tuple[Manifest, ...]:
    """A RayCluster and what it needs, with what its queue would add to its pods (flavor.py)."""
    ray = placed(ray, place)
    cluster = {
        "apiVersion": API_VERSION,
        "kind": "RayCluster",
        "metadata": meta(
            ray.name,
            ray.namespace,
            wave=Wave.WORKLOAD,
            labels={**ray.labels, **queue_labels(ray)},
            annotations={**ray.annotations, **(elastic_notes(ray) or {})},
        ),
        "spec": cluster_spec(ray, profile),
    }
    return (*account(ray), wrapped(cluster, ray, profile))


def emit_job(
    job: RayJob, host: RayCluster | None, profile: Profile, model: ModelSpec | None = None, place: Place = ()
) -> tuple[Manifest, ...]:
    """A RayJob and what it needs.

    `host` is the RayCluster it runs on when it brings none of its own, `model` the one that it produces.
    """
    own = own_cluster(job)
    own = own and placed(own, place)
    ray = own or host
    assert ray is not None, job.name  # noqa: S101 - RAY021 and RAY022 refuse such a job
    if own is not None and job.produces and model is not None:
        ray = own = own.model_copy(update=_with_model(job, model))
    target = (
        {"rayClusterSpec": cluster_spec(own, profile)}
        if own
        else {"clusterSelector": {CLUSTER_KEY: ray.name}}
    )
    manifest = {
        "apiVersion": API_VERSION,
        "kind": "RayJob",
        "metadata": meta(
            job_name(job, model),
            job.namespace,
            wave=Wave.WORKLOAD,
            labels={**job.labels, **queue_labels(job), CONTENT_HASH: job_hash(job, model)},
            annotations={**job.annotations, **((elastic_notes(own) if own else None) or {})},
        ),
        "spec": {
            **_job_spec(job),
            **_lifetime(job),
            **target,
            **_submitter(job, ray, profile, job_hash(job, model)),
        },
    }
    files = files_map(job.name, job_hash(job, model), job.namespace, job.files)
    return (*(account(own) if own else ()), *files, wrapped(manifest, job, profile))


def job_hash(job: RayJob, model: ModelSpec | None = None) -> str:
    """Changes with what the spec says of a job, and with the version of the model that it produces.

    How the model is published afterwards is nothing to the job, and a job that was suspended is the same job.
    """
    said = job.model_dump(mode="json", exclude_defaults=True, exclude={"publish", "suspend"})
    return content_hash(said, written(job, model).version) if job.produces and model else content_hash(said)


def job_name(job: RayJob, model: ModelSpec | None = None) -> str:
    """Name of a job's object."""
    return f"{job.name}-{job_hash(job, model)}"


def queue_labels(item: RayCluster | RayJob | RayService) -> dict[str, str]:
    """What Kueue reads: queue, and whose turn it is."""
    said = {QUEUE: item.queue, PRIORITY: item.priorityClass}
    return {key: value for key, value in said.items() if value}


def elastic_notes(ray: RayCluster) -> dict[str, str] | None:
    """What tells Kueue that the size may change while it runs."""
    return {ELASTIC: "true"} if elastic(ray) else None


def account(ray: RayCluster) -> tuple[Manifest, ...]:
    """The ServiceAccount of the pods, unless the spec names one."""
    if ray.serviceAccountName:
        return ()
    metadata = meta(service_account(ray), ray.namespace, wave=Wave.RUNTIME)
    made = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": False,
    }
    return (made,)


def _with_model(job: RayJob, model: ModelSpec) -> dict[str, Any]:
    """Fields of a cluster that writes a model: the model's volume, and where on it this version goes."""
    told, mount = writing(job, model)
    return {"volumes": (*job.volumes, mount), "env": (*told, *job.env)}


def cluster_spec(ray: RayCluster, profile: Profile) -> Manifest:
    """The RayClusterSpec: of a RayCluster itself, of a job or of a service."""
    scaling = (
        {"enableInTreeAutoscaling": True, "autoscalerOptions": autoscaler_options(ray)}
        if ray.autoscaling
        else {}
    )
    redis = {"gcsFaultToleranceOptions": _redis(ray.gcsFaultTolerance)} if ray.gcsFaultTolerance else {}
    workers = [worker_group(ray, worker, profile) for worker in ray.workers]
    return {
        "rayVersion": ray.rayVersion,
        **scaling,
        **redis,
        "headGroupSpec": head_group(ray, profile),
        **({"workerGroupSpecs": workers} if workers else {}),
    }


def _redis(options: GcsFaultTolerance) -> Manifest:
    space = options.externalStorageNamespace
    reference = {"name": options.passwordSecret, "key": options.passwordKey}
    return {
        "redisAddress": options.redisAddress,
        **({"externalStorageNamespace": space} if space else {}),
        **({"redisPassword": {"valueFrom": {"secretKeyRef": reference}}} if options.passwordSecret else {}),
    }


def _job_spec(job: RayJob) -> Manifest:
    environment = runtime_env_text(with_files(job.runtimeEnv, job.files))
    return {
        "entrypoint": job.entrypoint,
        **_set_aside(job),
        **({"runtimeEnvYAML": environment} if environment else {}),
        "submissionMode": job.submissionMode,
        "backoffLimit": job.backoffLimit,
        **({"activeDeadlineSeconds": job.activeDeadlineSeconds} if job.activeDeadlineSeconds else {}),
    }


def _set_aside(job: RayJob) -> Manifest:
    """What Ray sets aside for the entrypoint; the resources are JSON (kuberay v1.4.2 common/job.go GetK8sJobCommand)."""
    amounts = {"entrypointNumCpus": job.entrypointNumCpus, "entrypointNumGpus": job.entrypointNumGpus}
    more = json.dumps(dict(sorted(job.entrypointResources.items())), separators=(",", ":"))
    return {
        **{field: number(amount) for field, amount in amounts.items() if amount is not None},
        **({"entrypointResources": more} if job.entrypointResources else {}),
    }


def _lifetime(job: RayJob) -> Manifest:
    # A cluster that the job does not bring along is not the job's to remove.
    if job.cluster is not None:
        return {}
    ttl = (
        {}
        if job.ttlSecondsAfterFinished is None
        else {"ttlSecondsAfterFinished": job.ttlSecondsAfterFinished}
    )
    return {"shutdownAfterJobFinishes": job.shutdownAfterJobFinishes, **ttl}


def _submitter(job: RayJob, ray: RayCluster, profile: Profile, digest: str) -> Manifest:
    # The other modes have no such pod, and KubeRay refuses a template for one in SidecarMode.
    if job.submissionMode != "K8sJobMode":
        return {}
    files = files_source(job.name, digest, job.files)
    return {"submitterPodTemplate": {"spec": submitter_pod(ray, job.submitter.resources, profile, files)}}
