"""Pods of a Ray cluster: what a head or a group of workers says of its one container, its volumes and its nodes."""

from __future__ import annotations

import json
from typing import Any

from ...components.kit.metadata import owner_of
from ...findings.finding import Path
from ..account import NOTHING, Reading
from ..files.source import Source, mapping_of
from ..part import Scene
from . import fields, pod_words

POD = ("template", "spec")
_STARTED = "nearedge writes it: KubeRay starts Ray with it"
_SHM = "/dev/shm"  # noqa: S108 - the path inside the container


def image_of(scene: Scene, item: Source, inner: Path) -> str | None:
    """The image of the head, which is that of all pods; None, and a finding, without a digest."""
    path = (*inner, "headGroupSpec", *POD, "containers", 0, "image")
    return scene.image(item.at(*path), item, path)


def group(reading: Reading, path: Path, place: str, said: str, ray: dict[str, Any]) -> dict[str, Any]:
    """What a head or a group of workers says; what holds for the whole cluster goes into `ray`."""
    pod: Path = (*path, *POD)
    first: Path = (*pod, "containers", 0)
    made: dict[str, Any] = _start(reading, (*path, "rayStartParams"), place)
    _labels(reading, (*path, "template", "metadata"), said, ray)
    fields.pod(reading, pod)
    fields.container(reading, first)
    if reading.get(*first, "image") == reading.get(*_head(path), *POD, "containers", 0, "image"):
        fields.image(reading, (*first, "image"), str(ray["image"]), f"{said}.image")
    else:
        reading.leave(
            (*first, "image"), "all pods of a Ray cluster have one image in a spec: that of the head"
        )
    made |= fields.resources(reading, (*first, "resources"), place)
    made.setdefault("resources", {})
    if env := fields.environment(reading, (*first, "env"), place):
        made["env"] = env
    made |= fields.scheduling(reading, pod, place)
    made |= _volumes(reading, pod, first, place)
    for field in ("ports", "lifecycle"):
        if reading.get(*first, field) is not None:
            reading.intend((*first, field), _STARTED)
    for i in range(1, len(reading.source.listed(*pod, "containers"))):
        reading.leave((*pod, "containers", i), "a pod of Ray is one container in a spec")
    _identity(reading, pod, said, ray)
    return made


def _head(path: Path) -> Path:
    """The path of the head, of any group's."""
    above = path[:-1] if path[-1] == "headGroupSpec" else path[:-2]
    return (*above, "headGroupSpec")


def _labels(reading: Reading, path: Path, said: str, ray: dict[str, Any]) -> None:
    """Labels and annotations of pods, which in a spec are those of the object and of all its pods."""
    for field in ("labels", "annotations"):
        for key, value in reading.source.mapping(*path, field).items():
            if owner_of(key) is not None:
                continue
            if ray.setdefault(field, {}).setdefault(key, str(value)) == str(value):
                why = "the object and all its pods have it"
                reading.intend((*path, field, key), why, f"{said}.{field}[{key}]")
            else:
                reading.leave(
                    (*path, field, key), f"the object and all its pods have the same {field} in a spec"
                )


def spread(reading: Reading, path: Path, place: str) -> dict[str, Any]:
    """How the workers of a group are spread."""
    return pod_words.spread(reading, (*path, *POD), place, "nearedge selects the workers of the group")


def _identity(reading: Reading, pod: Path, said: str, ray: dict[str, Any]) -> None:
    for field, key in (
        ("serviceAccountName", "serviceAccountName"),
        ("priorityClassName", "podPriorityClassName"),
    ):
        value = reading.get(*pod, field)
        if isinstance(value, str) and ray.setdefault(key, value) == value:
            reading.carry((*pod, field), f"{said}.{key}")
        elif value is not None:
            reading.leave((*pod, field), f"all pods of a Ray cluster have one {key} in a spec")
    for i, item in reading.source.mappings(*pod, "imagePullSecrets"):
        name = item.get("name")
        if isinstance(name, str):
            listed = ray.setdefault("imagePullSecrets", [])
            listed += [] if name in listed else [name]
            reading.carry((*pod, "imagePullSecrets", i), f"{said}.imagePullSecrets")


