"""What a serving runtime is: one file in `components/runtimes/`, and what its containers are made from.

`components/serving/` asks a Runtime for the containers of one model server and puts KServe's objects around
them. A runtime knows its image, its flags, its ports and how to tell that the model is loaded; it knows
nothing of clusters, storage or queues.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ...facts.images import image
from ...facts.profiles import Profile
from ...objects.manifest import Manifest
from ...specs.model import Images, ModelSpec
from ...specs.types import EnvVar
from . import pod, pod_fields
from .pod_fields import EnvFrom, Volume

SERVER = "kserve-container"
"""Name of the container that serves; KServe finds it by this name (storage_initializer_injector.go)."""

FRONT = "transformer-container"
"""Name of a container in front of it; KServe mounts the model into it too and points the Service at it."""

MODEL_DIR = "/mnt/models"
PERIOD = 10
"""Seconds between two probes."""


@dataclass(frozen=True)
class Beside:
    """A model that a server has beside its own: where its volume is mounted, and its folder there."""

    name: str
    model: ModelSpec
    claim: str
    folder: str
    path: str


@dataclass(frozen=True)
class Server:
    """One model server, as a runtime sees it."""

    name: str
    model: ModelSpec
    images: Images
    image: str | None
    args: tuple[str, ...]
    env: tuple[EnvVar, ...]
    limits: Mapping[str, str]
    requests: Mapping[str, str]
    startup: int
    """Seconds that loading the model may take."""
    grpc: bool
    port: int
    metrics_port: int | None
    readiness_path: str | None
    read_only_root: bool | None
    served_name: str = ""
    """What callers call the model; the server's own name when empty."""
    command: tuple[str, ...] = ()
    """What is started in place of the image's own program."""
    liveness_path: str | None = None
    shared_memory: str | None = None
    """Size of /dev/shm; that of the container runtime when there is none."""
    beside: tuple[Beside, ...] = ()
    """More models: adapters of vLLM, or models that the runtime serves as well."""
    lora: tuple[str, ...] = ()
    """Flags about adapters, without the adapters themselves."""
    volumes: tuple[Volume, ...] = ()
    """ConfigMaps and empty folders of its container."""
    env_from: tuple[EnvFrom, ...] = ()
    front: Mapping[str, str] = field(default_factory=dict)
    """Resources of the container in front of the one that serves, where they are not the usual ones."""

    @property
    def served(self) -> str:
        """The name by which callers, and probes, ask for its model."""
        return self.served_name or self.name


@dataclass(frozen=True)
class Runtime:
    """A serving runtime; `containers` gives its containers, the one that serves first."""

    name: str
    title: str
    formats: tuple[str, ...]
    """Model formats it serves, spelled as KServe compares them; none: any."""
    containers: Callable[[Server], list[Manifest]]
    port: int = 8080
    """Where it answers, unless the spec says so itself or asks for gRPC."""
    grpc_port: int | None = None
    metrics_port: int | None = None
    kind: str | None = None
    """Value of opendatahub.io/kserve-runtime, by which ODH picks a metrics dashboard."""
    protocols: tuple[str, ...] = ()
    accelerators: tuple[str, ...] = ()
    """Resources it is made for."""
    needs_accelerator: bool = False
    flags: str | None = None
    """Its server in data/flags, which is its image in the fleet's `images` as well; none: nobody knows its flags."""
    reserved: frozenset[str] = frozenset()
    """Flags, or variables, that it sets itself."""
    names_model: str | None = None
    """Flag or variable that says what callers call the model; none: nothing does."""
    named_in_path: bool = False
    """Callers name the model in the path of a request, where it is one step."""
    shared_memory: str | None = None
    """Size of /dev/shm when the spec says none."""
    timeout: str = "60s"
    """How long a request may take when the spec does not say."""
    legacy: str | None = None
    """Why it should not be chosen any more."""
    settings: Callable[[Server], dict[str, str]] | None = None
    """Files that tell it of more models than its own; none: it serves one."""
    adapters: bool = False
    """Serves LoRA adapters beside its model."""


def seconds(duration: str) -> int:
    """Seconds of a duration of the spec.

    >>> seconds("1h30m"), seconds("90s")
    (5400, 90)
    """
    unit = {"h": 3600, "m": 60, "s": 1}
    return sum(int(number) * unit[letter] for number, letter in re.findall(r"([0-9]+)([hms])", duration))


