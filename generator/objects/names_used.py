"""What an object uses: every name of another object in it, with its path. The input of references.py.

One reader per kind (`READERS`), and what all kinds have alike: their namespace, Kueue's labels, their pods.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .manifest import Manifest, ResourceId, pod_specs

KUEUE = "kueue.x-k8s.io"
SERVING = "serving.kserve.io"
RBAC = "rbac.authorization.k8s.io"
CLUSTER = "cluster.open-cluster-management.io"
POLICY = "policy.open-cluster-management.io"
ARGO = "argoproj.io"
PIPELINES = "datasciencepipelinesapplications.opendatahub.io"

ROLES = ("predictor", "transformer", "explainer")


class ObjectPart(NamedTuple):
    """An object, or a named part of one: a key of a ConfigMap, a decision group of a Placement."""

    owner: ResourceId
    part: str = ""

    def __str__(self) -> str:
        return f"{self.part} of {self.owner}" if self.part else str(self.owner)


class NameUse(NamedTuple):
    """A name at a path, and what it may mean: any one of these is enough."""

    path: str
    targets: tuple[ObjectPart, ...]


def folder_part(folder: str) -> ObjectPart:
    """A folder of this repository as something that Applications refer to."""
    return ObjectPart(ResourceId("", "Folder", "", folder))


def at(value: Any, path: str) -> Any:
    """The value at a dotted path; None where the path ends early."""
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def names_used(item: Manifest) -> Iterator[NameUse]:
    """Every name of another object in this one, templates of other languages left out."""
    namespace = item["metadata"].get("namespace", "")
    for path, targets in _uses(item, namespace):
        known = tuple(part for part in targets if part.owner.name and "{{" not in part.owner.name + part.part)
        if known:
            yield NameUse(path, known)


Found = tuple[str, tuple[ObjectPart, ...]]
Reader = Callable[[Manifest, str], Iterator[Found]]


def _uses(item: Manifest, namespace: str) -> Iterator[Found]:
    if namespace:
        yield "metadata.namespace", _one("", "Namespace", "", namespace)
    yield from _labels(item["metadata"].get("labels", {}), "metadata.labels", namespace)
    for path, pod in pods(item):
        yield from _pod(pod, path, namespace)
    group = item["apiVersion"].rpartition("/")[0]
    reader = READERS.get((group, item["kind"]))
    if reader:
        yield from reader(item, namespace)


def pods(item: Manifest) -> Iterator[tuple[str, dict[str, Any]]]:
    """`manifest.pod_specs`, and the roles of an InferenceService that have no containers of their own."""
    seen = set()
    for path, pod in pod_specs(item):
        # What a Policy delivers lives on other clusters, beside other objects.
        if item["kind"] != "Policy":
            seen.add(path)
            yield path, pod
    if item["kind"] == "InferenceService":
        for role in ROLES:
            if role in item["spec"] and f"spec.{role}" not in seen:
                yield f"spec.{role}", item["spec"][role]


def _one(group: str, kind: str, namespace: str, name: Any, part: str = "") -> tuple[ObjectPart, ...]:
    return (ObjectPart(ResourceId(group, kind, namespace, str(name or "")), part),)


def _labels(labels: Mapping[str, str], path: str, namespace: str) -> Iterator[Found]:
    queue, priority = f"{KUEUE}/queue-name", f"{KUEUE}/priority-class"
    if queue in labels:
        yield f"{path}[{queue}]", _one(KUEUE, "LocalQueue", namespace, labels[queue])
    if priority in labels:
        yield f"{path}[{priority}]", _one(KUEUE, "WorkloadPriorityClass", "", labels[priority])


def _pod(pod: Mapping[str, Any], path: str, namespace: str) -> Iterator[Found]:
    if "serviceAccountName" in pod:
        yield f"{path}.serviceAccountName", _one("", "ServiceAccount", namespace, pod["serviceAccountName"])
    if "priorityClassName" in pod:
        name = pod["priorityClassName"]
        yield f"{path}.priorityClassName", _one("scheduling.k8s.io", "PriorityClass", "", name)
    for i, secret in enumerate(pod.get("imagePullSecrets", ())):
        yield f"{path}.imagePullSecrets[{i}]", _one("", "Secret", namespace, secret.get("name"))
    for i, volume in enumerate(pod.get("volumes", ())):
        yield from _volume(volume, f"{path}.volumes[{i}]", namespace)
    for field in ("initContainers", "containers"):
        for i, container in enumerate(pod.get(field, ())):
            yield from _container(container, f"{path}.{field}[{i}]", namespace)


def _volume(volume: Mapping[str, Any], path: str, namespace: str) -> Iterator[Found]:
    claim = volume.get("persistentVolumeClaim")
    if claim:
        name = claim.get("claimName")
        yield f"{path}.persistentVolumeClaim", _one("", "PersistentVolumeClaim", namespace, name)
    yield from _file_source(volume, path, namespace, "secretName")
    for i, source in enumerate((volume.get("projected") or {}).get("sources", ())):
        yield from _file_source(source, f"{path}.projected.sources[{i}]", namespace, "name")


def _file_source(source: Mapping[str, Any], path: str, namespace: str, secret_key: str) -> Iterator[Found]:
    for field, kind, key in (("configMap", "ConfigMap", "name"), ("secret", "Secret", secret_key)):
        value = source.get(field)
        if value and not value.get("optional"):
            yield f"{path}.{field}", _one("", kind, namespace, value.get(key))
            # The keys of a Secret are never known here: its values are not ours.
            for i, item in enumerate(value.get("items", ()) if kind == "ConfigMap" else ()):
                where = f"{path}.{field}.items[{i}]"
                yield where, _one("", kind, namespace, value.get(key), f"key {item['key']}")


def _container(container: Mapping[str, Any], path: str, namespace: str) -> Iterator[Found]:
    for i, variable in enumerate(container.get("env", ())):
        source = variable.get("valueFrom", {})
        secret, config = source.get("secretKeyRef"), source.get("configMapKeyRef")
        if secret and not secret.get("optional"):
            yield f"{path}.env[{i}].valueFrom.secretKeyRef", _one("", "Secret", namespace, secret.get("name"))
        if config and not config.get("optional"):
            target = _one("", "ConfigMap", namespace, config.get("name"), f"key {config.get('key')}")
            yield f"{path}.env[{i}].valueFrom.configMapKeyRef", target
    for i, source in enumerate(container.get("envFrom", ())):
        for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            value = source.get(field)
            if value and not value.get("optional"):
                yield f"{path}.envFrom[{i}].{field}", _one("", kind, namespace, value.get("name"))


def _field(path: str, group: str, kind: str, item: Manifest, namespace: str) -> Iterator[Found]:
    """A field that holds a name; `namespace` is empty for kinds that have none."""
    name = at(item, path)
    if name:
        yield path, _one(group, kind, namespace, name)


def _cluster_queue(item: Manifest, _: str) -> Iterator[Found]:
    spec = item["spec"]
    for key in ("cohort", "cohortName"):
        yield from _field(f"spec.{key}", KUEUE, "Cohort", item, "")
    for i, group in enumerate(spec.get("resourceGroups", ())):
        for j, flavor in enumerate(group.get("flavors", ())):
            path = f"spec.resourceGroups[{i}].flavors[{j}]"
            yield path, _one(KUEUE, "ResourceFlavor", "", flavor.get("name"))
    for i, check in enumerate(spec.get("admissionChecks", ())):
        yield f"spec.admissionChecks[{i}]", _one(KUEUE, "AdmissionCheck", "", check)


def _cohort(item: Manifest, _: str) -> Iterator[Found]:
    for key in ("parent", "parentName"):
        yield from _field(f"spec.{key}", KUEUE, "Cohort", item, "")


def _inference_service(item: Manifest, namespace: str) -> Iterator[Found]:
    for role in ROLES:
        part = item["spec"].get(role, {})
        model = part.get("model", {})
        if "runtime" in model:
            name = model["runtime"]
            runtime = _one(SERVING, "ServingRuntime", namespace, name)
            yield f"spec.{role}.model.runtime", runtime + _one(SERVING, "ClusterServingRuntime", "", name)
        if model.get("storageUri", "").startswith("pvc://"):
            claim = model["storageUri"].removeprefix("pvc://").partition("/")[0]
            yield f"spec.{role}.model.storageUri", _one("", "PersistentVolumeClaim", namespace, claim)
        if "storage" in model:
            # KServe looks the key up in this one Secret; ODH fills it from Secrets called like the keys.
            # Without a key, parameters that say the type are enough.
            name, told = model["storage"].get("key"), model["storage"].get("parameters") or {}
            if name or "type" not in told:
                key = _one("", "Secret", namespace, name)
                yield f"spec.{role}.model.storage", key + _one("", "Secret", namespace, "storage-config")
        yield from _container(model, f"spec.{role}.model", namespace)


def _llm_inference_service(item: Manifest, namespace: str) -> Iterator[Found]:
    model = item["spec"].get("model") or {}
    listed = [("spec.model.uri", model.get("uri"))]
    for i, adapter in enumerate(at(model, "lora.adapters") or ()):
        listed.append((f"spec.model.lora.adapters[{i}].uri", adapter.get("uri")))
    for path, uri in listed:
        if str(uri).startswith("pvc://"):
            claim = str(uri).removeprefix("pvc://").partition("/")[0]
            yield path, _one("", "PersistentVolumeClaim", namespace, claim)


def _volume_claim(item: Manifest, namespace: str) -> Iterator[Found]:
    for field in ("dataSource", "dataSourceRef"):
        source = item.get("spec", {}).get(field) or {}
        if source.get("kind") == "PersistentVolumeClaim":
            place = source.get("namespace", namespace)
            yield f"spec.{field}", _one("", "PersistentVolumeClaim", place, source.get("name"))


def _local_model_cache(item: Manifest, _: str) -> Iterator[Found]:
    for i, group in enumerate(item.get("spec", {}).get("nodeGroups", ())):
        yield f"spec.nodeGroups[{i}]", _one(SERVING, "LocalModelNodeGroup", "", group)


def _ray_job(item: Manifest, namespace: str) -> Iterator[Found]:
    name = (item["spec"].get("clusterSelector") or {}).get("ray.io/cluster")
    if name:
        yield "spec.clusterSelector[ray.io/cluster]", _one("ray.io", "RayCluster", namespace, name)


def _route(item: Manifest, namespace: str) -> Iterator[Found]:
    # KubeRay makes the Service that requests go to (components/ray/service.py).
    name = at(item, "spec.to.name") or ""
    if name.endswith("-serve-svc"):
        yield "spec.to", _one("ray.io", "RayService", namespace, name.removesuffix("-serve-svc"))


def _service_account(item: Manifest, namespace: str) -> Iterator[Found]:
    for field in ("secrets", "imagePullSecrets"):
        for i, secret in enumerate(item.get(field, ())):
            yield f"{field}[{i}]", _one("", "Secret", namespace, secret.get("name"))


def _binding(item: Manifest, namespace: str) -> Iterator[Found]:
    role = item["roleRef"]
    yield "roleRef", _one(RBAC, role["kind"], namespace if role["kind"] == "Role" else "", role["name"])
    for i, subject in enumerate(item.get("subjects", ())):
        if subject["kind"] == "ServiceAccount":
            place = subject.get("namespace", "")
            yield f"subjects[{i}]", _one("", "ServiceAccount", place, subject["name"])


def _placement(item: Manifest, namespace: str) -> Iterator[Found]:
    for i, name in enumerate(item["spec"].get("clusterSets", ())):
        # A binding is called as its set (OCM webhook).
        yield f"spec.clusterSets[{i}]", _one(CLUSTER, "ManagedClusterSetBinding", namespace, name)


def _managed_cluster(item: Manifest, _: str) -> Iterator[Found]:
    label = f"{CLUSTER}/clusterset"
    name = item["metadata"].get("labels", {}).get(label)
    if name:
        yield f"metadata.labels[{label}]", _one(CLUSTER, "ManagedClusterSet", "", name)


def _placement_binding(item: Manifest, namespace: str) -> Iterator[Found]:
    target = item["placementRef"]
    yield "placementRef", _one(target["apiGroup"], target["kind"], namespace, target["name"])
    for i, subject in enumerate(item.get("subjects", ())):
        yield f"subjects[{i}]", _one(subject["apiGroup"], subject["kind"], namespace, subject["name"])


_HUB_SECRET = re.compile(r'(?:copySecretData|fromSecret) "([^"]*)" "([^"]*)"[^{}]*hub\}\}')
"""A Secret of the hub in a hub template; one of each cluster has no name here."""


def _policy(item: Manifest, namespace: str) -> Iterator[Found]:
    yield from _field("spec.hubTemplateOptions.serviceAccountName", "", "ServiceAccount", item, namespace)
    for i, template in enumerate(item["spec"].get("policy-templates", ())):
        text = repr(template).replace("\\", "") if "{{hub" in repr(template) else ""
        for place, name in sorted({*_HUB_SECRET.findall(text)}):
            yield f"spec.policy-templates[{i}]", _one("", "Secret", place, name)
    for i, other in enumerate(item["spec"].get("dependencies", ())):
        if other.get("kind") == "Policy":
            place = other.get("namespace", namespace)
            yield f"spec.dependencies[{i}]", _one(POLICY, "Policy", place, other.get("name"))


def _application(item: Manifest, namespace: str) -> Iterator[Found]:
    return _sources(item, namespace, "spec")


def _sources(item: Manifest, namespace: str, path: str) -> Iterator[Found]:
    spec = at(item, path) or {}
    yield from _field(f"{path}.project", ARGO, "AppProject", item, namespace)
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
            yield where, _one(CLUSTER, "Placement", namespace, placement, part)


def _observability(item: Manifest, _: str) -> Iterator[Found]:
    name = at(item, "spec.storageConfig.metricObjectStorage.name")
    # The operator runs everything, and reads this Secret, in a namespace of its own.
    target = _one("", "Secret", "open-cluster-management-observability", name)
    yield "spec.storageConfig.metricObjectStorage", target


def _rooted(group: str, kind: str, path: str, *, namespaced: bool = False) -> Reader:
    def read(item: Manifest, namespace: str) -> Iterator[Found]:
        return _field(path, group, kind, item, namespace if namespaced else "")

    return read


READERS: Mapping[tuple[str, str], Reader] = {
    (KUEUE, "ClusterQueue"): _cluster_queue,
    (KUEUE, "Cohort"): _cohort,
    (KUEUE, "LocalQueue"): _rooted(KUEUE, "ClusterQueue", "spec.clusterQueue"),
    (KUEUE, "ResourceFlavor"): _rooted(KUEUE, "Topology", "spec.topologyName"),
    (SERVING, "InferenceService"): _inference_service,
    (SERVING, "LLMInferenceService"): _llm_inference_service,
    (SERVING, "LocalModelCache"): _local_model_cache,
    ("", "PersistentVolumeClaim"): _volume_claim,
    (PIPELINES, "DataSciencePipelinesApplication"): _rooted(
        "",
        "Secret",
        "spec.objectStorage.externalStorage.s3CredentialsSecret.secretName",
        namespaced=True,
    ),
    ("ray.io", "RayJob"): _ray_job,
    ("route.openshift.io", "Route"): _route,
    ("", "ServiceAccount"): _service_account,
    (RBAC, "RoleBinding"): _binding,
    (RBAC, "ClusterRoleBinding"): _binding,
    (CLUSTER, "Placement"): _placement,
    (CLUSTER, "ManagedCluster"): _managed_cluster,
    (CLUSTER, "ManagedClusterSetBinding"): _rooted(CLUSTER, "ManagedClusterSet", "spec.clusterSet"),
    (POLICY, "PlacementBinding"): _placement_binding,
    (POLICY, "Policy"): _policy,
    ("apps.open-cluster-management.io", "GitOpsCluster"): _rooted(
        CLUSTER, "Placement", "spec.placementRef.name", namespaced=True
    ),
    ("observability.open-cluster-management.io", "MultiClusterObservability"): _observability,
    (ARGO, "Application"): _application,
    (ARGO, "ApplicationSet"): _application_set,
}
"""What each kind names beside its pods and labels."""
