"""InferenceServices, with their ServingRuntimes: servers of the runtime that the image or the format tells."""

from __future__ import annotations

from typing import Any

from ...components.serving.spec import runtimes
from ...findings.finding import Path
from ..account import Account, Reading, unaddressed
from ..files.source import Source
from ..models import SIZE, called
from ..part import Assumed, Scene
from . import fields, pod_words, scaling
from .arguments import named_by_variable, without_ours
from .custom import server
from .runtimes import BOTH, read_runtime
from .storage import NOT_SAID, stored

MODEL = ("spec", "predictor", "model")
PREDICTOR = ("spec", "predictor")
PORT = 8080
"""Source: kserve pkg/constants/constants.go InferenceServiceDefaultHttpPort."""
_MODE = "the platform's profile says it: nearedge runs raw Deployments, without Knative"
_WORDS = {
    "caikit-tgis": ("caikit", "tgis"),
    "vllm": ("vllm",),
    "ovms": ("openvino", "ovms"),
    "mlserver": ("mlserver",),
}
"""Runtime -> words of the images, and of the names of ServingRuntimes, that it has."""

_NOTES = {
    "serving.kserve.io/deploymentMode": _MODE,
    "serving.knative.openshift.io/enablePassthrough": _MODE,
    "sidecar.istio.io/inject": _MODE,
    "sidecar.istio.io/rewriteAppHTTPProbers": _MODE,
    "haproxy.router.openshift.io/timeout": "nearedge writes it of the server's timeout",
    "openshift.io/description": "the dashboard's description has no field",
}


def read(scene: Scene) -> None:
    """All InferenceServices, then the runtimes that none of them names."""
    used: set[tuple[str, str, str]] = set()
    for item in scene.of("InferenceService"):
        _service(scene, item, used)
    for item in scene.of("ServingRuntime", "ClusterServingRuntime"):
        if item.identity[1:] not in used:
            scene.part.accounts.append(unaddressed(item, "no InferenceService that was read names it"))
    for item in scene.of("LLMInferenceService"):
        why = "LLMInferenceServices are not imported: kind LLMInferenceService and llm of a server say it (docs/serving.md)"
        scene.part.accounts.append(unaddressed(item, why))


def _service(scene: Scene, item: Source, used: set[tuple[str, str, str]]) -> None:
    said = f"serving[{item.name}]"
    reading = Reading(item, said)
    inside = bool(item.listed(*PREDICTOR, "containers"))
    runtime = "custom" if inside else _runtime(scene, item)
    beside = None if inside else runtime_of(scene, item)
    if not runtime:
        named = item.at(*MODEL, "runtime") or "(none)"
        why = f"its runtime {named} is not among the files, and its format tells none that nearedge has"
        scene.part.accounts.append(unaddressed(item, why))
        return
    image = _image(scene, item, beside, runtime, inside=inside)
    place = None if inside else stored(scene, reading, MODEL)
    if image == NOT_SAID or (place is None and not inside):
        scene.part.accounts.append(unaddressed(item, "left out: see its finding"))
        return
    made: dict[str, Any] = {"name": item.name, "namespace": item.namespace or "default"}
    made["model"] = _model(scene, reading, place or {"source": f"image://{image}"}, inside=inside)
    made["runtime"] = runtime
    # Those that have a field of their own are told of after this.
    for above in (("metadata",), PREDICTOR):
        pod_words.marks(reading, above, said, made)
    made |= _labels(reading, said)
    made["replicas"] = _replicas(reading, said)
    made["storage"] = {"type": _type(reading, str((place or {}).get("source", "image://")))}
    told: list[Account] = []
    where = (*PREDICTOR, "containers", 0) if inside else MODEL
    made |= fields.resources(reading, (*where, "resources"), said)
    if inside:
        fields.image(reading, (*where, "image"), str(image), f"model {made['model']}: source")
        server(reading, where, said, made)
        pod_words.variables_from(reading, where, said, made)
        pod_words.volumes(reading, PREDICTOR, where, said, made)
        for i in range(1, len(item.listed(*PREDICTOR, "containers"))):
            reading.leave((*PREDICTOR, "containers", i), "a server of the spec is one container")
    else:
        _arguments(reading, said, made)
        if beside is not None:
            used.add(beside.identity[1:])
            told.append(read_runtime(beside, runtimes()[runtime], said, made, image))
    _pod(reading, said, made)
    _notes(scene, reading, said, made)
    pod_words.placement(reading, PREDICTOR, said, made)
    pod_words.budget(scene, said, made)
    if "resources" not in made:
        default = {"cpu": "1", "memory": "2Gi"}
        scene.part.assumed.append(
            Assumed(f"{said}.resources", default, "what KServe takes when nothing is said")
        )
        made["resources"] = default
    if runtime == "custom" and "port" not in made:
        made["port"] = PORT
        scene.part.assumed.append(
            Assumed(f"{said}.port", PORT, "where KServe sends requests when no port is said")
        )
    scene.part.add(("serving",), made)
    scene.part.accounts += (reading.account(), *told)


