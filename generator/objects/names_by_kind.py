"""What objects of a kind name in fields of their own: one reader for each kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .manifest import Manifest
from .names_in_pods import ROLES, container_names
from .object_names import (
    ARGO,
    CLUSTER,
    KUEUE,
    PIPELINES,
    POLICY,
    RBAC,
    SERVING,
    Found,
    ObjectPart,
    Reader,
    at,
    field_name,
    folder_part,
    one,
    rooted,
)

KLUSTERLETS = "config.open-cluster-management.io"


def _cluster_queue(item: Manifest, _: str) -> Iterator[Found]:
    spec = item["spec"]
    for key in ("cohort", "cohortName"):
        yield from field_name(f"spec.{key}", KUEUE, "Cohort", item, "")
    yield from _flavors(spec)
    for i, check in enumerate(spec.get("admissionChecks", ())):
        yield f"spec.admissionChecks[{i}]", one(KUEUE, "AdmissionCheck", "", check)
    for i, rule in enumerate(at(item, "spec.admissionChecksStrategy.admissionChecks") or ()):
        path = f"spec.admissionChecksStrategy.admissionChecks[{i}].name"
        yield path, one(KUEUE, "AdmissionCheck", "", rule.get("name"))


def _flavors(spec: Mapping[str, Any]) -> Iterator[Found]:
    for i, group in enumerate(spec.get("resourceGroups", ())):
        for j, flavor in enumerate(group.get("flavors", ())):
            path = f"spec.resourceGroups[{i}].flavors[{j}]"
            yield path, one(KUEUE, "ResourceFlavor", "", flavor.get("name"))


def _cohort(item: Manifest, _: str) -> Iterator[Found]:
    for key in ("parent", "parentName"):
        yield from field_name(f"spec.{key}", KUEUE, "Cohort", item, "")
    yield from _flavors(item.get("spec", {}))


def _inference_service(item: Manifest, namespace: str) -> Iterator[Found]:
    for role in ROLES:
        part = item["spec"].get(role, {})
        model = part.get("model", {})
        if "runtime" in model:
            name = model["runtime"]
            runtime = one(SERVING, "ServingRuntime", namespace, name)
            yield f"spec.{role}.model.runtime", runtime + one(SERVING, "ClusterServingRuntime", "", name)
        where = f"spec.{role}.storageContainerName"
        yield from field_name(where, SERVING, "ClusterStorageContainer", item, "")
        if model.get("storageUri", "").startswith("pvc://"):
            claim = model["storageUri"].removeprefix("pvc://").partition("/")[0]
            yield f"spec.{role}.model.storageUri", one("", "PersistentVolumeClaim", namespace, claim)
        if "storage" in model:
            # KServe looks the key up in this one Secret; ODH fills it from Secrets called like the keys.
            # Without a key, parameters that say the type are enough.
            name, told = model["storage"].get("key"), model["storage"].get("parameters") or {}
            if name or "type" not in told:
                key = one("", "Secret", namespace, name)
                yield f"spec.{role}.model.storage", key + one("", "Secret", namespace, "storage-config")
        yield from container_names(model, f"spec.{role}.model", namespace)


def _llm_inference_service(item: Manifest, namespace: str) -> Iterator[Found]:
    model = item["spec"].get("model") or {}
    listed = [("spec.model.uri", model.get("uri"))]
    for i, adapter in enumerate(at(model, "lora.adapters") or ()):
        listed.append((f"spec.model.lora.adapters[{i}].uri", adapter.get("uri")))
    for path, uri in listed:
        if str(uri).startswith("pvc://"):
            claim = str(uri).removeprefix("pvc://").partition("/")[0]
            yield path, one("", "PersistentVolumeClaim", namespace, claim)


def _volume_claim(item: Manifest, namespace: str) -> Iterator[Found]:
    for field in ("dataSource", "dataSourceRef"):
        source = item.get("spec", {}).get(field) or {}
        if source.get("kind") == "PersistentVolumeClaim":
            place = source.get("namespace", namespace)
            yield f"spec.{field}", one("", "PersistentVolumeClaim", place, source.get("name"))


def _local_model_cache(item: Manifest, _: str) -> Iterator[Found]:
    for i, group in enumerate(item.get("spec", {}).get("nodeGroups", ())):
        yield f"spec.nodeGroups[{i}]", one(SERVING, "LocalModelNodeGroup", "", group)


def _ray_job(item: Manifest, namespace: str) -> Iterator[Found]:
    name = (item["spec"].get("clusterSelector") or {}).get("ray.io/cluster")
    if name:
        yield "spec.clusterSelector[ray.io/cluster]", one("ray.io", "RayCluster", namespace, name)


def _train_job(item: Manifest, namespace: str) -> Iterator[Found]:
    runtime = item["spec"]["runtimeRef"]
    own = runtime.get("kind") == "TrainingRuntime"
    kind, place = ("TrainingRuntime", namespace) if own else ("ClusterTrainingRuntime", "")
    yield "spec.runtimeRef", one("trainer.kubeflow.org", kind, place, runtime["name"])


def _route(item: Manifest, namespace: str) -> Iterator[Found]:
    # KubeRay makes the Service that requests go to (components/ray/service.py).
    name = at(item, "spec.to.name") or ""
    if name.endswith("-serve-svc"):
        yield "spec.to", one("ray.io", "RayService", namespace, name.removesuffix("-serve-svc"))
    else:
        yield "spec.to", _served(namespace, name)


def _served(namespace: str, name: str) -> tuple[ObjectPart, ...]:
    """The Service of a server: ours, or the one that KServe makes of an InferenceService (components/serving/emit.py)."""
    own = one("", "Service", namespace, name)
    if not name.endswith("-predictor"):
        return own
    return one(SERVING, "InferenceService", namespace, name.removesuffix("-predictor")) + own


def _ingress(item: Manifest, namespace: str) -> Iterator[Found]:
    for i, rule in enumerate(item["spec"].get("rules", ())):
        for j, path in enumerate(at(rule, "http.paths") or ()):
            name = at(path, "backend.service.name")
            yield f"spec.rules[{i}].http.paths[{j}].backend.service", _served(namespace, name)


def _http_route(item: Manifest, namespace: str) -> Iterator[Found]:
    for i, rule in enumerate(item["spec"].get("rules", ())):
        for j, backend in enumerate(rule.get("backendRefs", ())):
            place = backend.get("namespace", namespace)
            yield f"spec.rules[{i}].backendRefs[{j}]", _served(place, backend["name"])


def _autoscaler(item: Manifest, namespace: str) -> Iterator[Found]:
    target = item["spec"]["scaleTargetRef"]
    group = target.get("apiVersion", "").rpartition("/")[0]
    yield "spec.scaleTargetRef", one(group, target["kind"], namespace, target["name"])


def _service_account(item: Manifest, namespace: str) -> Iterator[Found]:
    for field in ("secrets", "imagePullSecrets"):
        for i, secret in enumerate(item.get(field, ())):
            yield f"{field}[{i}]", one("", "Secret", namespace, secret.get("name"))


def _binding(item: Manifest, namespace: str) -> Iterator[Found]:
    role = item["roleRef"]
    yield "roleRef", one(RBAC, role["kind"], namespace if role["kind"] == "Role" else "", role["name"])
    for i, subject in enumerate(item.get("subjects", ())):
        if subject["kind"] == "ServiceAccount":
            place = subject.get("namespace", "")
            yield f"subjects[{i}]", one("", "ServiceAccount", place, subject["name"])


def _placement(item: Manifest, namespace: str) -> Iterator[Found]:
    for i, name in enumerate(item["spec"].get("clusterSets", ())):
        # A binding is called as its set (OCM webhook).
        yield f"spec.clusterSets[{i}]", one(CLUSTER, "ManagedClusterSetBinding", namespace, name)


def _managed_cluster(item: Manifest, _: str) -> Iterator[Found]:
    label = f"{CLUSTER}/clusterset"
    name = item["metadata"].get("labels", {}).get(label)
    if name:
        yield f"metadata.labels[{label}]", one(CLUSTER, "ManagedClusterSet", "", name)
    mark = "agent.open-cluster-management.io/klusterlet-config"
    config = item["metadata"].get("annotations", {}).get(mark)
    if config:
        yield f"metadata.annotations[{mark}]", one(KLUSTERLETS, "KlusterletConfig", "", config)


def _klusterlet_config(item: Manifest, _: str) -> Iterator[Found]:
    secret = at(item, "spec.pullSecret") or {}
    if secret:
        yield "spec.pullSecret", one("", "Secret", secret.get("namespace", ""), secret.get("name"))
    for i, bundle in enumerate(at(item, "spec.hubKubeAPIServerConfig.trustedCABundles") or ()):
        named = bundle.get("caBundle", {})
        target = one("", "ConfigMap", named.get("namespace", ""), named.get("name"))
        yield f"spec.hubKubeAPIServerConfig.trustedCABundles[{i}].caBundle", target


def _placement_binding(item: Manifest, namespace: str) -> Iterator[Found]:
    target = item["placementRef"]
    yield "placementRef", one(target["apiGroup"], target["kind"], namespace, target["name"])
    for i, subject in enumerate(item.get("subjects", ())):
        yield f"subjects[{i}]", one(subject["apiGroup"], subject["kind"], namespace, subject["name"])


_HUB_SECRET = re.compile(r'(?:copySecretData|fromSecret) "([^"]*)" "([^"]*)"[^{}]*hub\}\}')
"""A Secret of the hub in a hub template; one of each cluster has no name here."""


def _policy(item: Manifest, namespace: str) -> Iterator[Found]:
    yield from field_name("spec.hubTemplateOptions.serviceAccountName", "", "ServiceAccount", item, namespace)
    for i, template in enumerate(item["spec"].get("policy-templates", ())):
        text = repr(template).replace("\\", "") if "{{hub" in repr(template) else ""
        for place, name in sorted({*_HUB_SECRET.findall(text)}):
            yield f"spec.policy-templates[{i}]", one("", "Secret", place, name)
    yield from _awaited(item["spec"], "spec.dependencies", "dependencies", namespace)
    for i, template in enumerate(item["spec"].get("policy-templates", ())):
        place = f"spec.policy-templates[{i}].extraDependencies"
        yield from _awaited(template, place, "extraDependencies", namespace)


def _awaited(part: Manifest, path: str, field: str, namespace: str) -> Iterator[Found]:
    """The Policies that something waits for; templates beside it are in the Policy itself."""
    for i, other in enumerate(part.get(field, ())):
        if other.get("kind") == "Policy":
            yield f"{path}[{i}]", one(POLICY, "Policy", other.get("namespace", namespace), other.get("name"))


def _application(item: Manifest, namespace: str) -> Iterator[Found]:
    return _sources(item, namespace, "spec")


def _sources(item: Manifest, namespace: str, path: str) -> Iterator[Found]:
    spec = at(item, path) or {}
    yield from field_name(f"{path}.project", ARGO, "AppProject", item, namespace)
    for i, source in enumerate([spec.get("source") or {}, *spec.get("sources", ())]):
        folder = str(source.get("path", ""))
        if folder.startswith(("overlays/", "acm/", "base/")):
            where = f"{path}.sources[{i - 1}].path" if i else f"{path}.source.path"
            yield where, (folder_part(folder),)


def _application_set(item: Manifest, namespace: str) -> Iterator[Found]:
    yield from _sources(item, namespace, "spec.template.spec")
    yield from _generators(item["spec"].get("generators", ()), "spec.generators", namespace)


def _generators(generators: Iterable[Mapping[str, Any]], path: str, namespace: str) -> Iterator[Found]:
    for i, generator in enumerate(generators):
        for name in ("matrix", "merge"):
            inner = (generator.get(name) or {}).get("generators", ())
            yield from _generators(inner, f"{path}[{i}].{name}.generators", namespace)
        labels = at(generator, "clusterDecisionResource.labelSelector.matchLabels") or {}
        placement = labels.get(f"{CLUSTER}/placement")
        group = labels.get(f"{CLUSTER}/decision-group-name")
        if placement:
            part = f"decision group {group}" if group else ""
            where = f"{path}[{i}].clusterDecisionResource.labelSelector"
            yield where, one(CLUSTER, "Placement", namespace, placement, part)


def _observability(item: Manifest, _: str) -> Iterator[Found]:
    name = at(item, "spec.storageConfig.metricObjectStorage.name")
    # The operator runs everything, and reads this Secret, in a namespace of its own.
    target = one("", "Secret", "open-cluster-management-observability", name)
    yield "spec.storageConfig.metricObjectStorage", target


READERS: Mapping[tuple[str, str], Reader] = {
    (KUEUE, "ClusterQueue"): _cluster_queue,
    (KUEUE, "Cohort"): _cohort,
    (KUEUE, "LocalQueue"): rooted(KUEUE, "ClusterQueue", "spec.clusterQueue"),
    (KUEUE, "ResourceFlavor"): rooted(KUEUE, "Topology", "spec.topologyName"),
    (SERVING, "InferenceService"): _inference_service,
    (SERVING, "LLMInferenceService"): _llm_inference_service,
    (SERVING, "LocalModelCache"): _local_model_cache,
    ("", "PersistentVolumeClaim"): _volume_claim,
    (PIPELINES, "DataSciencePipelinesApplication"): rooted(
        "",
        "Secret",
        "spec.objectStorage.externalStorage.s3CredentialsSecret.secretName",
        namespaced=True,
    ),
    ("ray.io", "RayJob"): _ray_job,
    ("trainer.kubeflow.org", "TrainJob"): _train_job,
    ("route.openshift.io", "Route"): _route,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("gateway.networking.k8s.io", "HTTPRoute"): _http_route,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("", "ServiceAccount"): _service_account,
    (RBAC, "RoleBinding"): _binding,
    (RBAC, "ClusterRoleBinding"): _binding,
    (CLUSTER, "Placement"): _placement,
    (CLUSTER, "ManagedCluster"): _managed_cluster,
    (KLUSTERLETS, "KlusterletConfig"): _klusterlet_config,
    ("operator.open-cluster-management.io", "MultiClusterHub"): rooted(
        "", "Secret", "spec.imagePullSecret", namespaced=True
    ),
    (CLUSTER, "ManagedClusterSetBinding"): rooted(CLUSTER, "ManagedClusterSet", "spec.clusterSet"),
    (POLICY, "PlacementBinding"): _placement_binding,
    (POLICY, "Policy"): _policy,
    ("apps.open-cluster-management.io", "GitOpsCluster"): rooted(
        CLUSTER, "Placement", "spec.placementRef.name", namespaced=True
    ),
    ("observability.open-cluster-management.io", "MultiClusterObservability"): _observability,
    (ARGO, "Application"): _application,
    (ARGO, "ApplicationSet"): _application_set,
}
"""What each kind names beside its pods and labels."""
