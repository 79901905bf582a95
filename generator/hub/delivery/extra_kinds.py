"""Objects of the whole cluster that an application from elsewhere may make: kinds by name, and the rights for them.

An AppProject lets nothing of that kind through unless it lists it, and the Argo CD of a site has no right to it unless
somebody gives it one. Both are made of `clusterResourceWhitelist`, for each application by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet
from ...objects.manifest import Manifest
from ...specs.helm import ClusterKind
from ...specs.sources import ExtraApp
from ..kit import edge

CLUSTER_KINDS = {
    ("", "PersistentVolume"): "persistentvolumes",
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"): "mutatingadmissionpolicies",
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"): "mutatingadmissionpolicybindings",
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): "mutatingwebhookconfigurations",
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): "validatingadmissionpolicies",
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): "validatingadmissionpolicybindings",
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): "validatingwebhookconfigurations",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "customresourcedefinitions",
    ("apiregistration.k8s.io", "APIService"): "apiservices",
    ("networking.k8s.io", "IngressClass"): "ingressclasses",
    ("node.k8s.io", "RuntimeClass"): "runtimeclasses",
    ("rbac.authorization.k8s.io", "ClusterRole"): "clusterroles",
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): "clusterrolebindings",
    ("scheduling.k8s.io", "PriorityClass"): "priorityclasses",
    ("security.openshift.io", "SecurityContextConstraints"): "securitycontextconstraints",
    ("storage.k8s.io", "CSIDriver"): "csidrivers",
    ("storage.k8s.io", "StorageClass"): "storageclasses",
}
"""(group, kind) -> resource, of Kubernetes and OpenShift: kubernetes v1.33 api/openapi-spec, openshift/api security/v1."""

RBAC = "rbac.authorization.k8s.io"
POWERFUL = frozenset(
    {
        ("", "PersistentVolume"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("apiregistration.k8s.io", "APIService"),
        (RBAC, "ClusterRole"),
        (RBAC, "ClusterRoleBinding"),
        ("security.openshift.io", "SecurityContextConstraints"),
    }
)
"""By these one can take every right of a cluster, read all that its API is told, or reach the disks of its nodes."""

INSIDE = frozenset(
    {
        *((item.group, item.kind) for item in edge.KINDS if not item.cluster),
        *(("apps", kind) for kind in ("DaemonSet", "ReplicaSet", "StatefulSet")),
        *(("", kind) for kind in ("Pod", "Secret", "Endpoints", "Event", "ReplicationController")),
        *((RBAC, kind) for kind in ("Role", "RoleBinding")),
    }
)
"""Kinds that are sure to be in namespaces."""


def resource_of(item: ClusterKind) -> str | None:
    """How rights name a kind; None where nobody knows."""
    known = {(kind.group, kind.kind): kind.resource for kind in edge.KINDS if kind.cluster}
    return item.resource or CLUSTER_KINDS.get((item.group, item.kind)) or known.get((item.group, item.kind))


def lists_of(app: ExtraApp) -> Manifest:
    """The lists of kinds of its AppProject; no list for kinds of the whole cluster allows none of them."""
    said = [{"group": item.group, "kind": item.kind} for item in app.clusterResourceWhitelist]
    inside = [{"group": item.group, "kind": item.kind} for item in app.namespaceResourceWhitelist]
    return {
        **({"clusterResourceWhitelist": said} if said else {}),
        "namespaceResourceWhitelist": inside or [{"group": "*", "kind": "*"}],
    }


def rights_of(app: ExtraApp, accounts: Iterable[str], namespace: str) -> tuple[Manifest, ...]:
    """What lets a site's Argo CD make these objects: a ClusterRole of its own for each application; often nothing."""
    if not app.clusterResourceWhitelist:
        return ()
    name = f"{edge.ROLE}-extra-{app.name}"
    return edge.granted(name, [*_rules(app.clusterResourceWhitelist)], accounts, namespace)


def _rules(kinds: Iterable[ClusterKind]) -> Iterator[Manifest]:
    verbs = [*edge.READ, *edge.WRITE, "delete"]
    for group, listed in groupby(sorted(kinds, key=lambda item: item.group), key=lambda item: item.group):
        resources = sorted({resource_of(item) or "" for item in listed})
        # Without them Kubernetes lets nobody write a role that gives more than he has
        # (kubernetes v1.33 pkg/registry/rbac/clusterrole/policybased/storage.go).
        more = ["bind", "escalate"] if group == RBAC else []
        yield {"apiGroups": [group], "resources": resources, "verbs": [*verbs, *more]}


