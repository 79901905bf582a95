"""Rules for RayJobs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ....documents import files as load
from ....documents.near import meant
from ....findings.finding import Severity
from ....findings.rule import Problem, rule
from ...kit.component import Cluster
from ..emit import job_name
from ..runtime_env import RuntimeEnv
from ..shapes import OWN, own_cluster
from ..spec import RayJob
from ..units import RAY, find

VALIDATION = "kuberay v1.4.2 ray-operator/controllers/ray/utils/validation.go"
KUEUE_JOB = "kueue v0.16.6 pkg/controller/jobs/rayjob"

BROUGHT = (*OWN, "workers", "autoscaling", "gcsFaultTolerance", "env", "volumes", "trustedCABundle")
"""Fields that describe a cluster of the job's own."""

SHELL = frozenset(";&|<>()`$")
"""Characters that mean something to the submitter's shell outside of quotes."""


def _jobs(cluster: Cluster) -> Iterator[tuple[int, RayJob]]:
    return iter(enumerate(cluster.part(RAY).jobs))


@rule("RAY020", covers=("RJ-1",), source=f"{VALIDATION} ValidateRayJobMetadata")
def job_names_are_short(cluster: Cluster) -> Iterator[Problem]:
    """The name of a job leaves room for the hash of its content and for what KubeRay appends.

    KubeRay refuses a longer name in its operator: the job never starts.
    """
    limit = cluster.profile.kuberay.jobNameLimit
    for i, job in _jobs(cluster):
        name = job_name(job)
        if len(name) > limit:
            said = f"{name} has {len(name)} characters, a RayJob can have {limit}"
            yield Problem(("ray", "jobs", i, "name"), said, f"shorten {job.name} to {limit - 9} characters")


@rule("RAY021", covers=("RJ-3",), source=f"{VALIDATION} ValidateRayJobSpec")
def job_has_one_cluster(cluster: Cluster) -> Iterator[Problem]:
    """A job brings a cluster of its own (image, rayVersion, head) or names one with `cluster`, not both.

    KubeRay refuses a job with neither; with both it would ignore the cluster that the job describes.
    """
    for i, job in _jobs(cluster):
        path = ("ray", "jobs", i)
        if job.cluster is not None:
            told = [field for field in BROUGHT if getattr(job, field)]
            if told:
                own = ", ".join(told)
                said = f"{job.name} runs on cluster {job.cluster} and describes one of its own: {own}"
                yield Problem((*path, told[0]), said, "drop these fields, or cluster")
        elif own_cluster(job) is None:
            missing = [field for field in OWN if getattr(job, field) is None]
            said = f"{job.name} has no cluster: {', '.join(missing)} missing"
            hint = "say image, rayVersion and head, or name one of ray.clusters with cluster"
            yield Problem(path, said, hint)


@rule(
    "RAY022",
    source="kuberay v1.4.2 ray-operator/controllers/ray/rayjob_controller.go getOrCreateRayClusterInstance",
)
def named_cluster_exists(cluster: Cluster) -> Iterator[Problem]:
    """`cluster` names one of ray.clusters in the same namespace.

    The job waits for a cluster that never comes.
    """
    clusters = cluster.part(RAY).clusters
    for i, job in _jobs(cluster):
        if job.cluster is None or find(clusters, job.namespace, job.cluster) is not None:
            continue
        there = [item.name for item in clusters if item.namespace == job.namespace]
        elsewhere = [item.namespace for item in clusters if item.name == job.cluster]
        hint = meant(job.cluster, there, f"clusters there: {', '.join(there) or 'none'}")
        if elsewhere:
            hint = f"it is in namespace {elsewhere[0]}, and a job runs in the namespace of its cluster"
        said = f"no cluster {job.cluster} in namespace {job.namespace}"
        other = ("ray", "jobs", i, "namespace")
        yield Problem(("ray", "jobs", i, "cluster"), said, hint, (other,))


