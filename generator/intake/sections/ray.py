"""RayClusters, RayJobs and RayServices: the fields of KubeRay in the words of a spec."""

from __future__ import annotations

import json
from typing import Any

from ...components.kit.metadata import owner_of
from ...findings.finding import Path
from ..account import Reading, unaddressed
from ..files.source import Source
from ..part import Scene
from . import fields
from .ray_pods import group, image_of, spread

_KEPT = "what Ray's controller is told of the object; nearedge writes its own"
_LABELS = {"ray.io/cluster": _KEPT, "controller-tools.k8s.io": "a record of the code generator's"}


def read(scene: Scene) -> None:
    """All objects of KubeRay."""
    for item in scene.of("RayCluster"):
        _object(scene, item, "clusters", ("spec",))
    for item in scene.of("RayJob"):
        _object(scene, item, "jobs", ("spec", "rayClusterSpec"))
    for item in scene.of("RayService"):
        _object(scene, item, "services", ("spec", "rayClusterConfig"))
    for item in scene.of("AppWrapper"):
        why = "AppWrappers are not imported: appWrapper of a RayCluster or RayJob says it (docs/training.md)"
        scene.part.accounts.append(unaddressed(item, why))


def _object(scene: Scene, item: Source, section: str, inner: Path) -> None:
    said = f"ray.{section}[{item.name}]"
    reading = Reading(item, said)
    fields.marks(reading)
    for key, why in _LABELS.items():
        if item.at("metadata", "labels", key):
            reading.intend(("metadata", "labels", key), why)
    made: dict[str, Any] = {
        "name": item.name,
        "namespace": item.namespace or "default",
        **fields.queue(reading, said),
        **_marks(reading, said),
    }
    if item.mapping(*inner):
        image = image_of(scene, item, inner)
        if image is None:
            scene.part.accounts.append(unaddressed(item, "its image has no digest"))
            return
        made["image"] = image
        _cluster(reading, inner, said, made)
    if section == "jobs":
        _job(reading, said, made)
    if section == "services":
        _service(reading, said, made)
    reading.intend(("spec", "suspend"), "Kueue sets it")
    scene.part.add(("ray", section), made)
    scene.part.accounts.append(reading.account())


def _marks(reading: Reading, said: str) -> dict[str, Any]:
    """Labels and annotations that are nobody else's."""
    made: dict[str, Any] = {}
    for field in ("labels", "annotations"):
        for key, value in reading.source.mapping("metadata", field).items():
            if owner_of(key) is None and key not in _LABELS:
                reading.carry(("metadata", field, key), f"{said}.{field}[{key}]")
                made.setdefault(field, {})[key] = str(value)
    return made


def _cluster(reading: Reading, inner: Path, said: str, made: dict[str, Any]) -> None:
    if reading.get(*inner, "rayVersion"):
        made["rayVersion"] = str(reading.carry((*inner, "rayVersion"), f"{said}.rayVersion"))
    _scaling(reading, inner, said, made)
    _redis(reading, inner, said, made)
    head = (*inner, "headGroupSpec")
    made["head"] = group(reading, head, f"{said}.head", said, made)
    for field in ("serviceType", "enableIngress", "headService"):
        if reading.get(*head, field) in ("ClusterIP", False):
            reading.intend((*head, field), "nearedge writes it: the head's Service stays inside the cluster")
        else:
            reading.leave((*head, field), "the head's Service stays inside the cluster")
    workers = []
    for i, item in reading.source.mappings(*inner, "workerGroupSpecs"):
        path = (*inner, "workerGroupSpecs", i)
        name = str(item.get("groupName", f"workers-{i}"))
        place = f"{said}.workers[{name}]"
        worker: dict[str, Any] = {"name": name}
        reading.carry((*path, "groupName"), f"{place}.name")
        for field in ("replicas", "minReplicas", "maxReplicas", "numOfHosts", "idleTimeoutSeconds"):
            if isinstance(reading.get(*path, field), int):
                worker[field] = reading.carry((*path, field), f"{place}.{field}")
        workers.append(worker | group(reading, path, place, said, made) | spread(reading, path, place))
    if workers:
        made["workers"] = workers


def _redis(reading: Reading, inner: Path, said: str, made: dict[str, Any]) -> None:
    redis = reading.get(*inner, "gcsFaultToleranceOptions", "redisAddress")
    if redis:
        at = (*inner, "gcsFaultToleranceOptions")
        made["gcsFaultTolerance"] = {
            "redisAddress": reading.carry((*at, "redisAddress"), f"{said}.gcsFaultTolerance")
        }
        space = "externalStorageNamespace"
        if isinstance(reading.get(*at, space), str):
            made["gcsFaultTolerance"][space] = reading.carry(
                (*at, space), f"{said}.gcsFaultTolerance.{space}"
            )
        secret = reading.get(*at, "redisPassword", "valueFrom", "secretKeyRef")
        if isinstance(secret, dict):
            reading.carry((*at, "redisPassword", "valueFrom"), f"{said}.gcsFaultTolerance.passwordSecret")
            made["gcsFaultTolerance"] |= {
                "passwordSecret": secret.get("name"),
                "passwordKey": secret.get("key"),
            }
        else:
            reading.leave((*at, "redisPassword"), "a password stands in a Secret")


