"""Objects of the section `ray`: a ServiceAccount and a RayCluster or RayJob for each item.

A finished RayJob never runs again, whatever changes in it: KubeRay leaves objects in state Complete or Failed
alone (kuberay v1.4.2 rayjob_controller.go, case JobDeploymentStatusComplete), and its queue label cannot
change while it runs. People who edit a job expect it to run, so its object is named after its content:
`tune-1a2b3c4d`, with the hash in the label nearedge.io/content-hash. An edit makes a new object, and Argo CD
removes the old one together with its cluster. The hash is that of the spec item, defaults left out: neither a
new nearedge nor another platform profile starts jobs again. It is a plain object and no Argo CD hook; a hook
would run at every sync.

`suspend` is never written: Kueue owns it.
"""

from __future__ import annotations

from ...manifest import CONTENT_HASH, Manifest, Wave, content_hash, meta
from ...profile import Profile
from ...spec import PvcMount
from ..models import claim_name
from .pods import autoscaler_options, elastic, head_group, service_account, submitter_pod, worker_group
from .spec import GcsFaultTolerance, RayCluster, RayJob, own_cluster, runtime_env_text

API_VERSION = "ray.io/v1"
QUEUE = "kueue.x-k8s.io/queue-name"
PRIORITY = "kueue.x-k8s.io/priority-class"
ELASTIC = "kueue.x-k8s.io/elastic-job"
CLUSTER_KEY = "ray.io/cluster"
"""Key of clusterSelector that holds the name of the RayCluster (validation.go RayJobClusterSelectorKey)."""

MODELS_DIR = "/mnt/models"
"""Where a job writes the model that it produces."""


def emit_cluster(ray: RayCluster, profile: Profile) -> tuple[Manifest, ...]:
    """A RayCluster and what it needs."""
    cluster = {
        "apiVersion": API_VERSION,
        "kind": "RayCluster",
        "metadata": meta(
            ray.name, ray.namespace, wave=Wave.WORKLOAD, labels=_labels(ray), annotations=_annotations(ray)
        ),
        "spec": _cluster_spec(ray, profile),
    }
    return (*_service_account(ray), cluster)


def emit_job(job: RayJob, host: RayCluster | None, profile: Profile) -> tuple[Manifest, ...]:
    """A RayJob and what it needs; `host` is the RayCluster it runs on when it brings none of its own."""
    own = own_cluster(job)
    ray = own or host
    assert ray is not None, job.name  # noqa: S101 - RAY009 and RAY010 refuse such a job
    if own is not None and job.produces:
        ray = own = _with_model(own, job.produces)
    target = (
        {"rayClusterSpec": _cluster_spec(own, profile)}
        if own
        else {"clusterSelector": {CLUSTER_KEY: ray.name}}
    )
    manifest = {
        "apiVersion": API_VERSION,
        "kind": "RayJob",
        "metadata": meta(
            job_name(job),
            job.namespace,
            wave=Wave.WORKLOAD,
            labels={**_labels(job), CONTENT_HASH: job_hash(job)},
            annotations=_annotations(own) if own else None,
        ),
        "spec": {**_job_spec(job), **_lifetime(job), **target, **_submitter(job, ray, profile)},
    }
    return (*(_service_account(own) if own else ()), manifest)


def job_hash(job: RayJob) -> str:
    """Changes with what the spec says of a job."""
    return content_hash(job.model_dump(mode="json", exclude_defaults=True))


def job_name(job: RayJob) -> str:
    """Name of a job's object."""
    return f"{job.name}-{job_hash(job)}"


def _labels(item: RayCluster | RayJob) -> dict[str, str]:
    said = {QUEUE: item.queue, PRIORITY: item.priorityClass}
    return {key: value for key, value in said.items() if value}


def _annotations(ray: RayCluster) -> dict[str, str] | None:
    return {ELASTIC: "true"} if elastic(ray) else None


def _service_account(ray: RayCluster) -> tuple[Manifest, ...]:
    if ray.serviceAccountName:
        return ()
    metadata = meta(service_account(ray), ray.namespace, wave=Wave.RUNTIME)
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": False,
    }
    return (account,)


def _with_model(ray: RayCluster, model: str) -> RayCluster:
    mount = PvcMount(claim=claim_name(model), path=MODELS_DIR)
    return ray.model_copy(update={"volumes": (*ray.volumes, mount)})


def _cluster_spec(ray: RayCluster, profile: Profile) -> Manifest:
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
    if options.passwordSecret is None:
        return {"redisAddress": options.redisAddress}
    reference = {"name": options.passwordSecret, "key": options.passwordKey}
    return {"redisAddress": options.redisAddress, "redisPassword": {"valueFrom": {"secretKeyRef": reference}}}


def _job_spec(job: RayJob) -> Manifest:
    environment = runtime_env_text(job.runtimeEnv)
    return {
        "entrypoint": job.entrypoint,
        **({"runtimeEnvYAML": environment} if environment else {}),
        "submissionMode": job.submissionMode,
        "backoffLimit": job.backoffLimit,
        **({"activeDeadlineSeconds": job.activeDeadlineSeconds} if job.activeDeadlineSeconds else {}),
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


def _submitter(job: RayJob, ray: RayCluster, profile: Profile) -> Manifest:
    # The other modes have no such pod, and KubeRay refuses a template for one in SidecarMode.
    if job.submissionMode != "K8sJobMode":
        return {}
    return {"submitterPodTemplate": {"spec": submitter_pod(ray, job.submitter.resources, profile)}}
