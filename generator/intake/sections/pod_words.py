"""What people say of a server's pods beside their container: labels, files and variables from elsewhere, and where they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...components.kit.metadata import owner_of
from ...components.kit.pod_fields import HOSTNAME
from ...findings.finding import Path
from ..account import Reading
from ..files.source import mapping_of
from ..part import Scene
from . import fields

_SPREAD = ("topologyKey", "maxSkew", "whenUnsatisfiable", "minDomains")
_SELECTS = "nearedge writes the labels of the server's own pods"
_NAMED = "nearedge names the volume itself"
_MOUNT = {"name", "mountPath", "subPath", "readOnly"}


def marks(reading: Reading, path: Path, said: str, made: dict[str, Any]) -> None:
    """Labels and annotations below `path` that no controller and no other field of the spec has."""
    for group in ("labels", "annotations"):
        for key, value in reading.source.mapping(*path, group).items():
            owner, at = owner_of(key), (*path, group, key)
            if owner is not None:
                reading.leave(at, f"it belongs to {owner.name}: {owner.instead}")
            elif key not in fields.NOTED and not _is_ours(key):
                made.setdefault(group, {})[key] = str(value)
                reading.carry(at, f"{said}.{group}")


def _is_ours(key: str) -> bool:
    return any(key.startswith(begin) for begin in fields.ANNOTATIONS)


def variables_from(reading: Reading, container: Path, said: str, made: dict[str, Any]) -> None:
    """`envFrom` of a container: ConfigMaps and Secrets by name."""
    listed: list[dict[str, Any]] = []
    for i, item in reading.source.mappings(*container, "envFrom"):
        at = (*container, "envFrom", i)
        for field, key in (("configMapRef", "configMap"), ("secretRef", "secret")):
            source = mapping_of(item.get(field))
            if source.get("name"):
                prefix = {"prefix": item["prefix"]} if item.get("prefix") else {}
                listed.append({key: source["name"], **prefix})
                reading.carry(at, f"{said}.envFrom")
                if "optional" in source:
                    reading.leave((*at, field, "optional"), "what is named has to be there")
    if listed:
        made["envFrom"] = [*listed, *made.get("envFrom", [])]


def volumes(reading: Reading, pod: Path, container: Path, said: str, made: dict[str, Any]) -> None:
    """ConfigMaps and empty folders, each where the container has it; /tmp and /dev/shm are told of elsewhere."""
    known = {str(one.get("name")): (i, one) for i, one in reading.source.mappings(*pod, "volumes")}
    for j, mount in reading.source.mappings(*container, "volumeMounts"):
        place, volume = known.get(str(mount.get("name")), (0, {}))
        path, at = mount.get("mountPath"), (*container, "volumeMounts", j)
        if not isinstance(path, str) or path.rstrip("/") in fields.SCRATCH:
            continue
        found = _volume(volume, mount)
        if found is None:
            continue
        made.setdefault("volumes", []).append({"path": path, **found})
        carried(reading, (*pod, "volumes", place), at, f"{said}.volumes")


def carried(reading: Reading, volume: Path, mount: Path, where: str) -> None:
    """A volume and its mount have words; their common name is nearedge's."""
    reading.carry(mount, where)
    reading.carry(volume, where)
    for step in ((*mount, "name"), (*volume, "name")):
        reading.intend(step, _NAMED, where)
    if reading.get(*mount, "readOnly") is not None:
        why = "what is a file of a ConfigMap or Secret can only be read, and an empty folder be written"
        reading.intend((*mount, "readOnly"), why, where)


def file_source(volume: dict[str, Any], mount: dict[str, Any]) -> dict[str, Any] | None:
    """The same with Secrets, which pods that are no servers mount as well."""
    secret = volume.get("secret")
    if isinstance(secret, dict) and set(secret) == {"secretName"} and set(mount) <= _MOUNT:
        return {"secret": secret["secretName"], **({"key": mount["subPath"]} if mount.get("subPath") else {})}
    return _volume(volume, mount)


