"""Pods as they will run: what the objects of a folder lead to once their controllers have worked on them.

An InferenceService with its runtime's containers beneath its own fields and what KServe adds to it (added.py), a Ray head
with its autoscaler, and every pod spec as it stands. Judged by podsecurity.py; used by verify.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

from ...objects.difference import canonical
from ...objects.manifest import Manifest, ResourceId, identify, pod_specs
from ...objects.names_in_pods import ROLES
from ...objects.object_names import SERVING
from .added import CACHE, NOTHING, PICKER, Added, endpoint_picker, prepared, proxied, served
from .podsecurity import Pod, Violation, hardened, restricted
from .task_pods import task_pods


class EmittedPod(NamedTuple):
    """A pod as it will run: where it comes from, the spec, and whether it may hold an API token."""

    owner: ResourceId
    path: str
    pod: Pod
    token: str
    """Why the pod needs a token of the Kubernetes API; empty when it does not."""


def workloads(objects: Sequence[Manifest], added: Added = NOTHING) -> Iterator[EmittedPod]:
    """Every pod that the objects of one folder lead to, runtimes merged into the services that use them."""
    runtimes = {identify(item): item for item in objects if item["kind"].endswith("ServingRuntime")}
    named = (item for item in objects if item["kind"] == "ClusterStorageContainer")
    fetching = {item["metadata"]["name"]: item["spec"]["container"] for item in named}
    cached = tuple(item["spec"]["sourceModelUri"] for item in objects if item["kind"] == CACHE)
    used: set[ResourceId] = set()
    for owner, path, pod in task_pods(objects):
        yield EmittedPod(owner, path, pod, "")
    for item in objects:
        if item["kind"] == "InferenceService":
            for path, pod, runtime in _served(item, runtimes, fetching):
                used |= {runtime} if runtime else set()
                whole = served(pod, item, path.removeprefix("spec."), added, cached)
                yield EmittedPod(identify(item), path, whole, _token(item, path, added))
        elif identify(item) not in runtimes:
            for path, pod in _pods(item, added):
                yield EmittedPod(identify(item), path, pod, _token(item, path, added))
    for identity, item in runtimes.items():
        if identity not in used:
            yield EmittedPod(identity, "spec", item["spec"], "")


def _served(
    service: Manifest, runtimes: Mapping[ResourceId, Manifest], containers: Mapping[str, Pod]
) -> Iterator[tuple[str, Pod, ResourceId | None]]:
    for role in ROLES:
        part = service["spec"].get(role)
        if part is None:
            continue
        found = _runtime_of(service, part, runtimes)
        beneath = runtimes[found]["spec"] if found else {}
        # KServe lays the fields of `model` over the container of this name (pkg/controller/.../predictor.go).
        model = {key: value for key, value in (part.get("model") or {}).items() if key in _CONTAINER_FIELDS}
        over = {
            **part,
            "containers": merged(part.get("containers") or (), [{"name": "kserve-container", **model}]),
        }
        pod = merge_pods(beneath, over if "model" in part else part)
        fetching = containers.get(part.get("storageContainerName", ""))
        yield f"spec.{role}", {**pod, "initContainers": [fetching]} if fetching else pod, found


_CONTAINER_FIELDS = frozenset(
    "args command env envFrom image lifecycle livenessProbe ports readinessProbe resources securityContext "  # noqa: SIM905
    "startupProbe volumeMounts".split()
)


def _runtime_of(service: Manifest, part: Pod, runtimes: Mapping[ResourceId, Manifest]) -> ResourceId | None:
    name = (part.get("model") or {}).get("runtime")
    namespace = service["metadata"].get("namespace", "")
    candidates = (
        ResourceId(SERVING, "ServingRuntime", namespace, str(name)),
        ResourceId(SERVING, "ClusterServingRuntime", "", str(name)),
    )
    return next((item for item in candidates if item in runtimes), None)


def merge_pods(beneath: Pod, over: Pod) -> dict[str, Any]:
    """A pod spec laid over another: lists of named things by name, the rest field by field."""
    result = {**beneath, **over}
    for field in ("containers", "initContainers", "volumes"):
        if beneath.get(field) and over.get(field):
            result[field] = merged(beneath[field], over[field])
    return result


def merged(beneath: Iterable[Pod], over: Iterable[Pod]) -> list[dict[str, Any]]:
    """Named things laid over others of the same names; new ones behind."""
    result = {item.get("name", ""): dict(item) for item in beneath}
    for item in over:
        name = item.get("name", "")
        result[name] = {**result.get(name, {}), **item}
    return list(result.values())


def _pods(item: Manifest, added: Added) -> Iterator[tuple[str, Pod]]:
    """The pods of an object, with what KServe adds to them, and in a Ray head the sidecar that KubeRay does."""
    if item["kind"] == "LLMInferenceService":
        yield from ((path, prepared(pod, item, added)) for path, pod in pod_specs(item))
        yield from endpoint_picker(item, added)
        return
    for path, pod in pod_specs(item):
        options = _ray_spec(item).get("autoscalerOptions") or {}
        if not _autoscales(item, path):
            yield path, pod
            continue
        # KubeRay runs the sidecar from the head's image and gives it these resources
        # (ray-operator/controllers/ray/common/pod.go, BuildAutoscalerContainer).
        sidecar = {"name": "autoscaler", "image": pod["containers"][0].get("image"), "resources": _SIDECAR}
        sidecar |= {key: value for key, value in options.items() if key in _CONTAINER_FIELDS}
        yield path, {**pod, "containers": [*pod["containers"], sidecar]}


_SIDECAR = {"requests": {"cpu": "500m", "memory": "512Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}


def _ray_spec(item: Manifest) -> Pod:
    spec: Pod = item.get("spec") or {}
    return spec.get("rayClusterSpec") or spec.get("rayClusterConfig") or spec


HEAD = "headGroupSpec.template.spec"


def _autoscales(item: Manifest, path: str) -> bool:
    return path.endswith(HEAD) and bool(_ray_spec(item).get("enableInTreeAutoscaling"))


def _token(item: Manifest, path: str, added: Added) -> str:
    if _autoscales(item, path):
        return "the autoscaler beside the head scales pods"
    if added.head_proxy and path.endswith(HEAD):
        return "the platform's proxy beside the head asks about its callers"
    if item["kind"] == "LLMInferenceService" and path == "spec.template" and "prefill" in item["spec"]:
        return "the routing sidecar beside vLLM asks for the pods that read prompts"
    if item["kind"] == "CronJob" and _starts_builds(item):
        return "it makes the run of a build"
    # Callers of an LLMInferenceService are asked by its gateway.
    if item["kind"] == "InferenceService" and proxied(item, added):
        return "the proxy beside the model reviews tokens"
    return OF_PATH.get(path) or OF_KIND.get(item["kind"], "")


OF_PATH = {PICKER: "the endpoint picker asks for the pods that it may choose"}
OF_KIND = {
    "Notebook": "the proxy beside the notebook reviews tokens, with the account that the controller makes"
}
"""Kinds whose pods always have something that needs a token."""


STARTER = "build-starter"
"""components/builds/trigger.py: the account of the CronJobs that start builds, and the name of their pods."""


def _starts_builds(job: Manifest) -> bool:
    template = job["spec"]["jobTemplate"]["spec"]["template"]
    name = (template.get("metadata") or {}).get("labels", {}).get("app.kubernetes.io/name")
    return bool(name == template["spec"].get("serviceAccountName") == STARTER)


class FolderJudge(Protocol):
    """From a folder's objects and the version of the standard to their pods and what is wrong with each."""

    def __call__(
        self, objects: Sequence[Manifest], version: str, added: Added = NOTHING
    ) -> Iterator[tuple[EmittedPod, tuple[Violation, ...]]]:
        """Judge one folder of a platform that adds this."""


