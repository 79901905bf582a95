"""The one way to start a program: without a shell, with nothing of the user's environment, and with an end.

Nothing else in the package starts a process. Which program it is says record.py.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as File

from ..errors import ToolFailed

TIMEOUT = 120.0
"""Seconds after which a program is ended."""
NO_PROGRAMS = os.devnull
"""A PATH on which nothing is found. An empty one would stand for the folder that the program runs in."""


@dataclass(frozen=True)
class Tool:
    """A program that is there; `kind` says which one does the work (kubectl holds a kustomize)."""

    name: str
    kind: str
    path: str
    version: str = ""
    pinned: str = ""
    """The version that nearedge is held against, where it is another one."""

    def __str__(self) -> str:
        said = f"{self.name} {self.version}" if self.version else self.name
        inside = f" inside {self.kind}" if self.kind != self.name else ""
        return f"{said}{inside}" + (f", not the pinned {self.pinned}" if self.pinned else "")


@dataclass(frozen=True)
class Completed:
    """A program that ended with an exit code the caller accepts."""

    code: int
    stdout: str
    stderr: str


def run(  # noqa: PLR0913 - all that a process takes
    tool: Tool,
    arguments: Sequence[str],
    *,
    cwd: File | None = None,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    accept: Collection[int] = (0,),
) -> Completed:
    """Run a program without a shell and wait for it.

    It sees nothing of the user's environment: an empty home, nothing on PATH, so no git, plugin or credential helper
    is ever started by it. GOGC trades memory for a quarter of kustomize's time.

    Raises:
        ToolFailed: it does not start, does not end in `timeout` seconds, or its exit code is not in `accept`.
    """
    raw = (stdin or "").encode()
    done = run_bytes(tool, arguments, cwd=cwd, stdin=raw, env=env, timeout=timeout, accept=accept)
    return Completed(done.returncode, _text(done.stdout), _text(done.stderr))


def run_bytes(  # noqa: PLR0913 - all that a process takes
    tool: Tool,
    arguments: Sequence[str],
    *,
    cwd: File | None = None,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    accept: Collection[int] = (0,),
) -> subprocess.CompletedProcess[bytes]:
    """`run`, for a program that speaks bytes."""
    command = (tool.path, *arguments)
    with tempfile.TemporaryDirectory(prefix="nearedge-") as home:
        own = {
            "HOME": home,
            "TMPDIR": home,
            "PATH": NO_PROGRAMS,
            "LC_ALL": "C.UTF-8",
            "GOGC": "400",
            **(env or {}),
        }
        try:
            done = _finish(command, cwd, own, stdin, timeout)
        except subprocess.TimeoutExpired:
            raise ToolFailed(command=command, reason=f"did not end within {timeout:g} seconds") from None
        except OSError as error:
            raise ToolFailed(command=command, reason=f"did not start ({error.strerror})") from None
    if done.returncode not in accept:
        reason = f"ended with code {done.returncode}"
        raise ToolFailed(command=command, reason=reason, stderr=_text(done.stderr))
    return done


def _finish(
    command: Sequence[str], cwd: File | None, env: Mapping[str, str], stdin: bytes, timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """What a program printed; one that does not end in time goes, and so does all that it started."""
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    ) as process:
        try:
            stdout, stderr = process.communicate(stdin, timeout)
        except BaseException:
            # Not only the program: git leaves the transfer to a child, which would go on by itself.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
