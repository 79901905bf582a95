"""The programs nearedge runs: where they are, and the one way to run them.

`scripts/bootstrap.py` puts kustomize and kubeconform into `.bin/` and says in `.bin/tools.json` what they
are; without it they are taken from PATH. Nothing else in the package starts a process.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as File

from ..errors import ToolFailed, ToolMissing
from ..facts.files import PACKAGE

RECORD = ".bin/tools.json"
TIMEOUT = 120.0
"""Seconds after which a program is ended."""

_ON_PATH = {
    "kustomize": (("kustomize", ("version",)), ("kubectl", ("version", "--client"))),
    "kubeconform": (("kubeconform", ("-v",)),),
    "git": (("git", ("version",)),),
}
"""Name -> programs that can do its work, best first, each with the arguments that print its version."""
_VERSION = re.compile(r"(?:Kustomize Version: |git version )?(v?\d+\.\d+\.\d+)[^\n]*\s*\Z")


@dataclass(frozen=True)
class Tool:
    """A program that is there; `kind` says which one does the work (kubectl holds a kustomize)."""

    name: str
    kind: str
    path: str
    version: str

    def __str__(self) -> str:
        inside = f" inside {self.kind}" if self.kind != self.name else ""
        return f"{self.name} {self.version}{inside}"


@dataclass(frozen=True)
class Completed:
    """A program that ended with an exit code the caller accepts."""

    code: int
    stdout: str
    stderr: str


def find(root: File, name: str) -> Tool:
    """The program `name` for the checkout at `root`: what bootstrap recorded, else what PATH has.

    Raises:
        ToolMissing: it is in neither place; the sentence says how to get it.
    """
    if name not in _ON_PATH:
        raise ToolMissing(tool=name, hint=f"nearedge runs {' and '.join(_ON_PATH)} only")
    # A fleet in a repository of its own has the programs of the checkout that nearedge runs from.
    found = _recorded(root, name) or _on_path(name) or _recorded(PACKAGE.parent, name)
    if found is None:
        raise ToolMissing(tool=name, hint="run `make setup`, which builds it into .bin/, or put it on PATH")
    return found


def _recorded(root: File, name: str) -> Tool | None:
    try:
        entry = json.loads((root / RECORD).read_text("utf-8"))[name]
        kind, path, version = entry["kind"], entry["path"], entry["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(path, str) or shutil.which(path) is None:
        return None
    return Tool(name, str(kind), path, str(version))


def _on_path(name: str) -> Tool | None:
    for kind, arguments in _ON_PATH[name]:
        path = shutil.which(kind)
        if path is not None:
            asked = run(Tool(name, kind, path, ""), arguments, accept=range(256))
            printed = _VERSION.search(asked.stdout)
            return Tool(name, kind, path, printed[1] if printed else "of unknown version")
    return None


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

    It sees nothing of the user's environment: an empty home, no PATH, so no git, plugin or credential helper
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
        own = {"HOME": home, "TMPDIR": home, "PATH": "", "LC_ALL": "C.UTF-8", "GOGC": "400", **(env or {})}
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
