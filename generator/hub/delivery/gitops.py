"""How the hub's Argo CD knows clusters, and what it lets overlays do: GitOpsCluster and AppProject."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ...fleet.fleet import Fleet
from ...objects.manifest import Manifest, meta
from ...specs.fleet import Agent
from ..kit import placement
from ..kit.edge import whitelist
from ..kit.profile import HubProfile

NAME = "nearedge"
"""Name of the AppProject and of the GitOpsCluster, and prefix of Applications and ApplicationSets."""

IN_CLUSTER = "https://kubernetes.default.svc"
"""Where an Argo CD reaches its own cluster: argo-cd pkg/apis/application/v1alpha1
KubernetesInternalAPIServerAddr."""

NOWHERE = "nearedge"
"""Destination namespace of Applications. Every manifest names its own, yet the project must allow this one
too: Argo CD's own namespace here would let overlays into it."""


def gitops_cluster(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """Makes the clusters of the Placement known to the hub's Argo CD; with model agent, sets up their agents."""
    agent = fleet.spec.delivery.model == "agent"
    if agent and profile.agent == "addon-v1alpha1":
        yield _upstream_agent(fleet, profile)
    elif profile.gitOpsCluster != "none":
        yield _gitops_cluster(fleet, profile)


def _gitops_cluster(fleet: Fleet, profile: HubProfile) -> Manifest:
    return {
        "apiVersion": "apps.open-cluster-management.io/v1beta1",
        "kind": "GitOpsCluster",
        "metadata": meta(NAME, fleet.spec.hub.argocdNamespace),
        "spec": {
            # The controller ignores `cluster`; examples of ACM have it, so readers look for it.
            "argoServer": {"cluster": "notused", "argoNamespace": fleet.spec.hub.argocdNamespace},
            "placementRef": dict(PLACEMENT),
            **_delivery(fleet, profile),
        },
    }


PLACEMENT = {
    "apiVersion": "cluster.open-cluster-management.io/v1beta1",
    "kind": "Placement",
    "name": placement.NAME,
}


def _upstream_agent(fleet: Fleet, profile: HubProfile) -> Manifest:
    agent = fleet.spec.delivery.agent or Agent()
    address = {"principalServerAddress": agent.serverAddress} if agent.serverAddress else {}
    port = {"principalServerPort": str(agent.serverPort)} if agent.serverPort else {}
    return {
        "apiVersion": "apps.open-cluster-management.io/v1alpha1",
        "kind": "GitOpsCluster",
        "metadata": meta(NAME, fleet.spec.hub.argocdNamespace),
        "spec": {
            "placementRef": dict(PLACEMENT),
            # Where our Policies give rights and bring the credential.
            "argoCDAgentAddon": {
                "mode": agent.mode,
                **address,
                **port,
                "agentNamespace": profile.edge.namespace,
            },
        },
    }


def _delivery(fleet: Fleet, profile: HubProfile) -> Manifest:
    if profile.gitOpsCluster == "blank-secrets":
        return {"createBlankClusterSecrets": True}
    addon: dict[str, Any] = {"enabled": True}
    if profile.gitOpsCluster == "addon-olm" and all(member.openshift for member in fleet.managed):
        # enabled forces OLM on every cluster of the Placement; only OpenShift is sure to have it.
        addon["olmSubscription"] = {"enabled": True}
    if fleet.spec.delivery.model == "agent":
        # Otherwise no such block, not even a disabled one: that is what tells the basic model from the agent.
        addon["argoCDAgent"] = _agent(fleet.spec.delivery.agent or Agent())
    return {"gitopsAddon": addon}


def _agent(agent: Agent) -> Manifest:
    address = {"serverAddress": agent.serverAddress} if agent.serverAddress else {}
    port = {"serverPort": str(agent.serverPort)} if agent.serverPort else {}
    return {"enabled": True, "mode": agent.mode, **address, **port}


def app_project(fleet: Fleet) -> Manifest:
    """Our repository, our namespaces and our kinds only; with model pull each Application carries it to its cluster."""
    # It is of the newest commit and reaches every site at once; rings are older, and what they prune must be permitted.
    kept = fleet.spec.delivery.keptNamespaces
    namespaces = {*kept, *(name for member in fleet.members for name, _ in member.namespaces)}
    project = project_of(fleet.spec.repository.url, namespaces, fleet.name)
    metadata = meta(NAME, fleet.spec.hub.argocdNamespace)
    if fleet.spec.delivery.model == "agent":
        # The principal hands a project to agents whose name is a destination, and narrows it to the cluster there
        # (argocd-agent v0.9.0 internal/manager/appproject/appproject.go).
        named = [{"name": "*", "namespace": place["namespace"]} for place in project["destinations"]]
        project["destinations"] += named
        project["sourceNamespaces"] = [fleet.spec.hub.argocdNamespace]
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": metadata, "spec": project}


def project_of(repository: str, namespaces: Collection[str], fleet: str) -> Manifest:
    """Spec of the project of root Applications."""
    places = sorted({NOWHERE, *namespaces})
    return {
        "description": f"Overlays of the fleet {fleet}",
        "sourceRepos": [repository],
        "destinations": [{"server": IN_CLUSTER, "namespace": name} for name in places],
        "clusterResourceWhitelist": whitelist(cluster=True),
        "namespaceResourceWhitelist": whitelist(cluster=False),
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
