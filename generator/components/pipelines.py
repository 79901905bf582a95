"""AI Pipelines: an instance (DataSciencePipelinesApplication) per namespace, with an S3 bucket of yours.

The platform's sample brings an object store of 2019 along; here the bucket is always an external one. The kind comes
with the component `ai-pipelines`, which this section brings; until then Argo CD skips it and tries again.

    pipelines: [{name: lab, namespace: ai-pipelines, objectStorage: {host: s3.acme.internal, bucket: lab, secret: lab-s3}}]
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from ..findings.rule import Problem, rule
from ..objects.manifest import KEEP, SYNC_OPTIONS, Manifest, Wave, meta
from ..specs.types import SUBDOMAIN_FORM, AnyPort, Line, Name, PathBelow, Quantity, Strictly, Subdomain
from .kit.component import Cluster, Component, Unit, of_item
from .namespaces import HTTPS, places

ANY_PORT = 0
"""A rule of `egress` without ports."""

API_VERSION = "datasciencepipelinesapplications.opendatahub.io/v1"
"""The same on all platforms that have it (data-science-pipelines-operator api/v1)."""

KEPT = {**KEEP, SYNC_OPTIONS: f"{KEEP[SYNC_OPTIONS]},SkipDryRunOnMissingResource=true"}
"""Its database would go with it."""


class ObjectStorage(Strictly):
    """An S3 bucket that is there already."""

    host: Annotated[
        str,
        Line(
            r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
            253,
            form="a host name in small letters, without scheme, port and path",
        ),
    ] = Field(description="Host of the endpoint, without scheme and port.")
    port: AnyPort | None = Field(None, description="Port of the endpoint; that of the scheme when left out.")
    scheme: Literal["https", "http"] = Field("https", description="http only inside the cluster.")
    region: Annotated[str, Line(r"^[a-z0-9][a-z0-9-]*$", 63, form="small letters, digits and -")] | None = (
        Field(None, description="Region, where the endpoint has some.")
    )
    bucket: Annotated[str, Line(r"^[a-z0-9][a-z0-9.-]*$", 63, form="small letters, digits, . and -")] = Field(
        description="Name of the bucket."
    )
    basePath: PathBelow | None = Field(None, description="Folder in the bucket.")
    secret: Subdomain = Field(
        description="Secret of the namespace with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as a data connection has them."
    )


class Database(Strictly):
    """The volume of the database that comes with it."""

    size: Quantity = Field("10Gi", description="Size of its volume.")
    storageClass: (
        Annotated[str, Line(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", 253, form=SUBDOMAIN_FORM)] | None
    ) = Field(None, description="Class of its volume; the default one when left out.")


class PipelineServer(Strictly):
    """An instance of AI Pipelines."""

    name: Name = Field(description="Name of the instance.")
    namespace: Name = Field(description="Its namespace, which holds nothing else.")
    objectStorage: ObjectStorage = Field(description="Bucket for artifacts.")
    database: Database = Field(default_factory=Database, description="Its database.")


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit for each instance; its base is what the groups alone say."""
    shared = {(item.namespace, item.name): item for item in cluster.shared_part(PIPELINES) or ()}
    for item in cluster.part(PIPELINES):
        key = cluster.group_key("pipelines", item.namespace, item.name)
        yield of_item(key, cluster, emit, (item, shared.get((item.namespace, item.name))))


def emit(item: PipelineServer) -> tuple[Manifest, ...]:
    """The DataSciencePipelinesApplication; images are those of the platform's release."""
    storage = {"storageClassName": item.database.storageClass} if item.database.storageClass else {}
    return (
        {
            "apiVersion": API_VERSION,
            "kind": "DataSciencePipelinesApplication",
            "metadata": meta(item.name, item.namespace, wave=Wave.WORKLOAD, annotations=KEPT),
            "spec": {
                "dspVersion": "v2",
                "database": {"mariaDB": {"deploy": True, "pvcSize": item.database.size, **storage}},
                "objectStorage": {"externalStorage": _external(item.objectStorage)},
            },
        },
    )


def _external(item: ObjectStorage) -> dict[str, Any]:
    return {
        "host": item.host,
        **({"port": str(item.port)} if item.port else {}),
        "scheme": item.scheme,
        **({"region": item.region} if item.region else {}),
        "bucket": item.bucket,
        **({"basePath": item.basePath} if item.basePath else {}),
        "s3CredentialsSecret": {
            "secretName": item.secret,
            # Keys of a data connection of ODH.
            "accessKey": "AWS_ACCESS_KEY_ID",
            "secretKey": "AWS_SECRET_ACCESS_KEY",
        },
    }


PIPELINES: Component[tuple[PipelineServer, ...]] = Component(
    key="pipelines",
    spec=tuple[PipelineServer, ...],
    default=(),
    description="AI Pipelines: instances with an S3 bucket of yours.",
    units=units,
    teams=True,
)


@rule("PIPE001", source="data-science-pipelines-operator; pods of pipelines are their authors'")
def pipelines_have_a_namespace_of_their_own(cluster: Cluster) -> Iterator[Problem]:
    """A namespace of AI Pipelines holds one instance and nothing else.

    Its pods are those that people's pipelines ask for: they may talk to each other and to the outside, which
    models and Ray clusters beside them would be open to.
    """
    listed: tuple[PipelineServer, ...] = cluster.part(PIPELINES)
    others = {namespace for path, namespace, _ in places(cluster) if path[0] != "pipelines"}
    for i, item in enumerate(listed):
        path = ("pipelines", i, "namespace")
        if item.namespace in others:
            yield Problem(
                path, f"namespace {item.namespace} holds something else", "give pipelines their own"
            )
        if item.namespace in [other.namespace for other in listed[:i]]:
            yield Problem(path, f"a second instance in {item.namespace}", "give each its own namespace")


@rule("PIPE003", source="NetworkPolicy allow-pipelines of components/namespaces/network.py")
def the_bucket_can_be_reached(cluster: Cluster) -> Iterator[Problem]:
    """A bucket on another port than 443 is opened in `egress` of its namespace.

    The namespace lets pods out on port 443 and to the API server only.
    """
    opened = {
        (item.name, port)
        for item in cluster.spec.namespaces
        for said in item.egress
        for port in said.ports or (ANY_PORT,)
    }
    listed: tuple[PipelineServer, ...] = cluster.part(PIPELINES)
    for i, item in enumerate(listed):
        port = item.objectStorage.port or {"https": 443, "http": 80}[item.objectStorage.scheme]
        if port != HTTPS and not {(item.namespace, port), (item.namespace, ANY_PORT)} & opened:
            said_so = f"nothing lets pods of {item.namespace} out to port {port}"
            hint = f"namespaces: [{{name: {item.namespace}, egress: [{{name: s3, ports: [{port}]}}]}}]"
            yield Problem(("pipelines", i, "objectStorage"), said_so, hint)


@rule("PIPE002", source="data/profiles: components of DataScienceCluster")
def pipelines_need_the_platform(cluster: Cluster) -> Iterator[Problem]:
    """AI Pipelines are used on ODH or OpenShift AI only.

    The kind belongs to its operator: elsewhere every sync would fail.
    """
    if cluster.part(PIPELINES) and cluster.profile.platform is None:
        yield Problem(("pipelines",), f"platform {cluster.profile.name} has no AI Pipelines", "remove them")
