"""Rules for the entrypoints of RayJobs: where they run, with which files, and whether they run at all."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ....findings.finding import Path
from ....findings.rule import Problem, rule
from ....specs.quantity import parse
from ...kit.component import Cluster
from ...kit.pod_fields import MOST
from ..runtime_env import RuntimeEnv
from ..shapes import own_cluster
from ..spec import RayJob
from ..units import RAY, find
from .room import lacking, pods_of, text

SUBMIT = "kuberay v1.4.2 ray-operator/controllers/ray/common/job.go GetK8sJobCommand"


def _asked(job: RayJob) -> dict[str, Fraction]:
    said = {"num_cpus": job.entrypointNumCpus, "num_gpus": job.entrypointNumGpus}
    amounts = {name: parse(amount) for name, amount in said.items() if amount is not None}
    return {**amounts, **{name: Fraction(count) for name, count in job.entrypointResources.items()}}


@rule("RAY077", source=f"{SUBMIT}; ray python/ray/dashboard/modules/job/job_manager.py")
def entrypoints_have_a_pod(cluster: Cluster) -> Iterator[Problem]:
    """Some pod of its cluster has what a job's entrypoint asks for, all of it.

    Ray waits for such a pod, and the job is PENDING for ever.
    """
    for i, job in enumerate(cluster.part(RAY).jobs):
        ray = own_cluster(job) or find(cluster.part(RAY).clusters, job.namespace, job.cluster)
        asks = _asked(job)
        if ray is None or not asks:
            continue
        there = pods_of(ray)
        short = min((lacking(asks, group.has) for group in there if group.number), key=len)
        if short:
            amounts = " and ".join(f"{text(name, asks[name])} {name}" for name in short)
            said = f"the entrypoint of {job.name} asks for {amounts}, no pod of its cluster has that"
            fields = {"num_cpus": "entrypointNumCpus", "num_gpus": "entrypointNumGpus"}
            path: Path = ("ray", "jobs", i, fields.get(short[0], "entrypointResources"))
            yield Problem(path, said, "ask for less, or give a group more")


@rule("RAY081", source="ray 2.52 python/ray/_private/runtime_env/working_dir.py upload_working_dir_if_needed")
def files_reach_the_cluster(cluster: Cluster) -> Iterator[Problem]:
    """Files of workingDir are 1 MiB at most, come with a pod that submits (K8sJobMode), and are the only working directory.

    They lie in a ConfigMap that this pod mounts and hands to Ray. Nobody hands them on otherwise, and of two working
    directories one counts.
    """
    for i, job in enumerate(cluster.part(RAY).jobs):
        path: Path = ("ray", "jobs", i)
        if not job.files:
            continue
        if job.submissionMode != "K8sJobMode":
            said = f"nobody hands the files of {job.name} to Ray with {job.submissionMode}"
            yield Problem((*path, "submissionMode"), said, "leave it out: K8sJobMode is the default")
        if isinstance(job.runtimeEnv, str):
            said = "workingDir is not part of a runtimeEnv that is given as text"
            yield Problem((*path, "runtimeEnv"), said, "write its fields instead of text")
        elif isinstance(job.runtimeEnv, RuntimeEnv) and job.runtimeEnv.working_dir is not None:
            said = f"{job.name} has files in workingDir, and working_dir {job.runtimeEnv.working_dir}"
            yield Problem((*path, "runtimeEnv", "working_dir"), said, "keep one of them")
        size = sum(len(name.encode()) + len(content.encode()) for name, content in job.files.items())
        if size > MOST:
            said = f"the files of {job.name} have {size} bytes, a ConfigMap takes {MOST}"
            hint = "put an archive where the cluster reaches it: runtimeEnv: {working_dir: https://.../train.zip}"
            yield Problem((*path, "workingDir"), said, hint)
        for name in job.files:
            if any(other.startswith(f"{name}/") for other in job.files):
                yield Problem(
                    (*path, "workingDir", name), f"{name} is a file, and a folder of others", "rename one"
                )


@rule("RAY082")
def hosts_are_not_suspended(cluster: Cluster) -> Iterator[Problem]:
    """A job that runs on one of ray.clusters is suspended where that one is.

    The job would wait for a cluster that is not there.
    """
    for i, job in enumerate(cluster.part(RAY).jobs):
        host = find(cluster.part(RAY).clusters, job.namespace, job.cluster)
        if host is not None and host.suspend and not job.suspend:
            said = f"{job.name} runs on {host.name}, which is suspended"
            at: Path = ("ray", "jobs", i, "cluster")
            yield Problem(at, said, "suspend the job as well, or let the cluster run")
