"""ServingRuntimes: what a server's program is told beside what its InferenceService says."""

from __future__ import annotations

from typing import Any

from ...components.kit.runtime import Runtime
from ...findings.finding import Path
from ..account import Account, Reading
from ..files.source import Source
from . import fields, pod_words
from .arguments import named_by_variable, without_ours
from .custom import server

FIRST: Path = ("spec", "containers", 0)
BOTH = "nearedge writes what its runtime speaks"
_WRITTEN = "nearedge writes its own ServingRuntime for each server"
_SHM, _TMP = "/dev/shm", "/tmp"  # noqa: S108 - paths inside the container


def read_runtime(
    item: Source, runtime: Runtime, said: str, made: dict[str, Any], image: str | None
) -> Account:
    """Take what the runtime says into the server `made`; what becomes of each field."""
    reading = Reading(item, said)
    reading.intend(("metadata", "labels"), _WRITTEN)
    reading.intend(("metadata", "annotations"), _WRITTEN)
    for field in (
        "annotations",
        "labels",
        "supportedModelFormats",
        "multiModel",
        "protocolVersions",
        "builtInAdapter",
    ):
        reading.intend(("spec", field), _WRITTEN if field != "protocolVersions" else BOTH)
    if image is not None:
        made["image"] = image
        fields.image(reading, (*FIRST, "image"), image, f"{said}.image")
    else:
        why = "nearedge runs the image that it knows, by digest; spec.images of the fleet or image of the server change it"
        reading.intend((*FIRST, "image"), why)
    if runtime.name == "custom":
        _custom(reading, said, made)
    else:
        _known(reading, runtime, said, made)
    _memory(reading, said, made)
    pod_words.variables_from(reading, FIRST, said, made)
    pod_words.volumes(reading, ("spec",), FIRST, said, made)
    for i in range(1, len(item.listed("spec", "containers"))):
        path = ("spec", "containers", i)
        if runtime.name == "caikit-tgis":
            reading.intend(path, "nearedge writes both containers, TGIS and Caikit before it")
        else:
            reading.leave(path, "a server of the spec is one container")
    made |= {
        key: value for key, value in fields.scheduling(reading, ("spec",), said).items() if key not in made
    }
    if "resources" not in made:
        made |= fields.resources(reading, (*FIRST, "resources"), said)
    else:
        reading.intend((*FIRST, "resources"), "the InferenceService says its own", f"{said}.resources")
    return reading.account()


def _custom(reading: Reading, said: str, made: dict[str, Any]) -> None:
    own: dict[str, Any] = {"name": made["name"], "namespace": made["namespace"]}
    server(reading, FIRST, said, own)
    made["args"] = [*own.pop("args", []), *made.get("args", [])]
    made["env"] = _merged(own.pop("env", []), made.get("env", []))
    made |= own
    for key in ("args", "env"):
        if not made[key]:
            del made[key]


def _known(reading: Reading, runtime: Runtime, said: str, made: dict[str, Any]) -> None:
    fields.container(reading, FIRST)
    for field in ("command", "ports", "readinessProbe", "livenessProbe", "startupProbe"):
        if reading.get(*FIRST, field) is not None:
            reading.intend(
                (*FIRST, field), f"nearedge knows how {runtime.title} is started, reached and probed"
            )
    args = without_ours(reading, (*FIRST, "args"), f"{said}.args", made, runtime)
    if args or made.get("args"):
        made["args"] = [*args, *made.get("args", [])]
    variables = frozenset(name for name in runtime.reserved if not name.startswith("-"))
    if env := _merged(fields.environment(reading, (*FIRST, "env"), said, variables), made.get("env", [])):
        made["env"] = env
    named_by_variable(reading, FIRST, said, made, runtime)


def _merged(below: list[dict[str, Any]], above: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of one name that of the InferenceService wins, as KServe merges them."""
    return list({item["name"]: item for item in (*below, *above)}.values())


def _memory(reading: Reading, said: str, made: dict[str, Any]) -> None:
    """A volume in memory at /dev/shm is sharedMemory, and /tmp is there without a word."""
    mounts = {
        str(mount.get("name")): (i, mount.get("mountPath"))
        for i, mount in reading.source.mappings(*FIRST, "volumeMounts")
    }
    for i, volume in reading.source.mappings("spec", "volumes"):
        place, path = mounts.get(str(volume.get("name")), (None, None))
        empty = volume.get("emptyDir")
        if path == _TMP and isinstance(empty, dict) and place is not None:
            reading.intend(("spec", "volumes", i), "nearedge gives each server scratch room at /tmp")
            reading.intend((*FIRST, "volumeMounts", place), "nearedge gives each server scratch room at /tmp")
        if path == _SHM and isinstance(empty, dict) and place is not None:
            reading.intend(("spec", "volumes", i), "nearedge names the volume itself", f"{said}.sharedMemory")
            reading.intend(
                (*FIRST, "volumeMounts", place), "nearedge mounts it itself", f"{said}.sharedMemory"
            )
            if empty.get("sizeLimit"):
                made["sharedMemory"] = fields.amount(empty["sizeLimit"])
                reading.carry(("spec", "volumes", i, "emptyDir", "sizeLimit"), f"{said}.sharedMemory")
