"""Settings of the Argo CD of each cluster, by Policy: how often it asks Git, what it calls healthy, how long it waits.

    delivery.pollInterval, pollJitter, syncTimeout, healthChecks -> a Policy for the edges, and one for the hub (the
    time-out and health alone)

With OpenShift GitOps they go into every ArgoCD resource of the namespace, whatever its name: the add-on and the
operator call theirs differently, and a name of ours would make a second instance. `extraConfig` and not
`resourceHealthChecks`, which is a list without keys: a Policy could add to it and never replace. Upstream they go into
argocd-cm, and the controller starts anew when the interval changes, as it reads that when it starts.

A sync that waits, for a claim, a queue or a load, takes no later commit: a time-out ends it, and the newest commit is
synced then; before Argo CD 3.2 when the tries of what was ended are used up (checks/syncs.py). The commit that was ended gets
no further by itself, so nothing that may take its time is ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ...fleet.fleet import Fleet, Member, apart_of
from ...objects.manifest import Manifest
from ...specs.fleet import Delivery
from ...yaml.writer import to_yaml
from ..kit import own, placement
from ..kit.durations import go_duration, seconds
from ..kit.policies import enforced, must_have
from ..kit.profile import HubProfile
from . import health
from .releases import delivery_of
from .windows import closed

EDGE = "argocd-settings"
OWN = "argocd-health-hub"

INTERVAL = "timeout.reconciliation"
JITTER = "timeout.reconciliation.jitter"
"""Keys of argocd-cm: argo-cd v3.5.1 docs/operator-manual/argocd-cm.yaml."""
JITTER_ENV = "ARGOCD_RECONCILIATION_JITTER"
"""Read by the controller (argo-cd cmd/argocd-application-controller); the operator sets the interval's variable from
controller.appSync, and none for the jitter (argocd-operator controllers/argocd/statefulset.go)."""

TIMEOUT_ENV = "ARGOCD_APPLICATION_CONTROLLER_SYNC_TIMEOUT"
TIMEOUT = "controller.sync.timeout.seconds"
"""Seconds until a sync is ended, its retries included; 0: never (argo-cd v3.1.5 to v3.5.1
cmd/argocd-application-controller; manifests/install.yaml fills the variable from this key of argocd-cmd-params-cm)."""
MARGIN = 3600
"""Seconds between the deadline of a load or a job, and the end of the sync that waits for it."""

CONTROLLER = "argocd-application-controller"
"""StatefulSet of argo-cd manifests/install.yaml."""
RESTARTED = "nearedge.io/poll-interval"
"""On its pods: another value starts them anew."""


def jitter(delivery: Delivery) -> int:
    """Most seconds that are added to a wait: half of it unless said otherwise, as in Argo CD's own defaults."""
    return seconds(delivery.pollJitter) if delivery.pollJitter else seconds(delivery.pollInterval) // 2


def sync_timeout(delivery: Delivery, members: Iterable[Member]) -> int:
    """Seconds after which a sync is ended: as the fleet says, else more than any of its loads and jobs may take.

    0, which is never, where nobody says how long a job may take for which the rest of a sync waits.
    """
    if delivery.syncTimeout is not None:
        return seconds(delivery.syncTimeout)
    listed = tuple(members)
    if any(member.endless for member in listed):
        return 0
    waits = closed(delivery, (member.window for member in listed))
    return MARGIN + max((member.longest for member in listed), default=0) + waits


