"""The words of a spec: types that all kinds share, and the kinds Fleet and Model.

A Cluster's own sections (kueue, ray, serving ...) are defined by their components; `cluster.py` puts them
together. What a type accepts is said by pattern and bounds alone, so that the exported JSON Schema accepts and
refuses exactly what these models do; whatever needs two fields to judge is a rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from . import quantity
from .hidden import INVISIBLE

API_VERSION = "nearedge/v1alpha1"

REFUSED = rf"[\x00-\x1f\x7f-\x9f{INVISIBLE}]|\{{\{{|\}}\}}|\{{%|\$\(|\$ocm_encrypted"
"""In no string of a spec: three template languages read our output, and hub templates read Secrets."""

_REFUSED = re.compile(REFUSED)


def _clean(text: str) -> str:
    found = _REFUSED.search(text)
    if found:
        said = f"U+{ord(found[0]):04X}" if len(found[0]) == 1 else found[0]
        raise PydanticCustomError(
            "refused_text", "{said} is refused in every string of a spec", {"said": said}
        )
    return text


class Never(NamedTuple):
    """A pattern that a word must not match anywhere, and why: "it ..."."""

    pattern: str
    why: str


@dataclass(frozen=True)
class Line:
    """One line of text: a strict string of bounded length, matching all of `pattern` where there is one.

    A pattern must not let through what REFUSED forbids; without a pattern REFUSED itself is applied. `never`
    says what is refused although `pattern` takes it.
    """

    pattern: str | None = None
    longest: int = 1024
    never: Never | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        line = core_schema.str_schema(
            strict=True, min_length=1, max_length=self.longest, pattern=self.pattern
        )
        if self.never:
            return core_schema.no_info_after_validator_function(partial(_allowed, self.never), line)
        return line if self.pattern else core_schema.no_info_after_validator_function(_clean, line)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        # Some regex engines let `$` match before a trailing newline; `not` says what is meant.
        refused = (rf"\n|{self.never.pattern}" if self.never else r"\n") if self.pattern else REFUSED
        return {**handler(schema), "not": {"pattern": refused}}


def _allowed(never: Never, word: str) -> str:
    if re.search(never.pattern, word):
        raise PydanticCustomError("never", "{word} {why}", {"word": word, "why": never.why})
    return word


def _whole(value: Any) -> Any:
    # JSON Schema calls 2.0 an integer, so the model does as well.
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True)
class _Amount:
    """A quantity: a string such as "500m" or 16Gi, or a whole number; kept in canonical form."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(strict=True, pattern=quantity.PATTERN, max_length=24)
        number = core_schema.int_schema(strict=True, ge=0, le=2**63 - 1)
        whole = core_schema.no_info_before_validator_function(_whole, number)
        either = core_schema.union_schema(
            [text, whole],
            custom_error_type="quantity",
            custom_error_message='is no quantity: write "2", 500m or 16Gi (a number with a point needs quotes)',
        )
        return core_schema.no_info_after_validator_function(
            lambda value: quantity.canonical(str(value)), either
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        text = {"type": "string", "pattern": quantity.PATTERN, "maxLength": 24, "not": {"pattern": r"\n"}}
        return {"anyOf": [text, {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}]}


_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
IMAGE = r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?(/[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*)+@sha256:[0-9a-f]{64}"
_REGISTRY = r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?(/[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*)*"
"""As sources and mirrors of an ImageDigestMirrorSet: openshift/api CRD imagedigestmirrorsets."""
_QUALIFIED = r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)"

Text = Annotated[str, Line()]
Name = Annotated[str, Line(rf"^{_LABEL}$", 63)]
"""A DNS-1123 label."""
DEVICES = Never(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])$", "on Windows it is the name of a device")
"""Windows opens a device where a file or folder has one of these names, whatever its suffix:
https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""
_STEPS = Never(r"(^|/)(\.|%2[eE]){1,2}(/|$)", "it leads out of its place: no step may be . or ..")
_GIT = Never(r"\.\.|//|(^|/)\.|\.lock(/|$)|[./]$", "it is no name that Git allows: see git check-ref-format")
FileName = Annotated[str, Line(rf"^{_LABEL}$", 63, DEVICES)]
"""A DNS-1123 label that can be the name of a file and of a folder wherever the repository is checked out."""
Subdomain = Annotated[str, Line(rf"^{_LABEL}(\.{_LABEL})*$", 253)]
"""A DNS-1123 subdomain: names of most objects."""
LabelKey = Annotated[str, Line(rf"^({_LABEL}(\.{_LABEL})*/)?{_QUALIFIED}$", 253)]
LabelValue = Annotated[
    str,
    Field(max_length=63, pattern=rf"^{_QUALIFIED}?$", json_schema_extra={"not": {"pattern": r"\n"}}),
    Strict(),
]
ResourceName = Annotated[str, Line(rf"^({_LABEL}(\.{_LABEL})*/)?{_QUALIFIED}$", 253)]
Quantity = Annotated[str, _Amount()]
Image = Annotated[str, Line(rf"^{IMAGE}$", 512)]
"""An image by digest: a tag can change under a running fleet, and mirrors serve digests only."""
Duration = Annotated[str, Line(r"^([0-9]+(h|m|s))+$", 16)]
GitRef = Annotated[str, Line(r"^(refs/(heads|tags)/[A-Za-z0-9._/-]+|[0-9a-f]{40})$", 200, _GIT)]
EnvName = Annotated[str, Line(r"^[A-Za-z_][A-Za-z0-9_]*$", 128)]
Path = Annotated[str, Line(r"^/[A-Za-z0-9._/-]*$", 512, _STEPS)]
Count = Annotated[int, Strict(), Field(ge=0, le=100_000), BeforeValidator(_whole)]
Positive = Annotated[int, Strict(), Field(ge=1, le=1_000_000), BeforeValidator(_whole)]
Port = Annotated[int, Strict(), Field(ge=1024, le=65535), BeforeValidator(_whole)]
"""A port that a container without rights can listen on."""
AnyPort = Annotated[int, Strict(), Field(ge=1, le=65535), BeforeValidator(_whole)]
Priority = Annotated[int, Strict(), Field(ge=-(2**31), le=10**9), BeforeValidator(_whole)]
Flag = Annotated[bool, Strict()]
METRIC = Annotated[str, Line(r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", 200)]
"""Name of a metric, as Prometheus takes it."""

Resources = dict[ResourceName, Quantity]
Labels = dict[LabelKey, LabelValue]


class Strictly(BaseModel):
    """Base of every spec model: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class Metadata(Strictly):
    """Who a spec speaks of."""

    name: FileName = Field(description="Name of the thing; equal to the file's name without .yaml.")
    labels: Labels = Field({}, description="Labels; those of a Cluster go onto its ManagedCluster.")


class Taint(Strictly):
    """A node's taint, as in `kubectl taint`."""

    key: LabelKey = Field(description="Taint key, such as nvidia.com/gpu.")
    value: LabelValue = Field("", description="Taint value; empty when the taint has none.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = Field(
        description="What it does to pods that do not tolerate it."
    )


class Toleration(Strictly):
    """A pod's toleration."""

    key: LabelKey | None = Field(None, description="Taint key; without it operator must be Exists.")
    operator: Literal["Equal", "Exists"] = Field("Equal", description="Exists tolerates every value.")
    value: LabelValue | None = Field(None, description="Taint value, with operator Equal.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        None, description="Taint effect; all when left out."
    )


class EnvVar(Strictly):
    """An environment variable: a plain value, or a key of a Secret."""

    name: EnvName = Field(description="Name of the variable.")
    value: Text | None = Field(None, description="Its value; never a secret.")
    secret: Subdomain | None = Field(None, description="Name of a Secret that holds the value instead.")
    key: LabelValue | None = Field(None, description="Key in that Secret.")


class PvcMount(Strictly):
    """An existing PersistentVolumeClaim, mounted into the pods."""

    claim: Subdomain = Field(description="Name of the PersistentVolumeClaim in the same namespace.")
    path: Path = Field(description="Where it is mounted, such as /mnt/data.")
    readOnly: Flag = Field(False, description="Mount it read-only.")


class Repository(Strictly):
    """The Git repository that every cluster pulls."""

    url: Annotated[
        str,
        Line(
            r"^(https://|ssh://git@|git@)[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?[:/][A-Za-z0-9._/-]+$",
            512,
            _STEPS,
        ),
    ] = Field(description="https or ssh URL, without user or password.")
    credentialsSecret: Subdomain | None = Field(
        None,
        description="Secret in hub.policyNamespace with the read-only credential; its value never enters Git.",
    )
    forge: Literal["github", "gitlab", "gitea"] | None = Field(
        None,
        description="Where `nearedge publish` opens pull requests, when the host's name does not tell; Forgejo is gitea.",
    )
    forgeURL: (
        Annotated[
            str, Line(r"^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?(/[A-Za-z0-9._/-]*)?$", 512, _STEPS)
        ]
        | None
    ) = Field(
        None,
        description="Web address of the forge, when it is not the host of url: https://example.com/gitlab.",
    )
    credentialsPerCluster: Flag = Field(
        False, description="Each cluster has its own there, called <cluster>-<credentialsSecret>."
    )


class Hub(Strictly):
    """The core cluster that places and watches the others."""

    cluster: Name = Field(description="Name of the Cluster of tier core that is the hub.")
    flavor: Literal["acm", "ocm"] = Field(
        "acm", description="acm: Red Hat Advanced Cluster Management; ocm: upstream Open Cluster Management."
    )
    version: Annotated[str, Line(r"^[0-9]+\.[0-9]+(\.[0-9]+)?$", 16)] = Field(
        "2.16", description='ACM or OCM version, quoted: "2.16".'
    )
    argocdNamespace: Name = Field(
        "openshift-gitops",
        description="Namespace of the hub's Argo CD; Placement and ApplicationSets live there.",
    )
    policyNamespace: Name = Field(
        "nearedge-policies", description="Namespace for Policies; holds only what the edge may be given."
    )
    clusterSet: Name = Field("near-edge", description="ManagedClusterSet that all near-edge clusters join.")


SHARDS = 64
"""Most shards of a ring: more than any hub can use."""


NO_HUB = ""
"""Name of the hub of a fleet that has none."""


def _no_hub() -> Hub:
    # No cluster can be called so; a rule asks for a hub wherever one is needed.
    return Hub.model_construct(cluster=NO_HUB)


class Ring(Strictly):
    """A step of the rollout: its clusters follow one Git ref."""

    name: Annotated[str, Line(r"^[a-z0-9][-a-z0-9]{0,61}[a-z0-9]$", 63)] = Field(
        description="Name of the ring, 2 to 63 characters."
    )
    revision: GitRef = Field(
        description="Fully qualified ref (refs/heads/..., refs/tags/...) or commit that the ring follows."
    )
    shards: Annotated[int, Strict(), Field(ge=1, le=SHARDS), BeforeValidator(_whole)] = Field(
        1,
        description="ApplicationSets that share the clusters of this ring, on each hub: one for every 2,000. A cluster keeps its shard as long as the number stays; docs/delivery.md says how to change it.",
    )
    advance: Literal["push", "pull-request"] = Field(
        "push",
        description="How `nearedge rollout` moves the ring's branch: push to it, or open a pull request into it.",
    )
    pins: Pins = Field(
        default_factory=lambda: Pins(),  # noqa: PLW0108 - it is defined below: it needs what models are
        description="Versions of models, and images, that the clusters of this ring run instead.",
    )


class Agent(Strictly):
    """The Argo CD agent, with delivery.model agent."""

    mode: Literal["managed", "autonomous"] = Field(
        "managed",
        description="managed: the hub hands out Applications; autonomous: a Policy brings them, and the hub only watches.",
    )
    serverAddress: Subdomain | None = Field(
        None,
        description="Address at which clusters reach the principal on the hub; found from its LoadBalancer when left out.",
    )
    serverPort: AnyPort | None = Field(
        None, description="Port of that address; needed together with serverAddress."
    )


class Delivery(Strictly):
    """How a cluster gets its overlay."""

    model: Literal["pull", "agent", "policy", "standalone"] = Field(
        "pull",
        description="pull: ACM pull model; agent: Argo CD agent; policy: a Policy delivers the Application; standalone: no hub.",
    )
    agent: Agent | None = Field(None, description="Of the Argo CD agent; only with model agent.")
    pollInterval: Duration = Field("15m", description="How often a cluster asks Git for news.")
    pollJitter: Duration | None = Field(
        None,
        description="Each wait is longer by up to so much, at random, so that clusters do not ask together; half of pollInterval when left out, 0s for none.",
    )
    healthChecks: Flag = Field(
        True,
        description="Teach the clusters' Argo CD when objects of Kueue, Ray, KServe and Open Data Hub are healthy.",
    )
    rings: tuple[Ring, ...] = Field((), description="Rollout order, first ring first.")


class Observability(Strictly):
    """Metrics and dashboards on the hub."""

    objectStorageSecret: Subdomain = Field(
        "thanos-object-storage", description="Secret with thanos.yaml on the hub."
    )
    dashboards: Flag = Field(False, description="Put dashboards into the hub's Grafana.")
    alerts: Flag = Field(
        True,
        description="Alert on the hub: model not ready, queue stuck, volume full, cluster silent.",
    )
    metrics: tuple[METRIC, ...] = Field(
        (), description="More metrics of workloads that clusters send to the hub, by exact name."
    )
    interval: Annotated[int, Strict(), Field(ge=15, le=3600), BeforeValidator(_whole)] = Field(
        300, description="Seconds between two deliveries of metrics to the hub."
    )
    instanceSize: (
        Literal["default", "minimal", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge"] | None
    ) = Field(None, description="Size of the stack on the hub; ACM's default when left out.")
    storageClass: Subdomain | None = Field(
        None, description="StorageClass of the stack's own volumes; the hub's default one when left out."
    )


class Mirror(Strictly):
    """The registry that air-gapped clusters pull from."""

    registry: Annotated[str, Line(rf"^{_REGISTRY}$", 253)] = Field(
        description="host[:port][/path], no scheme; oc-mirror puts quay.io/acme/app to <registry>/acme/app."
    )
    clusters: Literal["all", "disconnected"] = Field(
        "all",
        description="Who pulls through it: all OpenShift clusters that the hub manages, or those with connectivity.mode disconnected.",
    )
    mirrorSourcePolicy: Literal["AllowContactingSource", "NeverContactSource"] | None = Field(
        None,
        description="NeverContactSource: a node does not try the image's own registry; OpenShift's default is to try it last.",
    )
    catalogs: dict[Subdomain, Image] = Field(
        {},
        description="Name of an operator catalog (redhat-operators) -> its index image by digest, for `nearedge mirror`.",
    )
    catalogSources: dict[Subdomain, Image] = Field(
        {},
        description="Name of an operator catalog -> its index image in the mirror, by digest: clusters that pull through it get operators from there, and the default catalogs are switched off.",
    )
    sources: tuple[Annotated[str, Line(rf"^{_REGISTRY}$", 253)], ...] = Field(
        (),
        description="More registries or repositories that the mirror serves under the same paths, such as registry.redhat.io; images of operators come from them.",
    )
    hub: Flag = Field(False, description="The hub pulls through it as well.")


class Images(Strictly):
    """Images that replace the ones nearedge ships with, for the whole fleet."""

    caikit: Image | None = Field(None, description="Caikit front of the caikit-tgis runtime.")
    tgis: Image | None = Field(None, description="TGIS back of the caikit-tgis runtime.")
    vllm: Image | None = Field(None, description="vLLM.")
    ovms: Image | None = Field(None, description="OpenVINO Model Server.")
    mlserver: Image | None = Field(None, description="MLServer.")
    storageInitializer: Image | None = Field(
        None, description="KServe's storage initializer, which the load Jobs run."
    )


class ExtraApp(Strictly):
    """An application from elsewhere that clusters pull beside their overlay; what is in it is not checked."""

    name: Annotated[str, Line(rf"^{_LABEL}$", 40)] = Field(description="Name of the application.")
    repoURL: Annotated[
        str,
        Line(r"^(https://|ssh://git@|git@)[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?([:/][A-Za-z0-9._/-]+)?$", 512),
    ] = Field(description="Git repository, or Helm repository, without user or password.")
    path: Annotated[str, Line(r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", 256)] | None = Field(
        None, description="Folder in the Git repository; instead of chart."
    )
    chart: Annotated[str, Line(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", 128)] | None = Field(
        None, description="Chart in the Helm repository; instead of path."
    )
    targetRevision: Annotated[
        str,
        Line(
            r"^(refs/tags/[A-Za-z0-9._/-]+|[0-9a-f]{40}|v?[0-9]+\.[0-9]+\.[0-9]+([.+-][A-Za-z0-9.+-]*)?)$",
            200,
        ),
    ] = Field(
        description="Commit, tag (refs/tags/...) or version of the chart: something that stays what it is."
    )
    namespace: Name = Field(description="Namespace it goes to; the only one it may touch.")
    labels: Labels = Field(
        {}, description="Labels of the clusters that get it; all but the hub when left out."
    )


class FleetSpec(Strictly):
    """What all clusters have in common."""

    repository: Repository = Field(description="The repository that every cluster pulls.")
    hub: Hub = Field(
        default_factory=_no_hub, description="The hub; only with delivery.model standalone there is none."
    )
    hubs: tuple[Hub, ...] = Field(
        (),
        description="More hubs; then each cluster names its own in `hub`, by the name of that hub's cluster.",
    )
    delivery: Delivery = Field(default_factory=Delivery, description="How overlays reach the clusters.")
    observability: Observability | None = Field(None, description="Metrics on the hub.")
    mirror: Mirror | None = Field(None, description="Registry mirror for air-gapped clusters.")
    images: Images = Field(default_factory=Images, description="Images to use instead of the built-in ones.")
    extraApps: tuple[ExtraApp, ...] = Field(
        (), description="Applications from elsewhere: what nearedge has no spec for."
    )
    nodeFeatureDiscoveryImage: Image | None = Field(
        None,
        description="Operand image of the Node Feature Discovery operator, of your OpenShift release; without it the operator has no instance.",
    )


def hub_names(fleet: FleetSpec) -> frozenset[str]:
    """Names of the clusters that are hubs."""
    return frozenset(hub.cluster for hub in (fleet.hub, *fleet.hubs) if hub.cluster != NO_HUB)


class ModelMemory(Strictly):
    """What a model needs in GPU memory."""

    parameters: Annotated[str, Line(r"^[0-9]+(\.[0-9]+)?[KMBT]$", 16)] = Field(
        description="Number of parameters: 77M, 2.5B."
    )
    dtype: Literal["float32", "float16", "bfloat16", "float8", "int8", "int4"] = Field(
        description="Type of the weights in memory."
    )
    contextLength: Positive = Field(description="Longest context in tokens.")
    layers: Positive | None = Field(None, description="Transformer layers.")
    kvHeads: Positive | None = Field(None, description="Key/value heads.")
    headDim: Positive | None = Field(None, description="Dimension of a head.")


class AdapterOf(Strictly):
    """What a LoRA adapter was trained on."""

    base: Name = Field(
        description="Model that it adapts; a server of that model can list it in lora.adapters."
    )
    rank: Positive = Field(description="Its rank: r in adapter_config.json.")


_SOURCE = (
    rf"^((oci|image)://{IMAGE}|s3://[a-z0-9][a-z0-9.-]*/[A-Za-z0-9._/-]+"
    rf"|pvc://{_LABEL}(\.{_LABEL})*/[A-Za-z0-9._/-]+|hf://[A-Za-z0-9._-]+/[A-Za-z0-9._-]+(:[A-Za-z0-9._-]+)?"
    r"|https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?/[A-Za-z0-9._/%-]+)$"
)


ModelVersion = Annotated[str, Line(r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", 63)]

_FILES = r"^[A-Za-z0-9_*?\[\]!.-][A-Za-z0-9_*?\[\]!./-]*$"

CHECKED_FILE = r"^[A-Za-z0-9_][A-Za-z0-9._/-]*$"
"""A file of a model, by its path below the model's folder."""

ENDPOINT = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?"
"""host[:port]"""


class S3(Strictly):
    """How the bucket of a model is reached; what is left out comes from the Secret."""

    endpoint: Annotated[str, Line(rf"^https?://{ENDPOINT}$", 253)] | None = Field(
        None, description="URL of the object store: https://s3.acme.internal:9000."
    )
    region: Annotated[str, Line(r"^[a-z0-9][a-z0-9-]*$", 63)] | None = Field(
        None, description="Region: eu-central-1."
    )
    virtualHosted: Flag = Field(
        False, description="Address the bucket in the host name (bucket.host) instead of the path."
    )
    verifySSL: Flag = Field(
        True, description="Check the server's certificate; with one of your own name models.caBundle instead."
    )


class ModelSpec(Strictly):
    """A trained model: where it comes from and what it needs."""

    format: Annotated[str, Line(r"^[A-Za-z][A-Za-z0-9_-]*$", 63)] = Field(
        description="Model format as the runtime calls it: caikit, vLLM, onnx, openvino_ir, sklearn ... Case matters."
    )
    formatVersion: Annotated[str, Line(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", 16)] | None = Field(
        None, description='Version of the format, quoted: "1".'
    )
    version: ModelVersion = Field(
        description='Version of the model, quoted when it looks like a number: "7".'
    )
    size: Quantity = Field(description="Bytes on disk of this version: 320Mi.")
    source: Annotated[str, Line(_SOURCE, 1024, _STEPS)] = Field(
        description="oci://...@sha256: (modelcar), s3://bucket/key, image://...@sha256: (model and server in one image), pvc://claim/path, hf://org/name:revision or https://."
    )
    credentialsSecret: Subdomain | None = Field(
        None, description="Secret with the source's credential, delivered by policy."
    )
    s3: S3 | None = Field(None, description="How the bucket of an s3:// source is reached.")
    allowPatterns: tuple[Annotated[str, Line(_FILES, 128)], ...] = Field(
        (),
        description="Only these files of an s3:// or hf:// source, as shell patterns: *.safetensors.",
        max_length=32,
    )
    ignorePatterns: tuple[Annotated[str, Line(_FILES, 128)], ...] = Field(
        (), description="None of these files: *.bin, original/*.", max_length=32
    )
    memory: ModelMemory | None = Field(None, description="What it needs in GPU memory.")
    folder: Annotated[str, Line(r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", 256, _STEPS)] | None = Field(
        None,
        description="Folder of the model that vLLM reads, where it is not the whole: artifacts, of a Caikit model.",
    )
    adapter: AdapterOf | None = Field(
        None, description="What it adapts, of a LoRA adapter (format lora: adapter_config.json at its root)."
    )
    checksums: dict[
        Annotated[str, Line(CHECKED_FILE, 512)],
        Annotated[str, Line(r"^[0-9a-f]{64}$", 64)],
    ] = Field({}, description="File below the model's folder -> sha256, verified after every transfer.")


class Release(Strictly):
    """Another version of a model than its file says; what is left out stays as it is there."""

    version: Annotated[str, Line(r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", 63)] | None = Field(
        None, description='Version of the model, quoted when it looks like a number: "8".'
    )
    source: Annotated[str, Line(_SOURCE, 1024, _STEPS)] | None = Field(
        None, description="Where this version comes from: as source of a Model."
    )
    size: Quantity | None = Field(None, description="Bytes on disk of this version: 320Mi.")
    checksums: (
        dict[
            Annotated[str, Line(r"^[A-Za-z0-9_][A-Za-z0-9._/-]*$", 512)],
            Annotated[str, Line(r"^[0-9a-f]{64}$", 64)],
        ]
        | None
    ) = Field(
        None,
        description="File below the model's folder -> sha256; with another source or version, those of the model's file do not count.",
    )


class Pins(Strictly):
    """What runs somewhere instead of what clusters/models/ and the fleet's images say."""

    models: dict[Name, Release] = Field(
        {}, description="Model -> the version that runs here: ahead of the fleet, or behind it."
    )
    images: Images = Field(default_factory=Images, description="Images to use here instead of the fleet's.")


class Fleet(Strictly):
    """The fleet: its repository, hub, delivery and defaults."""

    apiVersion: Literal["nearedge/v1alpha1"] = Field(description="Version of this format.")
    kind: Literal["Fleet"] = Field(description="Fleet.")
    metadata: Metadata = Field(description="Name of the fleet.")
    spec: FleetSpec = Field(description="What all clusters have in common.")


class Model(Strictly):
    """A model that clusters serve."""

    apiVersion: Literal["nearedge/v1alpha1"] = Field(description="Version of this format.")
    kind: Literal["Model"] = Field(description="Model.")
    metadata: Metadata = Field(description="Name of the model.")
    spec: ModelSpec = Field(description="The model.")