@rule("RAY023", covers=("RJ-10",), source=f"{KUEUE_JOB}/rayjob_controller.go Skip")
def no_queue_on_a_cluster_that_is_there(cluster: Cluster) -> Iterator[Problem]:
    """A job that runs on one of ray.clusters has no queue of its own.

    Kueue leaves such a job alone without a word: it would look queued and not be.
    """
    for i, job in _jobs(cluster):
        if job.cluster is not None and job.queue is not None:
            said = f"Kueue ignores queue {job.queue} of a job on cluster {job.cluster}"
            yield Problem(("ray", "jobs", i, "queue"), said, f"put the queue on cluster {job.cluster}")


@rule(
    "RAY024",
    covers=("RJ-5",),
    source="kuberay v1.6.2 ray-operator/controllers/ray/utils/validation.go ValidateRayJobSpec",
)
def job_on_a_cluster_that_is_there(cluster: Cluster) -> Iterator[Problem]:
    """A job that runs on one of ray.clusters is not tried again and has no container in its head.

    KubeRay refuses the job in its operator; before 1.5 a retry would have removed the cluster.
    """
    for i, job in _jobs(cluster):
        if job.cluster is None:
            continue
        if job.submissionMode == "SidecarMode":
            said = f"SidecarMode needs a cluster of the job's own, {job.name} runs on {job.cluster}"
            yield Problem(("ray", "jobs", i, "submissionMode"), said, "use K8sJobMode or HTTPMode")
        if job.backoffLimit:
            tries = f"backoffLimit {job.backoffLimit} makes a new cluster for each try"
            said = f"{tries}, {job.name} runs on {job.cluster}"
            yield Problem(("ray", "jobs", i, "backoffLimit"), said, "leave it out")


@rule(
    "RAY025",
    covers=("RJ-2", "RJ-4", "RJ-10"),
    source=f"{VALIDATION} ValidateRayJobSpec; {KUEUE_JOB}/rayjob_webhook.go",
)
def job_gives_its_cluster_back(cluster: Cluster) -> Iterator[Problem]:
    """A queued job removes its cluster when it is done; a time to live is for clusters that are removed.

    Kueue denies a job that would keep its quota for ever. KubeRay refuses a time to live without removal.
    """
    for i, job in _jobs(cluster):
        path = ("ray", "jobs", i)
        if job.queue and not job.shutdownAfterJobFinishes:
            said = f"{job.name} is in queue {job.queue} and would keep its cluster"
            yield Problem((*path, "shutdownAfterJobFinishes"), said, "leave it out: true is the default")
        kept = job.cluster is not None or not job.shutdownAfterJobFinishes
        if job.ttlSecondsAfterFinished and kept:
            why = f"it runs on {job.cluster}" if job.cluster else "shutdownAfterJobFinishes is false"
            said = f"ttlSecondsAfterFinished removes the job's own cluster, but {why}"
            yield Problem((*path, "ttlSecondsAfterFinished"), said, "leave it out")


@rule(
    "RAY026", source="kuberay v1.6.2 ray-operator/controllers/ray/common/job.go GetDefaultSubmitterContainer"
)
def submission_mode_works(cluster: Cluster) -> Iterator[Problem]:
    """SidecarMode is used only where KubeRay knows it and its container passes the namespace's pod security.

    KubeRay 1.4 takes the word and never submits the job. Later ones add a container without securityContext,
    with which the namespace refuses the head pod unless OpenShift fills it in.
    """
    kuberay = cluster.profile.kuberay
    if kuberay.sidecarMode:
        return
    for i, job in _jobs(cluster):
        if job.submissionMode == "SidecarMode":
            said = f"SidecarMode does not work on {cluster.profile.name} (KubeRay {kuberay.version})"
            yield Problem(("ray", "jobs", i, "submissionMode"), said, "use K8sJobMode or HTTPMode")


@rule("RAY027")
def produced_model_has_its_volume(cluster: Cluster) -> Iterator[Problem]:
    """`produces` names a Model, and the job has a cluster of its own.

    The volume is made for Models only, and mounted into pods that the job brings along; anywhere else it
    would write into a folder that goes away with the pod.
    """
    for i, job in _jobs(cluster):
        path = ("ray", "jobs", i, "produces")
        if job.produces is None:
            continue
        if job.produces not in cluster.models:
            hint = meant(job.produces, sorted(cluster.models), f"add clusters/models/{job.produces}.yaml")
            yield Problem(path, f"there is no model {job.produces}", hint)
        if job.cluster is not None:
            said = f"{job.name} runs on {job.cluster}, which does not mount the volume of {job.produces}"
            yield Problem(path, said, "give the job a cluster of its own: image, rayVersion and head")