def _scaling(reading: Reading, inner: Path, said: str, made: dict[str, Any]) -> None:
    options: Path = (*inner, "autoscalerOptions")
    if reading.get(*inner, "enableInTreeAutoscaling") is not True:
        reading.intend((*inner, "enableInTreeAutoscaling"), "nothing scales, as when it is left out")
        reading.intend(options, "without enableInTreeAutoscaling nothing reads it")
        return
    reading.carry((*inner, "enableInTreeAutoscaling"), f"{said}.autoscaling")
    scaling: dict[str, Any] = {}
    for field in ("upscalingMode", "idleTimeoutSeconds", "version"):
        if reading.get(*options, field) is not None:
            scaling[field] = reading.carry((*options, field), f"{said}.autoscaling.{field}")
    found = fields.resources(reading, (*options, "resources"), f"{said}.autoscaling")
    if "resources" in found:
        scaling["resources"] = found["resources"]
        if "requests" in found:
            reading.intend((*options, "resources", "requests"), "requests of the autoscaler are its limits")
    for field in ("imagePullPolicy", "securityContext", "env", "volumeMounts"):
        reading.intend((*options, field), "nearedge writes it of the autoscaler's container")
    made["autoscaling"] = scaling


def _job(reading: Reading, said: str, made: dict[str, Any]) -> None:
    plain = (
        "entrypoint",
        "submissionMode",
        "backoffLimit",
        "activeDeadlineSeconds",
        "ttlSecondsAfterFinished",
    )
    for field in plain:
        if reading.get("spec", field) is not None:
            made[field] = reading.carry(("spec", field), f"{said}.{field}")
    for field in ("entrypointNumCpus", "entrypointNumGpus"):
        if isinstance(reading.get("spec", field), int | float):
            made[field] = reading.carry(("spec", field), f"{said}.{field}")
    _set_aside(reading, said, made)
    if reading.get("spec", "runtimeEnvYAML"):
        made["runtimeEnv"] = reading.carry(("spec", "runtimeEnvYAML"), f"{said}.runtimeEnv")
    cluster = reading.get("spec", "clusterSelector", "ray.io/cluster")
    if cluster:
        made["cluster"] = reading.carry(("spec", "clusterSelector", "ray.io/cluster"), f"{said}.cluster")
    else:
        # KubeRay leaves the cluster unless it is told; a spec removes it.
        shut = reading.carry(("spec", "shutdownAfterJobFinishes"), f"{said}.shutdownAfterJobFinishes")
        made["shutdownAfterJobFinishes"] = shut is True
    why = (
        "nearedge writes the pod that submits: its image is the head's, its resources are submitter.resources"
    )
    reading.intend(("spec", "submitterPodTemplate"), why, f"{said}.submitter")


def _set_aside(reading: Reading, said: str, made: dict[str, Any]) -> None:
    """entrypointResources, which is JSON as text; a spec has whole numbers."""
    field = "entrypointResources"
    try:
        found = json.loads(reading.get("spec", field) or "{}")
    except (TypeError, ValueError):
        return
    if isinstance(found, dict) and found and all(float(amount).is_integer() for amount in found.values()):
        made[field] = {str(name): int(amount) for name, amount in found.items()}
        reading.intend(("spec", field), "nearedge writes the same JSON", f"{said}.{field}")


def _service(reading: Reading, said: str, made: dict[str, Any]) -> None:
    if reading.get("spec", "serveConfigV2"):
        made["serveConfigV2"] = reading.carry(("spec", "serveConfigV2"), f"{said}.serveConfigV2")
    kind = reading.get("spec", "upgradeStrategy", "type")
    if kind in ("NewCluster", "None"):
        made["upgradeStrategy"] = reading.carry(
            ("spec", "upgradeStrategy", "type"), f"{said}.upgradeStrategy"
        )
    for field in ("excludeHeadPodFromServeSvc", "rayClusterDeletionDelaySeconds"):
        if reading.get("spec", field) is not None:
            made[field] = reading.carry(("spec", field), f"{said}.{field}")
    for field in ("serviceUnhealthySecondThreshold", "deploymentUnhealthySecondThreshold"):
        if reading.get("spec", field) is not None:
            reading.intend(("spec", field), "KubeRay does not read it any more")
