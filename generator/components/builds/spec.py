"""The section `builds` of a core cluster's spec: where images are made of trained models, by which tools, and when.

builds: {namespace: ai-builds, models: [bike-rentals], images: {buildah: IMAGE, tools: IMAGE}, promote: {secret: fleet-token}}
"""

from typing import Annotated

from pydantic import ConfigDict, Field

from ...specs.types import (
    SUBDOMAIN_FORM,
    Argument,
    Duration,
    EnvVar,
    Flag,
    Image,
    Int32,
    LabelValue,
    Line,
    Name,
    Quantity,
    Resources,
    Strictly,
    Subdomain,
)

_FIELD = r"[0-9*,/-]+"
Schedule = Annotated[
    str,
    Line(
        rf"^{_FIELD} {_FIELD} {_FIELD} [0-9A-Za-z*,/-]+ [0-9A-Za-z*,/-]+$",
        64,
        form='five fields as cron has them: "0 2 * * *"',
    ),
]


class StepImages(Strictly):
    """Images that the steps of a build run in; nearedge ships none of them."""

    buildah: Image = Field(
        description="An image with buildah and sh, such as that of your OpenShift Pipelines."
    )
    tools: Image | None = Field(
        None,
        description="An image with nearedge, git, python3 and sh (ci/Containerfile of `nearedge init` makes one): for models or Containerfiles in Git, and to promote.",
    )
    cosign: Image | None = Field(None, description="An image with cosign 2, for models that are signed.")


class Workspace(Strictly):
    """The volume of one build, which goes with its run."""

    model_config = ConfigDict(serialize_by_alias=True)

    size: Quantity | None = Field(
        None, description="Its size; twice that of the model when left out, and 1Gi at least."
    )
    class_: Annotated[str, Line(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", 253, form=SUBDOMAIN_FORM)] | None = (
        Field(None, alias="class", description="Its storage class; the default one when left out.")
    )


class Triggers(Strictly):
    """When builds start by themselves: by CronJobs, so that nobody has to reach the cluster from outside."""

    schedule: Schedule | None = Field(None, description='Build every model then: "0 2 * * 0".')
    gitPoll: Schedule | None = Field(
        None,
        description='Ask Git so often, and build a model whose revision is another commit: "*/15 * * * *".',
    )
    keep: Int32 = Field(3, description="Finished runs of each model that stay, with their volumes.")


class Scan(Strictly):
    """A program of yours that looks at the built image: any other exit code than 0 ends the build."""

    image: Image = Field(description="Image that holds it.")
    command: tuple[Argument, ...] = Field(
        description="The program and its arguments; the image to look at, by digest, is in $IMAGE.",
        min_length=1,
        max_length=64,
    )
    env: tuple[EnvVar, ...] = Field((), description="More environment variables.")


class Promotion(Strictly):
    """The pull request by which the new image comes to the fleet."""

    base: Annotated[
        str, Line(r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", 200, form="letters, digits, ., _, / and -")
    ] = Field("main", description="Branch that it is for.")
    ring: Name | None = Field(None, description="Only for this ring at first; for all when left out.")
    secret: Subdomain = Field(description="Secret with a token that may push and open pull requests.")
    key: LabelValue = Field("token", description="Key of the token in it.")


class Builds(Strictly):
    """How this cluster makes images of trained models."""

    namespace: Name = Field(description="Namespace of the builds, which holds nothing else.")
    models: tuple[Name, ...] = Field(
        description="Models that are built here; each says how in its `build`.", min_length=1, max_length=256
    )
    images: StepImages = Field(description="Images of the steps.")
    serviceAccount: Name = Field("builder", description="ServiceAccount of the builds, which is made.")
    imagePullSecrets: tuple[Subdomain, ...] = Field(
        (),
        description="Secrets of type registry for the images of steps and for those that builds begin with.",
    )
    workspace: Workspace = Field(default_factory=Workspace, description="The volume of a build.")
    resources: Resources = Field(
        {"cpu": "2", "memory": "4Gi"}, description="Requests and limits of the step that builds."
    )
    timeout: Duration = Field("2h", description="Longest that a build may take.")
    triggers: Triggers = Field(default_factory=Triggers, description="When builds start by themselves.")
    trustedCABundle: Flag = Field(
        False,
        description="Steps believe what the cluster trusts (ca-bundle.crt of ConfigMap odh-trusted-ca-bundle) instead of what their images do.",
    )
    scan: Scan | None = Field(None, description="What looks at images before they are pushed.")
    promote: Promotion | None = Field(
        None, description="Ask for the new image by a pull request; nobody is asked when left out."
    )
