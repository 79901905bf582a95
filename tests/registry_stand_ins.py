"""A registry, an object store and Hugging Face as far as nearedge asks them, on the loopback only."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.githttp import serving

LOGIN = base64.b64encode(b"robot:s3cr3t-of-the-registry").decode()
TOKEN = "hf_s3cr3t-of-the-tests"  # noqa: S105 - of nobody
COMMIT = "ab" * 20
WEIGHTS = b"w" * 3_000_000
CONFIG = b'{"model_type": "llama"}\n'


def digest(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


LAYERS = [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + "1" * 64, "size": size} for size in (1_000_000, 40_000_000)]  # fmt: skip
MANIFEST = json.dumps(
    {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": LAYERS}
).encode()
INDEX = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {"digest": digest(b"other"), "platform": {"os": "linux", "architecture": "arm64"}},
            {"digest": digest(MANIFEST), "platform": {"os": "linux", "architecture": "amd64"}},
        ],
    }
).encode()
SOLE = json.dumps(
    {"schemaVersion": 2, "manifests": [{"digest": digest(b"x"), "platform": {"os": "linux", "architecture": "s390x"}}]}
).encode()  # fmt: skip
MANIFESTS = {"v13": INDEX, "single": MANIFEST, "sole": SOLE, digest(MANIFEST): MANIFEST}


class Handler(BaseHTTPRequestHandler):
    """All three under one address, by their paths."""

    seen: list[tuple[str, str, dict[str, str]]]
    lies: frozenset[str]

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.seen.append((self.command, self.path, dict(self.headers)))
        if parts.path == "/token":
            asked = parse_qs(parts.query)["scope"] == ["repository:acme/weld:pull"]
            self._json(
                200 if asked and self.headers["Authorization"] == f"Basic {LOGIN}" else 401, {"token": "t0"}
            )
        elif parts.path.startswith("/v2/"):
            self._manifest(parts.path.rpartition("/")[2])
        elif parts.path.startswith("/api/models/"):
            self._model(parts.path)
        elif "/resolve/" in parts.path:
            self._send(200, CONFIG)
        else:
            self._bucket(parts.path, {key: values[0] for key, values in parse_qs(parts.query).items()})

    def _manifest(self, version: str) -> None:
        if self.headers["Authorization"] != "Bearer t0":
            realm = f"http://{self.headers['Host']}/token"
            said = f'Bearer realm="{realm}",service="stand-in",scope="repository:acme/weld:pull"'
            self._send(401, b"{}", ("WWW-Authenticate", said))
        elif version not in MANIFESTS:
            self._json(404, {"errors": [{"code": "MANIFEST_UNKNOWN"}]})
        else:
            raw = MANIFESTS[version]
            said = digest(b"something else") if "digest" in self.lies else digest(raw)
            self._send(200, raw, ("Docker-Content-Digest", said))

    def _model(self, path: str) -> None:
        if (
            path != "/api/models/acme/granite/revision/main"
            or self.headers["Authorization"] != f"Bearer {TOKEN}"
        ):
            self._json(401, {"error": "Repository not found"})
            return
        blob = hashlib.sha1(b"blob %d\0" % len(CONFIG) + CONFIG, usedforsecurity=False).hexdigest()
        lfs = {"sha256": hashlib.sha256(WEIGHTS).hexdigest(), "size": len(WEIGHTS), "pointerSize": 132}
        files = [
            {"rfilename": ".gitattributes", "size": 100, "blobId": "0" * 40},
            {
                "rfilename": "config.json",
                "size": len(CONFIG),
                "blobId": "0" * 40 if "blob" in self.lies else blob,
            },
            {"rfilename": "model.safetensors", "size": 132, "blobId": "0" * 40, "lfs": lfs},
        ]
        self._json(200, {"id": "acme/granite", "sha": COMMIT, "siblings": files})

    def _bucket(self, path: str, query: dict[str, str]) -> None:
        if "Credential=AKIATEST/" not in self.headers.get("Authorization", ""):
            self._send(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif self.command == "HEAD":
            whole = base64.b64encode(hashlib.sha256(unquote(path).encode()).digest()).decode()
            self._send(200, b"", ("x-amz-checksum-sha256", whole if path.endswith("onnx") else f"{whole}-2"))
        elif query.get("prefix") != "shelf/8/":
            self._send(200, b"<ListBucketResult/>")
        elif "doctype" in self.lies:
            self._send(200, b'<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult/>')
        elif "continuation-token" not in query:
            self._send(
                200, _page(["shelf/8/", "shelf/8/1/model.onnx", "shelf/8/1/the model.onnx"], "next+/=")
            )
        else:
            assert query["continuation-token"] == "next+/="
            self._send(200, _page(["shelf/8/1/model.bin"], ""))

    def _json(self, status: int, data: Any) -> None:
        self._send(status, json.dumps(data).encode())

    def _send(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def _page(keys: list[str], more: str) -> bytes:
    files = "".join(f"<Contents><Key>{key}</Key><Size>{0 if key.endswith('/') else 10_000_000}</Size></Contents>" for key in keys)  # fmt: skip
    token = f"<NextContinuationToken>{more}</NextContinuationToken>" if more else ""
    space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    return f'<?xml version="1.0"?><ListBucketResult {space}>{files}{token}</ListBucketResult>'.encode()


@contextmanager
def stand_ins(*lies: str) -> Iterator[tuple[str, list[tuple[str, str, dict[str, str]]]]]:
    """Their URL, and the requests that they saw: verb, path and headers; `lies` are what they say wrongly."""
    seen: list[tuple[str, str, dict[str, str]]] = []
    with serving(type("Asked", (Handler,), {"seen": seen, "lies": frozenset(lies)})) as url:
        yield url, seen
