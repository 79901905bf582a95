"""Certificates of private Git servers, for every Argo CD that pulls from them.

    repository.certificateAuthorities -> argocd-tls-certs-cm of the hub, and by Policy that of each cluster

The key is the host without its port (argo-cd v3.5.1 util/cert/cert.go ServerNameWithoutPort). The operator of OpenShift
GitOps makes the ConfigMap once and leaves what is in it alone (argocd-operator cf5d1c02 controllers/argocd/configmap.go
reconcileTLSCerts), so a key that is applied beside others stays.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...fleet.fleet import Fleet
from ...objects.manifest import KEEP, Manifest
from ...specs.sources import Repository
from ..kit import placement
from ..kit.policies import enforced, must_have
from ..kit.profile import HubProfile

NAME = "argocd-tls-certs-cm"
POLICY = "git-certificates"


def on_the_hub(fleet: Fleet) -> Iterator[Manifest]:
    """The ConfigMap of the hub's own Argo CD."""
    if fleet.spec.repository.certificateAuthorities:
        yield config_map(fleet.spec.repository, fleet.spec.hub.argocdNamespace)


def policies(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """The Policy that brings them to the Argo CD of every cluster."""
    if fleet.spec.repository.certificateAuthorities and fleet.managed:
        made = config_map(fleet.spec.repository, profile.edge.namespace)
        made["metadata"].pop("annotations")
        yield from enforced(fleet, POLICY, placement.NAME, [must_have(made)])


def config_map(repository: Repository, namespace: str) -> Manifest:
    """argocd-tls-certs-cm with these hosts; other people's stay in it, and Argo CD never deletes it."""
    # No label of ours: the operator says managed-by here, and a server-side apply of another value is refused.
    labels = {"app.kubernetes.io/part-of": "argocd"}
    metadata = {"name": NAME, "namespace": namespace, "labels": labels, "annotations": dict(KEEP)}
    data = dict(sorted(repository.certificateAuthorities.items()))
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