@rule("RAY028", covers=("RJ-7",), source=f"{VALIDATION} UnmarshalRuntimeEnvYAML; ray runtime_env.py")
def runtime_env_parses(cluster: Cluster) -> Iterator[Problem]:
    """A runtimeEnv given as text is a YAML mapping; pip and uv are not used together.

    KubeRay refuses the job when the text does not parse; Ray fails it when both installers are named.
    """
    for i, job in _jobs(cluster):
        path = ("ray", "jobs", i, "runtimeEnv")
        if isinstance(job.runtimeEnv, RuntimeEnv):
            if job.runtimeEnv.pip and job.runtimeEnv.uv:
                yield Problem(
                    (*path, "uv"), "Ray takes pip or uv, not both", "put all packages into one of them"
                )
        elif job.runtimeEnv is not None:
            data, faults = load.read_text(job.runtimeEnv)
            if faults:
                yield Problem(
                    path, f"the text is no YAML: {faults[0].message}", "write its fields instead of text"
                )
            elif not isinstance(data, dict):
                yield Problem(path, "the text is no YAML mapping", "such as {pip: [pandas==2.3.1]}")


@rule("RAY029", source="kuberay v1.4.2 ray-operator/controllers/ray/common/job.go GetK8sJobCommand")
def entrypoint_is_one_command(cluster: Cluster) -> Iterator[Problem]:
    """The entrypoint is one command: shell syntax stands in quotes, as in sh -c 'cd /app && python train.py'.

    KubeRay pastes it into a shell script of the submitter: what follows && or ; would run in the submitter's
    small pod instead of Ray, and a quote that does not end breaks the script.
    """
    for i, job in _jobs(cluster):
        if job.submissionMode == "HTTPMode":
            continue
        path = ("ray", "jobs", i, "entrypoint")
        try:
            bare = _unquoted(job.entrypoint)
        except ValueError:
            yield Problem(path, "a quote or backslash in the entrypoint does not end", "close it")
            continue
        met = sorted(SHELL & set(bare))
        if met:
            said = f"{' '.join(met)} in the entrypoint would be read by the submitter's shell, not by Ray"
            yield Problem(path, said, "write sh -c '...' around it")


def _unquoted(command: str) -> str:
    """What of a command stands outside of quotes, or in double quotes where $ and ` keep their meaning."""
    shlex.split(command)
    bare, quote, skip = "", "", False
    for sign in command:
        if skip:
            skip = False
        elif sign == "\\" and quote != "'":
            skip = True
        elif sign in "'\"" and quote in {"", sign}:
            quote = "" if quote else sign
        elif not quote or (quote == '"' and sign in "$`"):
            bare += sign
    return bare


@rule(
    "RAY030",
    Severity.WARNING,
    source="kuberay v1.4.2 ray-operator/controllers/ray/common/job.go GetK8sJobCommand",
)
def runtime_env_has_no_shell(cluster: Cluster) -> Iterator[Problem]:
    """With K8sJobMode a runtimeEnv holds no $ and no `.

    KubeRay puts it into a shell script in double quotes: the submitter's shell replaces $NAME by its own
    variable.
    """
    for i, job in _jobs(cluster):
        if job.submissionMode == "K8sJobMode" and job.runtimeEnv is not None:
            text = job.runtimeEnv if isinstance(job.runtimeEnv, str) else job.runtimeEnv.model_dump_json()
            met = [sign for sign in "$`" if sign in text]
            if met:
                said = f"{' and '.join(met)} in runtimeEnv would be replaced by the submitter's shell"
                yield Problem(
                    ("ray", "jobs", i, "runtimeEnv"), said, "use HTTPMode, or set it inside the program"
                )
