"""The files that are imported, read once: which folders kustomize builds, and which files stand by themselves.

Everything is copied before it is built, and what could start a program, ask the network or lead out of the folder is taken out
of the copy and named: a remote base, a chart, a generator, a transformer. kustomize never sees the folder itself.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from pathlib import PurePosixPath
from typing import Any

from ..findings.finding import Finding, Path, Where
from ..rules.imported import TAKEN_OUT, UNREAD
from ..yaml.positions import marks_of, place_of
from ..yaml.strict import read_text
from .source import finding

MAX_FILE = 1024 * 1024
"""Bytes of one file: what Kubernetes takes of one object, and a little less than etcd does."""
MAX_FILES = 20_000
MAX_TOTAL = 256 * 1024 * 1024

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""As kustomize looks for them (api/konfig/general.go RecognizedKustomizationFileNames)."""
MANIFESTS = frozenset({".yaml", ".yml", ".json"})

_REFUSED = (
    "helmCharts",
    "helmChartInflationGenerator",
    "helmGlobals",
    "generators",
    "transformers",
    "validators",
)
_FOLDERS = ("resources", "bases", "components")
_FILES = ("crds", "configurations", "patchesStrategicMerge")
_WITH_PATH = ("patches", "patchesJson6902", "replacements")
_GENERATED = ("configMapGenerator", "secretGenerator")
_REMOTE = re.compile(r"://|^git@|^git::|[?&]ref=|^github\.com/")


@dataclass(frozen=True)
class Kustomization:
    """The file of one folder without what is not built, and what it names."""

    folder: str
    data: Mapping[str, Any]
    folders: tuple[str, ...]
    """Other folders that it builds."""
    files: frozenset[str]
    """Files that it reads."""
    whole: bool
    """Nothing was taken out: the file can stay as it is."""


@dataclass(frozen=True)
class Tree:
    """The files below a folder, and those of its kustomizations."""

    root: File
    files: Mapping[str, bytes]
    """Path below root -> content of every file that is plain and not too large."""
    start: str = ""
    """The folder that is imported; the others are there because it names them."""
    kustomizations: Mapping[str, Kustomization] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def tops(self) -> tuple[str, ...]:
        """Folders that kustomize builds and that no other folder does; a Component is none, alone it is not built."""
        named = {folder for item in self.kustomizations.values() for folder in item.folders}
        return tuple(
            sorted(
                folder
                for folder in below(self.kustomizations, self.start)
                if folder not in named and self.kustomizations[folder].data.get("kind") != "Component"
            )
        )

    def loose(self) -> tuple[str, ...]:
        """Manifests that no kustomization names, outside of folders that have one."""
        named = {file for item in self.kustomizations.values() for file in item.files}
        return tuple(
            file
            for file in sorted(below(self.files, self.start))
            if PurePosixPath(file).suffix in MANIFESTS
            and file not in named
            and posixpath.dirname(file) not in self.kustomizations
        )


def read_tree(root: File, start: str = "", *, single: bool = False) -> Tree:
    """All that lies below `start`, and the folders of `root` that its kustomizations name; or one file.

    No symlink is followed, and nothing hidden is read.
    """
    files: dict[str, bytes] = {}
    wrong: list[Finding] = []
    total = 0
    waiting = [start]
    for begun in waiting:
        for path in [begun] if single else _walk(root, begun):
            if path in files:
                continue
            content = _content(root / path)
            if isinstance(content, str):
                wrong.append(finding(UNREAD, Where(path, 1, 1), f"is left aside: {content}"))
                continue
            total += len(content)
            if len(files) >= MAX_FILES or total > MAX_TOTAL:
                said = f"this and what follows is left aside: more than {MAX_FILES} files or {MAX_TOTAL >> 20} MiB"
                wrong.append(finding(UNREAD, Where(path, 1, 1), said, "import a smaller folder"))
                return Tree(root, files, start, findings=tuple(wrong))
            files[path] = content
            if not single and PurePosixPath(path).name in NAMES:
                waiting += (folder for folder in _named(path, content) if not _is_below(folder, waiting))
    made: dict[str, Kustomization] = {}
    for path in files if not single else ():
        if PurePosixPath(path).name in NAMES:
            item, found = _kustomization(path, files)
            wrong += found
            if item is not None:
                made[item.folder] = item
    return Tree(root, files, start, made, tuple(wrong))


def _named(path: str, content: bytes) -> Iterator[str]:
    """Folders that a kustomization names beside its own."""
    data, _ = read_text(content.decode("utf-8", "replace"))
    for key in _FOLDERS:
        listed = data.get(key) if isinstance(data, dict) else None
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, str) and not _REMOTE.search(item) and not item.startswith("/"):
                folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), item))
                if not folder.startswith(".."):
                    yield folder


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(not folder or path == folder or path.startswith(f"{folder}/") for folder in folders)


