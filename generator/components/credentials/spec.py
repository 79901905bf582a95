"""The section `credentials` of a cluster's spec: which Secrets it gets, and who brings them. Never what is in them.

credentials: [{name: models-s3, type: s3, from: hub, secret: models-s3-emea}]
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ...specs.types import SUBDOMAIN_FORM, Duration, Flag, Line, Name, RemoteKey, Strictly, Subdomain

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SecretName = Annotated[str, Line(rf"^{_LABEL}(\.{_LABEL})*$", 63, form=SUBDOMAIN_FORM)]
"""Name of a Secret that also ends the key of a label of its clusters, which takes 63 characters."""
SecretKey = Annotated[
    str, Line(r"^\.?[A-Za-z0-9_-][A-Za-z0-9._-]*$", 253, form="letters, digits, ., _ and -")
]
Endpoint = Annotated[
    str,
    Line(
        r"^https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$",
        253,
        form="https://HOST or https://HOST:PORT, in small letters and without a path",
    ),
]

Type = Literal["s3", "registry", "huggingface", "https", "opaque"]


class Bucket(Strictly):
    """What clients of an S3 store must know beside its keys; nothing of it is secret."""

    endpoint: Endpoint = Field(description="Address of the store: https://s3.acme.internal.")
    region: Annotated[str, Line(r"^[a-z0-9][a-z0-9-]*$", 63, form="small letters, digits and -")] | None = (
        Field(None, description="Region, where the store has some.")
    )
    bucket: (
        Annotated[str, Line(r"^[a-z0-9][a-z0-9.-]*$", 63, form="small letters, digits, . and -")] | None
    ) = Field(None, description="Bucket, which the platform's dashboard shows.")
    verifySSL: Flag = Field(True, description="Check the store's certificate; plain KServe only.")
    caBundle: Subdomain | None = Field(
        None, description="ConfigMap with the store's CA, key cabundle.crt; plain KServe only."
    )


class ExternalStore(Strictly):
    """Where External Secrets on the cluster finds a credential."""

    store: Subdomain = Field(description="SecretStore or ClusterSecretStore that is there already.")
    storeKind: Literal["ClusterSecretStore", "SecretStore"] = Field(
        "ClusterSecretStore", description="SecretStore: one of each namespace of the credential."
    )
    key: RemoteKey = Field(description="What it is called in the store: edge/models-s3.")
    refreshInterval: Duration = Field("1h", description="How often the store is asked for news.")


class Credential(Strictly):
    """A Secret that the cluster's workloads use, and who brings it."""

    model_config = ConfigDict(serialize_by_alias=True)

    name: SecretName = Field(description="Name of the Secret on the cluster.")
    type: Type = Field(
        description="s3: keys of a data connection; registry: a pull secret; huggingface: HF_TOKEN; https: headers of downloads; opaque: anything."
    )
    from_: Literal["hub", "externalSecrets", "existing"] = Field(
        "hub",
        alias="from",
        description="hub: copied from hub.policyNamespace by a Policy; externalSecrets: an ExternalSecret on the cluster; existing: somebody else makes it.",
    )
    namespaces: tuple[Name, ...] = Field(
        (),
        description="Namespaces that get it; those that use it when left out, and for a registry those with pods.",
        max_length=64,
    )
    secret: Subdomain | None = Field(
        None, description="Name of the Secret in hub.policyNamespace; the credential's name when left out."
    )
    perCluster: Flag = Field(
        False, description="Each cluster has its own on the hub, called <cluster>-<secret>."
    )
    keys: dict[SecretKey, SecretKey] = Field(
        {},
        description="Key of the Secret -> key of its source; all keys under their own names when left out.",
    )
    s3: Bucket | None = Field(None, description="Endpoint, region and bucket, with type s3.")
    clusterWide: Flag = Field(
        False,
        description="With type registry: put it into the pull secret of the nodes, which a mirror needs.",
    )
    externalSecret: ExternalStore | None = Field(
        None, description="Where External Secrets finds it, with from externalSecrets."
    )
