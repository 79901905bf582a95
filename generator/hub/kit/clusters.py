"""Which clusters there are: the set, its bindings, and the labels of each ManagedCluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...fleet.fleet import Fleet, Member
from ...objects.manifest import KEEP, Manifest, Wave, meta
from .access import access_labels
from .brought import credential_labels
from .builders import builds_labels
from .checkers import checks_labels
from .installs import operator_labels
from .registered import registered
from .rings import labels_of

SET_LABEL = "cluster.open-cluster-management.io/clusterset"
TIER_LABEL = "nearedge.io/tier"
SILENCE_LABEL = "nearedge.io/silence"
"""Of clusters whose line may be away for longer than the usual: how long, or never. ACM makes a label of every metric
acm_managed_cluster_labels of it (hub/observability/alerts.py)."""
MIRROR_LABEL = "nearedge.io/mirror"
"""Of clusters that are told of the fleet's mirror."""
NAMESPACE_LABEL = "namespace.nearedge.io/"
"""Prefix: `namespace.nearedge.io/ai-serving: "true"` marks clusters whose Argo CD fills that namespace."""

KLUSTERLET_CONFIG = "agent.open-cluster-management.io/klusterlet-config"
"""On a ManagedCluster: the KlusterletConfig of its klusterlet (stolostron/cluster-lifecycle-api 43755d6
constants/constants.go AnnotationKlusterletConfig)."""

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


def namespaces_to_open(members: Iterable[Member]) -> dict[str, str | None]:
    """Namespaces that overlays fill -> namespace of the Argo CD for ARGOCD_LABEL, by name.

    None where no OpenShift cluster has it: to others the label says nothing.
    """
    found: dict[str, str | None] = {}
    for name, labels in (place for member in members for place in member.namespaces):
        found[name] = dict(labels).get(ARGOCD_LABEL) or found.get(name)
    return dict(sorted(found.items()))


OBSERVED_LABEL = "nearedge.io/observability"
"""Of clusters whose user workload monitoring the hub switches on."""


def is_watched(member: Member, fleet: Fleet) -> bool:
    """Whether the hub collects the metrics of a cluster's workloads."""
    return member.openshift and fleet.spec.observability is not None and fleet.spec.hub.flavor == "acm"


def is_mirrored(member: Member) -> bool:
    """Whether a cluster is told of the mirror: it pulls something through it, and it knows mirror sets."""
    return member.openshift and (member.mirrored or bool(member.repositories))


def managed_cluster(member: Member, fleet: Fleet) -> Manifest:
    """The labels of a cluster; whether the hub accepts it stays with the administrator unless its spec asks for it.

    `hubAcceptsClient: true` in Git accepts, before it exists, whoever registers under this name; `false`, which is never
    written, would turn away a cluster that has joined. A field that is not applied keeps its value.
    """
    said = registered(member)
    labels = {
        **member.labels,
        **{f"{NAMESPACE_LABEL}{namespace}": "true" for namespace in namespaces_to_open([member])},
        **operator_labels(member, fleet.spec.mirror),
        **credential_labels(member),
        **builds_labels(member),
        **checks_labels(member),
        **access_labels(member),
        SET_LABEL: fleet.spec.hub.clusterSet,
        TIER_LABEL: member.tier,
        **labels_of(member, fleet),
        **({SILENCE_LABEL: member.silence} if member.silence else {}),
        **({MIRROR_LABEL: "true"} if is_mirrored(member) else {}),
        **({OBSERVED_LABEL: "true"} if is_watched(member, fleet) else {}),
    }
    config = said.klusterletConfig if said else ""
    annotations = {**KEEP, **({KLUSTERLET_CONFIG: config} if config else {})}
    return {
        "apiVersion": "cluster.open-cluster-management.io/v1",
        "kind": "ManagedCluster",
        "metadata": meta(member.name, labels=labels, annotations=annotations),
        **({"spec": {"hubAcceptsClient": True}} if said and said.accept else {}),
    }