def accelerators(limits: Mapping[str, str]) -> dict[str, str]:
    """The devices among the resources: whatever a device plugin serves is named domain/resource."""
    return {name: amount for name, amount in limits.items() if "/" in name and amount != "0"}


def container(server: Server, name: str, shipped_as: str, read_only_root: bool = False) -> Manifest:  # noqa: FBT001, FBT002
    """Start of the serving container: name, image and what every container has; the runtime adds the rest.

    `read_only_root` says whether this image is known to write to its volumes only; the spec wins over it.
    """
    locked = read_only_root if server.read_only_root is None else server.read_only_root
    return {
        "name": name,
        "image": server.image or image(shipped_as, server.images),
        "resources": pod.resources(server.limits, server.requests),
        "securityContext": pod.container_security(read_only_root=locked),
        "volumeMounts": [
            TMP_MOUNT,
            *([SHM_MOUNT] if server.shared_memory else []),
            *beside_mounts(server),
            *pod_fields.mounts(server.volumes),
        ],
        **({"envFrom": pod_fields.env_from(server.env_from)} if server.env_from else {}),
    }


def beside_mounts(server: Server) -> list[Manifest]:
    """Mounts of the models beside its own, each the folder of one version."""
    return [
        {
            "name": _volume_name(item.name),
            "mountPath": item.path,
            **({"subPath": item.folder} if item.folder else {}),
            "readOnly": True,
        }
        for item in server.beside
    ]


def beside_volumes(server: Server) -> list[Manifest]:
    """Volumes of the models beside its own."""
    return [
        {"name": _volume_name(item.name), "persistentVolumeClaim": {"claimName": item.claim}}
        for item in server.beside
    ]


def _volume_name(model: str) -> str:
    return f"model-{model}"[:63].rstrip("-")


SETTINGS = "/etc/nearedge-models"
"""Where the files of Runtime.settings are mounted."""

TMP_MOUNT: Manifest = {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108 - the path inside the container
SHM_MOUNT: Manifest = {"name": "shm", "mountPath": "/dev/shm"}  # noqa: S108


def volumes(server: Server, settings: str | None = None) -> list[Manifest]:
    """Volumes of a server: scratch, more models, and the ConfigMap that tells of them.

    Its own model is mounted by KServe.
    """
    shm = {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": server.shared_memory}}
    told = {"name": "settings", "configMap": {"name": settings}}
    return [
        {"name": "tmp", "emptyDir": {}},
        *([shm] if server.shared_memory else []),
        *beside_volumes(server),
        *pod_fields.volumes(server.volumes),
        *([told] if settings else []),
    ]


def command(args: Iterable[str], fixed: Mapping[str, str], own: Iterable[EnvVar]) -> Manifest:
    """Fields args and env; of a variable that both the runtime and the spec set, the spec's value counts.

    Empty lists are left out: KServe's webhook would drop them, a lasting difference for Argo CD.
    """
    listed, flags = list(own), list(args)
    named = {item.name for item in listed}
    kept = [{"name": name, "value": value} for name, value in fixed.items() if name not in named]
    env = kept + pod.env(listed)
    return {**({"args": flags} if flags else {}), **({"env": env} if env else {})}


def http(path: str, port: int) -> Manifest:
    """Probe handler: GET; never with a host, which Pod Security refuses."""
    return {"httpGet": {"path": path, "port": port}}


def probes(ready: Manifest, alive: Manifest, startup: int, timeout: int = 5) -> Manifest:
    """The three probes of a container. The other two begin only once startup has succeeded.

    Both numbers are seconds. Without a readiness probe KServe would add a bare TCP one, which passes while
    the model is still loading.
    """
    common = {"periodSeconds": PERIOD, "timeoutSeconds": timeout}
    return {
        "startupProbe": {**ready, **common, "failureThreshold": max(1, -(-startup // PERIOD))},
        "readinessProbe": {**ready, **common, "failureThreshold": 3},
        "livenessProbe": {**alive, **common, "failureThreshold": 6},
    }


def security(profile: Profile) -> Manifest:
    """The securityContext of a pod on this platform.

    OpenShift gives every namespace its own user id. Elsewhere images that name their user in letters cannot
    be proven non-root, and fresh volumes belong to root: there the profile names an id.
    """
    user = profile.podUser
    return {**pod.pod_security(), **({"runAsUser": user, "fsGroup": user} if user else {})}
