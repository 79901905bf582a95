"""ConfigMaps and PriorityClasses that workloads name: with their content where it is among the files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...components.config_maps import BUILT_IN
from ...components.priority_classes import SYSTEM
from ..account import Reading
from ..part import Assumed, Scene
from . import fields

_RAY = ("clusters", "jobs", "services")


def read(scene: Scene) -> None:
    """An item of configMaps and of priorityClasses for each that a server or a Ray cluster names."""
    for namespace, name in dict.fromkeys(_config_maps(scene)):
        if name not in BUILT_IN:
            _config_map(scene, namespace, name)
    named = (item.get("podPriorityClassName") for item in _workloads(scene))
    for name in dict.fromkeys(name for name in named if name and name not in SYSTEM):
        _priority_class(scene, name)


def _config_map(scene: Scene, namespace: str, name: str) -> None:
    made: dict[str, Any] = {"name": name, "namespace": namespace}
    found = scene.one("ConfigMap", namespace, name)
    said = f"configMaps[{name}]"
    if found is None or not found.mapping("data"):
        why = "it is not among the files: it has to be in the namespace already"
        scene.part.assumed.append(Assumed(said, "brought by others", why))
    else:
        reading = Reading(found, said)
        fields.marks(reading)
        made["data"] = {key: str(text) for key, text in found.mapping("data").items()}
        reading.carry(("data",), f"{said}.data")
        if found.at("immutable") is not None:
            reading.leave(("immutable",), "a ConfigMap of the spec changes with it")
        scene.part.accounts.append(reading.account())
    scene.part.add(("configMaps",), made)


def _priority_class(scene: Scene, name: str) -> None:
    made: dict[str, Any] = {"name": name}
    found = scene.one("PriorityClass", "", name)
    said = f"priorityClasses[{name}]"
    if found is None:
        why = "it is not among the files: it has to be on the cluster already"
        scene.part.assumed.append(Assumed(said, "brought by others", why))
    else:
        reading = Reading(found, said)
        fields.marks(reading)
        for field in ("value", "preemptionPolicy", "description"):
            if found.at(field) is not None:
                made[field] = reading.carry((field,), f"{said}.{field}")
        scene.part.accounts.append(reading.account())
    scene.part.add(("priorityClasses",), made)


def _workloads(scene: Scene) -> Iterator[dict[str, Any]]:
    yield from scene.part.items.get(("serving",), ())
    for kind in _RAY:
        yield from scene.part.items.get(("ray", kind), ())


def _config_maps(scene: Scene) -> Iterator[tuple[str, str]]:
    for item in _workloads(scene):
        namespace = str(item["namespace"])
        for holder in (item, item.get("head", {}), *item.get("workers", ())):
            for field in ("env", "envFrom", "volumes"):
                listed = (one for one in holder.get(field, ()) if "configMap" in one)
                yield from ((namespace, one["configMap"]) for one in listed)
