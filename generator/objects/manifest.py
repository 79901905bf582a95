"""Manifests: plain dicts as kubectl shows them, and the few things all of them share.

Components write dict literals in the order apiVersion, kind, metadata, spec; this module gives the metadata.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

Manifest = dict[str, Any]

MANAGED_BY = "app.kubernetes.io/managed-by"
SYNC_WAVE = "argocd.argoproj.io/sync-wave"
SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
COMPARE_OPTIONS = "argocd.argoproj.io/compare-options"
CONTENT_HASH = "nearedge.io/content-hash"
"""Label of an object whose name ends in the hash of its content: a new content is a new object."""

KEEP = {COMPARE_OPTIONS: "IgnoreExtraneous", SYNC_OPTIONS: "Prune=false,Delete=false"}
"""Annotations of what Argo CD must never delete by itself: namespaces, volumes, clusters.

What left Git and stays would otherwise make its Application OutOfSync for ever, with a self-heal sync each minute (argo-cd
v3.5.1 controller/state.go CompareAppState, the same in v3.1.9). It counts only if the object has it before it leaves Git.
"""


class Wave(IntEnum):
    """Argo CD sync waves, in the order things have to exist."""

    NAMESPACE = -30
    GUARD = -20
    QUEUE = -10
    RUNTIME = 0
    WORKLOAD = 1
    FOLLOWER = 2


class ResourceId(NamedTuple):
    """What makes an object one object on a cluster."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"


def identify(manifest: Manifest) -> ResourceId:
    """Identity of a manifest; the version of its API does not belong to it."""
    meta = manifest["metadata"]
    group = manifest["apiVersion"].rpartition("/")[0]
    return ResourceId(group, manifest["kind"], meta.get("namespace", ""), meta["name"])


def by_identity(manifests: Iterable[Manifest]) -> dict[ResourceId, Manifest]:
    """Objects by what makes them one."""
    return {identify(item): item for item in manifests}


def meta(
    name: str,
    namespace: str | None = None,
    *,
    wave: Wave | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Manifest:
    """Metadata with the labels every object of ours carries; maps are sorted, empty ones left out."""
    marks = {MANAGED_BY: "nearedge", **(labels or {})}
    notes = {**(annotations or {}), **({SYNC_WAVE: str(int(wave))} if wave is not None else {})}
    return {
        "name": name,
        **({"namespace": namespace} if namespace else {}),
        "labels": dict(sorted(marks.items())),
        **({"annotations": dict(sorted(notes.items()))} if notes else {}),
    }


_EXPONENT = re.compile(r"[0-9]+e[0-9]+")


def content_hash(*parts: Any) -> str:
    """Eight hex digits that change with the content: for names of objects that cannot be changed."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    digits = hashlib.sha256(text.encode()).hexdigest()[:8]
    # Go's YAML leaves 94e31417 without quotes, as it is too large for a float; other readers take it for one.
    return digits.replace("e", "f") if _EXPONENT.fullmatch(digits) else digits


def pod_specs(manifest: Manifest) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every pod spec inside a manifest, with the path to it: also those inside custom resources."""
    find = _PODS.get(manifest["kind"])
    if find is not None:
        yield from find(manifest.get("spec", {}))


Pods = Iterator[tuple[str, dict[str, Any]]]


def _pod(spec: Mapping[str, Any]) -> Pods:
    # The pod itself, as everywhere here: pull secrets are put into it.
    yield "spec", spec  # type: ignore[misc]


def _template(spec: Mapping[str, Any]) -> Pods:
    yield "spec.template.spec", spec["template"]["spec"]


def _cron_job(spec: Mapping[str, Any]) -> Pods:
    yield "spec.jobTemplate.spec.template.spec", spec["jobTemplate"]["spec"]["template"]["spec"]


def _ray_job(spec: Mapping[str, Any]) -> Pods:
    yield from _ray(spec.get("rayClusterSpec", {}), "spec.rayClusterSpec")
    if "submitterPodTemplate" in spec:
        yield "spec.submitterPodTemplate.spec", spec["submitterPodTemplate"]["spec"]


def _inference_service(spec: Mapping[str, Any]) -> Pods:
    for role in ("predictor", "transformer", "explainer"):
        if spec.get(role, {}).get("containers"):
            yield f"spec.{role}", spec[role]


def _llm_inference_service(spec: Mapping[str, Any]) -> Pods:
    for path, part in (("spec", spec), ("spec.prefill", spec.get("prefill") or {})):
        for role in ("template", "worker"):
            if role in part:
                yield f"{path}.{role}", part[role]


def _app_wrapper(spec: Mapping[str, Any]) -> Pods:
    for i, part in enumerate(spec.get("components", ())):
        for path, pod in pod_specs(part["template"]):
            yield f"spec.components[{i}].template.{path}", pod


def _ray(spec: Mapping[str, Any], path: str = "spec") -> Pods:
    if "headGroupSpec" in spec:
        yield f"{path}.headGroupSpec.template.spec", spec["headGroupSpec"]["template"]["spec"]
    for i, group in enumerate(spec.get("workerGroupSpecs", ())):
        yield f"{path}.workerGroupSpecs[{i}].template.spec", group["template"]["spec"]


def _ray_service(spec: Mapping[str, Any]) -> Pods:
    return _ray(spec.get("rayClusterConfig", {}), "spec.rayClusterConfig")


def _training_runtime(spec: Mapping[str, Any]) -> Pods:
    for i, job in enumerate(spec["template"]["spec"]["replicatedJobs"]):
        path = f"spec.template.spec.replicatedJobs[{i}].template.spec.template.spec"
        yield path, job["template"]["spec"]["template"]["spec"]


def _pytorch_job(spec: Mapping[str, Any]) -> Pods:
    for role, replica in spec.get("pytorchReplicaSpecs", {}).items():
        yield f"spec.pytorchReplicaSpecs.{role}.template.spec", replica["template"]["spec"]


def _policy(spec: Mapping[str, Any]) -> Pods:
    for i, template in enumerate(spec.get("policy-templates", ())):
        inner = template["objectDefinition"].get("spec", {})
        for j, item in enumerate(inner.get("object-templates", ())):
            for path, pod in pod_specs(item["objectDefinition"]):
                yield f"spec.policy-templates[{i}]...object-templates[{j}].objectDefinition.{path}", pod


_PODS: Mapping[str, Callable[[Mapping[str, Any]], Pods]] = {
    "Pod": _pod,
    "Deployment": _template,
    "StatefulSet": _template,
    "DaemonSet": _template,
    "Job": _template,
    "CronJob": _cron_job,
    "RayCluster": _ray,
    "RayJob": _ray_job,
    "RayService": _ray_service,
    "ServingRuntime": _pod,
    "ClusterServingRuntime": _pod,
    "InferenceService": _inference_service,
    "LLMInferenceService": _llm_inference_service,
    "AppWrapper": _app_wrapper,
    "ClusterTrainingRuntime": _training_runtime,
    "Notebook": _template,
    "PyTorchJob": _pytorch_job,
    "TrainingRuntime": _training_runtime,
    "Policy": _policy,
}


def without_empty(values: Mapping[str, Any]) -> Manifest:
    """A mapping without what says nothing: null, and the empty string."""
    return {key: value for key, value in values.items() if value not in (None, "")}
