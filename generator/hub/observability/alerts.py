"""Alerts on the fleet, for the rulers of the hub: they see every site, also one that has gone silent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...components.kit.alerts import Rule, alert, model_not_ready, queue_stuck, volume_full

PREFIX = "Nearedge"
BY = ("cluster",)


def alert_groups(namespaces: Iterable[str]) -> dict[str, Any]:
    """A file of rules as Prometheus reads it; `namespaces` are those that the fleet fills."""
    rules = [*model_not_ready(PREFIX, BY), queue_stuck(PREFIX, BY), _edge_silent()]
    rules += map(_volume_full, sorted(set(namespaces)))
    return {"groups": [{"name": "nearedge", "rules": rules}]}


def _volume_full(namespace: str) -> Rule:
    """A rule for each namespace, with a label of its own: two people who each bring one change no line in common."""
    rule = volume_full(PREFIX, BY, f'namespace="{namespace}"')
    return {**rule, "labels": {**rule["labels"], "namespace": namespace}}


def _edge_silent() -> Rule:
    named = "max by (managed_cluster_id, name) (acm_managed_cluster_labels)"
    return alert(
        f"{PREFIX}EdgeSilent",
        'max by (managed_cluster_id) (acm_managed_cluster_info{available!="True"})'
        f" * on (managed_cluster_id) group_left (name) {named}",
        "15m",
        "critical",
        {
            "summary": "The hub has not heard of a cluster.",
            "description": "{{ $labels.name }} has not been available to the hub for 15 minutes; what it runs goes on by itself.",
        },
    )
