"""What pods and labels name: accounts, Secrets, ConfigMaps, claims, queues and priority classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .manifest import Manifest, pod_specs
from .object_names import KUEUE, Found, one

ROLES = ("predictor", "transformer", "explainer")


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


def label_names(labels: Mapping[str, str], path: str, namespace: str) -> Iterator[Found]:
    """Queue and priority class, which Kueue reads from labels."""
    queue, priority = f"{KUEUE}/queue-name", f"{KUEUE}/priority-class"
    if queue in labels:
        yield f"{path}[{queue}]", one(KUEUE, "LocalQueue", namespace, labels[queue])
    if priority in labels:
        yield f"{path}[{priority}]", one(KUEUE, "WorkloadPriorityClass", "", labels[priority])


def pod_names(pod: Mapping[str, Any], path: str, namespace: str) -> Iterator[Found]:
    """What the spec of a pod names."""
    if "serviceAccountName" in pod:
        yield f"{path}.serviceAccountName", one("", "ServiceAccount", namespace, pod["serviceAccountName"])
    if "priorityClassName" in pod:
        name = pod["priorityClassName"]
        yield f"{path}.priorityClassName", one("scheduling.k8s.io", "PriorityClass", "", name)
    for i, secret in enumerate(pod.get("imagePullSecrets", ())):
        yield f"{path}.imagePullSecrets[{i}]", one("", "Secret", namespace, secret.get("name"))
    for i, volume in enumerate(pod.get("volumes", ())):
        yield from _volume(volume, f"{path}.volumes[{i}]", namespace)
    for field in ("initContainers", "containers"):
        for i, container in enumerate(pod.get(field, ())):
            yield from container_names(container, f"{path}.{field}[{i}]", namespace)


def _volume(volume: Mapping[str, Any], path: str, namespace: str) -> Iterator[Found]:
    claim = volume.get("persistentVolumeClaim")
    if claim:
        name = claim.get("claimName")
        yield f"{path}.persistentVolumeClaim", one("", "PersistentVolumeClaim", namespace, name)
    yield from _file_source(volume, path, namespace, "secretName")
    for i, source in enumerate((volume.get("projected") or {}).get("sources", ())):
        yield from _file_source(source, f"{path}.projected.sources[{i}]", namespace, "name")


def _file_source(source: Mapping[str, Any], path: str, namespace: str, secret_key: str) -> Iterator[Found]:
    for field, kind, key in (("configMap", "ConfigMap", "name"), ("secret", "Secret", secret_key)):
        value = source.get(field)
        if value and not value.get("optional"):
            yield f"{path}.{field}", one("", kind, namespace, value.get(key))
            # The keys of a Secret are never known here: its values are not ours.
            for i, item in enumerate(value.get("items", ()) if kind == "ConfigMap" else ()):
                where = f"{path}.{field}.items[{i}]"
                yield where, one("", kind, namespace, value.get(key), f"key {item['key']}")


def container_names(container: Mapping[str, Any], path: str, namespace: str) -> Iterator[Found]:
    """Secrets and ConfigMaps behind the variables of a container."""
    for i, variable in enumerate(container.get("env", ())):
        source = variable.get("valueFrom", {})
        secret, config = source.get("secretKeyRef"), source.get("configMapKeyRef")
        if secret and not secret.get("optional"):
            yield f"{path}.env[{i}].valueFrom.secretKeyRef", one("", "Secret", namespace, secret.get("name"))
        if config and not config.get("optional"):
            target = one("", "ConfigMap", namespace, config.get("name"), f"key {config.get('key')}")
            yield f"{path}.env[{i}].valueFrom.configMapKeyRef", target
    for i, source in enumerate(container.get("envFrom", ())):
        for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            value = source.get(field)
            if value and not value.get("optional"):
                yield f"{path}.envFrom[{i}].{field}", one("", kind, namespace, value.get("name"))
