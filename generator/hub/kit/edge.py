"""What overlays may hold: every kind that components emit, and the rights that an Argo CD needs for them.

The AppProject's allow-lists and the ClusterRoles of each cluster's Argo CD are made of this list; a test holds
it against what the components emit. What bounds an overlay is the project: OpenShift GitOps gives its own instance more
rights than these (docs/credentials.md), and upstream's installation all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from ...objects.manifest import Manifest, meta


class ManagedKind(NamedTuple):
    """A kind: `kept` ones are never deleted by Argo CD, so it does not get the right to.

    Of `builds`: the right is given on clusters that build, in the namespace of their builds (`builder`); that to CronJobs also
    where models are asked (checkers.py). Of a `section`: only where some
    cluster has it (fleet/fleet.py Member.apart).
    """

    group: str
    kind: str
    resource: str
    cluster: bool = False
    kept: bool = False
    builds: bool = False
    section: str = ""


KINDS = (
    ManagedKind("", "ConfigMap", "configmaps"),
    ManagedKind("", "LimitRange", "limitranges"),
    ManagedKind("", "Namespace", "namespaces", cluster=True, kept=True),
    ManagedKind("", "PersistentVolumeClaim", "persistentvolumeclaims", kept=True),
    ManagedKind("", "ResourceQuota", "resourcequotas"),
    ManagedKind("", "Service", "services"),
    ManagedKind("", "ServiceAccount", "serviceaccounts"),
    ManagedKind("apps", "Deployment", "deployments"),
    ManagedKind("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    ManagedKind("batch", "CronJob", "cronjobs", builds=True),
    ManagedKind("batch", "Job", "jobs"),
    ManagedKind(
        "datasciencepipelinesapplications.opendatahub.io",
        "DataSciencePipelinesApplication",
        "datasciencepipelinesapplications",
        kept=True,
    ),
    ManagedKind("external-secrets.io", "ExternalSecret", "externalsecrets"),
    ManagedKind("gateway.networking.k8s.io", "HTTPRoute", "httproutes"),
    ManagedKind("infrastructure.opendatahub.io", "HardwareProfile", "hardwareprofiles"),
    ManagedKind("kueue.x-k8s.io", "AdmissionCheck", "admissionchecks", cluster=True),
    ManagedKind("kueue.x-k8s.io", "ClusterQueue", "clusterqueues", cluster=True),
    ManagedKind("kueue.x-k8s.io", "Cohort", "cohorts", cluster=True),
    ManagedKind("kueue.x-k8s.io", "LocalQueue", "localqueues"),
    ManagedKind("kueue.x-k8s.io", "ResourceFlavor", "resourceflavors", cluster=True),
    ManagedKind("kueue.x-k8s.io", "WorkloadPriorityClass", "workloadpriorityclasses", cluster=True),
    ManagedKind("kubeflow.org", "Notebook", "notebooks", section="workbenches"),
    ManagedKind("kubeflow.org", "PyTorchJob", "pytorchjobs", section="training"),
    ManagedKind("monitoring.coreos.com", "PodMonitor", "podmonitors"),
    ManagedKind("monitoring.coreos.com", "PrometheusRule", "prometheusrules"),
    ManagedKind("networking.k8s.io", "Ingress", "ingresses"),
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
    ManagedKind("tekton.dev", "Pipeline", "pipelines", builds=True),
    ManagedKind("tekton.dev", "Task", "tasks", builds=True),
    ManagedKind("trainer.kubeflow.org", "TrainJob", "trainjobs", section="training"),
    ManagedKind("trainer.kubeflow.org", "TrainingRuntime", "trainingruntimes", section="training"),
    ManagedKind("workload.codeflare.dev", "AppWrapper", "appwrappers"),
)

ROLE = "nearedge-argocd"
"""ClusterRole of what belongs to no namespace, bound for the whole cluster; and RoleBinding in each namespace."""
INSIDE = "nearedge-argocd-namespaces"
"""ClusterRole of what is in namespaces, bound in those that overlays fill and nowhere else: who may make a Job in
kube-system has the cluster."""
BUILDER = "nearedge-argocd-builds"
"""ClusterRole of what builds are made of, bound in the namespace of a cluster's builds; and RoleBinding there."""
BUILDER_SEES = "nearedge-argocd-builds-view"
"""ClusterRole by which the Argo CD of a cluster that builds watches the same."""
CHECKER = "nearedge-argocd-checks"
"""ClusterRole of the CronJobs that ask models, bound in the namespaces where some do; and RoleBinding there."""
CHECKER_SEES = "nearedge-argocd-checks-view"
"""ClusterRole by which the Argo CD of such a cluster watches them."""
READ = ("get", "list", "watch")
WRITE = ("create", "update", "patch")


