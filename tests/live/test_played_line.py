"""The played line between a site and its hub: through, cut under a connection, refused, and back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

import pytest

from tests.live.played_line import Line


class Echo(StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


@pytest.fixture
def line() -> Iterator[Line]:
    with ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Line(f"https://127.0.0.1:{server.server_address[1]}").laid() as laid:
            yield laid
        server.shutdown()


def connected(line: Line) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(line.address).port or 0), 10)


def asked(one: socket.socket) -> bytes:
    """The answer to a word; nothing where the connection is gone."""
    try:
        one.sendall(b"word\n")
        return one.recv(100)
    except OSError:
        return b""


def test_words_go_through_and_break_off_when_it_is_cut(line: Line) -> None:
    with connected(line) as open_before:
        assert asked(open_before) == b"WORD\n"
        line.cut()
        assert asked(open_before) == b""
        with connected(line) as later:
            assert asked(later) == b""
    line.mend()
    with connected(line) as back:
        assert asked(back) == b"WORD\n"
