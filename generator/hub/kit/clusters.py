"""Which clusters there are: the set, its bindings, and the labels of each ManagedCluster."""

from __future__ import annotations

from collections.abc import Iterator

from ...fleet.fleet import Fleet, Member
from ...objects.manifest import KEEP, Manifest, Wave, meta
from .brought import credential_labels
from .installs import operator_labels
from .rings import labels_of

SET_LABEL = "cluster.open-cluster-management.io/clusterset"
TIER_LABEL = "nearedge.io/tier"
MIRROR_LABEL = "nearedge.io/mirror"
"""Of clusters that are told of the fleet's mirror."""
NAMESPACE_LABEL = "namespace.nearedge.io/"
"""Prefix: `namespace.nearedge.io/ai-serving: "true"` marks clusters whose Argo CD needs that namespace."""

ARGOCD_LABEL = "argocd.argoproj.io/managed-by"
"""On a namespace: the operator of OpenShift GitOps gives the Argo CD that it names rights there."""


def policy_namespace(fleet: Fleet) -> Manifest:
    """The namespace of Policies; it holds the Secrets that clusters may be given, and no others."""
    metadata = meta(fleet.spec.hub.policyNamespace, wave=Wave.NAMESPACE, annotations=KEEP)
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def cluster_set(fleet: Fleet) -> Iterator[Manifest]:
    """The set, and its bindings into the two namespaces that have Placements."""
    hub = fleet.spec.hub
    yield {
        "apiVersion": "cluster.open-cluster-management.io/v1beta2",
        "kind": "ManagedClusterSet",
        "metadata": meta(hub.clusterSet, annotations=KEEP),
        "spec": {"clusterSelector": {"selectorType": "ExclusiveClusterSetLabel"}},
    }
    for namespace in (hub.argocdNamespace, hub.policyNamespace):
        yield {
            "apiVersion": "cluster.open-cluster-management.io/v1beta2",
            "kind": "ManagedClusterSetBinding",
            "metadata": meta(hub.clusterSet, namespace),
            "spec": {"clusterSet": hub.clusterSet},
        }


def namespaces_to_label(member: Member) -> tuple[tuple[str, str], ...]:
    """(namespace, namespace of its Argo CD) for those that need ARGOCD_LABEL."""
    listed = ((name, dict(labels).get(ARGOCD_LABEL)) for name, labels in member.namespaces)
    return tuple((name, argocd) for name, argocd in listed if argocd)


OBSERVED_LABEL = "nearedge.io/observability"
"""Of clusters whose user workload monitoring the hub switches on."""


def is_watched(member: Member, fleet: Fleet) -> bool:
    """Whether the hub collects the metrics of a cluster's workloads."""
    return member.openshift and fleet.spec.observability is not None and fleet.spec.hub.flavor == "acm"


def is_mirrored(member: Member) -> bool:
    """Whether a cluster is told of the mirror: it pulls something through it, and it knows mirror sets."""
    return member.openshift and (member.mirrored or bool(member.repositories))


def managed_cluster(member: Member, fleet: Fleet) -> Manifest:
    """The labels of a cluster; whether the hub accepts it stays with the administrator.

    There is no spec. `hubAcceptsClient: true` in Git would accept, before it exists, whoever registers under
    this name; `false` would turn away a cluster that has joined. A field that is not applied keeps its value.
    """
    labels = {
        **member.labels,
        **{f"{NAMESPACE_LABEL}{namespace}": "true" for namespace, _ in namespaces_to_label(member)},
        **operator_labels(member, fleet.spec.mirror),
        **credential_labels(member),
        SET_LABEL: fleet.spec.hub.clusterSet,
        TIER_LABEL: member.tier,
        **labels_of(member, fleet),
        **({MIRROR_LABEL: "true"} if is_mirrored(member) else {}),
        **({OBSERVED_LABEL: "true"} if is_watched(member, fleet) else {}),
    }
    return {
        "apiVersion": "cluster.open-cluster-management.io/v1",
        "kind": "ManagedCluster",
        "metadata": meta(member.name, labels=labels, annotations=KEEP),
    }
