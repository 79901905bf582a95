"""Alert rules: the same conditions for the rulers of the hub, which see all clusters, and for a cluster's own.

Only metrics of data/metrics.yaml are used. Series on the hub carry the name of their cluster as `cluster`; on a cluster
a rule speaks of one namespace, because OpenShift lets rules of a user's namespace see no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

PREDICTOR = 'deployment=~".+-(predictor|kserve|kserve-prefill|model-server)"'
"""Deployments of model servers: of an InferenceService, of an LLMInferenceService, and our own (data/metrics.yaml)."""

SETS = 'statefulset=~".+-kserve-mn(-prefill)?(-[0-9]+)?"'
"""StatefulSets of an LLMInferenceService whose server spans pods: a LeaderWorkerSet makes them (data/metrics.yaml)."""

FULL = "0.05"
"""Free share below which a volume is full: a volume for models has 10 % to spare when it is new."""

Rule = dict[str, Any]


def alert(name: str, expr: str, wait: str, severity: str, annotations: dict[str, str]) -> Rule:
    """A rule as Prometheus reads it."""
    return {
        "alert": name,
        "expr": expr,
        "for": wait,
        "labels": {"severity": severity},
        "annotations": annotations,
    }


def model_not_ready(prefix: str, by: Iterable[str], *matchers: str) -> Iterator[Rule]:
    """A model server has fewer ready pods than it should: as a Deployment, and as sets of pods that serve together."""
    ready, wanted = "kube_deployment_status_replicas_available", "kube_deployment_spec_replicas"
    yield _not_ready(
        f"{prefix}ModelNotReady", by, ("deployment", ready, wanted), _where(*matchers, PREDICTOR)
    )
    ready, wanted = "kube_statefulset_status_replicas_ready", "kube_statefulset_replicas"
    yield _not_ready(
        f"{prefix}ModelPodsNotReady", by, ("statefulset", ready, wanted), _where(*matchers, SETS)
    )


def _not_ready(name: str, by: Iterable[str], names: tuple[str, str, str], where: str) -> Rule:
    label, ready, wanted = names
    sums = _sum(by, "namespace", label)
    return alert(
        name,
        f"{sums} ({ready}{where}) < {sums} ({wanted}{where})",
        "15m",
        "warning",
        {
            "summary": "A model server has fewer ready pods than it should.",
            "description": f"{{{{ $labels.{label} }}}} in {{{{ $labels.namespace }}}}{_of(by)} has {{{{ $value }}}} ready pods.",
        },
    )


def queue_stuck(prefix: str, by: Iterable[str], *matchers: str) -> Rule:
    """Workloads wait in a queue that runs nothing."""
    sums, where = _sum(by, "cluster_queue"), _where(*matchers)
    return alert(
        f"{prefix}QueueStuck",
        f"{sums} (kueue_pending_workloads{where}) > 0 and {sums} (kueue_admitted_active_workloads{where}) == 0",
        "30m",
        "warning",
        {
            "summary": "Workloads wait in a queue that runs nothing.",
            "description": f"{{{{ $value }}}} workloads wait in ClusterQueue {{{{ $labels.cluster_queue }}}}{_of(by)}, and none of it runs.",
        },
    )


def volume_full(prefix: str, by: Iterable[str], *matchers: str) -> Rule:
    """A volume is almost full."""
    least, where = _least(by, "namespace", "persistentvolumeclaim"), _where(*matchers)
    return alert(
        f"{prefix}VolumeFull",
        f"{least} (kubelet_volume_stats_available_bytes{where})"
        f" / {least} (kubelet_volume_stats_capacity_bytes{where}) < {FULL}",
        "15m",
        "warning",
        {
            "summary": "A volume is almost full.",
            "description": f"{{{{ $labels.persistentvolumeclaim }}}} in {{{{ $labels.namespace }}}}{_of(by)} has {{{{ $value | humanizePercentage }}}} left.",
        },
    )


def load_failed(prefix: str, *matchers: str) -> Rule:
    """A Job that loads a model has given up."""
    where = _where(*matchers, 'job_name=~".+-load-.+"', 'condition="true"')
    return alert(
        f"{prefix}ModelLoadFailed",
        f"max by (namespace, job_name) (kube_job_failed{where}) > 0",
        "1m",
        "warning",
        {
            "summary": "A model could not be loaded onto its volume.",
            "description": "Job {{ $labels.job_name }} in {{ $labels.namespace }} has given up; its pods say why.",
        },
    )


CHECK = ".+-check"
"""CronJobs that ask models (components/serving/synthetic); their Jobs have a number behind it."""


def check_failed(prefix: str, by: Iterable[str], *matchers: str) -> Rule:
    """The last check of a model has failed: a Job of it was made after the last one that went well, and has failed.

    The CronJob keeps the last Job of each kind. Of a check that still runs nothing is said, and a check that is missed is none.
    """
    jobs = ", ".join((*matchers, f'job_name=~"{CHECK}-[0-9]+"'))
    failed = (
        f"kube_job_created{{{jobs}}}"
        f' and on ({", ".join((*by, "namespace", "job_name"))}) kube_job_failed{{{jobs}, condition="true"}} > 0'
    )
    named = f'label_replace({failed}, "cronjob", "$1", "job_name", "(.+)-[0-9]+")'
    most = f"max by ({', '.join((*by, 'namespace', 'cronjob'))})"
    times = _where(*matchers, f'cronjob=~"{CHECK}"')
    well = f"{most} (kube_cronjob_status_last_successful_time{times})"
    last = f"{most} ({named})"
    return alert(
        f"{prefix}ModelCheckFailed",
        f"{last} > {well} or {last} unless {well}",
        "1m",
        "warning",
        {
            "summary": "A model does not answer as it should.",
            "description": f"Check {{{{ $labels.cronjob }}}} in {{{{ $labels.namespace }}}}{_of(by)} has failed; the log of its last pod says how.",
        },
    )


def _sum(by: Iterable[str], *more: str) -> str:
    return f"sum by ({', '.join((*by, *more))})"


def _least(by: Iterable[str], *more: str) -> str:
    return f"min by ({', '.join((*by, *more))})"


def _where(*matchers: str) -> str:
    return f"{{{', '.join(matchers)}}}" if matchers else ""


def _of(by: Iterable[str]) -> str:
    """The cluster in a sentence, where there is more than one."""
    return " of {{ $labels.cluster }}" if "cluster" in by else ""
