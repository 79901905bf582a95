"""generator/references.py and uses.py: every name that an object uses is looked up."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import pytest

from generator.objects.manifest import Manifest
from generator.proof.references import broken, delivered, given_parts, offers

OCM = "cluster.open-cluster-management.io"
POD: Manifest = {
    "serviceAccountName": "runner",
    "priorityClassName": "high",
    "imagePullSecrets": [{"name": "pull"}],
    "volumes": [
        {"name": "a", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "b", "configMap": {"name": "files", "items": [{"key": "k", "path": "k"}]}},
        {"name": "c", "secret": {"secretName": "tls"}},
        {
            "name": "d",
            "projected": {"sources": [{"configMap": {"name": "files"}}, {"secret": {"name": "tls"}}]},
        },
        {"name": "e", "configMap": {"name": "perhaps", "optional": True}},
        {"name": "f", "configMap": {"name": "kube-root-ca.crt"}},
    ],
    "containers": [
        {
            "name": "c",
            "env": [
                {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "files", "key": "k"}}},
                {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "k"}}},
                {"name": "C", "valueFrom": {"secretKeyRef": {"name": "no", "key": "k", "optional": True}}},
            ],
            "envFrom": [{"configMapRef": {"name": "files"}}, {"secretRef": {"name": "s3"}}],
        }
    ],
}


def thing(
    api_version: str, kind: str, name: str, namespace: str | None = None, *, labels: Any = None, **fields: Any
) -> Manifest:
    place = {"namespace": namespace} if namespace else {}
    marks = {"labels": labels} if labels else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **place, **marks}, **fields}


def binding(kind: str, name: str, role: str, subject: Manifest, namespace: str | None = None) -> Manifest:
    ref = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": role.partition("/")[0],
        "name": role.partition("/")[2],
    }
    rbac = "rbac.authorization.k8s.io/v1"
    return thing(rbac, kind, name, namespace, roleRef=ref, subjects=[{"kind": "ServiceAccount", **subject}])


PULL = [{"name": "pull"}]
ENV = POD["containers"][0]["env"]
GROUPS = [{"flavors": [{"name": "gpu"}]}]
GITOPS = "openshift-gitops"
KUEUE, SERVING = "kueue.x-k8s.io/v1beta2", "serving.kserve.io/v1beta1"
RBAC, CLUSTER = "rbac.authorization.k8s.io/v1", f"{OCM}/v1beta1"
EDGE = (
    thing("v1", "Namespace", "ai"),
    thing(KUEUE, "ResourceFlavor", "gpu", spec={"topologyName": "racks"}),
    thing(KUEUE, "Topology", "racks"),
    thing(KUEUE, "Cohort", "top"),
    thing(KUEUE, "Cohort", "store", spec={"parentName": "top"}),
    thing(KUEUE, "AdmissionCheck", "check"),
    thing(
        KUEUE,
        "ClusterQueue",
        "q",
        spec={"cohortName": "store", "admissionChecks": ["check"], "resourceGroups": GROUPS},
    ),
    thing(KUEUE, "LocalQueue", "lq", "ai", spec={"clusterQueue": "q"}),
    thing(KUEUE, "WorkloadPriorityClass", "urgent", value=1),
    thing("scheduling.k8s.io/v1", "PriorityClass", "high", value=1),
    thing("v1", "ServiceAccount", "runner", "ai", secrets=[{"name": "s3"}], imagePullSecrets=PULL),
    thing("v1", "PersistentVolumeClaim", "data", "ai"),
    thing("v1", "ConfigMap", "files", "ai", data={"k": "v"}),
    thing(
        "batch/v1",
        "Job",
        "load",
        "ai",
        labels={"kueue.x-k8s.io/queue-name": "lq", "kueue.x-k8s.io/priority-class": "urgent"},
        spec={"template": {"spec": POD}},
    ),
    thing("serving.kserve.io/v1alpha1", "ServingRuntime", "vllm", "ai", spec={"containers": [{"name": "c"}]}),
    thing(
        SERVING,
        "InferenceService",
        "chat",
        "ai",
        spec={
            "predictor": {
                "serviceAccountName": "runner",
                "model": {"runtime": "vllm", "storageUri": "pvc://data/v1", "env": ENV},
            }
        },
    ),
    thing("ray.io/v1", "RayCluster", "ray", "ai", spec={}),
    thing("ray.io/v1", "RayJob", "tune", "ai", spec={"clusterSelector": {"ray.io/cluster": "ray"}}),
    thing(RBAC, "Role", "reader", "ai"),
    thing(RBAC, "ClusterRole", "watcher"),
    binding("RoleBinding", "a", "Role/reader", {"name": "runner", "namespace": "ai"}, "ai"),
    binding("ClusterRoleBinding", "b", "ClusterRole/watcher", {"name": "argocd", "namespace": GITOPS}),
    binding("ClusterRoleBinding", "c", "ClusterRole/edit", {"name": "default", "namespace": "ai"}),
)
SECRETS = given_parts([("ai", "s3"), ("ai", "tls"), ("ai", "pull")])


def resource_generator(group: str) -> Manifest:
    labels = {f"{OCM}/placement": "edge", f"{OCM}/decision-group-name": group}
    return {
        "clusterDecisionResource": {"configMapRef": "acm-placement", "labelSelector": {"matchLabels": labels}}
    }


APPLICATION = {"project": "edge", "source": {"path": "overlays/{{.name}}"}}
SETS = f"{OCM}/v1beta2"
RINGS = [{"groupName": "canary"}, {"groupName": "main"}]
POLICY = "policy.open-cluster-management.io"
DELIVERED = [{"objectDefinition": thing("v1", "Secret", "s3", "ai")}]
TEMPLATE = {"objectDefinition": {"spec": {"object-templates": DELIVERED}}}
HUB = (
    thing("v1", "Namespace", "policies"),
    thing(SETS, "ManagedClusterSet", "near-edge"),
    thing(SETS, "ManagedClusterSetBinding", "near-edge", GITOPS, spec={"clusterSet": "near-edge"}),
    thing(
        CLUSTER,
        "Placement",
        "edge",
        GITOPS,
        spec={
            "clusterSets": ["near-edge"],
            "decisionStrategy": {"groupStrategy": {"decisionGroups": RINGS}},
        },
    ),
    thing(
        "apps.open-cluster-management.io/v1beta1",
        "GitOpsCluster",
        "g",
        GITOPS,
        spec={"placementRef": {"kind": "Placement", "name": "edge"}},
    ),
    thing("argoproj.io/v1alpha1", "AppProject", "edge", "openshift-gitops"),
    thing(
        "argoproj.io/v1alpha1",
        "ApplicationSet",
        "ring",
        GITOPS,
        spec={"generators": [resource_generator("main")], "template": {"spec": APPLICATION}},
    ),
    thing(
        "argoproj.io/v1alpha1",
        "ApplicationSet",
        "matrix",
        GITOPS,
        spec={"generators": [{"matrix": {"generators": [resource_generator("canary")]}}]},
    ),
    thing(
        "argoproj.io/v1alpha1",
        "Application",
        "hub",
        GITOPS,
        spec={"project": "edge", "sources": [{"path": "overlays/hub"}]},
    ),
    thing(f"{OCM}/v1", "ManagedCluster", "store-1", labels={f"{OCM}/clusterset": "near-edge"}),
    thing("addon.open-cluster-management.io/v1alpha1", "ManagedClusterAddOn", "x", "store-1"),
    thing(CLUSTER, "Placement", "edge", "policies", spec={}),
    thing(
        f"{POLICY}/v1",
        "Policy",
        "rights",
        "policies",
        spec={"dependencies": [{"kind": "Policy", "name": "first"}], "policy-templates": [TEMPLATE]},
    ),
    thing(f"{POLICY}/v1", "Policy", "first", "policies", spec={}),
    thing(
        f"{POLICY}/v1",
        "PlacementBinding",
        "b",
        "policies",
        placementRef={"apiGroup": OCM, "kind": "Placement", "name": "edge"},
        subjects=[{"apiGroup": POLICY, "kind": "Policy", "name": "rights"}],
    ),
)
FOLDERS = given_parts(folders=["overlays/hub"])


def said(objects: Iterable[Manifest], given: Any) -> list[str]:
    return [f"{item.user}: {item.message}" for item in broken(list(objects), given)]


def without(objects: Iterable[Manifest], kind: str, name: str) -> list[Manifest]:
    return [item for item in objects if (item["kind"], item["metadata"]["name"]) != (kind, name)]


def test_complete_folders_have_nothing_broken() -> None:
    assert said(EDGE, SECRETS) == []
    assert said(HUB, FOLDERS) == []


RUNNER, FILES, DATA = "ServiceAccount ai/runner", "ConfigMap ai/files", "PersistentVolumeClaim ai/data"
JOB, CHAT = "Job ai/load: spec.template.spec", "InferenceService ai/chat: spec.predictor"
FLAVOR = "ResourceFlavor gpu"
KEY = f"key k of {FILES}"
RUNTIME = "ServingRuntime ai/vllm or ClusterServingRuntime vllm"


@pytest.mark.parametrize(
    ("kind", "name", "users"),
    [
        ("ResourceFlavor", "gpu", {"ClusterQueue q: spec.resourceGroups[0].flavors[0]": FLAVOR}),
        ("Topology", "racks", {"ResourceFlavor gpu: spec.topologyName": "Topology racks"}),
        ("Cohort", "store", {"ClusterQueue q: spec.cohortName": "Cohort store"}),
        ("Cohort", "top", {"Cohort store: spec.parentName": "Cohort top"}),
        ("AdmissionCheck", "check", {"ClusterQueue q: spec.admissionChecks[0]": "AdmissionCheck check"}),
        ("ClusterQueue", "q", {"LocalQueue ai/lq: spec.clusterQueue": "ClusterQueue q"}),
        ("LocalQueue", "lq", {"Job ai/load: metadata.labels[kueue.x-k8s.io/queue-name]": "LocalQueue ai/lq"}),
        (
            "WorkloadPriorityClass",
            "urgent",
            {"Job ai/load: metadata.labels[kueue.x-k8s.io/priority-class]": "WorkloadPriorityClass urgent"},
        ),
        ("PriorityClass", "high", {f"{JOB}.priorityClassName": "PriorityClass high"}),
        (
            "ServiceAccount",
            "runner",
            {
                f"{JOB}.serviceAccountName": RUNNER,
                f"{CHAT}.serviceAccountName": RUNNER,
                "RoleBinding ai/a: subjects[0]": RUNNER,
            },
        ),
        (
            "PersistentVolumeClaim",
            "data",
            {
                f"{JOB}.volumes[0].persistentVolumeClaim": DATA,
                f"{CHAT}.model.storageUri": DATA,
            },
        ),
        (
            "ConfigMap",
            "files",
            {
                f"{JOB}.volumes[1].configMap": FILES,
                f"{JOB}.volumes[1].configMap.items[0]": KEY,
                f"{JOB}.volumes[3].projected.sources[0].configMap": FILES,
                f"{JOB}.containers[0].env[0].valueFrom.configMapKeyRef": KEY,
                f"{JOB}.containers[0].envFrom[0].configMapRef": FILES,
                f"{CHAT}.model.env[0].valueFrom.configMapKeyRef": KEY,
            },
        ),
        (
            "ServingRuntime",
            "vllm",
            {f"{CHAT}.model.runtime": RUNTIME},
        ),
        ("RayCluster", "ray", {"RayJob ai/tune: spec.clusterSelector[ray.io/cluster]": "RayCluster ai/ray"}),
        ("Role", "reader", {"RoleBinding ai/a: roleRef": "Role ai/reader"}),
        ("ClusterRole", "watcher", {"ClusterRoleBinding b: roleRef": "ClusterRole watcher"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_names_of_what_is_missing_on_the_edge(kind: str, name: str, users: dict[str, str]) -> None:
    expected = [f"{place} names {target}, which nothing makes" for place, target in users.items()]
    assert sorted(said(without(EDGE, kind, name), SECRETS)) == sorted(expected)


SET = f"metadata.labels[{OCM}/clusterset]"
PROJECT = f"AppProject {GITOPS}/edge"
PLACEMENT = f"Placement {GITOPS}/edge"
BINDING = f"ManagedClusterSetBinding {GITOPS}/near-edge"
GROUP = "decision group"
FIRST = "spec.generators[0]"
CANARY = f"{GROUP} canary of {PLACEMENT}"
SPACE = "Namespace store-1"
NESTED = "spec.generators[0].matrix.generators[0]"
GENERATOR = "clusterDecisionResource.labelSelector"


@pytest.mark.parametrize(
    ("kind", "name", "users"),
    [
        (
            "ManagedClusterSet",
            "near-edge",
            {
                f"{BINDING}: spec.clusterSet": "ManagedClusterSet near-edge",
                f"ManagedCluster store-1: {SET}": "ManagedClusterSet near-edge",
            },
        ),
        (
            "ManagedClusterSetBinding",
            "near-edge",
            {f"{PLACEMENT}: spec.clusterSets[0]": BINDING},
        ),
        (
            "AppProject",
            "edge",
            {
                "ApplicationSet openshift-gitops/ring: spec.template.spec.project": PROJECT,
                "Application openshift-gitops/hub: spec.project": PROJECT,
            },
        ),
        ("ManagedCluster", "store-1", {"ManagedClusterAddOn store-1/x: metadata.namespace": SPACE}),
        ("Policy", "first", {"Policy policies/rights: spec.dependencies[0]": "Policy policies/first"}),
        ("Policy", "rights", {"PlacementBinding policies/b: subjects[0]": "Policy policies/rights"}),
        (
            "Placement",
            "edge",
            {
                "GitOpsCluster openshift-gitops/g: spec.placementRef.name": PLACEMENT,
                f"ApplicationSet {GITOPS}/ring: {FIRST}.{GENERATOR}": f"{GROUP} main of {PLACEMENT}",
                f"ApplicationSet {GITOPS}/matrix: {NESTED}.{GENERATOR}": CANARY,
                "PlacementBinding policies/b: placementRef": "Placement policies/edge",
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_names_of_what_is_missing_on_the_hub(kind: str, name: str, users: dict[str, str]) -> None:
    expected = [f"{place} names {target}, which nothing makes" for place, target in users.items()]
    assert sorted(said(without(HUB, kind, name), FOLDERS)) == sorted(expected)


def test_a_ring_without_decision_group_is_broken() -> None:
    hub = copy.deepcopy(list(HUB))
    hub[3]["spec"]["decisionStrategy"]["groupStrategy"]["decisionGroups"].pop()
    (found,) = said(hub, FOLDERS)
    assert "names decision group main of Placement openshift-gitops/edge" in found


def test_folders_and_secrets_have_to_be_given() -> None:
    assert said(HUB, frozenset()) == [
        f"Application {GITOPS}/hub: spec.sources[0].path names Folder overlays/hub, which nothing makes"
    ]
    unknown = {sentence.split(" names ")[1] for sentence in said(EDGE, frozenset())}
    assert unknown == {f"Secret ai/{name}, which nothing makes" for name in ("s3", "tls", "pull")}


def test_objects_need_their_namespace() -> None:
    (found,) = said([thing("v1", "ConfigMap", "a", "nowhere")], frozenset())
    assert found == "ConfigMap nowhere/a: metadata.namespace names Namespace nowhere, which nothing makes"


def test_given_namespaces_hold_accounts_of_others() -> None:
    objects = [binding("ClusterRoleBinding", "b", "ClusterRole/view", {"name": "x", "namespace": "argocd"})]
    assert len(said(objects, frozenset())) == 1
    assert said(objects, given_parts(namespaces=["argocd"])) == []


def test_policies_deliver_what_is_in_them() -> None:
    policy = next(item for item in HUB if item["metadata"]["name"] == "rights")
    assert [str(part) for part in delivered(policy)] == ["Secret ai/s3"]


@pytest.mark.parametrize(("storage", "secret"), [({"key": "s3"}, "s3"), ({"path": "m"}, "storage-config")])
def test_storage_is_a_key_or_the_one_secret(storage: Manifest, secret: str) -> None:
    namespace = thing("v1", "Namespace", "ai")
    item = thing(SERVING, "InferenceService", "m", "ai", spec={"predictor": {"model": {"storage": storage}}})
    assert len(said([namespace, item], frozenset())) == 1
    assert said([namespace, item], given_parts([("ai", secret)])) == []


def test_templates_of_other_languages_are_no_names() -> None:
    spec = {"project": "{{ .project }}", "source": {"path": "overlays/{{.name}}"}}
    item = thing("argoproj.io/v1alpha1", "Application", "a", GITOPS, spec=spec)
    assert said([item], frozenset()) == []


CACHE = thing("serving.kserve.io/v1alpha1", "LocalModelCache", "m", spec={"nodeGroups": ["workers"]})
LEFT = "LocalModelCache m: spec.nodeGroups[0] names LocalModelNodeGroup workers, which nothing makes"


def test_a_cache_names_a_group_of_the_overlay_or_of_the_platform() -> None:
    group = thing("serving.kserve.io/v1alpha1", "LocalModelNodeGroup", "workers", spec={})
    assert said([CACHE], frozenset()) == [LEFT]
    assert said([CACHE, group], frozenset()) == []
    platform = thing("datasciencecluster.opendatahub.io/v2", "DataScienceCluster", "default-dsc")
    for managed, expected in ({"managementState": "Managed"}, []), ({"managementState": "Removed"}, [LEFT]):
        spec = {"components": {"kserve": {"modelCache": managed}}}
        given = set(offers({**platform, "spec": spec}))
        assert said([CACHE], given) == expected


def test_a_clone_names_its_source() -> None:
    def claim(name: str, source: str | None) -> Manifest:
        spec = {"dataSource": {"kind": "PersistentVolumeClaim", "name": source}} if source else {}
        return thing("v1", "PersistentVolumeClaim", name, "ai", spec=spec)

    place = thing("v1", "Namespace", "ai")
    assert said([place, claim("a", None), claim("b", "a")], frozenset()) == []
    assert said([place, claim("b", "a")], frozenset()) == [
        "PersistentVolumeClaim ai/b: spec.dataSource names PersistentVolumeClaim ai/a, which nothing makes"
    ]


def test_a_bucket_without_a_key_needs_no_secret() -> None:
    def service(storage: Manifest) -> list[Manifest]:
        spec = {"predictor": {"model": {"storage": storage}}}
        return [
            thing("v1", "Namespace", "ai"),
            thing("serving.kserve.io/v1beta1", "InferenceService", "m", "ai", spec=spec),
        ]

    assert said(service({"path": "m", "parameters": {"type": "s3", "bucket": "b"}}), frozenset()) == []
    assert len(said(service({"path": "m", "parameters": {"bucket": "b"}}), frozenset())) == 1
