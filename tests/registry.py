"""A registry of images for tests: as much of OCI's distribution API as pushing and copying need, on the loopback only.

It refuses what is not what its digest says, and manifests whose parts it has not, as registries do.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.githttp import serving

USER, PASSWORD = "builder", "s3cr3t"
TOKEN = "t0ken-of-the-tests"  # noqa: S105
BLOB = re.compile(r"/v2/(.+)/blobs/(sha256:[0-9a-f]{64})")
UPLOAD = re.compile(r"/v2/(.+)/blobs/uploads/(.*)")
MANIFEST = re.compile(r"/v2/(.+)/manifests/([^/]+)")


@dataclass
class Store:
    """What a registry holds; `asks` is how it wants callers to sign in: nothing, Basic or Bearer."""

    asks: str = ""
    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    manifests: dict[tuple[str, str], tuple[bytes, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def tags(self, name: str) -> dict[str, str]:
        """Tag -> digest of a repository."""
        found = {key: content for (place, key), (content, _) in self.manifests.items() if place == name}
        return {key: digest(content) for key, content in found.items() if not key.startswith("sha256:")}

    def put(self, name: str, content: bytes) -> dict[str, Any]:
        """A blob, as a manifest speaks of it."""
        self.blobs[name, digest(content)] = content
        return {"digest": digest(content), "size": len(content)}

    def image(self, name: str, *layers: bytes) -> str:
        """An image of these layers; its digest."""
        made = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **self.put(name, b"{}")},
            "layers": [
                {"mediaType": "application/vnd.oci.image.layer.v1.tar", **self.put(name, layer)}
                for layer in layers
            ],
        }
        return self.manifest(name, made)

    def manifest(self, name: str, made: dict[str, Any]) -> str:
        """A manifest by its digest."""
        content = json.dumps(made).encode()
        self.manifests[name, digest(content)] = content, made["mediaType"]
        return digest(content)


def digest(content: bytes) -> str:
    """Digest of bytes, as registries write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    store: Store

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
        """Tests read no access log."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/token":
            self._token()
        elif self._may():
            self._read(path)

    def do_POST(self) -> None:
        content = self._content()
        if not self._may():
            return
        found = UPLOAD.fullmatch(urlsplit(self.path).path)
        assert found is not None
        assert content == b""
        query = parse_qs(urlsplit(self.path).query)
        mounted = (query.get("from", [""])[0], query.get("mount", [""])[0])
        if mounted in self.store.blobs:
            self.store.blobs[found[1], mounted[1]] = self.store.blobs[mounted]
            self._answer(201)
        else:
            self._answer(202, headers={"Location": f"/v2/{found[1]}/blobs/uploads/one?state=1"})

    def do_PUT(self) -> None:
        content = self._content()
        if not self._may():
            return
        url = urlsplit(self.path)
        upload, manifest = UPLOAD.fullmatch(url.path), MANIFEST.fullmatch(url.path)
        if upload:
            said = parse_qs(url.query)["digest"][0]
            if digest(content) == said:
                self.store.blobs[upload[1], said] = content
            self._answer(201 if digest(content) == said else 400)
        elif manifest and self._whole(manifest[1], json.loads(content)):
            kind = self.headers["Content-Type"]
            for key in (manifest[2], digest(content)):
                self.store.manifests[manifest[1], key] = content, kind
            self._answer(201, headers={"Docker-Content-Digest": digest(content)})
        else:
            self._answer(400)

    def _content(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _whole(self, name: str, said: dict[str, Any]) -> bool:
        """Whether all parts of a manifest are there."""
        parts = [*said.get("layers", ()), *([said["config"]] if "config" in said else ())]
        return all((name, part["digest"]) in self.store.blobs for part in parts) and all(
            (name, child["digest"]) in self.store.manifests for child in said.get("manifests", ())
        )

    def _read(self, path: str) -> None:
        blob, manifest = BLOB.fullmatch(path), MANIFEST.fullmatch(path)
        content = kind = None
        if blob:
            content = self.store.blobs.get((blob[1], blob[2]))
        elif manifest:
            content, kind = self.store.manifests.get((manifest[1], manifest[2]), (None, None))
        if content is None:
            self._answer(404)
        else:
            self._answer(200, content, {"Content-Type": kind or "application/octet-stream"})

    def _may(self) -> bool:
        self.store.requests.append(f"{self.command} {self.path}")
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        wanted = {"": None, "Basic": f"Basic {basic}", "Bearer": f"Bearer {TOKEN}"}[self.store.asks]
        if wanted is None or self.headers.get("Authorization") == wanted:
            return True
        realm = f'realm="http://{self.headers["Host"]}/token",service="tests"'
        asked = "Basic" if self.store.asks == "Basic" else f"Bearer {realm}"
        self._answer(401, headers={"WWW-Authenticate": asked})
        return False

    def _token(self) -> None:
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {basic}":
            self._answer(200, json.dumps({"token": TOKEN}).encode())
        else:
            self._answer(401)

    def _answer(self, status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@contextmanager
def registry(store: Store) -> Iterator[str]:
    """The host and port of a registry that holds this."""
    with serving(type("Registry", (Handler,), {"store": store})) as url:
        yield urlsplit(url).netloc
