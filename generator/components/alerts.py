"""Alerts of a cluster's own: one PrometheusRule in each namespace, evaluated where the metrics are.

Beside the hub's alerts (hub/observability): these fire while the line to the hub is down, for whoever looks after the
site. Neither ODH nor KServe makes such rules for what users run. On OpenShift a rule of a namespace sees metrics of
that namespace only, so queues, whose metrics belong to Kueue's, are watched there by the hub alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..objects.manifest import SYNC_OPTIONS, Manifest, Wave, meta
from .kit.alerts import Rule, check_failed, load_failed, model_not_ready, queue_stuck, volume_full
from .kit.base_key import base_key, digest
from .kit.component import Cluster, Unit, whole
from .namespaces import items, namespace_features
from .serving import checked

PREFIX = "NearedgeSite"
"""Another one than that of the hub's alerts: a cluster sends its own to the hub's Alertmanager as well."""


def alert_units(cluster: Cluster, labels: Mapping[str, str]) -> Iterator[Unit]:
    """One unit for each namespace in which something can go wrong."""
    for namespace, used_for in sorted(namespace_features(cluster).items()):
        rules = list(_rules(namespace, used_for, cluster))
        if rules:
            key = base_key("monitoring", "alerts", namespace).marked(digest(rules, sorted(labels.items())))
            yield whole(key, ("clusters/",), (prometheus_rule(namespace, rules, labels),))


def _rules(namespace: str, used_for: set[str], cluster: Cluster) -> Iterator[Rule]:
    here = f'namespace="{namespace}"'
    if {"serving", "deployment"} & used_for:
        yield from model_not_ready(PREFIX, (), here)
        yield load_failed(PREFIX, here)
    if any(item.namespace == namespace for _, item, _, _ in checked(cluster)):
        yield check_failed(PREFIX, (), here)
    if {"serving", "deployment", "ray", "pipelines", "training", "workbenches"} & used_for:
        yield volume_full(PREFIX, (), here)
    queues = sorted(
        item.name
        for item in items(cluster, "kueue", "queues")
        if namespace in {place for _, place in item.leads}
    )
    if queues and not cluster.profile.openshift:
        yield queue_stuck(PREFIX, (), f'cluster_queue=~"{"|".join(queues)}"')


def prometheus_rule(namespace: str, rules: list[Rule], labels: Mapping[str, str]) -> Manifest:
    """The rules of a namespace; its name makes the group's, which must be the only one of a file."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": meta(
            "nearedge",
            namespace,
            wave=Wave.WORKLOAD,
            labels=labels,
            # The kind comes with the platform's monitoring, which may be installed later.
            annotations={SYNC_OPTIONS: "SkipDryRunOnMissingResource=true"},
        ),
        "spec": {"groups": [{"name": f"nearedge-{namespace}", "rules": rules}]},
    }
