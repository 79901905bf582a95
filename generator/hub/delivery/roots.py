"""Delivery by Policies: one for each ring brings every cluster its root Application, and the project it is in.

With model policy, and with an autonomous agent. The Argo CD of the hub has no part in it: no cluster Secrets, no
ApplicationSets, no limit of 2,000. The hub fills in the cluster's name for each of them. With model pull of a hub that
sends the Application alone (ACM before 2.15, upstream OCM) one Policy brings the project.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...fleet.fleet import Fleet
from ...objects.manifest import Manifest, meta
from ...specs.fleet import Delivery, Ring
from ..kit import placement
from ..kit.naming import policy_name
from ..kit.policies import POLICY_API, RIGHTS, binding, enforced, exactly, inner, policy
from ..kit.profile import HubProfile
from ..kit.rings import RING_LABEL
from .applicationsets import IN_PLACE, root
from .gitops import NAME, app_project, application_name, held_windows
from .releases import delivery_of
from .windows import sync_windows

CLUSTER = "{{hub .ManagedClusterName hub}}"
"""The cluster, in a Policy: the hub fills it in before the Policy leaves (governance-policy-propagator)."""


def brings_roots(delivery: Delivery) -> bool:
    """Whether Policies bring the root Applications."""
    autonomous = delivery.agent is not None and delivery.agent.mode == "autonomous"
    return delivery.model == "policy" or (delivery.model == "agent" and autonomous)


def needs_project(delivery: Delivery, profile: HubProfile) -> bool:
    """Whether an Application that a cluster pulls comes without its AppProject: its Argo CD would sync nothing."""
    return delivery.model == "pull" and not profile.carriesProject


def policies(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """The project where nothing else brings it; for each ring that has clusters: its Placement, the Policy, its binding."""
    if needs_project(fleet.spec.delivery, profile) and fleet.managed:
        whole = project(NAME, profile.edge.namespace, app_project(fleet)["spec"])
        yield from enforced(fleet, PROJECT, placement.NAME, [exactly(whole)])
    namespace = fleet.spec.hub.policyNamespace
    used = {member.ring for member in fleet.managed}
    for ring in fleet.rings if brings_roots(fleet.spec.delivery) else ():
        if ring.name in used:
            name = root_policy(ring, namespace)
            yield placement.placement(fleet, namespace, name, labels={RING_LABEL: ring.name})
            # The hub's template has to be filled in, so templates stay on.
            yield policy(
                fleet, name, [inner(name, _objects(ring, fleet, profile), {})], before=[RIGHTS_FIRST]
            )
            yield binding(fleet, name, name)


def root_policy(ring: Ring, namespace: str) -> str:
    """Name of the Policy of a ring."""
    return policy_name(f"deliver-{ring.name}", namespace)


PROJECT = "appproject"
"""Name of the Policy that brings clusters the project of their root Applications."""

RIGHTS_FIRST = {"apiVersion": POLICY_API, "kind": "Policy", "name": RIGHTS, "compliance": "Compliant"}
"""A first sync without rights uses up its retries."""


def _objects(ring: Ring, fleet: Fleet, profile: HubProfile) -> list[Manifest]:
    namespace = profile.edge.namespace
    spec = root(CLUSTER, ring.revision, fleet, IN_PLACE)
    whole = app_project(fleet)["spec"]
    here = held_windows(delivery_of(fleet), (item for item in fleet.managed if item.ring == ring.name))
    windows = {"syncWindows": sync_windows(here)} if here.applications else {}
    said = {key: value for key, value in whole.items() if key != "syncWindows"}
    objects = (
        project(NAME, namespace, {**said, "destinations": _local(fleet), **windows}),
        application(application_name(CLUSTER), namespace, spec),
    )
    # What a later version leaves out of a list must go on the clusters as well; status and operation are Argo CD's.
    return [exactly(item) for item in objects]


def _local(fleet: Fleet) -> list[Manifest]:
    return [place for place in app_project(fleet)["spec"]["destinations"] if "server" in place]


def project(name: str, namespace: str, spec: Manifest) -> Manifest:
    """An AppProject on a cluster."""
    kept = {key: value for key, value in spec.items() if key != "sourceNamespaces"}
    metadata = meta(name, namespace)
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": metadata, "spec": kept}


def application(name: str, namespace: str, spec: Manifest) -> Manifest:
    """An Application on the cluster that it is for."""
    metadata = meta(name, namespace)
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": spec}
