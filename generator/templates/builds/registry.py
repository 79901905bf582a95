"""Images in registries, by OCI's distribution API: read by digest, put under tags, nothing ever changed on the way.

Credentials are those that buildah and cosign find: auths of REGISTRY_AUTH_FILE, DOCKER_CONFIG/config.json or
~/.docker/config.json. Source: opencontainers/distribution-spec v1.1.0 spec.md; distribution/distribution
docs/content/spec/auth/token.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

IMAGE = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFESTS = (
    IMAGE,
    INDEX,
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
PARTS = re.compile(r'([a-z]+)="([^"]*)"')
LOOPBACK = ("localhost", "127.0.0.1")
TIMEOUT = 300


class RegistryError(Exception):
    """What a registry will not do."""


@dataclass
class Repository:
    """A repository of a registry; `token` is what it last asked for."""

    host: str
    name: str
    token: str = field(default="", repr=False)

    @classmethod
    def of(cls, image: str) -> Repository:
        """That of an image or a repository: quay.io/acme/app@sha256:..."""
        host, slash, name = image.partition("@")[0].partition("/")
        if not slash or not name:
            raise RegistryError(f"{image} names no registry and repository")
        return cls(host, name)

    def url(self, path: str) -> str:
        """Below this repository; as everywhere, plain HTTP is for this machine itself."""
        scheme = "http" if self.host.partition(":")[0] in LOOPBACK else "https"
        return f"{scheme}://{self.host}/v2/{self.name}/{path}"

    def __str__(self) -> str:
        return f"{self.host}/{self.name}"


def ask(
    place: Repository, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> Any:
    """The answer to a request, which is a context manager; a challenge is met once."""
    for again in (False, True):
        request = urllib.request.Request(url, body, dict(headers or {}), method=method)
        if place.token and urllib.parse.urlsplit(url).netloc == place.host:
            # Where a registry sends on to, as to a bucket, is none of its credential's business.
            request.add_unredirected_header("Authorization", place.token)
        try:
            return urllib.request.urlopen(request, timeout=TIMEOUT)
        except urllib.error.HTTPError as fault:
            if fault.code != 401 or again or not meet(place, fault.headers.get("WWW-Authenticate", "")):  # noqa: PLR2004
                raise
    raise AssertionError("a second try raises or returns")


def meet(place: Repository, challenge: str) -> bool:
    """What the registry wants to see next time; False when there is nothing to show."""
    kind, _, rest = challenge.partition(" ")
    basic = credential(place)
    if kind.lower() == "basic":
        place.token = f"Basic {basic}" if basic else ""
        return bool(basic)
    said = dict(PARTS.findall(rest))
    if kind.lower() != "bearer" or "realm" not in said:
        return False
    wanted = {"service": said.get("service", ""), "scope": f"repository:{place.name}:pull,push"}
    request = urllib.request.Request(f"{said['realm']}?{urllib.parse.urlencode(wanted)}")
    if basic:
        request.add_unredirected_header("Authorization", f"Basic {basic}")
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        found = json.load(answer)
    place.token = f"Bearer {found.get('token') or found['access_token']}"
    return True


def credential(place: Repository) -> str:
    """User and password in base64, of the longest entry that fits; empty without one."""
    file = Path(os.environ.get("REGISTRY_AUTH_FILE") or Path(_config_folder()) / "config.json")
    if not file.is_file():
        return ""
    auths = json.loads(file.read_text(encoding="utf-8")).get("auths", {})
    steps = str(place).split("/")
    for length in range(len(steps), 0, -1):
        found = auths.get("/".join(steps[:length]))
        if found and found.get("auth"):
            return str(found["auth"])
        if found and found.get("username"):
            return base64.b64encode(f"{found['username']}:{found['password']}".encode()).decode()
    return ""


def _config_folder() -> str:
    return os.environ.get("DOCKER_CONFIG") or f"{os.environ.get('HOME', '/')}/.docker"


def manifest(place: Repository, digest: str) -> tuple[bytes, str]:
    """(bytes, media type) of a manifest, which are what its digest says."""
    headers = {"Accept": ", ".join(MANIFESTS)}
    with ask(place, "GET", place.url(f"manifests/{digest}"), headers=headers) as answer:
        found = answer.read()
        kind = answer.headers.get("Content-Type", IMAGE)
    if sha256(found) != digest:
        raise RegistryError(f"{place}@{digest} came as {sha256(found)}")
    return found, kind


def sha256(content: bytes) -> str:
    """Digest of bytes, as registries write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def copy(source: Repository, digest: str, target: Repository, tags: tuple[str, ...]) -> None:
    """An image, and all that it is made of, from one repository to another, with the same digest."""
    found, kind = manifest(source, digest)
    content = json.loads(found)
    for child in content.get("manifests", ()):
        copy(source, child["digest"], target, (child["digest"],))
    for part in (*content.get("layers", ()), *([content["config"]] if "config" in content else ())):
        copy_blob(source, part["digest"], target)
    for tag in tags or (digest,):
        put_manifest(target, tag, found, kind)


def copy_blob(source: Repository, digest: str, target: Repository) -> None:
    """One blob, unless it is there; within a registry without a transfer, where it can."""
    if has_blob(target, digest):
        return
    query = {"mount": digest, "from": source.name} if source.host == target.host else {}
    url = target.url("blobs/uploads/") + (f"?{urllib.parse.urlencode(query)}" if query else "")
    with ask(target, "POST", url, b"") as answer:
        if answer.status == 201:  # noqa: PLR2004 - mounted
            return
        place = urllib.parse.urljoin(url, answer.headers["Location"])
    with ask(source, "GET", source.url(f"blobs/{digest}")) as read:
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": read.headers["Content-Length"],
        }
        finish(target, place, digest, read, headers)


def has_blob(place: Repository, digest: str) -> bool:
    """Whether a blob is there."""
    try:
        with ask(place, "HEAD", place.url(f"blobs/{digest}")):
            return True
    except urllib.error.HTTPError as fault:
        if fault.code == 404:  # noqa: PLR2004
            return False
        raise


def put_blob(place: Repository, content: bytes) -> dict[str, Any]:
    """Bytes as a blob; its digest and size as a manifest has them."""
    digest = sha256(content)
    if not has_blob(place, digest):
        url = place.url("blobs/uploads/")
        with ask(place, "POST", url, b"") as answer:
            to = urllib.parse.urljoin(url, answer.headers["Location"])
        finish(place, to, digest, content, {"Content-Type": "application/octet-stream"})
    return {"digest": digest, "size": len(content)}


def finish(place: Repository, to: str, digest: str, body: Any, headers: Mapping[str, str]) -> None:
    """The one request that ends an upload; the registry refuses what is not what its digest says."""
    joint = "&" if "?" in to else "?"
    with ask(place, "PUT", f"{to}{joint}digest={urllib.parse.quote(digest)}", body, headers):
        pass


def put_manifest(place: Repository, tag: str, content: bytes, kind: str) -> str:
    """A manifest under a tag or its digest; its digest."""
    with ask(place, "PUT", place.url(f"manifests/{tag}"), content, {"Content-Type": kind}) as answer:
        said = answer.headers.get("Docker-Content-Digest", sha256(content))
    if said != sha256(content):
        raise RegistryError(f"{place} calls {sha256(content)} {said}")
    return sha256(content)
