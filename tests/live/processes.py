"""Programs that run while something is looked at: on loopback, in a folder, ended on every way out."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path as File
from typing import NamedTuple

END_SECONDS = 10
START_SECONDS = 120
POLL_SECONDS = 0.2


class NotReady(Exception):
    """Something did not come about in time or ended early; the text says what, and ends with the program's last words."""


class Running(NamedTuple):
    """A started program, with the file that has what it prints."""

    name: str
    process: subprocess.Popen[bytes]
    log: File

    def last_words(self, lines: int = 12) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text("utf-8", errors="replace").splitlines()[-lines:])


@contextlib.contextmanager
def running(
    name: str, words: Sequence[str], folder: File, env: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """A program in a process group of its own, which ends with the block whatever happens in it."""
    log = folder / f"{name}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*_dying_with_us(), *words],
            cwd=folder,
            env={**_plain(), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            process_group=0,
        )
    try:
        yield Running(name, process, log)
    finally:
        _end(process)


def _dying_with_us() -> list[str]:
    """So that a program also ends when this one is killed and can end nothing."""
    path = shutil.which("setpriv")
    return [path, "--pdeathsig", "SIGTERM", "--"] if path else []


def _plain() -> dict[str, str]:
    """The environment without what would lead a program to another cluster, or through a proxy."""
    dropped = {
        "KUBECONFIG",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    }
    return {key: value for key, value in os.environ.items() if key not in dropped} | {"NO_PROXY": "*"}


def _end(process: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
            return


def wait_until(
    what: str, holds: Callable[[], bool], of: Running | None = None, seconds: float = START_SECONDS
) -> None:
    """Ask again and again until it holds.

    Raises:
        NotReady: it did not within `seconds`, or the program that it is about has ended.
    """
    until = time.monotonic() + seconds
    while not holds():
        ended = of is not None and of.process.poll() is not None
        if ended or time.monotonic() > until:
            why = "it ended" if ended else f"not within {seconds:.0f} s"
            raise NotReady(f"{what}: {why}" + (f"\n{of.name}: {of.last_words()}" if of else ""))
        time.sleep(POLL_SECONDS)


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
