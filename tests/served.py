"""`nearedge` on PATH for scripts that are tested, as a program that needs no start: a server forks for each command.

What such a script starts is a client of a few lines. It hands on its arguments, environment, folder and streams, and
ends with the code that the command ends with. Most of what a short command costs is to import nearedge and to make the
models of its specs, which the server has done.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path as File
from select import select

from tests.conftest import ROOT
from tests.forked import run

CLIENT = """\
#!{python} -IS
import json, os, socket, sys

with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"."], [0, 1, 2])
    mask = os.umask(0)
    server.sendall(json.dumps([sys.argv[1:], os.getcwd(), mask, dict(os.environ)]).encode())
    server.shutdown(socket.SHUT_WR)
    code = server.recv(1)
sys.exit(code[0] if code else "nearedge died")
"""
READY = b"ready\n"


@cache
def nearedge() -> File:
    """The program, of the code that is tested."""
    folder = File(tempfile.mkdtemp(prefix="nearedge-"))
    address = folder / "address"
    command = [sys.executable, "-m", "tests.served", str(address)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    atexit.register(process.communicate)
    assert process.stdout is not None
    assert process.stdout.readline() == READY
    program = folder / "nearedge"
    program.write_text(CLIENT.format(python=sys.executable, address=str(address)), "utf-8")
    program.chmod(0o755)
    return program


def serve(address: File) -> None:
    """Answer until standard input ends, as it does at the latest with the process that has started this one."""
    from tests import warm  # noqa: F401, PLC0415 - takes a second, which the one who waits for an answer has

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(address))
        listening.listen()
        os.write(1, READY)
        while sys.stdin not in (ready := select([listening, sys.stdin], [], [])[0]):
            assert listening in ready
            connection, _ = listening.accept()
            with connection:
                if os.fork() == 0:
                    listening.close()
                    _answer(connection)
            _reap()
    shutil.rmtree(address.parent)


def _reap() -> None:
    """Let go of the children that have ended."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                return
        except ChildProcessError:
            return


def _answer(connection: socket.socket) -> None:
    """Be the command that somebody has started: this process ends with it."""
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as file:
        arguments, cwd, mask, environment = json.load(file)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(cwd)
    os.umask(mask)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    # As in a process of its own, which looks for no garbage: generator/__main__.py.
    gc.disable()
    connection.sendall(bytes([run(arguments)]))
    os._exit(0)


if __name__ == "__main__":
    serve(File(sys.argv[1]))