def policies(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """The Policy of the edges, and that of the hub where it manages itself."""
    delivery = delivery_of(fleet)
    if fleet.managed:
        wanted = Wanted(sync_timeout(delivery, fleet.managed), checks(delivery, fleet.managed))
        template = of_edges(delivery, profile, wanted)
        # Resolved on the cluster, so templates stay on.
        yield from enforced(fleet, EDGE, placement.NAME, template, annotations={})
    if fleet.hub is not None and own.manages_itself(profile):
        # Longer than anything in the fleet may take: the hub's Argo CD serves others as well.
        wanted = Wanted(sync_timeout(delivery, fleet.members), checks(delivery, [fleet.hub]))
        template = _every_instance(fleet.spec.hub.argocdNamespace, hub_spec(wanted))
        yield from enforced(fleet, OWN, own.HUB, template, annotations={})


class Wanted(NamedTuple):
    """What the settings of an Argo CD take from clusters: seconds until a sync is ended, and health scripts by key."""

    longest: int
    checks: Mapping[str, str]


def checks(delivery: Delivery, members: Iterable[Member]) -> dict[str, str]:
    """The health scripts of the kinds that these clusters have; none where the fleet wants none."""
    listed = tuple(members)
    apart = apart_of(listed)
    if not delivery.healthChecks:
        return {}
    applications = any(member.applications for member in listed)
    return health.settings((member.profile for member in listed), apart=apart, applications=applications)


def of_edges(delivery: Delivery, profile: HubProfile, wanted: Wanted) -> str:
    """The template of the objects that hold the settings of an edge."""
    if profile.edge.settings == "ArgoCD":
        return _every_instance(profile.edge.namespace, instance_spec(delivery, wanted))
    return _config_map(delivery, profile.edge.namespace, wanted)


def instance_spec(delivery: Delivery, wanted: Wanted) -> Manifest:
    """What the spec of an ArgoCD resource has to hold."""
    extra = {"extraConfig": dict(wanted.checks)} if wanted.checks else {}
    return {
        "controller": {
            # As Go writes it: the operator may write the resource back.
            "appSync": go_duration(seconds(delivery.pollInterval)),
            "env": [
                _timeout(wanted),
                {"name": JITTER_ENV, "value": f"{jitter(delivery)}s"},
            ],
        },
        **extra,
    }


def hub_spec(wanted: Wanted) -> Manifest:
    """The same of the hub's own: how often it asks, and with which jitter, is not ours to say."""
    extra = {"extraConfig": dict(wanted.checks)} if wanted.checks else {}
    return {"controller": {"env": [_timeout(wanted)]}, **extra}


def _timeout(wanted: Wanted) -> Manifest:
    return {"name": TIMEOUT_ENV, "value": str(wanted.longest)}


def config_map_data(delivery: Delivery, wanted: Wanted) -> dict[str, str]:
    """The same as keys of argocd-cm."""
    return {INTERVAL: f"{seconds(delivery.pollInterval)}s", JITTER: f"{jitter(delivery)}s", **wanted.checks}


def config_map(delivery: Delivery, namespace: str, wanted: Wanted) -> Manifest:
    """argocd-cm with these keys."""
    return _of_argocd("argocd-cm", namespace, config_map_data(delivery, wanted))


def parameters(longest: int, namespace: str) -> Manifest:
    """argocd-cmd-params-cm, which the controller reads when it starts."""
    return _of_argocd("argocd-cmd-params-cm", namespace, {TIMEOUT: str(longest)})


def _of_argocd(name: str, namespace: str, data: dict[str, str]) -> Manifest:
    # Argo CD looks for its ConfigMaps by this label.
    labels = {"app.kubernetes.io/part-of": "argocd"}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


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


def _config_map(delivery: Delivery, namespace: str, wanted: Wanted) -> str:
    data = config_map_data(delivery, wanted)
    interval = f"{data[INTERVAL]}-{data[JITTER]}-{wanted.longest}s"
    pods: dict[str, Any] = {"template": {"metadata": {"annotations": {RESTARTED: interval}}}}
    restarted = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": CONTROLLER, "namespace": namespace},
        "spec": pods,
    }
    found = f'lookup "apps/v1" "StatefulSet" "{namespace}" "{CONTROLLER}"'
    return (
        to_yaml(
            [
                must_have(config_map(delivery, namespace, wanted)),
                must_have(parameters(wanted.longest, namespace)),
            ]
        )
        + f"{{{{- if {found} }}}}\n{to_yaml([must_have(restarted)])}{{{{- end }}}}\n"
    )
