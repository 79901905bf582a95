"""Settings of the Argo CD of each cluster, by Policy: how often it asks Git, and what it calls healthy.

    delivery.pollInterval, pollJitter, healthChecks -> a Policy for the edges, and one for the hub (health alone)

With OpenShift GitOps they go into every ArgoCD resource of the namespace, whatever its name: the add-on and the
operator call theirs differently, and a name of ours would make a second instance. `extraConfig` and not
`resourceHealthChecks`, which is a list without keys: a Policy could add to it and never replace. Upstream they go into
argocd-cm, and the controller starts anew when the interval changes, as it reads that when it starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...fleet.fleet import Fleet
from ...objects.manifest import Manifest
from ...specs.fleet import Delivery
from ...yaml.writer import to_yaml
from ..kit import own, placement
from ..kit.durations import go_duration, seconds
from ..kit.policies import enforced, must_have
from ..kit.profile import HubProfile
from . import health

EDGE = "argocd-settings"
OWN = "argocd-health-hub"

INTERVAL = "timeout.reconciliation"
JITTER = "timeout.reconciliation.jitter"
"""Keys of argocd-cm: argo-cd v3.5.1 docs/operator-manual/argocd-cm.yaml."""
JITTER_ENV = "ARGOCD_RECONCILIATION_JITTER"
"""Read by the controller (argo-cd cmd/argocd-application-controller); the operator sets the interval's variable from
controller.appSync, and none for the jitter (argocd-operator controllers/argocd/statefulset.go)."""

CONTROLLER = "argocd-application-controller"
"""StatefulSet of argo-cd manifests/install.yaml."""
RESTARTED = "nearedge.io/poll-interval"
"""On its pods: another value starts them anew."""


def jitter(delivery: Delivery) -> int:
    """Most seconds that are added to a wait: half of it unless said otherwise, as in Argo CD's own defaults."""
    return seconds(delivery.pollJitter) if delivery.pollJitter else seconds(delivery.pollInterval) // 2


def policies(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """The Policy of the edges, and that of the hub where it manages itself."""
    delivery = fleet.spec.delivery
    if fleet.managed:
        template = of_edges(delivery, profile)
        # Resolved on the cluster, so templates stay on.
        yield from enforced(fleet, EDGE, placement.NAME, template, annotations={})
    if fleet.hub is not None and own.manages_itself(profile) and delivery.healthChecks:
        # The interval of the hub's Argo CD is not ours: it serves others as well.
        template = _every_instance(fleet.spec.hub.argocdNamespace, {"extraConfig": health.settings()})
        yield from enforced(fleet, OWN, own.HUB, template, annotations={})


def of_edges(delivery: Delivery, profile: HubProfile) -> str:
    """The template of the objects that hold the settings of an edge."""
    if profile.edge.settings == "ArgoCD":
        return _every_instance(profile.edge.namespace, instance_spec(delivery))
    return _config_map(delivery, profile.edge.namespace)


def instance_spec(delivery: Delivery) -> Manifest:
    """What the spec of an ArgoCD resource has to hold."""
    extra = {"extraConfig": health.settings()} if delivery.healthChecks else {}
    return {
        "controller": {
            # As Go writes it: the operator may write the resource back.
            "appSync": go_duration(seconds(delivery.pollInterval)),
            "env": [{"name": JITTER_ENV, "value": f"{jitter(delivery)}s"}],
        },
        **extra,
    }


def config_map_data(delivery: Delivery) -> dict[str, str]:
    """The same as keys of argocd-cm."""
    checks = health.settings() if delivery.healthChecks else {}
    return {INTERVAL: f"{seconds(delivery.pollInterval)}s", JITTER: f"{jitter(delivery)}s", **checks}


def config_map(delivery: Delivery, namespace: str) -> Manifest:
    """argocd-cm with these keys."""
    # Argo CD looks for its ConfigMaps by this label.
    metadata = {
        "name": "argocd-cm",
        "namespace": namespace,
        "labels": {"app.kubernetes.io/part-of": "argocd"},
    }
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": config_map_data(delivery)}


def _every_instance(namespace: str, spec: Manifest) -> str:
    entry = must_have(
        {
            "apiVersion": "argoproj.io/v1beta1",
            "kind": "ArgoCD",
            "metadata": {"name": "{{ .metadata.name }}", "namespace": namespace},
            "spec": spec,
        }
    )
    listed = f'(lookup "argoproj.io/v1beta1" "ArgoCD" "{namespace}" "").items'
    return f"{{{{- range {listed} }}}}\n{to_yaml([entry])}{{{{- end }}}}\n"


def _config_map(delivery: Delivery, namespace: str) -> str:
    data = config_map_data(delivery)
    interval = f"{data[INTERVAL]}-{data[JITTER]}"
    pods: dict[str, Any] = {"template": {"metadata": {"annotations": {RESTARTED: interval}}}}
    restarted = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": CONTROLLER, "namespace": namespace},
        "spec": pods,
    }
    found = f'lookup "apps/v1" "StatefulSet" "{namespace}" "{CONTROLLER}"'
    return (
        to_yaml([must_have(config_map(delivery, namespace))])
        + f"{{{{- if {found} }}}}\n{to_yaml([must_have(restarted)])}{{{{- end }}}}\n"
    )
