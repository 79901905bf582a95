"""Whose certificates the steps of builds believe beside those of their images.

    models.caBundle, or trustedCABundle      every program of every step
    repository.certificateAuthorities        git, and what asks the forge, where builds clone from that host

OpenShift Pipelines does a part by itself: it mounts config-trusted-cabundle and config-service-cabundle into the pods of runs
and names their folder in SSL_CERT_DIR (tektoncd/operator 3b9cdaae pkg/reconciler/proxy/proxy.go, 005097ec
pkg/reconciler/common/certificates.go). Programs in Go read all files there; Python, requests, boto3 and git do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from ...objects.manifest import CONTENT_HASH, Manifest, Wave, content_hash, meta
from ..kit import pod
from ..kit.component import Cluster
from .spec import Builds

CA_FOLDER = "/etc/nearedge-ca"
CA_FILE = f"{CA_FOLDER}/cabundle.crt"
GIT_FOLDER = "/etc/nearedge-git"
TRUSTING = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE")
"""Variables by which Go's programs and Python, requests and boto3 find certificates."""
FOR_GIT = "GIT_SSL_CAINFO"
"""The same of git, which lets it win over what is said of a host: only where nothing is."""


class Authorities(NamedTuple):
    """CAs of Git servers that builds clone from."""

    sites: tuple[tuple[str, str], ...]
    """Server as a URL -> its host."""
    certificates: tuple[tuple[str, str], ...]
    """Host -> certificates."""

    @property
    def name(self) -> str:
        """Of the ConfigMap that holds them: other certificates are another object."""
        return f"build-authorities-{content_hash(dict(self.certificates))}"


def bundle(cluster: Cluster, builds: Builds) -> Manifest | None:
    """The volume with all certificates that steps believe; None where they go by their images."""
    if builds.trustedCABundle:
        # That key alone has all: those of the system, and those that the cluster's administrator added.
        items = [{"key": "ca-bundle.crt", "path": "cabundle.crt"}]
        return {"name": "ca", "configMap": {"name": pod.BUNDLE, "items": items}}
    said = cluster.spec.models.caBundle
    return {"name": "ca", "configMap": {"name": said}} if said else None


def authorities(cluster: Cluster, builds: Builds) -> Authorities | None:
    """Those of the servers that builds clone from; None where the fleet names none."""
    private = cluster.fleet.repository.certificateAuthorities
    sites: dict[str, str] = {}
    for url in _cloned(cluster, builds):
        split = urlsplit(url)
        host = split.hostname or ""
        if split.scheme == "https" and host in private:
            sites[f"https://{host}{f':{split.port}' if split.port else ''}/"] = host
    if not sites:
        return None
    hosts = sorted(set(sites.values()))
    return Authorities(tuple(sorted(sites.items())), tuple((host, private[host]) for host in hosts))


def _cloned(cluster: Cluster, builds: Builds) -> Iterator[str]:
    if builds.promote is not None:
        yield cluster.fleet.repository.url
    listed = (cluster.models.get(name) for name in builds.models)
    for build in (model.build for model in listed if model is not None and model.build is not None):
        yield from (git.url for git in (build.from_.git, build.image.containerfile) if git is not None)


def git_settings(found: Authorities | None, volume: Manifest | None) -> dict[str, str]:
    """What tells git which CA each of these servers has, beside the bundle (git-config(1) GIT_CONFIG_COUNT)."""
    if found is None:
        return {}
    said = [("http.sslCAInfo", CA_FILE)] if volume else []
    said += [(f"http.{site}.sslCAInfo", f"{GIT_FOLDER}/{host}") for site, host in found.sites]
    settings = {"GIT_CONFIG_COUNT": str(len(said))}
    for i, (key, value) in enumerate(said):
        settings |= {f"GIT_CONFIG_KEY_{i}": key, f"GIT_CONFIG_VALUE_{i}": value}
    return settings


def authorities_map(found: Authorities, namespace: str) -> Manifest:
    """The ConfigMap with the CAs, a key for each host."""
    labels = {CONTENT_HASH: found.name.rpartition("-")[2]}
    metadata = meta(found.name, namespace, wave=Wave.QUEUE, labels=labels)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(found.certificates)}


def authorities_volume(found: Authorities) -> Manifest:
    """The volume of a pod with them."""
    return {"name": "authorities", "configMap": {"name": found.name}}


AUTHORITIES_MOUNT: Manifest = {"name": "authorities", "mountPath": GIT_FOLDER, "readOnly": True}
