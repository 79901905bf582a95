"""How the hub's Argo CD knows clusters, and what it lets overlays do: GitOpsCluster and AppProject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..fleet import Fleet
from ..manifest import Manifest, meta
from . import placement
from .edge import whitelist
from .profile import HubProfile

NAME = "nearedge"
"""Name of the AppProject and of the GitOpsCluster, and prefix of Applications and ApplicationSets."""

IN_CLUSTER = "https://kubernetes.default.svc"
"""Where an Argo CD reaches its own cluster: argo-cd pkg/apis/application/v1alpha1
KubernetesInternalAPIServerAddr."""

NOWHERE = "nearedge"
"""Destination namespace of Applications. Every manifest names its own, yet the project must allow this one
too: Argo CD's own namespace here would let overlays into it."""


def gitops_cluster(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """Makes the clusters of the Placement known to the hub's Argo CD, by placeholders of their names."""
    if profile.gitOpsCluster == "none":
        return
    yield {
        "apiVersion": "apps.open-cluster-management.io/v1beta1",
        "kind": "GitOpsCluster",
        "metadata": meta(NAME, fleet.spec.hub.argocdNamespace),
        "spec": {
            # The controller ignores `cluster`; examples of ACM have it, so readers look for it.
            "argoServer": {"cluster": "notused", "argoNamespace": fleet.spec.hub.argocdNamespace},
            "placementRef": {
                "apiVersion": "cluster.open-cluster-management.io/v1beta1",
                "kind": "Placement",
                "name": placement.NAME,
            },
            **_delivery(fleet, profile),
        },
    }


def _delivery(fleet: Fleet, profile: HubProfile) -> Manifest:
    # No argoCDAgent block, not even a disabled one: that is what tells the basic model from the agent.
    if profile.gitOpsCluster == "blank-secrets":
        return {"createBlankClusterSecrets": True}
    addon: dict[str, Any] = {"enabled": True}
    if profile.gitOpsCluster == "addon-olm" and all(member.openshift for member in fleet.managed):
        # enabled forces OLM on every cluster of the Placement; only OpenShift is sure to have it.
        addon["olmSubscription"] = {"enabled": True}
    return {"gitopsAddon": addon}


def app_project(fleet: Fleet) -> Manifest:
    """Our repository, our namespaces and our kinds only; each Application carries it to its cluster."""
    namespaces = {NOWHERE, *(name for member in fleet.members for name, _ in member.namespaces)}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": meta(NAME, fleet.spec.hub.argocdNamespace),
        "spec": {
            "description": f"Overlays of the fleet {fleet.name}",
            "sourceRepos": [fleet.spec.repository.url],
            "destinations": [{"server": IN_CLUSTER, "namespace": name} for name in sorted(namespaces)],
            "clusterResourceWhitelist": whitelist(cluster=True),
            "namespaceResourceWhitelist": whitelist(cluster=False),
        },
    }


def placement_generator(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """What the generator must know of PlacementDecisions, and the right to read them, if both are missing."""
    if profile.generatorServiceAccount is None:
        return
    namespace, name = fleet.spec.hub.argocdNamespace, profile.generatorConfigMap
    yield {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": meta(name, namespace),
        "data": {
            "apiVersion": "cluster.open-cluster-management.io/v1beta1",
            # Not the kind: the name of the resource, in lower case.
            "kind": "placementdecisions",
            "statusListKey": "decisions",
            "matchKey": "clusterName",
        },
    }
    group = "cluster.open-cluster-management.io"
    yield {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": meta(name, namespace),
        "rules": [{"apiGroups": [group], "resources": ["placementdecisions"], "verbs": ["get", "list"]}],
    }
    subject = {"kind": "ServiceAccount", "name": profile.generatorServiceAccount, "namespace": namespace}
    yield {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": meta(name, namespace),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [subject],
    }
