"""How a model comes to the pods of a server without KServe: what KServe adds to them elsewhere.

    pvc         the folder of a version on its claim, mounted
    oci         a modelcar: a container of the model's image beside the server, whose files the server sees through the
                process namespace that both share (kserve pkg/utils/storage.go CreateModelcarContainer)
    oci+native  the model's image as a volume (Kubernetes KEP-4639)
    s3, hf      fetched before the server starts, by KServe's storage initializer as a container like any other
    image       in the server's own image: nothing to bring

A modelcar runs as a sidecar, an init container that goes on running (Kubernetes KEP-753, on by default from 1.29 on). So
the server starts when the model is there, and needs no mode in which it waits for it.
"""

from __future__ import annotations

from typing import NamedTuple

from ....facts.images import image
from ....objects.manifest import Manifest
from ....specs.model import ModelSpec
from ...kit import pod
from ...kit.runtime import MODEL_DIR, TMP_MOUNT
from ...models import CA_FOLDER, fetching, storage_uri
from ..emit import Setting
from ..spec import DOWNLOADS, Service

VOLUME = "model"
ABOVE = "/mnt"
"""Where the modelcar and its server share a folder: a link in it leads to the model."""
FOLDER = "models"
"""Folder of a model's image that holds the model."""

MODELCAR_LIMITS = {"cpu": "10m", "memory": "15Mi"}
"""As KServe gives it (serving/demand.py MODELCAR)."""

LINK = f'test -n "$$(ls -A /{FOLDER})" && ln -sfn /proc/$$$$/root/{FOLDER} {MODEL_DIR} && sleep infinity'
"""The shell is process $$ of the pod; without a model in its image it ends. Kubernetes makes $ of $$ in a command
(third_party/forked/golang/expansion)."""


class Brought(NamedTuple):
    """What of a pod brings its model."""

    before: tuple[Manifest, ...] = ()
    """Init containers."""
    volumes: tuple[Manifest, ...] = ()
    mounts: tuple[Manifest, ...] = ()
    """Of each container of the runtime."""
    shares: bool = False
    """Its containers share one process namespace."""
    pulled: bool = False
    """Its node pulls the model with the model's credential."""


def brought(item: Service, model: ModelSpec, setting: Setting) -> Brought:
    """What brings the model of an item."""
    kind = item.storage.type
    if kind == "pvc":
        return _mounted(item, model)
    if kind in {"oci", "oci+native"}:
        reference = model.source.removeprefix("oci://")
        return _modelcar(reference) if kind == "oci" else _image_volume(reference)
    if kind in DOWNLOADS:
        return _downloaded(model, setting)
    return Brought(pulled=model.source.startswith("image://"))


def _mounted(item: Service, model: ModelSpec) -> Brought:
    uri = storage_uri(item.model, model, item.storage.volume, clone=item.storage.clone)
    claim, _, folder = uri.removeprefix("pvc://").partition("/")
    mount = {
        "name": VOLUME,
        "mountPath": MODEL_DIR,
        **({"subPath": folder} if folder else {}),
        "readOnly": True,
    }
    volume = {"name": VOLUME, "persistentVolumeClaim": {"claimName": claim}}
    return Brought(volumes=(volume,), mounts=(mount,))


def _modelcar(reference: str) -> Brought:
    shared = {"name": VOLUME, "mountPath": ABOVE}
    sidecar = {
        "name": "modelcar",
        "image": reference,
        "command": ["sh", "-c", LINK],
        "restartPolicy": "Always",
        "resources": pod.resources(MODELCAR_LIMITS),
        "securityContext": pod.container_security(),
        "startupProbe": {
            "exec": {"command": ["sh", "-c", f"test -d {MODEL_DIR}/"]},
            "periodSeconds": 2,
            "timeoutSeconds": 5,
            "failureThreshold": 30,
        },
        "volumeMounts": [shared],
    }
    volume = {"name": VOLUME, "emptyDir": {}}
    return Brought((sidecar,), (volume,), (shared,), shares=True, pulled=True)


def _image_volume(reference: str) -> Brought:
    volume = {"name": VOLUME, "image": {"reference": reference, "pullPolicy": "IfNotPresent"}}
    mount = {"name": VOLUME, "mountPath": MODEL_DIR, "subPath": FOLDER, "readOnly": True}
    return Brought(volumes=(volume,), mounts=(mount,), pulled=True)


def _downloaded(model: ModelSpec, setting: Setting) -> Brought:
    ca = setting.fetching.caBundle
    fetch = {
        "name": "fetch",
        "image": image("storageInitializer", setting.images),
        **fetching(model, MODEL_DIR, setting.fetching),
        "resources": pod.resources(setting.fetching.resources),
        "securityContext": pod.container_security(),
        "volumeMounts": [
            {"name": VOLUME, "mountPath": MODEL_DIR},
            TMP_MOUNT,
            *([{"name": "ca", "mountPath": CA_FOLDER, "readOnly": True}] if ca else []),
        ],
    }
    trusted = ({"name": "ca", "configMap": {"name": ca}},) if ca else ()
    mount = {"name": VOLUME, "mountPath": MODEL_DIR, "readOnly": True}
    return Brought((fetch,), ({"name": VOLUME, "emptyDir": {}}, *trusted), (mount,))
