"""What a change does to what runs: which pods start again, what cannot be changed in place, what runs twice.

Told from the objects before and after alone; where a controller decides, its rule stands beside the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..objects.manifest import KEEP, SYNC_OPTIONS, Manifest, ResourceId, identify
from ..objects.object_names import at
from ..specs.quantity import parse
from .changes import ABSENT, Action, FieldChange, ObjectChange, hashed


class Effect(StrEnum):
    """Kinds of effects, the worst first."""

    RECREATE = "re-create"
    DOWNTIME = "downtime"
    LEFT = "left behind"
    RERUN = "runs again"
    RESTART = "restart"
    LATER = "later"


DANGERS = frozenset({Effect.RECREATE, Effect.DOWNTIME, Effect.LEFT})


@dataclass(frozen=True, order=True)
class Consequence:
    """What happens to one object, as a sentence."""

    effect: Effect
    identity: ResourceId
    text: str


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
    # kubernetes pkg/apis/batch/validation ValidateJobSpecUpdate
    "Job": ("spec.template", "spec.selector", "spec.completionMode"),
    # kueue apis/kueue: CEL rules of LocalQueue, Topology and AdmissionCheck
    "LocalQueue": ("spec.clusterQueue",),
    "Topology": ("spec.levels",),
    "AdmissionCheck": ("spec.controllerName",),
    # kuberay validation.go, Kueue's webhook
    "RayCluster": ("spec.managedBy", "spec.gcsFaultToleranceOptions"),
    # kubernetes pkg/apis/rbac/validation ValidateRoleBindingUpdate
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
}
"""Kind -> fields that the API server or a webhook lets nobody change."""

_STORAGE = "spec.resources.requests.storage"
_QUEUE = "metadata.labels[kueue.x-k8s.io/queue-name]"
_SCALING = ("spec.predictor.minReplicas", "spec.predictor.maxReplicas", "spec.predictor.deploymentStrategy")
"""Fields of an InferenceService that become fields of its Deployment and HorizontalPodAutoscaler, not of pods."""
_ELASTIC = "metadata.annotations[kueue.x-k8s.io/elastic-job]"
_QUEUED_ANEW = (
    "in its queue it is another workload now: Kueue stops it, and starts it when there is quota again"
)
_ADMITTED = re.compile(r"\.template\.spec\.(containers|initContainers)\b")
"""What Kueue compares of a pod; tolerations are its own to add."""
_COUNTS = (".replicas", ".minReplicas", ".maxReplicas")
_WHILE_SYNCING = ("argocd.argoproj.io/",)


def consequences(changes: Iterable[ObjectChange], after: Iterable[Manifest]) -> tuple[Consequence, ...]:
    """What these changes of one cluster do; `after` holds all objects that it has then."""
    listed = tuple(changes)
    services = {
        (identity.namespace, identity.name): item
        for item in after
        if (identity := identify(item)).kind == "InferenceService"
    }
    found = {item for change in listed for item in _of(change, services)}
    return tuple(sorted(found, key=lambda item: (list(Effect).index(item.effect), item.identity, item.text)))


def started_again(found: Iterable[Consequence]) -> frozenset[tuple[str, str]]:
    """(namespace, name) of the servers whose pods start again."""
    return frozenset(
        (item.identity.namespace, item.identity.name) for item in found if item.effect is Effect.RESTART
    )


def _of(change: ObjectChange, services: Mapping[tuple[str, str], Manifest]) -> Iterator[Consequence]:
    identity = change.identity
    match change.action:
        case Action.REMOVE:
            yield from _left(change)
        case Action.REPLACE if identity.kind in {"Job", "RayJob"} or _wraps(change, "RayJob"):
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
            yield from _immutable(change)
            yield from _serving(change, services)
            yield from _llm(change)
            yield from _ray(change)


def _left(change: ObjectChange) -> Iterator[Consequence]:
    notes = (change.before or {})["metadata"].get("annotations", {})
    if notes.get(SYNC_OPTIONS) == KEEP[SYNC_OPTIONS]:
        text = "Argo CD does not delete it (Prune=false): it stays on the cluster and nobody looks after it"
        yield Consequence(Effect.LEFT, change.identity, text)


def _immutable(change: ObjectChange) -> Iterator[Consequence]:
    fields = IMMUTABLE.get(change.identity.kind, ())
    for item in change.fields:
        path = item.dotted
        if any(path == field or path.startswith((f"{field}.", f"{field}[")) for field in fields):
            yield _recreated(change, f"{path} cannot be changed")
        elif change.identity.kind == "PersistentVolumeClaim" and path == _STORAGE and _shrinks(item):
            yield _recreated(change, f"a volume cannot shrink from {item.before} to {item.after}")


def _recreated(change: ObjectChange, why: str) -> Consequence:
    what = (
        "its data is lost when it is" if change.identity.kind == "PersistentVolumeClaim" else "it has to be"
    )
    text = f"{why}: the sync fails until it is deleted and made again" + (
        f"; {what} deleted" if change.identity.kind == "PersistentVolumeClaim" else ""
    )
    return Consequence(Effect.RECREATE, change.identity, text)


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
    if any(_restarts(item, identity.kind) for item in change.fields):
        served = identify(service)
        yield Consequence(Effect.RESTART, served, "its pods start again with what changed")
        if service["spec"]["predictor"].get("deploymentStrategy", {}).get("type") == "Recreate":
            text = "strategy Recreate: nothing answers until the new pods are ready"
            yield Consequence(Effect.DOWNTIME, served, text)


def _restarts(item: FieldChange, kind: str) -> bool:
    """Whether a field reaches the pod template. KServe copies labels and annotations of a service there, too."""
    path = item.dotted
    if kind == "ServingRuntime":
        return path.startswith(("spec.containers", "spec.volumes", "spec.annotations", "spec.labels"))
    if path.startswith(("metadata.labels", "metadata.annotations")):
        return not any(prefix in path for prefix in _WHILE_SYNCING)
    return path.startswith("spec.predictor") and not path.startswith(_SCALING)


def _wraps(change: ObjectChange, kind: str) -> bool:
    """Whether an AppWrapper holds an object of this kind."""
    if change.identity.kind != "AppWrapper":
        return False
    return any(item["template"]["kind"] == kind for item in (change.after or {})["spec"]["components"])


_LLM_PODS = (
    "spec.template",
    "spec.worker",
    "spec.prefill",
    "spec.model",
    "spec.baseRefs",
    "spec.parallelism",
)


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
            yield _recreated(change, f"the pods of {path}.parallelism cannot change from {was} to {is_now}")
    fields = (item.dotted for item in change.fields)
    if any(path.startswith(_LLM_PODS) and not path.endswith(_COUNTS) for path in fields):
        yield Consequence(Effect.RESTART, identity, "its pods start again with what changed")


def _pods_of(item: Any, path: str) -> int:
    """Pods of one replica: data / dataLocal (kserve ParallelismSpec.GetSize)."""
    said = at(item or {}, f"{path}.parallelism") or {}
    return int(said.get("data", 1)) // max(1, int(said.get("dataLocal", 1)))


def _ray(change: ObjectChange) -> Iterator[Consequence]:
    if change.identity.kind == "RayService":
        yield from _ray_service(change)
    if change.identity.kind != "RayCluster":
        return
    if any(item.dotted == _ELASTIC for item in change.fields):
        # Kueue's webhook: jobframework ValidateJobOnUpdate.
        yield _recreated(change, f"{_ELASTIC} cannot be changed")
    if _counted_anew(change, "spec."):
        yield Consequence(Effect.DOWNTIME, change.identity, _QUEUED_ANEW)
        return
    pods = [item for item in change.fields if _in_pods(item)]
    if pods and _upgrades(change.after):
        yield Consequence(Effect.DOWNTIME, change.identity, "upgradeStrategy Recreate: all its pods go first")
    elif pods:
        # KubeRay adds and removes workers; it does not compare running pods with their template.
        text = "pods that run keep the old template: delete the RayCluster for the new one"
        yield Consequence(Effect.LATER, change.identity, text)


def _counted_anew(change: ObjectChange, prefix: str) -> bool:
    """Whether a queued Ray cluster no longer is what Kueue admitted: its containers, or how many pods there are.

    Kueue stops what runs and has no matching Workload (jobframework ensureOneWorkload, util/equality
    ComparePodSetSlices); of an elastic one it only counts the pods anew.
    """
    metadata = (change.after or {})["metadata"]
    if "kueue.x-k8s.io/queue-name" not in metadata.get("labels", {}):
        return False
    elastic = "kueue.x-k8s.io/elastic-job" in metadata.get("annotations", {})
    paths = [item.dotted for item in change.fields if item.dotted.startswith(prefix)]
    return any(
        _ADMITTED.search(path) or (path.endswith((".replicas", ".numOfHosts")) and not elastic)
        for path in paths
    )


def _ray_service(change: ObjectChange) -> Iterator[Consequence]:
    """A new serveConfigV2 is carried out in place; see components/ray/service.py for the rest."""
    paths = [item.dotted for item in change.fields]
    if "spec.serveConfigV2" in paths:
        text = "its applications are deployed anew: replicas of what changed start again, one after the other"
        yield Consequence(Effect.RESTART, change.identity, text)
    inside = [item for item in change.fields if item.dotted.startswith("spec.rayClusterConfig.")]
    pods = [item for item in inside if _in_pods(item)]
    sizes = [item for item in inside if not _in_pods(item)]
    if pods and (change.after or {})["spec"]["upgradeStrategy"]["type"] == "None":
        text = "upgradeStrategy None: pods that run stay as they are until the RayService is made again"
        yield Consequence(Effect.LATER, change.identity, text)
    elif pods:
        text = "a second cluster is made and takes over once it serves: twice the pods until then"
        yield Consequence(Effect.RESTART, change.identity, text)
    elif sizes:
        text = (
            "KubeRay does not change the size of a cluster that serves: delete the RayCluster for the new one"
        )
        yield Consequence(Effect.LATER, change.identity, text)
    if _counted_anew(change, "spec.rayClusterConfig."):
        text = f"where Kueue admits RayServices (0.18 on): {_QUEUED_ANEW}"
        yield Consequence(Effect.DOWNTIME, change.identity, text)


def _in_pods(item: FieldChange) -> bool:
    path = item.dotted
    return path.startswith("spec.") and not path.endswith(_COUNTS)


def _upgrades(after: Any) -> bool:
    strategy = (after or {}).get("spec", {}).get("upgradeStrategy", {})
    return bool(strategy.get("type") == "Recreate")


__all__ = ["DANGERS", "Consequence", "Effect", "consequences", "hashed"]
