"""Rules for RayClusters and RayJobs inside AppWrappers."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ...kit.component import Cluster
from ...kit.runtime import seconds
from ..shapes import own_cluster
from ..spec import RayCluster, RayJob
from ..units import RAY, find

WEBHOOK = "appwrapper v1.2.0 internal/webhook/appwrapper_webhook.go"
HASH = 9
"""Characters that the hash of the content adds to a name: a dash and eight digits."""
DAY = 24 * 3600
"""Longest time that an annotation can say, in seconds (appwrapper pkg/config/config.go GracePeriodMaximum)."""


def _wrapped(cluster: Cluster) -> Iterator[tuple[Path, RayCluster | RayJob]]:
    spec = cluster.part(RAY)
    yield from ((("ray", "clusters", i), item) for i, item in enumerate(spec.clusters) if item.appWrapper)
    yield from ((("ray", "jobs", i), job) for i, job in enumerate(spec.jobs) if job.appWrapper)


@rule("RAY060", source="opendatahub-operator v3.5.0 api/datasciencecluster/v2: no codeflare component")
def platform_has_appwrappers(cluster: Cluster) -> Iterator[Problem]:
    """Only platforms that have AppWrappers are asked for one.

    Elsewhere there is no such kind: Argo CD cannot apply the object.
    """
    if cluster.profile.appWrapper is None:
        for path, item in _wrapped(cluster):
            said = f"{cluster.profile.name} has no AppWrapper, {item.name} asks for one"
            yield Problem((*path, "appWrapper"), said, "leave it out: Kueue admits Ray objects by themselves")


@rule("RAY061", Severity.NOTE, covers=("AW-10",), source="github.com/project-codeflare/appwrapper releases")
def its_controller_is_installed(cluster: Cluster) -> Iterator[Problem]:
    """Where no part of the platform brings the controller of AppWrappers, somebody installs it.

    Without its kind Argo CD cannot apply the object.
    """
    known = cluster.profile.appWrapper
    for path, _ in _wrapped(cluster):
        if known is not None and known.component is None:
            said = f"no part of {cluster.profile.name} brings AppWrappers"
            yield Problem((*path, "appWrapper"), said, f"install {known.version} beside it, as the rest")
            return


@rule("RAY062", covers=("AW-6",), source=f"{WEBHOOK} validateAppWrapperCreate")
def wrapped_pod_sets_fit(cluster: Cluster) -> Iterator[Problem]:
    """What an AppWrapper holds has no more pod sets than it takes: head and worker groups.

    Its webhook denies it, also where Kueue would take more.
    """
    known = cluster.profile.appWrapper
    for path, item in _wrapped(cluster):
        count = 1 + len(item.workers)
        if known is not None and count > known.podSets:
            parts = f"head and {len(item.workers)} worker groups"
            said = f"{item.name} has {count} pod sets ({parts}), an AppWrapper takes {known.podSets}"
            yield Problem((*path, "workers"), said, f"use at most {known.podSets - 1} worker groups")


@rule("RAY063", covers=("AW-5", "AW-9"), source="appwrapper v1.2.0 pkg/utils/utils.go inferRayPodSets")
def what_is_wrapped_has_one_size(cluster: Cluster) -> Iterator[Problem]:
    """What is in an AppWrapper has a queue and neither changes its size nor spans hosts.

    Kueue admits the pods that its controller finds: `replicas` of each group, one pod each. More would run without
    quota, and the controller takes pods that it does not expect for a failure. Without a queue nothing starts it.
    """
    for path, item in _wrapped(cluster):
        if item.queue is None and not (isinstance(item, RayJob) and item.cluster):
            yield Problem((*path, "appWrapper"), f"{item.name} is wrapped but in no queue", "add queue")
        for field in ("autoscaling", "elastic"):
            if getattr(item, field, None):
                said = f"{item.name} is wrapped: Kueue would not follow another size"
                yield Problem((*path, field), said, f"drop {field}, or appWrapper")
        for i, worker in enumerate(item.workers):
            if worker.numOfHosts > 1:
                said = (
                    f"group {worker.name} has {worker.numOfHosts} hosts, inside an AppWrapper one is counted"
                )
                yield Problem((*path, "workers", i, "numOfHosts"), said, "drop numOfHosts, or appWrapper")


@rule("RAY064", covers=("AW-7",), source=f"{WEBHOOK} validateAppWrapperUpdate")
def wrapped_names_are_short(cluster: Cluster) -> Iterator[Problem]:
    """The name of what is wrapped leaves room for the hash of its content.

    Nothing in an AppWrapper can change, so each content has a name of its own; KubeRay refuses longer ones.
    """
    kuberay = cluster.profile.kuberay
    for path, item in _wrapped(cluster):
        job = isinstance(item, RayJob)
        room = (kuberay.jobNameLimit if job else kuberay.clusterNameLimit) - HASH
        if len(item.name) > room:
            said = f"{item.name} has {len(item.name)} characters, inside an AppWrapper it can have {room}"
            yield Problem((*path, "name"), said, "shorten it")


@rule("RAY065", source="appwrapper v1.2.0 pkg/utils/utils.go InferPodSets: clusterSelector has no pods")
def wrapped_jobs_bring_their_cluster(cluster: Cluster) -> Iterator[Problem]:
    """A wrapped job brings a cluster of its own, and no job runs on a wrapped cluster.

    A job without a cluster has no pod sets, which an AppWrapper is refused without. A wrapped cluster has another
    name after each edit, which a job that runs cannot follow.
    """
    spec = cluster.part(RAY)
    for i, job in enumerate(spec.jobs):
        if job.appWrapper and job.cluster is not None and own_cluster(job) is None:
            said = f"{job.name} is wrapped and runs on cluster {job.cluster}"
            yield Problem(("ray", "jobs", i, "appWrapper"), said, "drop it, or give the job its own cluster")
        host = find(spec.clusters, job.namespace, job.cluster)
        if host is not None and host.appWrapper:
            said = f"{job.name} runs on {host.name}, whose name changes with each edit of its AppWrapper"
            yield Problem(("ray", "jobs", i, "cluster"), said, f"drop appWrapper of cluster {host.name}")


@rule(
    "RAY066", source="appwrapper v1.2.0 internal/controller/appwrapper/appwrapper_controller.go limitDuration"
)
def its_times_count(cluster: Cluster) -> Iterator[Problem]:
    """Times of an AppWrapper are longer than zero, and a day at most.

    Its controller starts over at once with the one, and takes a day for more.
    """
    fields = ("warmupGracePeriod", "failureGracePeriod", "retryPausePeriod", "deletionOnFailureGracePeriod")
    for path, item in _wrapped(cluster):
        for field in fields:
            value = getattr(item.appWrapper, field)
            if value is not None and not 0 < seconds(value) <= DAY:
                said = f"{field} of {item.name} is {value}"
                yield Problem((*path, "appWrapper", field), said, "more than 0s, at most 24h")


@rule(
    "RAY067",
    Severity.WARNING,
    source="appwrapper v1.2.0 appwrapper_controller.go timeToLiveAfterSucceededDuration; Argo CD selfHeal",
)
def a_wrapped_job_comes_back(cluster: Cluster) -> Iterator[Problem]:
    """A job that runs once is not wrapped.

    The controller of AppWrappers removes a finished one after a week, and there is no way to tell it not to. Argo CD
    then makes what Git says again: the job runs once a week.
    """
    for path, item in _wrapped(cluster):
        if isinstance(item, RayJob):
            said = f"{item.name} runs again each week: its AppWrapper goes a week after it is done, Argo CD makes it anew"
            hint = "leave appWrapper out: Kueue admits a RayJob by itself"
            yield Problem((*path, "appWrapper"), said, hint)
