"""Model servers that are plain Deployments, with Service and Route: servers of kind Deployment and runtime custom.

Open Data Hub's ai-edge builds model and server into one image and runs it so. The Service keeps its name and port, so that
callers find the server as before; what is another is told of each field.
"""

from __future__ import annotations

from typing import Any

from ....components.serving import PLAIN, SUFFIX
from ...account import Reading, unaddressed
from ...files.source import Source, mapping_of
from ...models import SIZE, called
from ...part import Assumed, Scene
from .. import fields, pod_words
from ..custom import server
from . import services

POD = ("spec", "template", "spec")
PORT = 8080
FIRST = (*POD, "containers", 0)
_PATHS = ("/v1/models", "/v2/", "/v1/health", "/health/ready", "/infer")
_IMAGES = ("mlserver", "openvino", "ovms", "triton", "vllm", "tgis", "torchserve", "tensorflow-serving")
_OURS = "nearedge writes the labels by which Deployment and Service find the pods"
NO_SERVER = (
    "no model server is seen in it (no probe or image of one); an application of extraApps can bring it"
)


def read(scene: Scene) -> None:
    """All Deployments that serve a model, and what stands beside them."""
    for item in scene.of("Deployment"):
        if is_server(item):
            _server(scene, item)
        else:
            scene.part.accounts.append(unaddressed(item, NO_SERVER))


def is_server(item: Source) -> bool:
    """Whether a Deployment serves a model, as its probe or its image tells."""
    paths = [item.at(*FIRST, f"{probe}Probe", "httpGet", "path") for probe in ("readiness", "liveness")]
    labels = item.mapping("spec", "template", "metadata", "labels")
    return (
        any(str(path or "").startswith(_PATHS) for path in paths)
        or any(word in str(item.at(*FIRST, "image")) for word in _IMAGES)
        or "model-name" in labels
    )


def _server(scene: Scene, item: Source) -> None:
    image = scene.image(item.at(*FIRST, "image"), item, (*FIRST, "image"))
    if image is None:
        scene.part.accounts.append(unaddressed(item, "its image has no digest"))
        return
    name = item.name.removesuffix(SUFFIX)
    said = f"serving[{name}]"
    reading = Reading(item, said, renamed=f"{name}{SUFFIX}")
    fields.marks(reading)
    model = _model(scene, reading, image)
    made: dict[str, Any] = {
        "name": name,
        "namespace": item.namespace or "default",
        "kind": PLAIN,
        "model": model,
        "runtime": "custom",
        **fields.queue(reading, said),
        "replicas": _replicas(reading, said),
        "storage": {"type": "image"},
        **_amounts(scene, reading, said),
    }
    server(reading, FIRST, said, made)
    _pod(reading, said, made)
    pod_words.variables_from(reading, FIRST, said, made)
    pod_words.volumes(reading, POD, FIRST, said, made)
    pod_words.placement(reading, POD, said, made)
    _beside(scene, item, said, made)
    if "port" not in made:
        made["port"] = PORT
        scene.part.assumed.append(Assumed(f"{said}.port", PORT, "no port and no probe says which"))
    scene.part.add(("serving",), made)
    scene.part.accounts.append(reading.account())


def _model(scene: Scene, reading: Reading, image: str) -> str:
    """The model inside the image; its name is that of the label model-name, else of the image."""
    item = reading.source
    labels = item.mapping("spec", "template", "metadata", "labels")
    wanted = str(labels.get("model-name") or called(f"image://{image}")[0])
    spec = {"format": "custom", "version": "1", "size": SIZE, "source": f"image://{image}"}
    secrets = [one.get("name") for _, one in item.mappings(*POD, "imagePullSecrets")]
    if secrets:
        spec["credentialsSecret"] = str(secrets[0])
    name, new = scene.models.named(spec, wanted)
    said = f"model {name}"
    spec["size"] = scene.answers.sizes.get(name, SIZE)
    if new:
        why = "nothing says how the model in the image is stored"
        scene.part.assumed.append(Assumed(f"{said}: format", "custom", why))
        scene.part.assumed.append(
            Assumed(f"{said}: version", "1", "nothing says which version the image holds")
        )
        if name not in scene.answers.sizes:
            hint = f"nothing says how large it is; --size {name}=SIZE does"
            scene.part.assumed.append(Assumed(f"{said}: size", SIZE, hint))
    fields.image(reading, (*FIRST, "image"), image, f"{said}: source")
    for place in (
        ("metadata", "labels"),
        (*POD[:-1], "metadata", "labels"),
        ("spec", "selector", "matchLabels"),
    ):
        for key in item.mapping(*place):
            reading.intend((*place, key), _OURS)
        if item.at(*place, "model-name") and place[0] == "metadata":
            reading.intend((*place, "model-name"), "the model's name, and how pods are selected", said)
    if secrets:
        reading.carry((*POD, "imagePullSecrets", 0), f"{said}: credentialsSecret")
    return name


