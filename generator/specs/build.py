"""How a trained model becomes an image: `build` of a Model, which the `builds` of a core cluster carries out.

build:
  from: {source: s3://acme-models/bike-rentals/1, credentialsSecret: models-s3}
  image: {kind: mlserver}
  test: {data: test/data.json, expected: test/output.json, tolerance: "0.001"}
  push: [{to: quay.io/acme/bike-rentals, secret: quay-push}]

`specs/model.py` has it as a field of a Model.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from .types import (
    PATH_BELOW,
    PATH_BELOW_FORM,
    REGISTRY,
    STEPS,
    AnyPort,
    Duration,
    EnvVar,
    Flag,
    GitRef,
    Image,
    Line,
    Path,
    PositiveInt32,
    Resources,
    Strictly,
    Subdomain,
)

ENDPOINT = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?"
"""host[:port]"""

Kind = Literal["modelcar", "mlserver", "ovms", "vllm", "custom"]

Below = Annotated[str, Line(PATH_BELOW, 256, STEPS, form=PATH_BELOW_FORM)]

FetchedFrom = Annotated[
    str,
    Line(
        r"^(s3://[a-z0-9][a-z0-9.-]*/[A-Za-z0-9._/-]+"
        r"|pvc://[a-z0-9]([-a-z0-9.]*[a-z0-9])?(/[A-Za-z0-9._/-]+)?"
        r"|hf://[A-Za-z0-9._-]+/[A-Za-z0-9._-]+(:[A-Za-z0-9._-]+)?"
        r"|https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?/[A-Za-z0-9._/%-]+)$",
        1024,
        STEPS,
        form="s3://BUCKET/KEY, hf://ORG/NAME:COMMIT, pvc://CLAIM/PATH or https://HOST/PATH",
    ),
]
"""Where a trained model lies; images are what is made of it."""


class S3(Strictly):
    """How the bucket of a model is reached; what is left out comes from the Secret."""

    endpoint: (
        Annotated[
            str,
            Line(rf"^https?://{ENDPOINT}$", 253, form="https://HOST or https://HOST:PORT, without a path"),
        ]
        | None
    ) = Field(None, description="URL of the object store: https://s3.acme.internal:9000.")
    region: Annotated[str, Line(r"^[a-z0-9][a-z0-9-]*$", 63, form="small letters, digits and -")] | None = (
        Field(None, description="Region: eu-central-1.")
    )
    virtualHosted: Flag = Field(
        False, description="Address the bucket in the host name (bucket.host) instead of the path."
    )
    verifySSL: Flag = Field(
        True, description="Check the server's certificate; with one of your own name models.caBundle instead."
    )


class Git(Strictly):
    """A folder or a file in a Git repository."""

    url: Annotated[
        str,
        Line(
            r"^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?/[A-Za-z0-9._/-]+$",
            512,
            STEPS,
            form="https://HOST/PATH, without user or password",
        ),
    ] = Field(description="https URL of the repository.")
    revision: GitRef = Field(
        description="What is taken: refs/heads/BRANCH, refs/tags/TAG, or a commit of 40 hex digits."
    )
    path: Below | None = Field(None, description="Folder or file in it; all of it when left out.")


class From(Strictly):
    """Where the trained model lies: `source` or `git`."""

    source: FetchedFrom | None = Field(
        None,
        description="s3://bucket/key, hf://org/name:commit, pvc://claim/path or https://. A step that is called like the Model's version stands for the version that is built.",
    )
    git: Git | None = Field(None, description="A folder of a Git repository instead.")
    credentialsSecret: Subdomain | None = Field(
        None,
        description="Secret that opens it: a data connection, HF_TOKEN, headers, or key token for Git.",
    )
    s3: S3 | None = Field(None, description="How the bucket of an s3:// source is reached.")


class BuiltImage(Strictly):
    """What is built around the model."""

    kind: Kind = Field(
        description="modelcar: the model alone, for storage.type oci; mlserver, ovms, vllm: the model in its server; custom: as a Containerfile of yours says."
    )
    base: Image | None = Field(
        None,
        description="Image that it begins with; the fleet's own of that server when left out. A modelcar needs one with sh, ln and sleep.",
    )
    containerfile: Git | None = Field(
        None,
        description="With kind custom: the Containerfile, by its path; its folder is the context, the model in model/.",
    )
    containerfileSecret: Subdomain | None = Field(
        None, description="Secret whose key token opens the repository of the Containerfile."
    )


class Test(Strictly):
    """A question to the built image, and the answer that it has to give. Only what is expected is compared."""

    __test__ = False  # pytest would take it for a class of tests

    data: Below = Field(
        description="File with the body of a request, below the fetched folder or a key of configMap; .jsonl has one on each line."
    )
    expected: Below = Field(description="File with the answer, or one on each line.")
    configMap: Subdomain | None = Field(
        None, description="ConfigMap of the builds' namespace that holds both instead."
    )
    path: Path | None = Field(
        None, description="Where the request goes; as the server's protocol has it when left out."
    )
    ready: Path | None = Field(
        None, description="Path that answers 200 once the model is loaded; as the server has it."
    )
    port: AnyPort = Field(8080, description="Port that the image answers HTTP on.")
    tolerance: (
        Annotated[
            str, Line(r"^[0-9]+(\.[0-9]+)?([eE]-?[0-9]{1,2})?$", 16, form='a number in quotes: "0.001"')
        ]
        | None
    ) = Field(
        None,
        description='How far a number may be from the expected one, in parts of it: "0.001"; equal when left out.',
    )
    passing: Annotated[PositiveInt32, Field(le=100)] = Field(
        100, description="Percent of the requests that have to be answered as expected."
    )
    maxLatency: Duration | None = Field(None, description="Longest that an answer may take: 2s.")
    startup: Duration = Field("5m", description="How long the image may take until it is ready.")
    env: tuple[EnvVar, ...] = Field((), description="More environment variables of the image under test.")
    resources: Resources = Field(
        {"cpu": "1", "memory": "2Gi"}, description="Requests and limits of the image under test."
    )


class Push(Strictly):
    """A repository that gets the image."""

    to: Annotated[
        str,
        Line(rf"^{REGISTRY}$", 253, form="HOST/PATH, with a port if need be; no scheme, no tag"),
    ] = Field(description="Registry and repository: quay.io/acme/bike-rentals.")
    tags: tuple[
        Annotated[str, Line(r"^[A-Za-z0-9_][A-Za-z0-9._-]*$", 128, form="letters, digits, ., _ and -")], ...
    ] = Field((), description="Tags beside the version's.", max_length=16)
    secret: Subdomain | None = Field(
        None, description="Secret of type registry with the right to push there."
    )


class Build(Strictly):
    """How a trained model becomes an image. A core cluster that lists the Model in `builds` makes it."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: From = Field(alias="from", description="Where the trained model lies.")
    image: BuiltImage = Field(description="What is built around it.")
    test: Test | None = Field(None, description="A question to the image before it goes anywhere.")
    push: tuple[Push, ...] = Field(
        description="Where it goes. The first one has the image while it is tested, and is what is promoted.",
        min_length=1,
        max_length=8,
    )
    scan: Flag = Field(True, description="Have it looked at by builds.scan, where the cluster has that.")
    sbom: Flag = Field(True, description="Attach a list of what is in it (SPDX).")
    sign: Subdomain | None = Field(
        None, description="Secret with cosign.key and cosign.password: sign what was pushed."
    )
