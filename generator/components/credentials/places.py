"""Where each credential of a cluster goes, and what the hub must know of those that it delivers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..kit.component import Cluster, once
from ..models import secret_annotations
from ..namespaces import namespace_features
from .spec import Credential
from .uses import NEEDED, SecretUse, secret_uses

Pairs = tuple[tuple[str, str], ...]

STORAGE_CONFIG = "storage-config"
"""odh-model-controller writes it from the data connections of a namespace."""


class Delivered(NamedTuple):
    """A credential that a Policy of the hub brings to a cluster; plain values, so that 10,000 clusters keep it.

    `keys` are (key of the Secret, key of its source), `plain` (key, value that is no secret); both are empty when the
    source is copied as it is. `form` says whose annotations a data connection carries: odh or kserve.
    """

    name: str
    type: str
    secret: str
    per_cluster: bool
    namespaces: tuple[str, ...]
    keys: Pairs
    plain: Pairs
    form: str
    s3: Pairs
    cluster_wide: bool


def namespaces_of(item: Credential, cluster: Cluster, used: Iterable[SecretUse]) -> tuple[str, ...]:
    """Namespaces that get a credential, sorted."""
    if item.namespaces:
        return tuple(sorted(set(item.namespaces)))
    named = {use.namespace for use in used if use.name == item.name}
    # What pulls an image does not say so: every namespace with pods needs the pull secret.
    pulling = item.type == "registry" and not item.clusterWide
    return tuple(sorted(named | (set(namespace_features(cluster)) if pulling else set())))


@once
def with_namespaces(cluster: Cluster) -> tuple[tuple[Credential, tuple[str, ...]], ...]:
    """The credentials of a cluster, each with its namespaces, in the order of the spec."""
    listed: tuple[Credential, ...] = cluster.spec.credentials
    used = secret_uses(cluster) if listed else ()
    return tuple((item, namespaces_of(item, cluster, used)) for item in listed)


def given(cluster: Cluster) -> frozenset[tuple[str, str]]:
    """(namespace, name) of every Secret that somebody brings to a cluster."""
    return frozenset(
        (namespace, item.name) for item, places in with_namespaces(cluster) for namespace in places
    )


def pull_secrets(cluster: Cluster) -> dict[str, tuple[str, ...]]:
    """Namespace -> names of its pull secrets."""
    found: dict[str, tuple[str, ...]] = {}
    if any(item.type == "registry" for item in cluster.spec.credentials):
        for item, places in with_namespaces(cluster):
            if item.type == "registry":
                found |= {place: (*found.get(place, ()), item.name) for place in places}
    return found


def notes_of(item: Credential, cluster: Cluster) -> Pairs:
    """Annotations of an S3 credential for plain KServe: its own, or what the models that it opens say alike.

    On Open Data Hub an LLMInferenceService reads them, beside what an InferenceService has from storage-config.
    """
    if item.type != "s3":
        return ()
    if item.s3 is not None:
        return annotations_of(item)
    if cluster.profile.family == "odh":
        return ()
    names = {use.related[0][1] for use in secret_uses(cluster) if use.name == item.name and use.related}
    said = {
        tuple(secret_annotations(cluster.models[name], cluster.spec.models).items())
        for name in names
        if isinstance(name, str)
    }
    return said.pop() if len(said) == 1 else ()


def delivered(cluster: Cluster) -> tuple[Delivered, ...]:
    """What the hub's Policies bring to a cluster."""
    return tuple(
        _delivered(item, places, cluster)
        for item, places in with_namespaces(cluster)
        if item.from_ == "hub" and (places or item.clusterWide)
    )


def _delivered(item: Credential, places: tuple[str, ...], cluster: Cluster) -> Delivered:
    odh = cluster.profile.family == "odh"
    return Delivered(
        name=item.name,
        type=item.type,
        secret=item.secret or item.name,
        per_cluster=item.perCluster,
        namespaces=places,
        keys=keys_of(item),
        plain=plain_of(item),
        form="" if item.type != "s3" else "odh" if odh else "kserve",
        s3=notes_of(item, cluster),
        cluster_wide=item.clusterWide,
    )


def keys_of(item: Credential) -> Pairs:
    """Keys that are taken one by one: those of the spec, or what the type needs where values come beside them."""
    if item.keys:
        return tuple(sorted(item.keys.items()))
    return tuple((key, key) for key in NEEDED.get(item.type, ())) if item.s3 else ()


def plain_of(item: Credential) -> Pairs:
    """Keys of a data connection that hold no secret, with their values."""
    if item.s3 is None:
        return ()
    said = {
        "AWS_DEFAULT_REGION": item.s3.region,
        "AWS_S3_BUCKET": item.s3.bucket,
        "AWS_S3_ENDPOINT": item.s3.endpoint,
    }
    return tuple((key, value) for key, value in said.items() if value)


def annotations_of(item: Credential) -> Pairs:
    """Annotations by which plain KServe finds the store (kserve pkg/credentials/s3/s3_secret.go)."""
    if item.s3 is None:
        return ()
    scheme, _, host = item.s3.endpoint.partition("://")
    said = {
        "s3-cabundle-configmap": item.s3.caBundle,
        "s3-endpoint": host,
        "s3-region": item.s3.region,
        "s3-usehttps": "1" if scheme == "https" else "0",
        "s3-verifyssl": "1" if item.s3.verifySSL else "0",
    }
    return tuple((f"serving.kserve.io/{key}", value) for key, value in said.items() if value)