def _walk(root: File, start: str) -> Iterator[str]:
    folders = [start]
    while folders:
        folder = folders.pop()
        if not (root / folder).is_dir() or (root / folder).is_symlink():
            # A kustomization that names a file, or something that is not there.
            continue
        with os.scandir(root / folder) as entries:
            listed = sorted(entries, key=lambda item: item.name)
        for item in listed:
            path = f"{folder}/{item.name}".lstrip("/")
            if item.name.startswith(".") or not item.name.isprintable():
                continue
            if item.is_dir(follow_symlinks=False):
                folders.append(path)
            else:
                yield path


def _content(path: File) -> bytes | str:
    """The bytes of a file, or why they are not read."""
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return "it is a symlink"
        if not stat.S_ISREG(status.st_mode):
            return "it is no plain file"
        if status.st_size > MAX_FILE:
            return f"it has {status.st_size} bytes, at most {MAX_FILE} are read"
        return path.read_bytes()
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def _kustomization(path: str, files: Mapping[str, bytes]) -> tuple[Kustomization | None, list[Finding]]:
    text = files[path].decode("utf-8", "replace")
    data, faults = read_text(text)
    if faults or not isinstance(data, dict):
        fault = faults[0] if faults else None
        where = Where(path, fault.line, fault.column) if fault else Where(path, 1, 1)
        said = fault.message if fault else "it is no mapping"
        return None, [finding(UNREAD, where, f"is not built: {said}", fault.hint if fault else "")]
    folder = posixpath.dirname(path)
    reader = _Reader(folder, files)
    kept = reader.kept(data)
    marks = marks_of(text)
    found = [
        finding(TAKEN_OUT, Where(path, *place_of(marks, at)), f"{said} is not imported: {why}", hint)
        for at, said, why, hint in reader.taken
    ]
    made = Kustomization(
        folder, kept, tuple(reader.folders), frozenset({path, *reader.files}), not reader.taken
    )
    return made, found


class _Reader:
    """One kustomization without what leads out of the folder."""

    def __init__(self, folder: str, files: Mapping[str, bytes]) -> None:
        self.folder = folder
        self.files: list[str] = []
        self.folders: list[str] = []
        self.taken: list[tuple[Path, str, str, str]] = []
        self._known = files
        self._places = {posixpath.dirname(file) for file in files if PurePosixPath(file).name in NAMES}

    def kept(self, data: dict[str, Any]) -> dict[str, Any]:
        """The mapping without what is not built."""
        made = dict(data)
        for key in _REFUSED:
            if made.pop(key, None):
                why = "it can start programs and ask the network"
                self.taken.append(
                    ((key,), key, why, "build the folder where you trust it, and import what comes out")
                )
        for key in (*_FOLDERS, *_FILES):
            if isinstance(made.get(key), list):
                made[key] = [
                    item for i, item in enumerate(made[key]) if self._keeps(item, (key, i), key in _FOLDERS)
                ]
        for key in _WITH_PATH:
            if isinstance(made.get(key), list):
                made[key] = [item for i, item in enumerate(made[key]) if self._keeps_path(item, (key, i))]
        for key in _GENERATED:
            if isinstance(made.get(key), list):
                made[key] = [self._generated(item, (key, i)) for i, item in enumerate(made[key])]
        if "openapi" in made and not self._keeps_path(made["openapi"], ("openapi",)):
            del made["openapi"]
        return made

    def _keeps_path(self, item: Any, at: Path) -> bool:
        path = item.get("path") if isinstance(item, dict) else None
        return path is None or self._keeps(path, (*at, "path"), folders=False)

    def _generated(self, item: Any, at: Path) -> Any:
        if not isinstance(item, dict):
            return item
        made = dict(item)
        for key in ("files", "envs"):
            if isinstance(made.get(key), list):
                made[key] = [
                    one
                    for i, one in enumerate(made[key])
                    if self._keeps(str(one).rpartition("=")[2], (*at, key, i), folders=False)
                ]
        if "env" in made and not self._keeps(made["env"], (*at, "env"), folders=False):
            del made["env"]
        return made

    def _keeps(self, item: Any, at: Path, folders: bool) -> bool:  # noqa: FBT001 - of a list of folders or of files
        if not isinstance(item, str):
            self.taken.append((at, "this", "it is no path", ""))
            return False
        if "\n" in item.strip() and not folders:
            # A patch that stands in the file itself.
            return True
        path = posixpath.normpath(posixpath.join(self.folder, item)).removeprefix("./")
        path = "" if path == "." else path
        if path in self._known and not _REMOTE.search(item):
            self.files.append(path)
            return True
        if folders and path in self._places and not _REMOTE.search(item):
            self.folders.append(path)
            return True
        if _REMOTE.search(item):
            why, hint = "it lies elsewhere and is not fetched", "get it yourself, and import what it builds"
        elif path.startswith("..") or item.startswith("/"):
            why, hint = "it lies outside of the imported folder", "import a folder that holds both"
        else:
            why, hint = "there is no such file or folder that can be built", ""
        self.taken.append((at, item, why, hint))
        return False


def below(paths: Iterable[str], folder: str) -> Iterator[str]:
    """Those paths that lie in a folder, at any depth."""
    return (path for path in paths if not folder or path == folder or path.startswith(f"{folder}/"))
