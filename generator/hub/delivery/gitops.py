"""How the hub's Argo CD knows clusters, and what it lets overlays do: GitOpsCluster and AppProject."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from ...components.kit.images_in import MIRRORED_CATALOG
from ...facts.operators import operators
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet, Member
from ...objects.manifest import Manifest, meta
from ...specs.fleet import Agent, Delivery
from ..kit import placement
from ..kit.clusters import MIRROR_LABEL
from ..kit.edge import whitelist
from ..kit.profile import HubProfile, profile_of
from .releases import delivery_of
from .windows import Held, held, sync_windows

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
        yield from _gitops_clusters(fleet, profile)


def _gitops_clusters(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """One for all clusters; two where some of them have Argo CD from a catalog in the mirror, and others do not.

    The add-on has one catalog for each GitOpsCluster, and each cluster belongs to one. The controller works through all
    there are (multicloud-integrations release-2.17 pkg/controller/gitopscluster/gitopscluster_controller.go Reconcile).
    """
    mirrored = [member for member in fleet.managed if from_mirror(member, fleet, profile)]
    others = [member for member in fleet.managed if not from_mirror(member, fleet, profile)]
    if not mirrored or not others:
        yield _gitops_cluster(fleet, profile, NAME, placement.NAME, fleet.managed)
        return
    namespace = fleet.spec.hub.argocdNamespace
    for name, members, mark in ((DIRECT, others, None), (MIRRORED, mirrored, "true")):
        yield placement.placement(fleet, namespace, name, labels={MIRROR_LABEL: mark})
        yield _gitops_cluster(fleet, profile, name, name, members)


def _gitops_cluster(
    fleet: Fleet, profile: HubProfile, name: str, placed: str, members: Sequence[Member]
) -> Manifest:
    return {
        "apiVersion": "apps.open-cluster-management.io/v1beta1",
        "kind": "GitOpsCluster",
        "metadata": meta(name, fleet.spec.hub.argocdNamespace),
        "spec": {
            # The controller ignores `cluster`; examples of ACM have it, so readers look for it.
            "argoServer": {"cluster": "notused", "argoNamespace": fleet.spec.hub.argocdNamespace},
            "placementRef": {**PLACEMENT, "name": placed},
            **_delivery(fleet, profile, members),
        },
    }


DIRECT, MIRRORED = f"{NAME}-direct", f"{NAME}-mirrored"
"""Names of two GitOpsClusters and of their Placements."""

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


def _delivery(fleet: Fleet, profile: HubProfile, members: Sequence[Member]) -> Manifest:
    if profile.gitOpsCluster == "blank-secrets":
        return {"createBlankClusterSecrets": True}
    addon: dict[str, Any] = {"enabled": True}
    if profile.gitOpsCluster == "addon-olm" and all(member.openshift for member in members):
        # enabled forces OLM on every cluster of the Placement; only OpenShift is sure to have it.
        moved = any(from_mirror(member, fleet, profile) for member in members)
        source = {"source": f"{MIRRORED_CATALOG}{GITOPS_CATALOG}"} if moved else {}
        channel = fleet.spec.delivery.gitOpsChannel
        addon["olmSubscription"] = {"enabled": True, **({"channel": channel} if channel else {}), **source}
    if fleet.spec.delivery.model == "agent":
        # Otherwise no such block, not even a disabled one: that is what tells the basic model from the agent.
        addon["argoCDAgent"] = _agent(fleet.spec.delivery.agent or Agent())
    return {"gitopsAddon": addon}


GITOPS_CATALOG = "redhat-operators"
"""Where the add-on subscribes from unless it is told: DefaultOLMSubscriptionSource in multicloud-integrations release-2.16
and release-2.17 pkg/controller/gitopscluster/olm_subscription.go (read in source)."""


def from_mirror(member: Member, fleet: Fleet, profile: HubProfile) -> bool:
    """Whether ACM's add-on has to install a cluster's Argo CD from a catalog in the mirror."""
    mirror = fleet.spec.mirror
    there = mirror is not None and GITOPS_CATALOG in mirror.catalogSources
    return there and profile.gitOpsCluster == "addon-olm" and member.openshift and member.mirrored


@rule(
    "MIRROR009",
    source="multicloud-integrations release-2.17 gitopsaddon/gitopsaddon_install.go createOrUpdateOLMSubscription",
    scope="fleet",
)
def argocd_comes_from_a_catalog_that_is_there(fleet: Fleet) -> Iterator[Problem]:
    """Where ACM's add-on installs Argo CD (hub.version 2.16 on), mirror.catalogSources has redhat-operators.

    The add-on subscribes from it, and mirror.catalogSources switches the default catalogs off on clusters that pull through
    the mirror: Argo CD would never be installed there, and nothing delivered. What `operators: [gitops]` brings the add-on
    leaves alone.
    """
    mirror, profile = fleet.spec.mirror, profile_of(fleet.spec.hub)
    pulls = fleet.spec.delivery.model in {"pull", "agent"}
    if mirror is None or not mirror.catalogSources or GITOPS_CATALOG in mirror.catalogSources or not pulls:
        return
    cut_off = (item for item in fleet.managed if item.openshift and item.mirrored)
    without = [item.name for item in cut_off if "gitops" not in dict(item.operators)]
    if profile is not None and profile.gitOpsCluster == "addon-olm" and without:
        more = f" and {len(without) - 1} more" if len(without) > 1 else ""
        said = f"Argo CD comes from catalog {GITOPS_CATALOG}, which is switched off on {without[0]}{more}"
        hint = f"catalogSources: {{{GITOPS_CATALOG}: {mirror.registry}/...@sha256:...}}"
        yield Problem(("mirror", "catalogSources"), said, hint)


@rule(
    "HUB053",
    source="multicloud-integrations release-2.16 and release-2.17 pkg/apis/apps/v1beta1/gitopscluster_types.go OLMSubscriptionSpec",
    scope="fleet",
)
def a_channel_is_of_the_addon(fleet: Fleet) -> Iterator[Problem]:
    """delivery.gitOpsChannel is said where ACM's add-on installs OpenShift GitOps: hub.version 2.16 on, model pull or agent.

    Elsewhere nobody reads it, and Argo CD goes on to the next release all the same. Clusters that are not OpenShift switch OLM
    off for all that are placed with them.
    """
    delivery, profile = fleet.spec.delivery, profile_of(fleet.spec.hub)
    if delivery.gitOpsChannel is None or profile is None or not fleet.managed:
        return
    path = ("delivery", "gitOpsChannel")
    others = [item.name for item in fleet.managed if not item.openshift]
    if delivery.model not in {"pull", "agent"} or profile.gitOpsCluster != "addon-olm":
        said = f"no add-on of {profile.name} installs OpenShift GitOps with delivery.model {delivery.model}"
        yield Problem(path, said, "operators: [{name: gitops, channel: ..., versions: [...]}] of a cluster")
    elif others:
        said = f"{others[0]} is no OpenShift cluster, so the add-on is not told to use OLM"
        yield Problem(path, said, "a fleet of its own for such clusters, or leave it out")


@rule(
    "HUB054",
    Severity.WARNING,
    source="operator-lifecycle-manager pkg/controller/operators/olm: InterOperatorGroupOwnerConflict; multicloud-integrations release-2.16 olm_subscription.go",
    scope="fleet",
)
def gitops_is_subscribed_once(fleet: Fleet) -> Iterator[Problem]:
    """With ACM's add-on of 2.16, clusters do not have `operators: [gitops]` as well.

    The add-on subscribes in openshift-operators, the operator of the catalog in a namespace of its own: two installations of one
    operator for all namespaces, of which OLM fails the second. From 2.17 on both mean the same Subscription, and the add-on
    leaves it alone.
    """
    profile, ours = profile_of(fleet.spec.hub), operators()["gitops"].namespace
    pulls = fleet.spec.delivery.model in {"pull", "agent"}
    if profile is None or not pulls or profile.addonNamespace in {None, ours}:
        return
    twice = [item.name for item in fleet.managed if item.openshift and "gitops" in dict(item.operators)]
    if twice:
        more = f" and {len(twice) - 1} more" if len(twice) > 1 else ""
        said = f"{twice[0]}{more}: gitops is subscribed to in {ours} and, by the add-on of {profile.name}, in {profile.addonNamespace}"
        hint = (
            "drop gitops from operators; delivery.gitOpsChannel keeps what the add-on installs to one release"
        )
        yield Problem(("members", twice[0], "operators"), said, hint)


def _agent(agent: Agent) -> Manifest:
    address = {"serverAddress": agent.serverAddress} if agent.serverAddress else {}
    port = {"serverPort": str(agent.serverPort)} if agent.serverPort else {}
    return {"enabled": True, "mode": agent.mode, **address, **port}


def app_project(fleet: Fleet) -> Manifest:
    """Our repository, our namespaces and our kinds only; with model pull each Application carries it to its cluster."""
    # It is of the newest commit and reaches every site at once; rings are older, and what they prune must be permitted.
    kept = fleet.spec.delivery.keptNamespaces
    namespaces = {*kept, *(name for member in fleet.members for name, _ in member.namespaces)}
    waiting = held_windows(delivery_of(fleet), fleet.members)
    project = project_of(fleet.spec.repository.url, namespaces, fleet.name, waiting, apart=fleet.apart)
    profile = profile_of(fleet.spec.hub)
    if profile is not None:
        let_in_applications(project, fleet.spec.delivery, profile.edge.namespace)
    metadata = meta(NAME, fleet.spec.hub.argocdNamespace)
    if fleet.spec.delivery.model == "agent":
        # The principal hands a project to agents whose name is a destination, and narrows it to the cluster there
        # (argocd-agent v0.9.0 internal/manager/appproject/appproject.go).
        named = [{"name": "*", "namespace": place["namespace"]} for place in project["destinations"]]
        project["destinations"] += named
        project["sourceNamespaces"] = [fleet.spec.hub.argocdNamespace]
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": metadata, "spec": project}


def permitted(fleet: Fleet) -> frozenset[str]:
    """The namespaces in which the AppProject of a hub lets Argo CD work."""
    places = app_project(fleet)["spec"]["destinations"]
    return frozenset(place["namespace"] for place in places)


def let_in_applications(project: Manifest, delivery: Delivery, namespace: str) -> None:
    """Let root Applications have Applications in the namespace of their Argo CD, where workloads have some.

    Also while that namespace is among those that are kept: rings that are behind have some, and the root has to take them
    away. A project cannot permit a kind in one namespace alone, so all that overlays may hold may be there as well.
    """
    if delivery.applications == "cluster" and namespace not in delivery.keptNamespaces:
        return
    place = {"server": IN_CLUSTER, "namespace": namespace}
    others = [item for item in project["destinations"] if item != place]
    project["destinations"] = sorted((*others, place), key=lambda item: str(item["namespace"]))
    project["namespaceResourceWhitelist"] = [APPLICATION, *project["namespaceResourceWhitelist"]]


APPLICATION = {"group": "argoproj.io", "kind": "Application"}
"""Not among the kinds of overlays (kit/edge.py): an Argo CD may change Applications in its own namespace without our
rights (argo-cd v3.5.1 manifests/base/application-controller-roles/argocd-application-controller-role.yaml)."""


def held_windows(delivery: Delivery, members: Iterable[Member]) -> Held:
    """The root Applications that wait for a window."""
    named = {application_name(member.name): member.window for member in members if member.window}
    return held(named, delivery)


def application_name(cluster: str) -> str:
    """Name of a cluster's root Application."""
    return f"{NAME}-{cluster}"


def project_of(
    repository: str,
    namespaces: Collection[str],
    fleet: str,
    waiting: Held | None = None,
    *,
    apart: Collection[str] = (),
) -> Manifest:
    """Spec of the project of root Applications, of which some wait for a window."""
    places = sorted({NOWHERE, *namespaces})
    windows = sync_windows(waiting) if waiting else []
    return {
        "description": f"Overlays of the fleet {fleet}",
        "sourceRepos": [repository],
        "destinations": [{"server": IN_CLUSTER, "namespace": name} for name in places],
        "clusterResourceWhitelist": whitelist(cluster=True),
        "namespaceResourceWhitelist": whitelist(cluster=False, apart=apart),
        **({"syncWindows": windows} if windows else {}),
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
