"""Kustomizations of others, without what could start a program, ask the network or lead out of the imported folder."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ...findings.finding import Finding, Path, Where
from ...rules.imported import TAKEN_OUT, UNREAD
from ...yaml.positions import marks_of, place_of
from ...yaml.strict import read_text
from .source import finding

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""As kustomize looks for them (api/konfig/general.go RecognizedKustomizationFileNames)."""
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


def folders_named(path: str, content: bytes) -> Iterator[str]:
    """Folders that a kustomization names beside its own."""
    data, _ = read_text(content.decode("utf-8", "replace"))
    for key in _FOLDERS:
        listed = data.get(key) if isinstance(data, dict) else None
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, str) and not _REMOTE.search(item) and not item.startswith("/"):
                folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), item))
                if not folder.startswith(".."):
                    yield folder


def kustomization_in(path: str, files: Mapping[str, bytes]) -> tuple[Kustomization | None, list[Finding]]:
    """The kustomization of a file, and what was taken out of it; none where nobody can read it."""
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