def _replicas(reading: Reading, said: str) -> dict[str, int]:
    number = reading.get("spec", "replicas")
    if isinstance(number, int) and number > 0:
        reading.carry(("spec", "replicas"), f"{said}.replicas")
        return {"min": number, "max": number}
    if number == 0:
        reading.intend(("spec", "replicas"), "a server has at least one pod", f"{said}.replicas")
    return {"min": 1, "max": 1}


def _amounts(scene: Scene, reading: Reading, said: str) -> dict[str, Any]:
    path = (*FIRST, "resources")
    found = fields.resources(reading, path, said)
    if "resources" not in found:
        default = {"cpu": "1", "memory": "2Gi"}
        why = "the manifest bounds neither, and a server without limits is not admitted everywhere"
        scene.part.assumed.append(Assumed(f"{said}.resources", default, why))
        return {"resources": default}
    return found


def _pod(reading: Reading, said: str, made: dict[str, Any]) -> None:
    fields.pod(reading, POD)
    made |= fields.scheduling(reading, POD, said)
    for i in range(1, len(reading.source.listed(*POD, "containers"))):
        reading.leave((*POD, "containers", i), "a server of the spec is one container")
    for i in range(1, len(reading.source.listed(*POD, "imagePullSecrets"))):
        reading.leave(
            (*POD, "imagePullSecrets", i),
            "a model has one credential; docs/credentials.md has pull secrets of namespaces",
        )
    if reading.get(*POD, "initContainers"):
        reading.leave((*POD, "initContainers"), "a custom server brings what it needs in its image")
    if reading.get(*POD, "volumes"):
        reading.leave((*POD, "volumes"), "a server finds ConfigMaps and empty folders, and nothing else")
    if reading.get("spec", "strategy") is not None:
        kind = reading.get("spec", "strategy", "type")
        why = "nearedge chooses how pods are replaced so that an update cannot hang"
        reading.intend(("spec", "strategy"), why, f"{said}.deploymentStrategy")
        if kind == "Recreate":
            made["deploymentStrategy"] = reading.carry(
                ("spec", "strategy", "type"), f"{said}.deploymentStrategy"
            )
    fields.defaults(reading, ("spec",))
    for field in ("revisionHistoryLimit", "progressDeadlineSeconds", "minReadySeconds"):
        if reading.get("spec", field) is not None:
            why = "nearedge leaves it to Kubernetes, or makes it of startupBudget"
            reading.intend(("spec", field), why)


def _beside(scene: Scene, item: Source, said: str, made: dict[str, Any]) -> None:
    """Service, Route, monitors and the autoscaler that go with the Deployment."""
    for scaler in scene.of("HorizontalPodAutoscaler"):
        if scaler.namespace == item.namespace and scaler.at("spec", "scaleTargetRef", "name") == item.name:
            _scaler(scene, scaler, said, made)
    labels = item.mapping("spec", "template", "metadata", "labels")
    pod_words.budget(scene, said, made, labels)
    for service in scene.of("Service"):
        selector = service.mapping("spec", "selector")
        if service.namespace == item.namespace and selector and selector.items() <= labels.items():
            services.read(scene, service, said, made)


def _scaler(scene: Scene, scaler: Source, said: str, made: dict[str, Any]) -> None:
    reading = Reading(scaler, said, renamed=made["name"])
    fields.marks(reading)
    reading.intend(("spec", "scaleTargetRef"), "nearedge names the Deployment itself", f"{said}.replicas")
    for field, key in (("minReplicas", "min"), ("maxReplicas", "max")):
        number = scaler.at("spec", field)
        if isinstance(number, int) and number > 0:
            made["replicas"] = {**made["replicas"], key: number}
            reading.carry(("spec", field), f"{said}.replicas.{key}")
    made["replicas"]["max"] = max(made["replicas"].values())
    made |= _metric(reading, said)
    scene.part.accounts.append(reading.account(rest="a server is scaled by use of cpu or memory"))


def _metric(reading: Reading, said: str) -> dict[str, Any]:
    """The one resource whose use the spec has a word for."""
    listed = [one for _, one in reading.source.mappings("spec", "metrics")]
    resource = mapping_of(listed[0].get("resource")) if len(listed) == 1 else {}
    use = mapping_of(resource.get("target")).get("averageUtilization")
    if resource.get("name") not in {"cpu", "memory"} or not isinstance(use, int):
        return {}
    reading.carry(("spec", "metrics"), f"{said}.scaling")
    return {"scaling": {"metric": resource["name"], "target": use}}