def _kinds(*, cluster: bool, builds: bool, apart: Collection[str]) -> list[ManagedKind]:
    """The kinds of a scope, those of `builds` alone or all others; those of a section only where it is in `apart`."""
    return [
        kind
        for kind in KINDS
        if kind.cluster == cluster and kind.builds == builds and (not kind.section or kind.section in apart)
    ]


def rights(*, cluster: bool, builds: bool = False, apart: Collection[str] = ()) -> Iterator[Manifest]:
    """Rules of a scope: per API group, the kinds it may delete and those it may only change; or those of `builds` alone."""

    def by_group(kind: ManagedKind) -> tuple[str, bool]:
        return kind.group, kind.kept

    listed = _kinds(cluster=cluster, builds=builds, apart=apart)
    for (group, kept), kinds in groupby(sorted(listed, key=by_group), key=by_group):
        verbs = [*READ, *WRITE] if kept else [*READ, *WRITE, "delete"]
        yield {"apiGroups": [group], "resources": sorted(kind.resource for kind in kinds), "verbs": verbs}


def _seen(*, builds: bool = False, apart: Collection[str] = ()) -> Manifest:
    """The rule by which Argo CD watches what is in namespaces: its cache asks for all of them at once."""
    listed = _kinds(cluster=False, builds=builds, apart=apart)
    groups, resources = {kind.group for kind in listed}, {kind.resource for kind in listed}
    return {"apiGroups": sorted(groups), "resources": sorted(resources), "verbs": [*READ]}


def role(accounts: Iterable[str], namespace: str, *, apart: Collection[str] = ()) -> Iterator[Manifest]:
    """Both ClusterRoles; the first one bound to ServiceAccounts of a cluster's Argo CD, the other as `inside` says."""
    yield role_of(ROLE, [*rights(cluster=True), _seen(apart=apart)])
    yield role_of(INSIDE, [*rights(cluster=False, apart=apart)])
    yield _binding("ClusterRoleBinding", ROLE, meta(ROLE), _accounts(accounts, namespace))


def inside(space: str, accounts: Iterable[str], namespace: str) -> Manifest:
    """What lets the Argo CD of `namespace` change what overlays have in a namespace."""
    return _binding("RoleBinding", INSIDE, meta(ROLE, space), _accounts(accounts, namespace))


def builder(accounts: Iterable[str], namespace: str) -> Iterator[Manifest]:
    """Both ClusterRoles of what builds are made of; the one to watch it bound, the other as `inside_builds` says."""
    yield role_of(BUILDER, [*rights(cluster=False, builds=True)])
    yield role_of(BUILDER_SEES, [_seen(builds=True)])
    yield _binding("ClusterRoleBinding", BUILDER_SEES, meta(BUILDER_SEES), _accounts(accounts, namespace))


def inside_builds(space: str, accounts: Iterable[str], namespace: str) -> Manifest:
    """What lets the Argo CD of `namespace` change Tasks, Pipelines and CronJobs in the namespace of builds."""
    return _binding("RoleBinding", BUILDER, meta(BUILDER, space), _accounts(accounts, namespace))


def inside_checks(space: str, accounts: Iterable[str], namespace: str) -> Manifest:
    """What lets the Argo CD of `namespace` change CronJobs in a namespace where models are asked."""
    return _binding("RoleBinding", CHECKER, meta(CHECKER, space), _accounts(accounts, namespace))


def granted(
    name: str, rules: list[Manifest], accounts: Iterable[str], namespace: str
) -> tuple[Manifest, Manifest]:
    """Rules as a ClusterRole, bound for the whole cluster to these ServiceAccounts."""
    binding = _binding("ClusterRoleBinding", name, meta(name), _accounts(accounts, namespace))
    return role_of(name, rules), binding


def role_of(name: str, rules: list[Manifest]) -> Manifest:
    """Rules as a ClusterRole."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": meta(name),
        "rules": rules,
    }


def _binding(kind: str, role: str, metadata: Manifest, subjects: list[Manifest]) -> Manifest:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": subjects,
    }


def _accounts(names: Iterable[str], namespace: str) -> list[Manifest]:
    return [{"kind": "ServiceAccount", "name": name, "namespace": namespace} for name in names]


def whitelist(*, cluster: bool, apart: Collection[str] = ()) -> list[Manifest]:
    """Kinds of a scope, as an AppProject lists them; those of a section only where it is in `apart`."""
    listed = [
        kind for kind in KINDS if kind.cluster == cluster and (not kind.section or kind.section in apart)
    ]
    return [{"group": kind.group, "kind": kind.kind} for kind in listed]