def runtime_of(scene: Scene, item: Source) -> Source | None:
    """The ServingRuntime that an InferenceService names, where it is among the files."""
    named = item.at(*MODEL, "runtime")
    return scene.one("ServingRuntime", item.namespace, named) or scene.one("ClusterServingRuntime", "", named)


def _runtime(scene: Scene, item: Source) -> str:
    """The runtime of nearedge that serves as this one does; empty when there is none to be seen."""
    found = runtime_of(scene, item)
    containers = found.listed("spec", "containers") if found else []
    said = [
        str(item.at(*MODEL, "runtime") or ""),
        *(str(one.get("image", "")) for one in containers if isinstance(one, dict)),
    ]
    for name, words in _WORDS.items():
        if any(word in text for word in words for text in said):
            return name
    if found is not None:
        return "custom"
    form = item.at(*MODEL, "modelFormat", "name")
    return next((name for name, known in runtimes().items() if form in known.formats), "")


def _image(scene: Scene, item: Source, beside: Source | None, runtime: str, *, inside: bool) -> str | None:
    """The image by digest, of a server that brings its own; None for the one that the platform's runtime has."""
    if inside:
        path: Path = (*PREDICTOR, "containers", 0, "image")
        return scene.image(item.at(*path), item, path) or NOT_SAID
    path = ("spec", "containers", 0, "image")
    if beside is None or (runtime != "custom" and "@sha256:" not in str(beside.at(*path))):
        return None
    return scene.image(beside.at(*path), beside, path) or NOT_SAID


def _model(scene: Scene, reading: Reading, place: dict[str, Any], *, inside: bool) -> str:
    form = "custom" if inside else str(reading.get(*MODEL, "modelFormat", "name") or "custom")
    stem, version = called(str(place["source"]))
    spec: dict[str, Any] = {"format": form, "version": version or "1", "size": SIZE, **place}
    if reading.get(*MODEL, "modelFormat", "version") and not inside:
        spec["formatVersion"] = str(reading.get(*MODEL, "modelFormat", "version"))
    name, new = scene.models.named(spec, stem or reading.source.name)
    spec["size"] = scene.answers.sizes.get(name, SIZE)
    said = f"model {name}"
    for field, key in (("name", "format"), ("version", "formatVersion")):
        reading.carry((*MODEL, "modelFormat", field), f"{said}: {key}")
    for at in (("storageUri",), ("storage", "path")):
        if str(reading.get(*MODEL, *at) or "").endswith("/"):
            reading.intend((*MODEL, *at), "a source has no / at its end", f"{said}: source")
        else:
            reading.carry((*MODEL, *at), f"{said}: source")
    reading.carry((*MODEL, "storage", "key"), f"{said}: credentialsSecret")
    if new and not version:
        scene.part.assumed.append(Assumed(f"{said}: version", "1", "its source names none"))
    if new and name not in scene.answers.sizes:
        scene.part.assumed.append(
            Assumed(f"{said}: size", SIZE, f"nothing says how large it is; --size {name}=SIZE does")
        )
    return name


def _type(reading: Reading, source: str) -> str:
    """How the model gets to the server: as its storageUri says, but a download over https goes onto a volume."""
    scheme = source.partition("://")[0]
    said = str(reading.get(*MODEL, "storageUri") or "").partition("://")[0]
    return "pvc" if scheme == "https" else said if said.startswith("oci+") else scheme


