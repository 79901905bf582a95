"""Objects of the section `training`: for each job a ServiceAccount, its files, and a TrainJob or a PyTorchJob.

All that a TrainJob's pods are stands in a TrainingRuntime of its own: Kueue writes into the TrainJob alone
(podTemplateOverrides or, from 0.18 on, runtimePatches, of which Git says none), and the pods pass the restricted standard,
which those of the platform's ClusterTrainingRuntimes need not. Both are named after the job's content, as RayJobs are: a
job that has run never runs again, and an edit is a new object. `suspend` is never written, it is Kueue's.

Sources: trainer v2.1.0 pkg/apis/trainer/v1alpha1, pkg/runtime/framework/plugins; training-operator v1.9.3
pkg/apis/kubeflow.org/v1; kueue v0.16.6 pkg/controller/jobs/trainjob, kubeflow/jobs/pytorchjob.
"""

from __future__ import annotations

from ...facts.profiles import Profile
from ...objects.manifest import CONTENT_HASH, Manifest, Wave, content_hash, meta
from ...specs.model import ModelSpec
from ..kit.pod_fields import files_map, files_source
from ..models import writing, written
from ..ray import Place, in_place
from .pods import account_name, template
from .spec import TrainingJob

QUEUE = "kueue.x-k8s.io/queue-name"
PRIORITY = "kueue.x-k8s.io/priority-class"
TRAINER = "trainer.kubeflow.org"
ANCESTOR = f"{TRAINER}/trainjob-ancestor-step"
"""Label of the JobSet's part that trains (trainer v2.1.0 pkg/constants/constants.go LabelTrainJobAncestor)."""


def emit(
    job: TrainingJob, profile: Profile, model: ModelSpec | None = None, place: Place = ()
) -> tuple[Manifest, ...]:
    """A job and what it needs, with what its queue would add to its pods; `model` is the one that it produces.

    Kueue 0.18 says it in runtimePatches, which Trainer 2.1 of odh-3.5 does not have: the API server drops them, and pods
    would go to nodes that they were not admitted for (kueue v0.18.4 trainjob_controller.go RunWithPodSetsInfo).
    """
    name = job_name(job, model)
    job = _with_model(in_place(job, place), model)
    made = _train_job(job, name, profile) if job.kind == "TrainJob" else _pytorch_job(job, name, profile)
    files = files_map(job.name, _digest(job, name), job.namespace, job.files)
    return (*_account(job), *files, *made)


def job_name(job: TrainingJob, model: ModelSpec | None = None) -> str:
    """Name of a job's object: another content, or another version of what it produces, is another job.

    One that was suspended is the same, and how the model is published afterwards is nothing to it.
    """
    said = job.model_dump(mode="json", exclude_defaults=True, exclude={"publish", "suspend"})
    more = (written(job, model).version,) if job.produces and model else ()
    return f"{job.name}-{content_hash(said, *more)}"


def _with_model(job: TrainingJob, model: ModelSpec | None) -> TrainingJob:
    """The job with the volume of the model that it writes, and where on it this version goes."""
    if model is None:
        return job
    told, mount = writing(job, model)
    return job.model_copy(update={"volumes": (*job.volumes, mount), "env": (*told, *job.env)})


def _train_job(job: TrainingJob, name: str, profile: Profile) -> tuple[Manifest, ...]:
    runtime = {
        "apiVersion": f"{TRAINER}/v1alpha1",
        "kind": "TrainingRuntime",
        "metadata": meta(name, job.namespace, wave=Wave.RUNTIME, labels={CONTENT_HASH: _digest(job, name)}),
        "spec": {
            "mlPolicy": {"numNodes": job.nodes, "torch": {"numProcPerNode": job.procPerNode or "auto"}},
            "template": {"spec": _job_set(job, name, profile)},
        },
    }
    train_job = {
        "apiVersion": f"{TRAINER}/v1alpha1",
        "kind": "TrainJob",
        "metadata": _metadata(job, name),
        "spec": {
            "runtimeRef": {"apiGroup": TRAINER, "kind": "TrainingRuntime", "name": name},
            # Without it the variables of torchrun are left out (plugins/torch/torch.go EnforceMLPolicy). `auto` is only
            # said in the runtime: Kueue from 0.18 on reads TrainJobs as Trainer 2.2 has them, where this is a number, and
            # a single word in one keeps it from reading any (kueue v0.18.4 go.mod; trainer v2.2.1 trainjob_types.go).
            "trainer": {"numNodes": job.nodes, **_processes(job)},
        },
    }
    return runtime, train_job


def _processes(job: TrainingJob) -> Manifest:
    return {"numProcPerNode": job.procPerNode} if job.procPerNode else {}


def _job_set(job: TrainingJob, name: str, profile: Profile) -> Manifest:
    """The JobSet's spec: one Job whose indexes are the nodes. What the CRD has a default for is written."""
    restarts = {"failurePolicy": {"maxRestarts": job.maxRestarts, "restartStrategy": "Recreate"}}
    deadline = {"activeDeadlineSeconds": job.activeDeadlineSeconds} if job.activeDeadlineSeconds else {}
    return {
        **(restarts if job.maxRestarts else {}),
        "replicatedJobs": [
            {
                "name": "node",
                "groupName": "default",
                "replicas": 1,
                "template": {
                    "metadata": {"labels": {ANCESTOR: "trainer"}},
                    "spec": {
                        # A pod that fails fails its Job, and with it the set, which starts all of them anew.
                        "backoffLimit": 0,
                        **deadline,
                        "template": template(
                            job, profile, files_source(job.name, _digest(job, name), job.files), "Never"
                        ),
                    },
                },
            }
        ],
    }


def _pytorch_job(job: TrainingJob, name: str, profile: Profile) -> tuple[Manifest, ...]:
    pods = template(job, profile, files_source(job.name, _digest(job, name), job.files), None)
    policy = "OnFailure" if job.maxRestarts else "Never"
    replicas = {"Master": 1, **({"Worker": job.nodes - 1} if job.nodes > 1 else {})}
    deadline = {"activeDeadlineSeconds": job.activeDeadlineSeconds} if job.activeDeadlineSeconds else {}
    manifest = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": _metadata(job, name),
        "spec": {
            "runPolicy": {"cleanPodPolicy": "Running", "backoffLimit": job.maxRestarts, **deadline},
            "nprocPerNode": str(job.procPerNode or "auto"),
            "pytorchReplicaSpecs": {
                role: {"replicas": count, "restartPolicy": policy, "template": pods}
                for role, count in replicas.items()
            },
        },
    }
    return (manifest,)


def _digest(job: TrainingJob, name: str) -> str:
    """What of a job's name follows its content."""
    return name.removeprefix(f"{job.name}-")


def _metadata(job: TrainingJob, name: str) -> Manifest:
    queued = {QUEUE: job.queue, PRIORITY: job.priorityClass}
    labels = {**job.labels, **{key: value for key, value in queued.items() if value}}
    labels[CONTENT_HASH] = _digest(job, name)
    return meta(name, job.namespace, wave=Wave.WORKLOAD, labels=labels, annotations=job.annotations)


def _account(job: TrainingJob) -> tuple[Manifest, ...]:
    if job.serviceAccountName:
        return ()
    made = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": meta(account_name(job), job.namespace, wave=Wave.RUNTIME),
        "automountServiceAccountToken": False,
    }
    return (made,)
