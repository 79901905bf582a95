"""What a change does to what runs: which pods start again, what cannot be changed in place, what runs twice.

Told from the objects before and after alone; where a controller decides, its rule stands beside the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...objects.manifest import SYNC_OPTIONS, SYNC_WAVE, Manifest, identify
from ...objects.object_names import at
from ...specs.quantity import parse
from ..changes import ABSENT, Action, FieldChange, ObjectChange, hashed
from .consequence import DANGERS, Consequence, Effect, recreated
from .plain import on_plain, server_of
from .queues import on_queues
from .ray import COUNTS, on_ray

IMMUTABLE: Mapping[str, tuple[str, ...]] = {
    # kubernetes pkg/apis/core/validation ValidatePersistentVolumeClaimUpdate
    "PersistentVolumeClaim": (
        "spec.accessModes",
        "spec.storageClassName",
        "spec.volumeMode",
        "spec.volumeName",
        "spec.dataSource",
    ),
    # kserve pkg/apis/serving/v1alpha1/local_model_cache_types.go: a CEL rule
    "LocalModelCache": ("spec.sourceModelUri",),
    # kubernetes pkg/apis/apps/validation ValidateDeploymentUpdate
    "Deployment": ("spec.selector",),
    # kubernetes pkg/apis/batch/validation ValidateJobSpecUpdate
    "Job": ("spec.template", "spec.selector", "spec.completionMode"),
    # kueue apis/kueue: CEL rules of LocalQueue, Topology and AdmissionCheck
    "LocalQueue": ("spec.clusterQueue",),
    "Topology": ("spec.levels",),
    "AdmissionCheck": ("spec.controllerName",),
    # kubernetes pkg/apis/scheduling/validation ValidatePriorityClassUpdate
    "PriorityClass": ("value", "preemptionPolicy"),
    # kuberay validation.go, Kueue's webhook
    "RayCluster": ("spec.managedBy", "spec.gcsFaultToleranceOptions"),
    # kubernetes pkg/apis/rbac/validation ValidateRoleBindingUpdate
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
}
"""Kind -> fields that the API server or a webhook lets nobody change."""

_STORAGE = "spec.resources.requests.storage"
_QUEUE = "metadata.labels[kueue.x-k8s.io/queue-name]"
_OUTSIDE_PODS = tuple(
    f"spec.predictor.{name}"
    for name in (
        *("minReplicas", "maxReplicas", "scaleTarget", "scaleMetric", "scaleMetricType", "autoScaling"),
        *("deploymentStrategy", "timeout"),
    )
)
"""Fields of a predictor that reach its Deployment, autoscaler or route, and no pod (kserve v0.20.0
pkg/apis/serving/v1beta1/component.go ComponentExtensionSpec, its use in reconcilers/deployment, hpa and ingress). On a
Route the timeout is an annotation beside this field, and that one reaches the pods."""
_WAVE = f"metadata.annotations[{SYNC_WAVE}]"


def consequences(changes: Iterable[ObjectChange], after: Iterable[Manifest]) -> tuple[Consequence, ...]:
    """What these changes of one cluster do; `after` holds all objects that it has then."""
    listed, there = tuple(changes), tuple(after)
    services = {
        (identity.namespace, identity.name): item
        for item in there
        if (identity := identify(item)).kind == "InferenceService"
    }
    found = {item for change in listed for item in _of(change, services)} | {*on_plain(listed, there)}
    return tuple(sorted(found, key=lambda item: (list(Effect).index(item.effect), item.identity, item.text)))


RUN_ONCE = frozenset({"Job", "PyTorchJob", "RayJob", "TrainJob"})
"""Kinds that are named after their content."""


def started_again(found: Iterable[Consequence]) -> frozenset[tuple[str, str]]:
    """(namespace, name) of the servers whose pods start again."""
    return frozenset(server_of(item.identity) for item in found if item.effect is Effect.RESTART)


def _of(change: ObjectChange, services: Mapping[tuple[str, str], Manifest]) -> Iterator[Consequence]:
    identity = change.identity
    match change.action:
        case Action.REMOVE:
            yield from _left(change)
        case Action.REPLACE if identity.kind in RUN_ONCE or _wraps(change, "RayJob"):
            text = f"its content changed: it runs again, as {identity.name}"
            yield Consequence(Effect.RERUN, identity, text)
        case Action.REPLACE if _wraps(change, "RayCluster"):
            text = f"its content changed: the cluster is made anew, as {identity.name}, and the old one goes"
            yield Consequence(Effect.DOWNTIME, identity, text)
        case Action.REPLACE if identity.kind == "PersistentVolumeClaim":
            text = "a clone of a version that is served no more stays until somebody deletes it"
            yield Consequence(Effect.LEFT, identity, text)
        case Action.REPLACE if identity.kind == "LocalModelCache":
            text = "each of its nodes downloads the model anew, and servers wait for it"
            yield Consequence(Effect.RERUN, identity, text)
        case Action.CHANGE:
            yield from _config(change)
            yield from _immutable(change)
            yield from _served(change)
            yield from _serving(change, services)
            yield from _llm(change)
            yield from on_ray(change)
            yield from on_queues(change)


def _left(change: ObjectChange) -> Iterator[Consequence]:
    notes = (change.before or {})["metadata"].get("annotations", {})
    # Some have more options beside it.
    if "Prune=false" in notes.get(SYNC_OPTIONS, "").split(","):
        text = "Argo CD does not delete it (Prune=false): it stays on the cluster and nobody looks after it"
        yield Consequence(Effect.LEFT, change.identity, text)


def _config(change: ObjectChange) -> Iterator[Consequence]:
    """Kubelets read variables and single files when a container starts, and keep whole folders up to date."""
    if change.identity.kind == "ConfigMap" and any(item.path[0] == "data" for item in change.fields):
        text = "pods that run keep variables and single files of before; folders of it follow within minutes"
        yield Consequence(Effect.LATER, change.identity, text)


def _immutable(change: ObjectChange) -> Iterator[Consequence]:
    fields = IMMUTABLE.get(change.identity.kind, ())
    for item in change.fields:
        path = item.dotted
        if any(path == field or path.startswith((f"{field}.", f"{field}[")) for field in fields):
            yield recreated(change.identity, f"{path} cannot be changed")
        elif change.identity.kind == "PersistentVolumeClaim" and path == _STORAGE and _shrinks(item):
            yield recreated(change.identity, f"a volume cannot shrink from {item.before} to {item.after}")


def _shrinks(item: FieldChange) -> bool:
    if item.before is ABSENT or item.after is ABSENT:
        return False
    return parse(str(item.after)) < parse(str(item.before))


def _serving(change: ObjectChange, services: Mapping[tuple[str, str], Manifest]) -> Iterator[Consequence]:
    identity = change.identity
    service = services.get((identity.namespace, identity.name))
    if identity.kind not in {"InferenceService", "ServingRuntime"} or service is None:
        return
    if any(item.dotted == _QUEUE for item in change.fields):
        # Kueue refuses another queue while replicas are ready (its Deployment webhook).
        text = "its queue cannot change while it is ready: scale it to 0 first, or give it a new name"
        yield Consequence(Effect.RECREATE, identity, text)
    reaching = [item for item in change.fields if _restarts(item, identity.kind)]
    if reaching:
        served = identify(service)
        # A person who moves a job of the cluster does not expect it of a server that follows it.
        wave = all(item.dotted == _WAVE for item in reaching)
        why = "its pods start again: KServe copies its sync wave into them" if wave else _AGAIN
        yield Consequence(Effect.RESTART, served, why)
        if service["spec"]["predictor"].get("deploymentStrategy", {}).get("type") == "Recreate":
            text = "strategy Recreate: nothing answers until the new pods are ready"
            yield Consequence(Effect.DOWNTIME, served, text)


_NAMED = re.compile(r"--(?:served-model-name|model_name)=(.+)")
"""Words of vLLM and OVMS that say what callers call the model (components/runtimes)."""


def _served(change: ObjectChange) -> Iterator[Consequence]:
    """Another name for callers: whoever says the old one is told that there is no such model."""
    was, is_now = _called(change.before), _called(change.after)
    if was and is_now and was != is_now:
        text = f"callers that ask for {was} are told that there is no such model, until they ask for {is_now}"
        yield Consequence(Effect.DOWNTIME, change.identity, text)


def _called(item: Manifest | None) -> str:
    """What callers call the model of a server; empty where that is not said here."""
    kind, spec = (item or {}).get("kind"), (item or {}).get("spec") or {}
    if kind == "LLMInferenceService":
        return str(at(spec, "model.name") or "")
    if kind not in {"ServingRuntime", "Deployment"}:
        return ""
    containers = at(spec, "template.spec.containers") if kind == "Deployment" else spec["containers"]
    words = [str(word) for one in containers for word in one.get("args", ())]
    told = [found[1] for word in words if (found := _NAMED.fullmatch(word))]
    told += [
        str(entry.get("value", ""))
        for one in containers
        for entry in one.get("env", ())
        if entry["name"] == "MLSERVER_MODEL_NAME"
    ]
    return next(iter(told), "")


_AGAIN = "its pods start again with what changed"


def _restarts(item: FieldChange, kind: str) -> bool:
    """Whether a field reaches the pod template.

    KServe copies all labels and annotations of a service there, Argo CD's sync wave among them (kserve v0.20.0
    pkg/controller/v1beta1/inferenceservice/components/predictor.go buildObjectMeta). It keeps back what Knative's
    autoscaler and its own webhooks write (pkg/constants ServiceAnnotationDisallowedList); none of that is in Git.
    """
    path = item.dotted
    if kind == "ServingRuntime":
        return path.startswith(("spec.containers", "spec.volumes", "spec.annotations", "spec.labels"))
    if path.startswith(("metadata.labels", "metadata.annotations")):
        return True
    return path.startswith("spec.predictor") and not path.startswith(_OUTSIDE_PODS)


def _wraps(change: ObjectChange, kind: str) -> bool:
    """Whether an AppWrapper holds an object of this kind."""
    if change.identity.kind != "AppWrapper":
        return False
    return any(item["template"]["kind"] == kind for item in (change.after or {})["spec"]["components"])


_LLM_PODS = (
    *("spec.template", "spec.worker", "spec.prefill", "spec.model", "spec.baseRefs", "spec.parallelism"),
    *("spec.labels", "spec.annotations"),
    *(
        f"metadata.{part}[{group}/"
        for part in ("labels", "annotations")
        for group in ("kueue.x-k8s.io", "prometheus.io", "k8s.v1.cni.cncf.io")
    ),
    "metadata.annotations[serving.kserve.io/exp-dra",
)
"""What reaches the pods of an LLMInferenceService: of its own metadata only some groups, and no sync wave (kserve v0.20.0
pkg/controller/v1alpha2/llmisvc/workload_single_node.go propagateDeploymentMetadata; prometheus.io in annotations only)."""


_SELECTED = ("spec.labels", "spec.prefill.labels")
"""Labels that the controller puts into one map with the selector (kserve v0.17.0 and v0.20.0 workload_single_node.go
expectedSingleNodeMainDeployment, utils.PropagateMap); kubernetes pkg/apis/apps/validation ValidateDeploymentUpdate."""

_CLAIMED = re.compile(r"metadata\.annotations\[serving\.kserve\.io/exp-dra-(device|cel)")
"""What a ResourceClaimTemplate is made of (kserve v0.20.0 managed_dra.go; kubernetes pkg/apis/resource/validation
ValidateResourceClaimTemplateUpdate)."""


_ANEW = "give it a new name, or delete it for the new one"


def _allocates(item: Manifest | None) -> bool:
    return "serving.kserve.io/exp-dra-device-class" in ((item or {})["metadata"].get("annotations") or {})


def _llm(change: ObjectChange) -> Iterator[Consequence]:
    identity = change.identity
    if identity.kind != "LLMInferenceService":
        return
    if any(item.dotted == _QUEUE for item in change.fields):
        # Kueue's webhooks of Deployment and LeaderWorkerSet, which the controller hands the label to.
        text = "its queue cannot change while it is ready: give it a new name"
        yield Consequence(Effect.RECREATE, identity, text)
    for path in ("spec", "spec.prefill"):
        was, is_now = _pods_of(change.before, path), _pods_of(change.after, path)
        if was != is_now:
            # kserve llm_inference_service_validation.go validateImmutableParallelism
            yield recreated(
                change.identity, f"the pods of {path}.parallelism cannot change from {was} to {is_now}"
            )
    fields = [item.dotted for item in change.fields]
    if any(path.startswith(_SELECTED) for path in fields):
        text = f"labels of its pods are in the selector of its Deployment, which cannot change: {_ANEW}"
        yield Consequence(Effect.RECREATE, identity, text)
    if all(_allocates(item) for item in (change.before, change.after)) and any(map(_CLAIMED.match, fields)):
        text = f"the ResourceClaimTemplate of its devices cannot change: {_ANEW}"
        yield Consequence(Effect.RECREATE, identity, text)
    if any(path.startswith(_LLM_PODS) and not path.endswith(COUNTS) for path in fields):
        yield Consequence(Effect.RESTART, identity, _AGAIN)


def _pods_of(item: Any, path: str) -> int:
    """Pods of one replica: data / dataLocal (kserve ParallelismSpec.GetSize)."""
    said = at(item or {}, f"{path}.parallelism") or {}
    return int(said.get("data", 1)) // max(1, int(said.get("dataLocal", 1)))


__all__ = ["DANGERS", "Consequence", "Effect", "consequences", "hashed"]
