"""Images of a registry: tag to digest, and how much is carried.

Source: OCI distribution-spec v1.1.0 (spec.md, "Pulling manifests"), OCI image-spec v1.1.0 (manifest.md, image-index.md),
distribution v2.8.3 docs/spec/auth/token.md; where credentials lie: containers-auth.json(5) of containers/image.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from .found import Found
from .http import Answer, Unanswered, ask

PLATFORM = ("linux", "amd64")
"""Of the manifest of an index whose size is told; the digest is that of the index, for all platforms."""
_INDEX = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFEST = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ACCEPT = ", ".join((*_INDEX, *_MANIFEST))
_PAIR = re.compile(r'(\w+)="([^"]*)"')


class Reference(NamedTuple):
    """An image: where it lies, and a tag or a digest."""

    host: str
    repository: str
    version: str

    @property
    def called(self) -> str:
        """As people write it, without the version."""
        return f"{self.host}/{self.repository}"


def reference(text: str) -> Reference:
    """The parts of host/repository[:tag][@digest].

    Raises:
        Unanswered: it names no registry.
    """
    name, _, digest = text.partition("@")
    host, slash, path = name.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        raise Unanswered(f"{text} names no registry: quay.io/acme/app:v1")
    repository, _, tag = path.partition(":")
    return Reference(host, repository, digest or tag or "latest")


def look(text: str, environment: Mapping[str, str]) -> Found:
    """What the tag or digest of an image stands for now.

    Raises:
        Unanswered: there is no such image, or one may not see it.
    """
    wanted = reference(text)
    registry = _Registry(wanted, environment)
    body, digest = registry.manifest(wanted.version)
    notes = []
    if body.get("mediaType") in _INDEX or "manifests" in body:
        mine = next((item for item in body["manifests"] if _fits(item)), None)
        if mine is None:
            there = ", ".join(sorted({_platform(item) for item in body["manifests"]}))
            raise Unanswered(f"{text} has no image for {'/'.join(PLATFORM)}: it has {there}")
        notes.append(f"its size is that of {'/'.join(PLATFORM)}")
        body, _ = registry.manifest(mine["digest"])
    size = sum(int(layer["size"]) for layer in body.get("layers", ()))
    if any(
        "gzip" in str(layer.get("mediaType")) or "zstd" in str(layer.get("mediaType"))
        for layer in body["layers"]
    ):
        notes.append("its layers are compressed: on disk it is larger")
    return Found(f"{wanted.called}@{digest}", size, notes=tuple(notes))


def _platform(item: Mapping[str, Any]) -> str:
    platform = item.get("platform", {})
    return f"{platform.get('os', 'unknown')}/{platform.get('architecture', 'unknown')}"


def _fits(item: Mapping[str, Any]) -> bool:
    return _platform(item) == "/".join(PLATFORM)


class _Registry:
    """One repository, asked with the token that it wants."""

    def __init__(self, wanted: Reference, environment: Mapping[str, str]) -> None:
        self._wanted = wanted
        # Docker Hub answers under another name than the one in references.
        host = "registry-1.docker.io" if wanted.host == "docker.io" else wanted.host
        scheme = "http" if urlsplit(f"//{host}").hostname in {"localhost", "127.0.0.1"} else "https"
        self._site = f"{scheme}://{host}"
        self._login = next(_logins(wanted, environment), "")
        self._headers: dict[str, str] = {"Accept": _ACCEPT}

    def manifest(self, version: str) -> tuple[dict[str, Any], str]:
        """A manifest or an index, and its digest, which is computed from what came."""
        url = f"{self._site}/v2/{self._wanted.repository}/manifests/{version}"
        answer = ask(url, headers=self._headers, who=self._wanted.host)
        if answer.status == 401:  # noqa: PLR2004 - unauthorized
            self._headers["Authorization"] = self._authorization(answer)
            answer = ask(url, headers=self._headers, who=self._wanted.host)
        if answer.status in {401, 403, 404}:
            why = "is not there" if answer.status == 404 else "may not be seen with the login of this machine"  # noqa: PLR2004
            raise Unanswered(f"{self._wanted.called}:{version} {why}".replace(":sha256:", "@sha256:"))
        if answer.status != 200:  # noqa: PLR2004 - the only one with a manifest
            raise Unanswered(f"{self._wanted.host} answers {answer.status}")
        digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        said = (
            version if version.startswith("sha256:") else answer.headers.get("Docker-Content-Digest", digest)
        )
        if said != digest:
            raise Unanswered(f"{self._wanted.host} sent a manifest that is not the one of {said}")
        data = answer.data(self._wanted.host)
        if not isinstance(data, dict) or not ("layers" in data or "manifests" in data):
            raise Unanswered(f"{self._wanted.called}:{version} is neither an image nor an index of images")
        return data, digest

    def _authorization(self, answer: Answer) -> str:
        asked = answer.headers.get("WWW-Authenticate", "")
        basic = f"Basic {self._login}"
        if not asked.lower().startswith("bearer "):
            return basic
        said = dict(_PAIR.findall(asked))
        query = {key: said[key] for key in ("service", "scope") if key in said}
        query.setdefault("scope", f"repository:{self._wanted.repository}:pull")
        url = f"{said.get('realm', '')}?{urlencode(query)}"
        token = ask(url, headers={"Authorization": basic} if self._login else {}, who=self._wanted.host)
        if token.status != 200:  # noqa: PLR2004 - the only one with a token
            raise Unanswered(f"{self._wanted.host} does not take the login of this machine ({token.status})")
        data = token.data(self._wanted.host)
        return f"Bearer {data.get('token') or data.get('access_token') or ''}"


def _logins(wanted: Reference, environment: Mapping[str, str]) -> Iterator[str]:
    """user:password in base64, from the files of podman and docker, the most special entry first."""
    for path in _files(environment):
        try:
            auths = json.loads(path.read_text("utf-8")).get("auths", {})
        except (OSError, ValueError, AttributeError):
            continue
        for key in sorted(auths, key=len, reverse=True):
            place = urlsplit(key).netloc + urlsplit(key).path if "://" in key else key
            place = "docker.io" if place.startswith("index.docker.io") else place.rstrip("/")
            login = auths[key].get("auth", "") if isinstance(auths[key], dict) else ""
            if login and (wanted.called == place or wanted.called.startswith(f"{place}/")):
                # Written anew, so that what stands in a file cannot become another header.
                yield base64.b64encode(base64.b64decode(login)).decode()


def _files(environment: Mapping[str, str]) -> Iterator[File]:
    if named := environment.get("REGISTRY_AUTH_FILE"):
        yield File(named)
        return
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield File(runtime) / "containers" / "auth.json"
    home = environment.get("HOME", "")
    if folder := environment.get("DOCKER_CONFIG") or (home and f"{home}/.docker"):
        yield File(folder) / "config.json"
