"""The kind Model, and which version of one runs where: models, their releases and the pins that name them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from .build import S3, Build
from .operators import OperatorTerms
from .types import (
    LABEL,
    PATH_BELOW,
    PATH_BELOW_FORM,
    STEPS,
    TAGGED,
    Image,
    Line,
    Metadata,
    Name,
    PositiveInt32,
    Quantity,
    Strictly,
    Subdomain,
    untagged,
)


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


class ModelMemory(Strictly):
    """What a model needs in GPU memory."""

    parameters: Annotated[
        str, Line(r"^[0-9]+(\.[0-9]+)?[KMBT]$", 16, form="a number and K, M, B or T: 77M, 2.5B")
    ] = Field(description="Number of parameters: 77M, 2.5B.")
    dtype: Literal["float32", "float16", "bfloat16", "float8", "int8", "int4"] = Field(
        description="Type of the weights in memory."
    )
    contextLength: PositiveInt32 = Field(description="Longest context in tokens.")
    layers: PositiveInt32 | None = Field(None, description="Transformer layers.")
    kvHeads: PositiveInt32 | None = Field(None, description="Key/value heads.")
    headDim: PositiveInt32 | None = Field(None, description="Dimension of a head.")


class AdapterOf(Strictly):
    """What a LoRA adapter was trained on."""

    base: Name = Field(
        description="Model that it adapts; a server of that model can list it in lora.adapters."
    )
    rank: PositiveInt32 = Field(description="Its rank: r in adapter_config.json.")


_SOURCE = (
    rf"^((oci|image)://{TAGGED}|s3://[a-z0-9][a-z0-9.-]*/[A-Za-z0-9._/-]+"
    rf"|pvc://{LABEL}(\.{LABEL})*(/[A-Za-z0-9._/-]+)?|hf://[A-Za-z0-9._-]+/[A-Za-z0-9._-]+(:[A-Za-z0-9._-]+)?"
    r"|https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?/[A-Za-z0-9._/%-]+)$"
)


_SOURCE_FORM = (
    "oci://IMAGE@sha256:DIGEST, image://IMAGE@sha256:DIGEST, s3://BUCKET/KEY, pvc://CLAIM/PATH, hf://ORG/NAME:COMMIT or "
    "https://HOST/PATH"
)

Source = Annotated[str, Line(_SOURCE, 1024, STEPS, form=_SOURCE_FORM), AfterValidator(untagged)]
"""Where a version of a model comes from."""

ModelVersion = Annotated[
    str,
    Line(
        r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$",
        63,
        form="letters, digits, ., _ and -, with a letter or digit at both ends",
    ),
]

_FILES = r"^[A-Za-z0-9_*?\[\]!.-][A-Za-z0-9_*?\[\]!./-]*$"

CHECKED_FILE = r"^[A-Za-z0-9_][A-Za-z0-9._/-]*$"
"""A file of a model, by its path below the model's folder."""

Checksums = dict[
    Annotated[
        str, Line(CHECKED_FILE, 512, form="a path below the model's folder, without / at its beginning")
    ],
    Annotated[str, Line(r"^[0-9a-f]{64}$", 64, form="64 hex digits, as sha256sum prints them")],
]
"""File below the model's folder -> sha256."""


class ModelSpec(Strictly):
    """A trained model: where it comes from and what it needs."""

    format: Annotated[
        str, Line(r"^[A-Za-z][A-Za-z0-9_-]*$", 63, form="letters, digits, _ and -, a letter first")
    ] = Field(
        description="Model format as the runtime calls it: caikit, vLLM, onnx, openvino_ir, sklearn ... Case matters."
    )
    formatVersion: (
        Annotated[str, Line(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", 16, form="letters, digits, ., _ and -")] | None
    ) = Field(None, description='Version of the format, quoted: "1".')
    version: ModelVersion = Field(
        description='Version of the model, quoted when it looks like a number: "7".'
    )
    size: Quantity = Field(description="Bytes on disk of this version: 320Mi.")
    source: Source = Field(
        description="oci://...@sha256: (modelcar), s3://bucket/key, image://...@sha256: (model and server in one image), pvc://claim or pvc://claim/path, hf://org/name:revision or https://."
    )
    credentialsSecret: Subdomain | None = Field(
        None, description="Secret with the source's credential, delivered by policy."
    )
    s3: S3 | None = Field(None, description="How the bucket of an s3:// source is reached.")
    allowPatterns: tuple[
        Annotated[
            str, Line(_FILES, 128, form="a path below the model's folder, with *, ? and [...] as in a shell")
        ],
        ...,
    ] = Field(
        (),
        description="Only these files of an s3:// or hf:// source, as shell patterns: *.safetensors.",
        max_length=32,
    )
    ignorePatterns: tuple[
        Annotated[
            str, Line(_FILES, 128, form="a path below the model's folder, with *, ? and [...] as in a shell")
        ],
        ...,
    ] = Field((), description="None of these files: *.bin, original/*.", max_length=32)
    memory: ModelMemory | None = Field(None, description="What it needs in GPU memory.")
    folder: Annotated[str, Line(PATH_BELOW, 256, STEPS, form=PATH_BELOW_FORM)] | None = Field(
        None,
        description="Folder of the model that vLLM reads, where it is not the whole: artifacts, of a Caikit model.",
    )
    adapter: AdapterOf | None = Field(
        None, description="What it adapts, of a LoRA adapter (format lora: adapter_config.json at its root)."
    )
    checksums: Checksums = Field(
        {}, description="File below the model's folder -> sha256, verified after every transfer."
    )
    build: Build | None = Field(
        None, description="How an image is made of it, on the core cluster that lists it in builds."
    )


class Release(Strictly):
    """Another version of a model than its file says; what is left out stays as it is there."""

    version: ModelVersion | None = Field(
        None, description='Version of the model, quoted when it looks like a number: "8".'
    )
    source: Source | None = Field(None, description="Where this version comes from: as source of a Model.")
    size: Quantity | None = Field(None, description="Bytes on disk of this version: 320Mi.")
    checksums: Checksums | None = Field(
        None,
        description="File below the model's folder -> sha256; with another source or version, those of the model's file do not count.",
    )


class Pins(Strictly):
    """What runs somewhere instead of what clusters/models/ and the fleet's images say."""

    models: dict[Name, Release] = Field(
        {}, description="Model -> the version that runs here: ahead of the fleet, or behind it."
    )
    images: Images = Field(default_factory=Images, description="Images to use here instead of the fleet's.")
    operators: dict[Name, OperatorTerms] = Field(
        {}, description="Operator -> which versions of it may come here: ahead of the fleet, or behind it."
    )


class Model(Strictly):
    """A model that clusters serve."""

    apiVersion: Literal["nearedge/v1alpha1"] = Field(description="Version of this format.")
    kind: Literal["Model"] = Field(description="Model.")
    metadata: Metadata = Field(description="Name of the model.")
    spec: ModelSpec = Field(description="The model.")


def outlived(own: Mapping[str, Any], pin: Mapping[str, Any]) -> frozenset[str]:
    """Fields of a model that do not hold with a pin beside it: checksums are those of one version."""
    other = any(pin.get(key) not in {None, own.get(key)} for key in ("version", "source"))
    return frozenset({"checksums"}) if other else frozenset()
