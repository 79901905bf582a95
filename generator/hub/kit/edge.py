"""What overlays may hold: every kind that components emit, and the rights that an Argo CD needs for them.

The AppProject's allow-lists and the ClusterRole of each cluster's Argo CD are made of this list; a test holds
it against what the components emit. What bounds an overlay is the project: OpenShift GitOps gives its own instance more
rights than these (docs/credentials.md), and upstream's installation all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from ...objects.manifest import Manifest, meta


class ManagedKind(NamedTuple):
    """A kind: `kept` ones are never deleted by Argo CD, so it does not get the right to."""

    group: str
    kind: str
    resource: str
    cluster: bool = False
    kept: bool = False


KINDS = (
    ManagedKind("", "ConfigMap", "configmaps"),
    ManagedKind("", "LimitRange", "limitranges"),
    ManagedKind("", "Namespace", "namespaces", cluster=True, kept=True),
    ManagedKind("", "PersistentVolumeClaim", "persistentvolumeclaims", kept=True),
    ManagedKind("", "ResourceQuota", "resourcequotas"),
    ManagedKind("", "ServiceAccount", "serviceaccounts"),
    ManagedKind("batch", "Job", "jobs"),
    ManagedKind(
        "datasciencepipelinesapplications.opendatahub.io",
        "DataSciencePipelinesApplication",
        "datasciencepipelinesapplications",
        kept=True,
    ),
    ManagedKind("external-secrets.io", "ExternalSecret", "externalsecrets"),
    ManagedKind("infrastructure.opendatahub.io", "HardwareProfile", "hardwareprofiles"),
    ManagedKind("kueue.x-k8s.io", "AdmissionCheck", "admissionchecks", cluster=True),
    ManagedKind("kueue.x-k8s.io", "ClusterQueue", "clusterqueues", cluster=True),
    ManagedKind("kueue.x-k8s.io", "Cohort", "cohorts", cluster=True),
    ManagedKind("kueue.x-k8s.io", "LocalQueue", "localqueues"),
    ManagedKind("kueue.x-k8s.io", "ResourceFlavor", "resourceflavors", cluster=True),
    ManagedKind("kueue.x-k8s.io", "WorkloadPriorityClass", "workloadpriorityclasses", cluster=True),
    ManagedKind("monitoring.coreos.com", "PodMonitor", "podmonitors"),
    ManagedKind("monitoring.coreos.com", "PrometheusRule", "prometheusrules"),
    ManagedKind("networking.k8s.io", "NetworkPolicy", "networkpolicies"),
    ManagedKind("policy", "PodDisruptionBudget", "poddisruptionbudgets"),
    ManagedKind("ray.io", "RayCluster", "rayclusters"),
    ManagedKind("ray.io", "RayJob", "rayjobs"),
    ManagedKind("ray.io", "RayService", "rayservices"),
    ManagedKind("route.openshift.io", "Route", "routes"),
    ManagedKind("scheduling.k8s.io", "PriorityClass", "priorityclasses", cluster=True),
    ManagedKind("serving.kserve.io", "ClusterStorageContainer", "clusterstoragecontainers", cluster=True),
    ManagedKind("serving.kserve.io", "InferenceService", "inferenceservices"),
    ManagedKind("serving.kserve.io", "LLMInferenceService", "llminferenceservices"),
    ManagedKind("serving.kserve.io", "LocalModelCache", "localmodelcaches", cluster=True),
    ManagedKind("serving.kserve.io", "LocalModelNodeGroup", "localmodelnodegroups", cluster=True),
    ManagedKind("serving.kserve.io", "ServingRuntime", "servingruntimes"),
    ManagedKind("workload.codeflare.dev", "AppWrapper", "appwrappers"),
)

ROLE = "nearedge-argocd"
READ = ("get", "list", "watch")
WRITE = ("create", "update", "patch")


def rights() -> Iterator[Manifest]:
    """Rules of a ClusterRole: per API group, the kinds it may delete and those it may only change."""

    def by_group(kind: ManagedKind) -> tuple[str, bool]:
        return kind.group, kind.kept

    for (group, kept), kinds in groupby(sorted(KINDS, key=by_group), key=by_group):
        verbs = [*READ, *WRITE] if kept else [*READ, *WRITE, "delete"]
        yield {"apiGroups": [group], "resources": sorted(kind.resource for kind in kinds), "verbs": verbs}


def role(accounts: Iterable[str], namespace: str) -> Iterator[Manifest]:
    """The ClusterRole and its binding to ServiceAccounts of a cluster's Argo CD."""
    yield {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": meta(ROLE),
        "rules": list(rights()),
    }
    yield {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": meta(ROLE),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace} for name in accounts],
    }


def whitelist(*, cluster: bool) -> list[Manifest]:
    """Kinds of a scope, as an AppProject lists them."""
    return [{"group": kind.group, "kind": kind.kind} for kind in KINDS if kind.cluster == cluster]
