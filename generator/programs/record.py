"""Which program does a piece of work: where it is, and which version.

`scripts/bootstrap.py` puts kustomize, kubeconform and our own nearedge-cel into `.bin/` of nearedge's own checkout and says in
`.bin/tools.json` what they are. Where nearedge was installed by pip there is no such record: then come the programs
beside its Python, and those on PATH. Nothing of the judged repository is ever one of them: neither a record in it, nor
a folder of PATH that lies in it or depends on where one stands.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path as File

from ..errors import ToolFailed, ToolMissing
from ..facts.files import PACKAGE
from .run import Tool, run
from .ways import how_to_get

RECORD = ".bin/tools.json"
PINNED = {"kustomize": "v5.8.1", "kubeconform": "v0.8.0", "nearedge-cel": "v0.35.4"}
"""The versions that the tests hold nearedge against; scripts/bootstrap.py installs the same (a test compares)."""

_KINDS = {
    "kustomize": (("kustomize", ("version",)), ("kubectl", ("version", "--client"))),
    "kubeconform": (("kubeconform", ("-v",)),),
    "nearedge-cel": (("nearedge-cel", ("version",)),),
    "git": (("git", ()),),
}
"""Name -> programs that can do its work, best first, each with the arguments that print its version, if it matters."""
_VERSION = re.compile(r"(?:Kustomize Version: )?(v?\d+\.\d+\.\d+)[^\n]*\s*\Z")
_BUILT_IN = re.compile(rb"\nmod\tgithub\.com/yannh/kubeconform\t(v\d+\.\d+\.\d+)\t")
"""What Go writes into a kubeconform of `go install`, which calls itself "development"."""


def find(root: File, name: str) -> Tool:
    """The program `name`, for work on the repository around `root`, with its version.

    Raises:
        ToolMissing: it is not there; the sentence says how to get it.
    """
    tool = located(root, name)
    version, pinned = _version(name, tool.kind, tool.path, mark_of(tool.path)), PINNED.get(name, "")
    return replace(tool, version=version, pinned="" if version == pinned else pinned)


def located(root: File, name: str) -> Tool:
    """The same program, without asking it for its version.

    Raises:
        ToolMissing: it is not there; the sentence says how to get it.
    """
    if name not in _KINDS:
        raise ToolMissing(tool=name, hint=f"nearedge runs {' and '.join(_KINDS)} only")
    for kind, path in _places(root, name):
        return Tool(name, kind, path)
    raise ToolMissing(tool=name, hint=how_to_get(name, PINNED.get(name, ""), PACKAGE))


def _places(root: File, name: str) -> Iterator[tuple[str, str]]:
    """Programs that can do it, best first: which one it is, and where."""
    yield from _recorded(name)
    for folders in ([str(File(sys.executable).parent)], list(_trusted(root))):
        for kind, _ in _KINDS[name]:
            path = shutil.which(kind, path=os.pathsep.join(folders)) if folders else None
            if path is not None:
                yield kind, path


def _recorded(name: str) -> Iterator[tuple[str, str]]:
    try:
        entry = json.loads((PACKAGE.parent / RECORD).read_text("utf-8"))[name]
        kind, path = entry["kind"], entry["path"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    kinds = {known for known, _ in _KINDS[name]}
    if kind in kinds and isinstance(path, str) and File(path).is_absolute() and shutil.which(path):
        yield kind, path


def _trusted(root: File) -> Iterator[str]:
    """The folders of PATH, but for those of the judged repository and those that mean wherever one stands."""
    # As text, with a slash behind it: each command of git asks this, and paths take three times as long.
    judged = os.path.join(judged_repository(root.resolve()), "")  # noqa: PTH118
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if os.path.isabs(folder) and not f"{os.path.realpath(folder)}/".startswith(judged):  # noqa: PTH117
            yield folder


def judged_repository(root: File) -> File:
    """The folder of the repository that the fleet lies in, as far as can be told without asking git."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)


def mark_of(path: str) -> str:
    """Where a program is and what its file is marked with: the same as long as nobody replaces it."""
    status = File(path).stat()
    return f"{path} {status.st_size} {status.st_mtime_ns} {status.st_ino} {status.st_ctime_ns}"


@lru_cache(maxsize=16)
def _version(name: str, kind: str, path: str, mark: str) -> str:  # noqa: ARG001 - asked once of each file
    arguments = dict(_KINDS[name])[kind]
    if not arguments:
        return ""
    try:
        asked = run(Tool(name, kind, path), arguments, accept=range(256))
    except ToolFailed:
        return "of unknown version"
    printed = _VERSION.search(asked.stdout)
    if printed:
        return printed[1]
    built = _BUILT_IN.search(File(path).read_bytes()) if name == "kubeconform" else None
    return built[1].decode() if built else "of unknown version"