def _volume(volume: dict[str, Any], mount: dict[str, Any]) -> dict[str, Any] | None:
    """The spec's words for a volume; None for what it has none for."""
    config, empty = volume.get("configMap"), volume.get("emptyDir")
    if set(mount) - _MOUNT:
        return None
    if isinstance(config, dict) and set(config) == {"name"}:
        return {"configMap": config["name"], **({"key": mount["subPath"]} if mount.get("subPath") else {})}
    if isinstance(empty, dict) and "subPath" not in mount:
        limit = {"sizeLimit": fields.amount(empty["sizeLimit"])} if empty.get("sizeLimit") else {}
        return {"emptyDir": {**({"medium": empty["medium"]} if empty.get("medium") else {}), **limit}}
    return None


def placement(reading: Reading, pod: Path, said: str, made: dict[str, Any]) -> None:
    """PriorityClass, topologySpreadConstraints and podAntiAffinity of a pod."""
    if isinstance(reading.get(*pod, "priorityClassName"), str):
        at = (*pod, "priorityClassName")
        made["podPriorityClassName"] = reading.carry(at, f"{said}.podPriorityClassName")
    made |= spread(reading, pod, said, _SELECTS)
    _apart(reading, (*pod, "affinity", "podAntiAffinity"), said, made)


def spread(reading: Reading, pod: Path, said: str, selects: str) -> dict[str, Any]:
    """How pods are spread; `selects` is why their labelSelector is another."""
    made = []
    for i, item in reading.source.mappings(*pod, "topologySpreadConstraints"):
        at, where = (*pod, "topologySpreadConstraints", i), f"{said}.topologySpreadConstraints"
        for key in _SPREAD:
            reading.carry((*at, key), where)
        reading.intend((*at, "labelSelector"), selects, where)
        made.append({key: item[key] for key in _SPREAD if key in item})
    return {"topologySpreadConstraints": made} if made else {}


def _apart(reading: Reading, at: Path, said: str, made: dict[str, Any]) -> None:
    """podAntiAffinity over nodes, as one of the spec's two words; other affinity has none."""
    for field, word in (
        ("requiredDuringSchedulingIgnoredDuringExecution", "required"),
        ("preferredDuringSchedulingIgnoredDuringExecution", "preferred"),
    ):
        listed = [item for _, item in reading.source.mappings(*at, field)]
        terms = [mapping_of(item.get("podAffinityTerm")) if word == "preferred" else item for item in listed]
        if len(terms) == 1 and terms[0].get("topologyKey") == HOSTNAME and "podAntiAffinity" not in made:
            made["podAntiAffinity"] = word
            reading.intend((*at, field), _SELECTS, f"{said}.podAntiAffinity")


def budget(scene: Scene, said: str, made: dict[str, Any], labels: Mapping[str, Any] | None = None) -> None:
    """The PodDisruptionBudget among the files that selects the pods of a server: those of an InferenceService, or with `labels`."""
    name, namespace = made["name"], made["namespace"]
    ours = {("app", f"isvc.{name}-predictor"), ("serving.kserve.io/inferenceservice", name)}
    for item in scene.of("PodDisruptionBudget"):
        selected = item.mapping("spec", "selector", "matchLabels").items()
        least = item.at("spec", "minAvailable")
        meant = selected <= labels.items() if labels is not None else any(one in ours for one in selected)
        if (
            (item.namespace or "default") != namespace
            or not selected
            or not meant
            or not isinstance(least, int)
        ):
            continue
        reading = Reading(item, said, renamed=name)
        made["minAvailable"] = reading.carry(("spec", "minAvailable"), f"{said}.minAvailable")
        reading.intend(("spec", "selector"), _SELECTS, said)
        reading.intend(("metadata", "labels"), "nearedge writes its own")
        reading.intend(("spec", "unhealthyPodEvictionPolicy"), "a pod that is not ready may always go", said)
        fields.marks(reading)
        scene.part.accounts.append(reading.account())
