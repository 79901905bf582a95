"""Git over HTTP for tests: `git http-backend` behind a web server of our own, on the loopback only."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path as File
from urllib.parse import urlsplit

USER, SECRET = "x-access-token", "s3cr3t-T0ken-of-the-tests"


class GitHandler(BaseHTTPRequestHandler):
    """One request, handed to git as a CGI program gets it."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for head and body: two would wait for each other
    repositories: File
    secret: str | None
    troubles: list[tuple[str, str]]
    """What happens next: a part of the path, and `down` (status 503), `slow down` (429) or `lost` (done, no answer)."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
        """Tests read no access log."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self._body()
        if not self._may():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        trouble = next((item for item in self.troubles if item[0] in self.path), ("", ""))
        if trouble[1]:
            self.troubles.remove(trouble)
        if trouble[1] in {"down", "slow down"}:
            self.send_response(503 if trouble[1] == "down" else 429)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env=self._cgi(body),
            capture_output=True,
            timeout=60,
            check=True,
        )
        if trouble[1] == "lost":
            self.connection.close()
            self.close_connection = True
            return
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [line.decode().split(": ", 1) for line in head.split(b"\r\n")]
        status = next((value for name, value in headers if name == "Status"), "200 OK")
        self.send_response(int(status.split()[0]))
        for name, value in headers:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _may(self) -> bool:
        expected = base64.b64encode(f"{USER}:{self.secret}".encode()).decode()
        return self.secret is None or self.headers.get("Authorization") == f"Basic {expected}"

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _cgi(self, body: bytes) -> dict[str, str]:
        url = urlsplit(self.path)
        return {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROJECT_ROOT": str(self.repositories),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "REMOTE_USER": USER,
            "REMOTE_ADDR": "127.0.0.1",
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The URL of a server that answers with this handler until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def git_server(
    repositories: File,
    secret: str | None = None,
    troubles: list[tuple[str, str]] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """The URL below which the bare repositories of a folder are; with `secret` only for who knows it."""
    attributes = {"repositories": repositories, "secret": secret, "troubles": troubles or []}
    with serving(type("Handler", (GitHandler,), attributes), tls) as url:
        yield url


def bare(path: File) -> File:
    """An empty bare repository that may be pushed to over HTTP."""
    for command in (
        ("init", "-q", "--bare", "-b", "main", str(path)),
        ("config", "http.receivepack", "true"),
    ):
        subprocess.run(
            ["git", *command], cwd=path if path.exists() else path.parent, check=True, capture_output=True
        )
    return path