def pod_security() -> FolderJudge:
    """A judge that judges pods alike once."""

    @cache
    def judged(text: str, version: str, theirs: frozenset[str]) -> tuple[Violation, ...]:
        pod = json.loads(text)
        return (*restricted(pod, version), *hardened(_ours(pod, theirs)))

    def judge_folder(
        objects: Sequence[Manifest], version: str, added: Added = NOTHING
    ) -> Iterator[tuple[EmittedPod, tuple[Violation, ...]]]:
        accounts = {identify(item): item for item in objects if item["kind"] == "ServiceAccount"}
        for work in workloads(objects, added):
            theirs = _others(work, added)
            found = judged(canonical(work.pod), version, theirs)
            yield work, (*found, *_token_violations(work, accounts))

    return judge_folder


def _others(work: EmittedPod, added: Added) -> frozenset[str]:
    """Names of containers of a pod that may be others'."""
    if work.owner.kind not in {"InferenceService", "LLMInferenceService"}:
        return frozenset()
    return added.names | frozenset(added.scheduler if work.path == PICKER else ())


def _ours(pod: Pod, theirs: frozenset[str]) -> Pod:
    """A pod without the containers of others: their images and resources are their own. Each of ours has an image."""
    lists = {
        field: [item for item in pod[field] if "image" in item or item.get("name") not in theirs]
        for field in ("initContainers", "containers")
        if pod.get(field)
    }
    return {**pod, **lists}


def _token_violations(work: EmittedPod, accounts: Mapping[ResourceId, Manifest]) -> Iterator[Violation]:
    held = work.pod.get("automountServiceAccountToken", _account(work, accounts))
    if held is not False and not work.token:
        said = "is not false, neither here nor in the pod's ServiceAccount"
        yield Violation("automountServiceAccountToken", said)


def _account(work: EmittedPod, accounts: Mapping[ResourceId, Manifest]) -> Any:
    name = work.pod.get("serviceAccountName", "default")
    account = accounts.get(ResourceId("", "ServiceAccount", work.owner.namespace, name), {})
    return account.get("automountServiceAccountToken")
