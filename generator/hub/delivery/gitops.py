"""How the hub's Argo CD knows clusters, and what it lets overlays do: GitOpsCluster and AppProject."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ...components.kit.images_in import MIRRORED_CATALOG
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet
from ...objects.manifest import Manifest, meta
from ...specs.fleet import Agent
from ..kit import placement
from ..kit.edge import whitelist
from ..kit.profile import HubProfile, profile_of

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
        addon["olmSubscription"] = {"enabled": True, **_catalog(fleet)}
    if fleet.spec.delivery.model == "agent":
        # Otherwise no such block, not even a disabled one: that is what tells the basic model from the agent.
        addon["argoCDAgent"] = _agent(fleet.spec.delivery.agent or Agent())
    return {"gitopsAddon": addon}


GITOPS_CATALOG = "redhat-operators"
"""Where the add-on subscribes from unless it is told: DefaultOLMSubscriptionSource in multicloud-integrations release-2.16
and release-2.17 pkg/controller/gitopscluster/olm_subscription.go (read in source)."""


def _catalog(fleet: Fleet) -> Manifest:
    """Its catalog in the mirror, where the default ones are switched off; one for all clusters, see MIRROR009."""
    mirror = fleet.spec.mirror
    if mirror is None or GITOPS_CATALOG not in mirror.catalogSources:
        return {}
    mirrored = all(member.openshift and member.mirrored for member in fleet.managed)
    return {"source": f"{MIRRORED_CATALOG}{GITOPS_CATALOG}"} if mirrored else {}


def addon_subscribes(fleet: Fleet, profile: HubProfile | None) -> bool:
    """Whether ACM's add-on installs Argo CD on the clusters through OLM."""
    pulls = fleet.spec.delivery.model in {"pull", "agent"}
    return pulls and profile is not None and profile.gitOpsCluster == "addon-olm"


@rule(
    "MIRROR009",
    source="multicloud-integrations release-2.17 gitopsaddon/gitopsaddon_install.go createOrUpdateOLMSubscription",
    scope="fleet",
)
def argocd_comes_from_a_catalog_that_is_there(fleet: Fleet) -> Iterator[Problem]:
    """Where ACM's add-on installs Argo CD (hub.version 2.16 on), its catalog is one that every cluster has.

    It subscribes all clusters from one catalog. mirror.catalogSources switches redhat-operators off where clusters pull
    through the mirror, and others do not have the catalog of the mirror: on one of both Argo CD is never installed. What
    `operators: [gitops]` brings the add-on leaves alone.
    """
    mirror = fleet.spec.mirror
    if mirror is None or not mirror.catalogSources or not addon_subscribes(fleet, profile_of(fleet.spec.hub)):
        return
    cut_off = [item for item in fleet.managed if item.openshift and item.mirrored]
    without = [item for item in cut_off if "gitops" not in dict(item.operators)]
    if _catalog(fleet) or not without:
        return
    more = f" and {len(without) - 1} more" if len(without) > 1 else ""
    said = f"Argo CD comes from catalog {GITOPS_CATALOG}, which is switched off on {without[0].name}{more}"
    if GITOPS_CATALOG not in mirror.catalogSources:
        hint = f"catalogSources: {{{GITOPS_CATALOG}: {mirror.registry}/...@sha256:...}}"
        yield Problem(("mirror", "catalogSources"), said, hint)
    else:
        hint = "mirror.clusters: all with OpenShift clusters only, or operators: [gitops] on these"
        yield Problem(("mirror", "clusters"), said, hint)


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