def _labels(reading: Reading, said: str) -> dict[str, Any]:
    made = fields.queue(reading, said)
    fields.marks(reading)
    for key in fields.QUEUE, fields.PRIORITY:
        if reading.get("metadata", "labels", key):
            reading.carry(
                ("metadata", "labels", key), f"{said}.{'queue' if key == fields.QUEUE else 'priorityClass'}"
            )
    key = "networking.kserve.io/visibility"
    if reading.get("metadata", "labels", key) == "exposed":
        made["exposed"] = True
    reading.carry(("metadata", "labels", key), f"{said}.exposed" if "exposed" in made else said)
    return made


def _notes(scene: Scene, reading: Reading, said: str, made: dict[str, Any]) -> None:
    for key in reading.source.mapping("metadata", "annotations"):
        at = ("metadata", "annotations", key)
        value = reading.get(*at)
        if key in _NOTES:
            reading.intend(at, _NOTES[key])
        elif key == "openshift.io/display-name":
            made["displayName"] = reading.carry(at, f"{said}.displayName")
        elif key == "security.opendatahub.io/enable-auth" and value == "true":
            made["auth"] = True
            reading.carry(at, f"{said}.auth")
        elif key == "opendatahub.io/hardware-profile-name":
            if scene.one("HardwareProfile", reading.source.namespace, value):
                made["hardwareProfile"] = reading.carry(at, f"{said}.hardwareProfile")
            else:
                reading.leave(at, "the HardwareProfile is not among the files; hardwareProfiles declares it")
        elif key == "opendatahub.io/hardware-profile-namespace" and value == reading.source.namespace:
            reading.carry(at, f"{said}.hardwareProfile")


def _replicas(reading: Reading, said: str) -> dict[str, int]:
    least, most = reading.get(*PREDICTOR, "minReplicas"), reading.get(*PREDICTOR, "maxReplicas")
    fewest = least if isinstance(least, int) and least > 0 else 1
    if least == 0:
        why = "KServe raises 0 to 1 in raw mode: nothing scales to zero without Knative"
        reading.intend((*PREDICTOR, "minReplicas"), why, f"{said}.replicas.min")
    else:
        reading.carry((*PREDICTOR, "minReplicas"), f"{said}.replicas.min")
    reading.carry((*PREDICTOR, "maxReplicas"), f"{said}.replicas.max")
    return {"min": fewest, "max": max(fewest, most if isinstance(most, int) else fewest)}


def _arguments(reading: Reading, said: str, made: dict[str, Any]) -> None:
    runtime = runtimes()[made["runtime"]]
    if args := without_ours(reading, (*MODEL, "args"), f"{said}.args", made, runtime):
        made["args"] = args
    variables = frozenset(name for name in runtime.reserved if not name.startswith("-"))
    if env := fields.environment(reading, (*MODEL, "env"), said, variables):
        made["env"] = env
    named_by_variable(reading, MODEL, said, made, runtime)
    pod_words.variables_from(reading, MODEL, said, made)
    pod_words.volumes(reading, PREDICTOR, MODEL, said, made)
    reading.intend(
        (*MODEL, "runtime"),
        f"nearedge writes a ServingRuntime for each server: {made['name']}",
        f"{said}.runtime",
    )
    reading.intend((*MODEL, "name"), "nearedge leaves the container its name")
    reading.intend((*MODEL, "protocolVersion"), BOTH)


def _pod(reading: Reading, said: str, made: dict[str, Any]) -> None:
    fields.pod(reading, PREDICTOR)
    made |= fields.scheduling(reading, PREDICTOR, said)
    seconds = reading.get(*PREDICTOR, "timeout")
    if isinstance(seconds, int):
        made["timeout"] = f"{seconds}s"
        reading.carry((*PREDICTOR, "timeout"), f"{said}.timeout")
    if reading.get(*PREDICTOR, "deploymentStrategy") is not None:
        why = "nearedge chooses how pods are replaced so that an update cannot hang"
        reading.intend((*PREDICTOR, "deploymentStrategy"), why)
        if reading.get(*PREDICTOR, "deploymentStrategy", "type") == "Recreate":
            at = (*PREDICTOR, "deploymentStrategy", "type")
            made["deploymentStrategy"] = reading.carry(at, f"{said}.deploymentStrategy")
    scaling.read(reading, PREDICTOR, said, made)
    for field in ("transformer", "explainer"):
        if reading.get("spec", field) is not None:
            reading.leave(("spec", field), "a server of the spec is its predictor")
