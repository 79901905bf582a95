"""Alerts on the fleet, for the rulers of the hub: they see every site, also one that has gone silent.

Only metrics of data/metrics.yaml are used. Series on the hub carry the name of their cluster as `cluster`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

PREDICTOR = '{deployment=~".+-predictor"}'
"""Deployments of model servers."""

FULL = "0.05"
"""Free share below which a volume is full: a volume for models has 10 % to spare when it is new."""


def groups(namespaces: Iterable[str]) -> dict[str, Any]:
    """A file of rules as Prometheus reads it; `namespaces` are those that the fleet fills."""
    rules = [_model_not_ready(), _queue_stuck(), _edge_silent()]
    named = sorted(set(namespaces))
    if named:
        rules.append(_volume_full(named))
    return {"groups": [{"name": "nearedge", "rules": rules}]}


def _alert(name: str, expr: str, wait: str, severity: str, annotations: dict[str, str]) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expr,
        "for": wait,
        "labels": {"severity": severity},
        "annotations": annotations,
    }


def _model_not_ready() -> dict[str, Any]:
    by = "sum by (cluster, namespace, deployment)"
    return _alert(
        "NearedgeModelNotReady",
        f"{by} (kube_deployment_status_replicas_available{PREDICTOR})"
        f" < {by} (kube_deployment_spec_replicas{PREDICTOR})",
        "15m",
        "warning",
        {
            "summary": "A model server has fewer ready pods than it should.",
            "description": "{{ $labels.deployment }} in {{ $labels.namespace }} of {{ $labels.cluster }} has {{ $value }} ready pods.",
        },
    )


def _queue_stuck() -> dict[str, Any]:
    by = "sum by (cluster, cluster_queue)"
    return _alert(
        "NearedgeQueueStuck",
        f"{by} (kueue_pending_workloads) > 0 and {by} (kueue_admitted_active_workloads) == 0",
        "30m",
        "warning",
        {
            "summary": "Workloads wait in a queue that runs nothing.",
            "description": "{{ $value }} workloads wait in ClusterQueue {{ $labels.cluster_queue }} of {{ $labels.cluster }}, and none of it runs.",
        },
    )


def _edge_silent() -> dict[str, Any]:
    named = "max by (managed_cluster_id, name) (acm_managed_cluster_labels)"
    return _alert(
        "NearedgeEdgeSilent",
        'max by (managed_cluster_id) (acm_managed_cluster_info{available!="True"})'
        f" * on (managed_cluster_id) group_left (name) {named}",
        "15m",
        "critical",
        {
            "summary": "The hub has not heard of a cluster.",
            "description": "{{ $labels.name }} has not been available to the hub for 15 minutes; what it runs goes on by itself.",
        },
    )


def _volume_full(namespaces: list[str]) -> dict[str, Any]:
    by = "min by (cluster, namespace, persistentvolumeclaim)"
    ours = f'{{namespace=~"{"|".join(namespaces)}"}}'
    return _alert(
        "NearedgeVolumeFull",
        f"{by} (kubelet_volume_stats_available_bytes{ours})"
        f" / {by} (kubelet_volume_stats_capacity_bytes{ours}) < {FULL}",
        "15m",
        "warning",
        {
            "summary": "A volume is almost full.",
            "description": "{{ $labels.persistentvolumeclaim }} in {{ $labels.namespace }} of {{ $labels.cluster }} has {{ $value | humanizePercentage }} left.",
        },
    )
