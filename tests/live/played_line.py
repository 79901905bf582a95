"""A line between a site and its hub, played: bytes go through while it is there; cut, connections break and none comes about."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

CHUNK = 65_536
CONNECT_SECONDS = 10


class Line:
    """One address on loopback that leads to another; `address` is what takes the place of the hub's."""

    def __init__(self, server: str) -> None:
        self._to = (urlsplit(server).hostname or "", urlsplit(server).port or 443)
        self._away = threading.Event()
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self.address = ""

    @contextlib.contextmanager
    def laid(self) -> Iterator[Line]:
        """Until the block ends."""
        line = self

        class Through(BaseRequestHandler):
            def handle(self) -> None:
                line._carry(self.request)

        class Server(ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        with Server(("127.0.0.1", 0), Through) as server:
            self.address = f"https://127.0.0.1:{server.server_address[1]}"
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield self
            finally:
                self.cut()
                server.shutdown()
                thread.join(10)

    def cut(self) -> None:
        """From now on nothing goes through, what is open neither."""
        self._away.set()
        with self._guard:
            for one in self._open:
                _ended(one)

    def mend(self) -> None:
        """It is there again."""
        self._away.clear()

    def _carry(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError), socket.create_connection(self._to, CONNECT_SECONDS) as far:
            far.settimeout(None)
            with self._guard:
                if self._away.is_set():
                    return
                self._open |= {near, far}
            try:
                back = threading.Thread(target=_pump, args=(far, near), daemon=True)
                back.start()
                _pump(near, far)
                back.join()
            finally:
                with self._guard:
                    self._open -= {near, far}


def _pump(source: socket.socket, target: socket.socket) -> None:
    """All bytes of one direction, until a side ends."""
    with contextlib.suppress(OSError):
        while some := source.recv(CHUNK):
            target.sendall(some)
    _ended(source)
    _ended(target)


def _ended(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