@rule(
    "EXTRA001",
    source="argo-cd v3.5.1 AppProject.IsGroupKindNamePermitted; RBAC names resources",
    scope="fleet",
)
def kinds_are_in_their_list(fleet: Fleet) -> Iterator[Problem]:
    """What an application may make is in the list of its kind, whole cluster or namespaces, and rights can name it.

    Argo CD asks the one list for objects in namespaces and the other for all else: a kind in the wrong one is refused
    there, and the application never syncs. Kubernetes' rights speak of the plural, which only the CRD of a kind knows.
    The namespace of an application comes by itself, and it may touch no other.
    """
    for i, app in enumerate(fleet.spec.extraApps):
        for j, item in enumerate(app.clusterResourceWhitelist):
            path, key = ("extraApps", i, "clusterResourceWhitelist", j), (item.group, item.kind)
            known = resource_of(item.model_copy(update={"resource": None}))
            if key == ("", "Namespace"):
                hint = f"leave it out: {app.namespace} comes by itself, and {app.name} may touch no other"
                yield Problem((*path, "kind"), f"{app.name} wants to make namespaces", hint)
            elif key in INSIDE:
                said = f"{item.kind} is a kind of objects in namespaces"
                yield Problem(
                    (*path, "kind"), said, "it belongs into namespaceResourceWhitelist, if anywhere"
                )
            elif known is None and item.resource is None:
                said = f"nobody here knows the resource of {item.kind} ({item.group or 'core group'})"
                yield Problem(path, said, "resource: the plural in its CRD, such as clusterpolicies")
            elif known is not None and item.resource not in {None, known}:
                said = f"the resource of {item.kind} is {known}, not {item.resource}"
                yield Problem((*path, "resource"), said, f"resource: {known}, or leave it out")
        for j, inside in enumerate(app.namespaceResourceWhitelist):
            if (inside.group, inside.kind) in CLUSTER_KINDS:
                place = ("extraApps", i, "namespaceResourceWhitelist", j, "kind")
                said = f"{inside.kind} is a kind of the whole cluster"
                yield Problem(place, said, "it belongs into clusterResourceWhitelist")


@rule(
    "EXTRA002", Severity.WARNING, source="kubernetes RBAC: bind, escalate; admission webhooks", scope="fleet"
)
def powerful_kinds_are_seen(fleet: Fleet) -> Iterator[Problem]:
    """Whoever writes the source of an application that may make such kinds has the clusters that get it.

    A ClusterRole gives every right, a webhook sees and changes what the API is told, an APIService answers for it, a
    PersistentVolume reaches the disks of nodes. What a chart makes of them is not checked here: read it, pin it (it is
    pinned), and let as few clusters have it as need it.
    """
    for i, app in enumerate(fleet.spec.extraApps):
        found = [item.kind for item in app.clusterResourceWhitelist if (item.group, item.kind) in POWERFUL]
        if found:
            said = f"{app.name} from {app.repoURL} may make {', '.join(found)}: it can take every right of a cluster"
            hint = "many charts can do with roles in a namespace; else waive this once somebody has read it"
            yield Problem(("extraApps", i, "clusterResourceWhitelist"), said, hint)


@rule("EXTRA003", source="helm: the last of several values wins", scope="fleet")
def nothing_is_said_twice(fleet: Fleet) -> Iterator[Problem]:
    """An application names each kind and each parameter once.

    Of two parameters of one name the last wins, and nobody sees the first.
    """
    for i, app in enumerate(fleet.spec.extraApps):
        lists = {
            "clusterResourceWhitelist": [(item.group, item.kind) for item in app.clusterResourceWhitelist],
            "namespaceResourceWhitelist": [
                (item.group, item.kind) for item in app.namespaceResourceWhitelist
            ],
        }
        for field, kinds in lists.items():
            for (group, kind), number in Counter(kinds).items():
                if number > 1:
                    said = f"{app.name} lists {kind} ({group or 'core group'}) {number} times"
                    yield Problem(("extraApps", i, field), said, "once is enough")
        names = Counter(item.name for item in app.helm.parameters) if app.helm else Counter[str]()
        for name, number in names.items():
            if number > 1:
                said = f"{app.name} gives parameter {name} {number} times"
                yield Problem(("extraApps", i, "helm", "parameters"), said, "the last one would win: keep it")
