"""HardwareProfiles of Open Data Hub: sizes that people choose in the dashboard."""

from __future__ import annotations

import json
from typing import Any

from ..account import Reading
from ..files.source import Source
from ..part import Scene
from . import fields

KIND = "HardwareProfile"
_GROUP = "infrastructure.opendatahub.io/"
_SHOWN = {
    "opendatahub.io/display-name": "displayName",
    "opendatahub.io/description": "description",
    "opendatahub.io/disabled": "disabled",
    "opendatahub.io/dashboard-feature-visibility": "visibleIn",
}
"""Annotation that the dashboard reads -> field."""
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
    for key, field in _SHOWN.items():
        if (value := item.mapping("metadata", "annotations").get(key)) is not None:
            _shown(reading, made, said, (key, field, str(value)))
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


def _shown(reading: Reading, made: dict[str, Any], said: str, what: tuple[str, str, str]) -> None:
    """One annotation of the dashboard's: text, a truth or a list."""
    key, field, text = what
    path = ("metadata", "annotations", key)
    try:
        value = text if field in {"displayName", "description"} else json.loads(text)
    except ValueError:
        reading.leave(path, "the dashboard does not read it either")
        return
    if value in (False, [], ""):
        reading.intend(path, "what the dashboard takes without it")
        return
    made[field] = value
    reading.carry(path, f"{said}.{field}")
