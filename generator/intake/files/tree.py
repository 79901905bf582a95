"""The files that are imported, read once: which folders kustomize builds, and which files stand by themselves.

Everything is copied before it is built, and what could start a program, ask the network or lead out of the folder is taken out
of the copy and named: a remote base, a chart, a generator, a transformer. kustomize never sees the folder itself.
"""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as File
from pathlib import PurePosixPath

from ...findings.finding import Finding, Where
from ...rules.imported import UNREAD
from .kustomizations import NAMES, Kustomization, folders_named, kustomization_in
from .source import finding

MAX_FILE = 1024 * 1024
"""Bytes of one file: what Kubernetes takes of one object, and a little less than etcd does."""
MAX_FILES = 20_000
MAX_TOTAL = 256 * 1024 * 1024

MANIFESTS = frozenset({".yaml", ".yml", ".json"})


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

    @cached_property
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
    for path, content in _found(root, start, single=single):
        if isinstance(content, str):
            wrong.append(finding(UNREAD, Where(_shown(path), 1, 1), f"is left aside: {content}"))
            continue
        total += len(content)
        if len(files) >= MAX_FILES or total > MAX_TOTAL:
            said = (
                f"this and what follows is left aside: more than {MAX_FILES} files or {MAX_TOTAL >> 20} MiB"
            )
            wrong.append(finding(UNREAD, Where(path, 1, 1), said, "import a smaller folder"))
            break
        files[path] = content
    made: dict[str, Kustomization] = {}
    for path in files if not single else ():
        if PurePosixPath(path).name in NAMES:
            item, found = kustomization_in(path, files)
            wrong += found
            if item is not None:
                made[item.folder] = item
    return Tree(root, files, start, made, tuple(wrong))


def _found(root: File, start: str, *, single: bool) -> Iterator[tuple[str, bytes | str]]:
    """Each file once with its content, or with why it is not read; folders that a kustomization names come last."""
    seen: set[str] = set()
    waiting = [start]
    for begun in waiting:
        for path in [begun] if single else _walk(root, begun):
            if path in seen:
                continue
            seen.add(path)
            content = _content(root / path)
            yield path, content
            if isinstance(content, bytes) and not single and PurePosixPath(path).name in NAMES:
                waiting += (
                    folder for folder in folders_named(path, content) if not _is_below(folder, waiting)
                )


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
            if item.name.startswith("."):
                continue
            if item.is_dir(follow_symlinks=False) and item.name.isprintable():
                folders.append(path)
            else:
                yield path


def _shown(path: str) -> str:
    """A path that can be shown: what steers terminals or is no UTF-8 is written as an escape."""
    return path if path.isprintable() else path.encode("unicode_escape", "backslashreplace").decode()


def _content(path: File) -> bytes | str:
    """The bytes of a file, or why they are not read."""
    if not path.name.isprintable():
        return "its name cannot be shown"
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


def below(paths: Iterable[str], folder: str) -> Iterator[str]:
    """Those paths that lie in a folder, at any depth."""
    return (path for path in paths if not folder or path == folder or path.startswith(f"{folder}/"))
