"""What a spec says of pods beside their container: files and variables from elsewhere, and where they run.

    volumes: [{path: /etc/app, configMap: app-settings}, {path: /cache, emptyDir: {sizeLimit: 10Gi}}]
    envFrom: [{configMap: app-settings, prefix: APP_}]
    topologySpreadConstraints: [{topologyKey: topology.kubernetes.io/zone}]

Pods that are no servers mount claims and Secrets as well (Mount). Field names are those of Kubernetes' pods.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import Field

from ...documents import folders
from ...objects.manifest import CONTENT_HASH, Manifest, Wave, content_hash, meta
from ...specs.lines import Lines
from ...specs.types import (
    STEPS,
    Flag,
    LabelKey,
    Line,
    Never,
    Path,
    PositiveInt32,
    Quantity,
    Strictly,
    Subdomain,
)

ConfigKey = Annotated[
    str, Line(r"^[-._a-zA-Z0-9]+$", 253, STEPS, form="letters, digits, -, _ and .: settings.yaml")
]
"""A key of a ConfigMap, which is a file where it is mounted (apimachinery util/validation IsConfigMapKey)."""
Prefix = Annotated[str, Line(r"^[A-Za-z_][A-Za-z0-9_]*$", 64, form="letters, digits and _, no digit first")]

FilePath = Annotated[
    str,
    Line(
        r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$",
        200,
        Never(r"\.\.", "two dots stand for a folder in the key of a ConfigMap"),
        form="a path below the folder, of letters, digits, _, . and -: forecast/model.py",
    ),
]
FolderPath = Annotated[
    str,
    Line(
        r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$",
        200,
        form="a folder of this repository, from its root: jobs/tune",
    ),
]
MOST = folders.MOST
WorkingDir = dict[FilePath, Annotated[str, Lines(MOST, shortest=0)]]
"""The files of a working directory."""
Folder = WorkingDir | FolderPath
"""The same, or the folder of the repository that they lie in: of a cluster that is compiled it has been read
(fleet/folders.py)."""

WORKING_DIR = "/mnt/working-dir"
"""Where pods have them."""

HOSTNAME = "kubernetes.io/hostname"
"""Label that each node has of its own (kubernetes staging/src/k8s.io/api/core/v1/well_known_labels.go)."""


class EmptyDir(Strictly):
    """A folder that is empty when a pod starts, and gone with it."""

    sizeLimit: Quantity | None = Field(
        None, description="Most it may hold; the pod is evicted when it holds more. No limit when left out."
    )
    medium: Literal["Memory"] | None = Field(
        None, description="Memory: in the pod's memory; on the node's disk when left out."
    )


class Volume(Strictly):
    """A folder or a file in the serving container: a ConfigMap, or an empty folder."""

    path: Path = Field(description="Where it is mounted, such as /etc/app.")
    configMap: Subdomain | None = Field(None, description="Name of one of configMaps in the same namespace.")
    key: ConfigKey | None = Field(
        None,
        description="Key of that ConfigMap that is the file at path; all keys as files of a folder when left out.",
    )
    emptyDir: EmptyDir | None = Field(None, description="An empty folder; {} on the node's disk.")


class Mount(Strictly):
    """A folder or a file in the pods: an existing claim, a ConfigMap, a Secret, or an empty folder."""

    claim: Subdomain | None = Field(
        None, description="Name of a PersistentVolumeClaim in the same namespace."
    )
    path: Path = Field(description="Where it is mounted, such as /mnt/data.")
    readOnly: Flag = Field(
        False, description="Mount the claim read-only; a ConfigMap or a Secret is never anything else."
    )
    configMap: Subdomain | None = Field(None, description="Name of one of configMaps in the same namespace.")
    secret: Subdomain | None = Field(None, description="Name of a Secret in the same namespace.")
    key: ConfigKey | None = Field(
        None,
        description="Key of that ConfigMap or Secret that is the file at path; all keys as files of a folder when left out.",
    )
    emptyDir: EmptyDir | None = Field(None, description="An empty folder; {} on the node's disk.")

    @property
    def sources(self) -> tuple[str, ...]:
        """The fields that say what is mounted: one, where the item is right."""
        listed = ("claim", "configMap", "secret", "emptyDir")
        return tuple(field for field in listed if getattr(self, field) is not None)


class EnvFrom(Strictly):
    """Variables of all keys of a ConfigMap or Secret."""

    configMap: Subdomain | None = Field(None, description="Name of one of configMaps in the same namespace.")
    secret: Subdomain | None = Field(None, description="Name of a Secret in the same namespace.")
    prefix: Prefix | None = Field(None, description="What is put before each key, such as APP_.")


class TopologySpread(Strictly):
    """How evenly the pods of a server are spread over nodes or zones."""

    topologyKey: LabelKey = Field(HOSTNAME, description="Label of nodes whose values are told apart.")
    maxSkew: PositiveInt32 = Field(
        1, description="How many pods more there may be with one value than with another."
    )
    whenUnsatisfiable: Literal["ScheduleAnyway", "DoNotSchedule"] = Field(
        "ScheduleAnyway", description="DoNotSchedule: a pod waits rather than make it uneven."
    )
    minDomains: PositiveInt32 | None = Field(
        None, description="How many values there are to be at least, with DoNotSchedule."
    )


DEFAULT = (TopologySpread(),)
"""Over nodes, as well as it goes: on one node all pods run there."""


def volumes(said: Iterable[Volume]) -> list[Manifest]:
    """The volumes of a pod, each once; a ConfigMap that is mounted twice is one."""
    listed = {_name(item): _source(item) for item in said}
    return [{"name": name, **source} for name, source in listed.items()]


def mounts(said: Iterable[Volume]) -> list[Manifest]:
    """Where the serving container has them; ConfigMaps can only be read."""
    return [
        {
            "name": _name(item),
            "mountPath": item.path,
            **({"subPath": item.key} if item.key else {}),
            **({"readOnly": True} if item.configMap else {}),
        }
        for item in said
    ]


def _name(item: Volume) -> str:
    """By what it holds, so that another order of the list changes no pod."""
    return f"config-{content_hash(item.configMap)}" if item.configMap else f"empty-{content_hash(item.path)}"


def _source(item: Volume) -> Manifest:
    if item.configMap:
        return {"configMap": {"name": item.configMap}}
    return _empty(item.emptyDir)


def _empty(folder: EmptyDir | None) -> Manifest:
    said = folder or EmptyDir()
    limit = {"sizeLimit": said.sizeLimit} if said.sizeLimit else {}
    return {"emptyDir": {**({"medium": said.medium} if said.medium else {}), **limit}}


def mounted(said: Iterable[Mount]) -> tuple[list[Manifest], list[Manifest]]:
    """(volumes, volumeMounts) of what pods mount, each source one volume: a claim has its own name."""
    listed = tuple(said)
    # Of a claim that is mounted twice the last word counts, as the pod has it once.
    held = {_called(item): _held(item) for item in listed}
    places = [
        {
            "name": _called(item),
            "mountPath": item.path,
            **({"subPath": item.key} if item.key else {}),
            **({"readOnly": True} if item.readOnly or item.configMap or item.secret else {}),
        }
        for item in listed
    ]
    return [{"name": name, **source} for name, source in held.items()], places


def _called(item: Mount) -> str:
    if item.claim:
        return item.claim
    if item.configMap or item.secret:
        return f"{'config' if item.configMap else 'secret'}-{content_hash(item.configMap or item.secret)}"
    return f"empty-{content_hash(item.path)}"


def _held(item: Mount) -> Manifest:
    if item.claim:
        read_only = {"readOnly": True} if item.readOnly else {}
        return {"persistentVolumeClaim": {"claimName": item.claim, **read_only}}
    if item.secret:
        return {"secret": {"secretName": item.secret}}
    if item.configMap:
        return {"configMap": {"name": item.configMap}}
    return _empty(item.emptyDir)


def env_from(said: Iterable[EnvFrom]) -> list[Manifest]:
    """Sources of variables, in the order of the spec: of two that have a variable the last counts."""
    return [
        {
            **({"prefix": item.prefix} if item.prefix else {}),
            **({"configMapRef": {"name": item.configMap}} if item.configMap else {}),
            **({"secretRef": {"name": item.secret}} if item.secret else {}),
        }
        for item in said
    ]


def spread(said: Sequence[TopologySpread], selector: Manifest) -> list[Manifest]:
    """topologySpreadConstraints for the pods that a selector finds.

    A node whose taint keeps the pods away is no place that has too few of them.
    """
    return [
        {
            "maxSkew": item.maxSkew,
            **({"minDomains": item.minDomains} if item.minDomains else {}),
            **({"nodeTaintsPolicy": "Honor"} if item.whenUnsatisfiable == "DoNotSchedule" else {}),
            "topologyKey": item.topologyKey,
            "whenUnsatisfiable": item.whenUnsatisfiable,
            "labelSelector": selector,
        }
        for item in said
    ]


def apart(said: str | None, selector: Manifest) -> Manifest:
    """Affinity that keeps the pods of a server on different nodes; empty when nothing asks for it."""
    if said is None:
        return {}
    term = {"labelSelector": selector, "topologyKey": HOSTNAME}
    if said == "required":
        return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    weighed = [{"weight": 100, "podAffinityTerm": term}]
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": weighed}}


def files_of(said: Folder) -> WorkingDir:
    """The files of a working directory; none of a folder that nobody has read."""
    return {} if isinstance(said, str) else said


def files_name(job: str, digest: str) -> str:
    """The name of the ConfigMap with a job's files, which changes with them as that of the job does."""
    return f"{job}-files-{digest}"


def files_map(job: str, digest: str, namespace: str, files: WorkingDir) -> tuple[Manifest, ...]:
    """The ConfigMap that holds a job's files; none without any."""
    if not files:
        return ()
    labels = {CONTENT_HASH: digest}
    made = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": meta(files_name(job, digest), namespace, wave=Wave.RUNTIME, labels=labels),
        "immutable": True,
        "data": {key: files[path] for path, key in file_keys(files).items()},
    }
    return (made,)


def files_source(job: str, digest: str, files: WorkingDir) -> Manifest | None:
    """The same as the source of a volume; None without files."""
    listed = [{"key": key, "path": path} for path, key in file_keys(files).items()]
    return {"name": files_name(job, digest), "items": listed} if listed else None


def file_keys(files: WorkingDir) -> dict[str, str]:
    """Path -> key of the ConfigMap that holds the file, in order.

    >>> file_keys({"train.py": "", "forecast/model.py": ""})
    {'forecast/model.py': 'forecast..model.py', 'train.py': 'train.py'}
    """
    return {path: path.replace("/", "..") for path in sorted(files)}