def _start(reading: Reading, path: Path, place: str) -> dict[str, Any]:
    """Options of `ray start`: some have a field, some are nearedge's or KubeRay's own."""
    made: dict[str, Any] = {}
    more: dict[str, str] = {}
    for key, value in reading.source.mapping(*path).items():
        at = (*path, key)
        text = str(value)
        if key == "num-cpus" and text.isdecimal():
            made["numCpus"] = int(text)
            reading.carry(at, f"{place}.numCpus")
        elif key == "resources" and (custom := _custom(text)) is not None:
            why = "nearedge writes it as KubeRay wants it: JSON in quotes" if custom else NOTHING
            reading.intend(at, why, f"{place}.customResources" if custom else "")
            made |= {"customResources": custom} if custom else {}
        elif key in {"num-gpus", "memory"}:
            reading.intend(
                at, "nearedge and KubeRay tell Ray what the container's limits are", f"{place}.resources"
            )
        elif key in {"dashboard-host", "block"}:
            reading.intend(at, _STARTED)
        else:
            more[key] = str(reading.carry(at, f"{place}.rayStartParams.{key}"))
    return {**made, **({"rayStartParams": more} if more else {})}


def _custom(text: str) -> dict[str, int] | None:
    """Custom resources, which stand in JSON that is quoted for a shell; None where it is something else."""
    try:
        found = json.loads(text)
        found = json.loads(found) if isinstance(found, str) else found
    except ValueError:
        return None
    whole = isinstance(found, dict) and all(isinstance(value, int) for value in found.values())
    return found if whole else None


def _volumes(reading: Reading, pod: Path, first: Path, place: str) -> dict[str, Any]:
    """Claims, ConfigMaps, Secrets and empty folders, and /dev/shm in memory; other volumes have no word."""
    volumes = {str(item.get("name")): (i, item) for i, item in reading.source.mappings(*pod, "volumes")}
    mounted: list[dict[str, Any]] = []
    made: dict[str, Any] = {}
    for j, mount in reading.source.mappings(*first, "volumeMounts"):
        if str(mount.get("name")) not in volumes:
            continue
        i, volume = volumes[str(mount.get("name"))]
        inner, outer = (*pod, "volumes", i), (*first, "volumeMounts", j)
        claim = mapping_of(volume.get("persistentVolumeClaim")).get("claimName")
        path = str(mount.get("mountPath"))
        empty = volume.get("emptyDir")
        if isinstance(claim, str) and "subPath" not in mount:
            reading.carry(inner, f"{place}.volumes")
            reading.carry(outer, f"{place}.volumes")
            read_only = {"readOnly": True} if mount.get("readOnly") else {}
            mounted.append({"claim": claim, "path": path, **read_only})
        elif isinstance(empty, dict) and path in {_SHM, "/tmp/ray", "/tmp"}:  # noqa: S108
            said = f"{place}.sharedMemory" if path == _SHM and empty.get("sizeLimit") else ""
            reading.intend(inner, "nearedge mounts /tmp and /dev/shm itself", said)
            reading.intend(outer, "nearedge mounts /tmp and /dev/shm itself", said)
            if said:
                made["sharedMemory"] = fields.amount(empty["sizeLimit"])
                reading.carry((*inner, "emptyDir", "sizeLimit"), said)
        elif (found := pod_words.file_source(volume, mount)) is not None:
            mounted.append({"path": path, **found})
            pod_words.carried(reading, inner, outer, f"{place}.volumes")
        else:
            why = "pods of Ray mount claims, ConfigMaps, Secrets and empty folders as a whole in a spec"
            reading.leave(inner, why)
            reading.leave(outer, why)
    return {**made, **({"volumes": mounted} if mounted else {})}
