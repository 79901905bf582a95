"""Alerts on the fleet, for the rulers of the hub: they see every site, also one that has gone silent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ...components.kit.alerts import Rule, alert, check_failed, model_not_ready, queue_stuck, volume_full
from ...fleet.member import USUAL
from ..kit.clusters import SILENCE_LABEL
from ..kit.durations import seconds

PREFIX = "Nearedge"
BY = ("cluster",)


def alert_groups(
    namespaces: Iterable[str], silences: Iterable[str] = (), *, checks: bool = False
) -> dict[str, Any]:
    """A file of rules as Prometheus reads it.

    `namespaces` are those that the fleet fills; `silences` what its clusters say of their lines (SILENCE_LABEL); `checks` whether
    some of them ask their models.
    """
    rules = [*model_not_ready(PREFIX, BY), queue_stuck(PREFIX, BY), _edge_silent()]
    rules += [
        _edge_silent(said) for said in sorted({*silences} - {NEVER}, key=lambda said: (seconds(said), said))
    ]
    rules += [check_failed(PREFIX, BY)] if checks else []
    rules += map(_volume_full, sorted(set(namespaces)))
    return {"groups": [{"name": "nearedge", "rules": rules}]}


def _volume_full(namespace: str) -> Rule:
    """A rule for each namespace, with a label of its own: two people who each bring one change no line in common."""
    rule = volume_full(PREFIX, BY, f'namespace="{namespace}"')
    return {**rule, "labels": {**rule["labels"], "namespace": namespace}}


NEVER = "never"
"""What a cluster says of its silence that is not connected."""

SILENCE = re.sub(r"[^\w]", "_", SILENCE_LABEL)
"""A label of ManagedClusters as the metric has it: stolostron/clusterlifecycle-state-metrics b4dadc0
pkg/generators/cluster/managedclusterlabels.go puts all of them on it, without it the label is empty."""


def _edge_silent(said: str = "") -> Rule:
    """A cluster is silent for longer than its line may be away; without a word of its own, for 15 minutes."""
    named = f'max by (managed_cluster_id, name) (acm_managed_cluster_labels{{{SILENCE}="{said}"}})'
    rule = alert(
        f"{PREFIX}EdgeSilent",
        'max by (managed_cluster_id) (acm_managed_cluster_info{available!="True"})'
        f" * on (managed_cluster_id) group_left (name) {named}",
        said or f"{USUAL // 60}m",
        "warning" if said else "critical",
        {
            "summary": "The hub has not heard of a cluster.",
            "description": f"{{{{ $labels.name }}}} has not been available to the hub for {said or f'{USUAL // 60} minutes'}; what it runs goes on by itself.",
        },
    )
    # Two rules of one name and the same labels would be one to promtool's lint.
    return {**rule, "labels": {**rule["labels"], "silence": said}} if said else rule
