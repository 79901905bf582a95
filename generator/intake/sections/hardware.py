"""HardwareProfiles of Open Data Hub: sizes that people choose in the dashboard."""

from __future__ import annotations

from typing import Any

from ..account import Reading
from ..files.source import Source
from ..part import Scene
from . import fields

KIND = "HardwareProfile"
_GROUP = "infrastructure.opendatahub.io/"
_NODE = ("spec", "scheduling", "node")
_KUEUE = ("spec", "scheduling", "kueue")


def read(scene: Scene) -> None:
    """All profiles of the platform's own API; those of the dashboard's older one are told of by others."""
    for item in scene.of(KIND):
        if str(item.manifest["apiVersion"]).startswith(_GROUP):
            _profile(scene, item)


def _profile(scene: Scene, item: Source) -> None:
    said = f"hardwareProfiles[{item.name}]"
    reading = Reading(item, said)
    fields.marks(reading)
    made: dict[str, Any] = {"name": item.name, "namespace": item.namespace or "default"}
    listed = []
    for i, entry in item.mappings("spec", "identifiers"):
        reading.carry(("spec", "identifiers", i), f"{said}.identifiers")
        counts = ("minCount", "maxCount", "defaultCount")
        listed.append({key: fields.amount(value) if key in counts else value for key, value in entry.items()})
    if listed:
        made["identifiers"] = listed
    if item.at(*_KUEUE, "localQueueName"):
        made["queue"] = reading.carry((*_KUEUE, "localQueueName"), f"{said}.queue")
        reading.intend(
            ("spec", "scheduling", "type"), "a queue or nodes: the field that is there tells", f"{said}.queue"
        )
    if item.at(*_KUEUE, "priorityClass") not in {None, "None"}:
        made["priorityClass"] = reading.carry((*_KUEUE, "priorityClass"), f"{said}.priorityClass")
    if item.mapping(*_NODE):
        made |= fields.scheduling(reading, _NODE, said)
        reading.intend(
            ("spec", "scheduling", "type"), "a queue or nodes: the field that is there tells", said
        )
    scene.part.add(("hardwareProfiles",), made)
    scene.part.accounts.append(reading.account())
