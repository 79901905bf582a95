"""What folders hold: kustomizations as the real kustomize builds them in a copy, other folders as they stand.

kustomize notes at each object which file it began as (buildMetadata originAnnotations), so what is said of an object is said at its
place.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path as File
from typing import Any

from ...findings.finding import Finding, Where
from ...kustomize.build import SLOWEST
from ...programs.run import Tool, run
from ...rules.imported import NOT_BUILT
from ...yaml.strict import read_text
from ...yaml.writer import to_yaml
from .kustomizations import NAMES
from .source import Source, finding, manifests_in
from .tree import Tree, below

ORIGIN = "config.kubernetes.io/origin"
_COPY, _ASKED = "tree", "asked"


class Builder:
    """Builds folders of one tree, each once, in a copy below `workshop`."""

    def __init__(self, tree: Tree, tool: Tool | None, workshop: File) -> None:
        self.tree = tree
        self.findings: list[Finding] = []
        self._tool = tool
        self._workshop = workshop
        self._built: dict[str, tuple[Source, ...]] = {}
        self._read: dict[str, tuple[Source, ...]] = {}
        self._begun: dict[str, tuple[Source, ...]] = {}
        if tree.kustomizations:
            _copy(tree, workshop / _COPY)

    def folder(self, folder: str) -> tuple[Source, ...]:
        """The objects of a folder: built where it has a kustomization, else of all its manifests."""
        if folder in self.tree.kustomizations:
            if folder not in self._built:
                self._built[folder] = self._kustomize(folder)
            return self._built[folder]
        return self.files(below(self.tree.loose, folder))

    def known(self, folder: str) -> tuple[Source, ...]:
        """The objects of a folder that was built, or that needs no building."""
        return self._built.get(folder, ()) if folder in self.tree.kustomizations else self.folder(folder)

    def files(self, files: Iterable[str]) -> tuple[Source, ...]:
        """The objects of files that stand by themselves."""
        return tuple(source for file in files for source in self.file(file))

    def file(self, file: str) -> tuple[Source, ...]:
        """The objects of one file."""
        if file not in self._read:
            try:
                text = self.tree.files[file].decode("utf-8")
            except UnicodeDecodeError:
                text = ""
            self._read[file], wrong = manifests_in(file, text)
            self.findings += wrong
        return self._read[file]

    def _kustomize(self, folder: str) -> tuple[Source, ...]:
        if self._tool is None:
            return ()
        asked = self._workshop / _ASKED / str(len(self._built))
        asked.mkdir(parents=True)
        up = posixpath.relpath(f"/{_COPY}/{folder}", f"/{_ASKED}/{len(self._built)}")
        wanted = {"resources": [up], "buildMetadata": ["originAnnotations"]}
        (asked / NAMES[0]).write_text(to_yaml(wanted), encoding="utf-8")
        verb = "kustomize" if self._tool.kind == "kubectl" else "build"
        done = run(self._tool, (verb, "."), cwd=asked, accept=range(256), timeout=SLOWEST)
        at = posixpath.join(folder, NAMES[0])
        if done.code:
            said = done.stderr.strip().replace(str(self._workshop / _COPY), ".")[-500:]
            self.findings.append(finding(NOT_BUILT, Where(at, 1, 1), f"kustomize does not build it: {said}"))
            return ()
        made, wrong = manifests_in(at, done.stdout)
        self.findings += (replace(item, where=Where(at, 1, 1)) for item in wrong)
        return tuple(self._placed(source, at) for source in made)

    def _placed(self, source: Source, at: str) -> Source:
        """The object without kustomize's note, at the place where it stood before it was built."""
        manifest = dict(source.manifest)
        metadata = dict(manifest["metadata"])
        notes = dict(metadata.get("annotations") or {})
        noted, _ = read_text(str(notes.pop(ORIGIN, "")))
        metadata = {key: value for key, value in metadata.items() if key != "annotations"}
        manifest["metadata"] = {**metadata, **({"annotations": notes} if notes else {})}
        said = noted if isinstance(noted, dict) else {}
        begun = said.get("path") or said.get("configuredIn")
        file = re.sub(rf"^(\.\./)+{_COPY}/", "", str(begun)) if begun else at
        return self._found(manifest, file) if file in self.tree.files else Source(manifest, at)

    def _found(self, manifest: dict[str, Any], file: str) -> Source:
        """The document of the file that the object was: of its kind, with a name that hers ends or begins with."""
        known = [item for item in self._silent(file) if item.kind == manifest["kind"]]
        name = str(manifest["metadata"]["name"])
        like = [item for item in known if item.name in name] or known
        text = max(like, key=lambda item: len(item.name)).text if like else ""
        return Source(manifest, file, text)

    def _silent(self, file: str) -> tuple[Source, ...]:
        """The objects of a file that kustomize read: what is wrong with it was kustomize's to say."""
        if file not in self._begun:
            self._begun[file] = manifests_in(file, self.tree.files[file].decode("utf-8", "replace"))[0]
        return self._begun[file]


def _copy(tree: Tree, to: File) -> None:
    for path, content in tree.files.items():
        folder, name = posixpath.split(path)
        if name in NAMES and folder not in tree.kustomizations:
            # Nobody could read it, so nobody knows what it would make kustomize do.
            continue
        target = to / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    for folder, item in tree.kustomizations.items():
        if item.whole:
            continue
        for name in NAMES:
            (to / folder / name).unlink(missing_ok=True)
        (to / folder / NAMES[0]).write_text(to_yaml(dict(item.data)), encoding="utf-8")
