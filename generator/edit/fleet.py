"""Changes of specs as people ask for them: which file they go to, what it says afterwards, and what to tell.

Reads the specs of a repository; nothing is written here. `cli/` proves the result and brings it to disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as File
from typing import Any

from ..documents.files import Document, is_part, read_file
from ..documents.merge import Resolved, resolve
from ..documents.near import suggestion
from ..errors import NearedgeError
from ..findings.finding import Path
from ..fleet.cluster import layers_of
from ..fleet.kinds import document_models
from ..fleet.spec_files import FLEET_FILE, Shared, kind_of, read_cluster_file, stem
from ..flow.read import cluster_files, read
from ..specs.fields import field_at
from ..yaml.strict import read_text

SPEC_ORDER = (
    "tier",
    "platform",
    "groups",
    "ring",
    "state",
    "registration",
    "connectivity",
    "pins",
    "nodes",
    "storage",
)
"""How a Cluster's spec begins; its model puts the components behind the rest."""


class NotThere(NearedgeError):
    """A cluster, group or model that an argument names and the fleet does not have; usage."""

    exit_code = 64


class EditRefused(NearedgeError):
    """A change that makes no sense as it was asked for."""

    exit_code = 1


@dataclass(frozen=True)
class Edit:
    """Texts of the files that change, by path, and sentences about it for the person who asked."""

    texts: Mapping[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    """Files that are removed."""
    idle: str = ""
    """What to say when no output follows from it."""
    nothing: str = "nothing to do: the specs say so already"
    """What to say when nothing changes."""


@dataclass(frozen=True)
class RepositorySpecs:
    """All specs of a repository, as far as changes have to know them."""

    root: File
    files: tuple[str, ...]
    shared: Shared
    texts: Mapping[str, str] = field(default_factory=dict)
    """What files say by now, of those that an edit before this one changed in the same transaction."""

    @property
    def clusters(self) -> dict[str, str]:
        """Name -> file of every cluster."""
        return {stem(file): file for file in cluster_files(self.files)}

    def cluster_file(self, name: str) -> str:
        """The file of a cluster.

        Raises:
            NotThere: with the nearest name.
        """
        clusters = self.clusters
        if name in clusters.values():
            return name
        return clusters[known("cluster", name, clusters)]

    def document(self, file: str) -> Document:
        """A spec that can be read.

        Raises:
            Refused: it cannot.
        """
        if file in self.texts:
            return Document(file, self.texts[file], read_text(self.texts[file])[0])
        document, findings = read_file(self.root, file)
        if document is None or findings:
            raise EditRefused(f"{file} cannot be edited as it is: nearedge check says why")
        return document

    def resolved(self, file: str) -> Resolved:
        """The merged spec of a cluster."""
        if file in self.texts:
            return resolve(layers_of(self.shared, self.document(file))[0])
        document, _ = read_cluster_file(self.root, file)
        if document is None:
            raise EditRefused(f"{file} cannot be edited as it is: nearedge check says why")
        return resolve(layers_of(self.shared, document)[0])

    def after(self, edit: Edit) -> RepositorySpecs:
        """The specs with an edit; the fleet as a value and models stay as they are on disk."""
        changed = {file: text for file, text in edit.texts.items() if text != self.texts.get(file)}
        if not changed:
            return self
        made = replace(self, texts={**self.texts, **changed})
        groups = {stem(file): made.document(file) for file in changed if kind_of(file) == "Group"}
        shared = replace(self.shared, groups={**self.shared.groups, **groups}) if groups else self.shared
        for file in filter(is_part, changed):
            shared = replace(shared, parts=shared.parts.with_document(made.document(file)))
        if FLEET_FILE in changed:
            shared = replace(shared, fleet_document=made.document(FLEET_FILE))
        return replace(made, shared=shared)


def specs_of(root: File) -> RepositorySpecs:
    """The specs of a repository.

    Raises:
        Refused: there is no usable fleet file.
    """
    files, shared, _ = read(root)
    if shared is None:
        raise EditRefused(f"{FLEET_FILE} cannot be used: nearedge check says why")
    return RepositorySpecs(root, files, shared)


def known(kind: str, name: str, names: Mapping[str, Any] | Sequence[str]) -> str:
    """A name that is there.

    Raises:
        NotThere: with the nearest one.
    """
    if name in names:
        return name
    raise NotThere(f"there is no {kind} {name}{suggestion(name, names)}")


@dataclass(frozen=True)
class EditedDocument:
    """A document that a change goes to, and what holds there with all that lies below it."""

    document: Document
    kind: str
    whole: Any
    """The document as it is merged: of a cluster with its groups and the defaults."""
    resolved: Resolved | None = None


def of_cluster(specs: RepositorySpecs, name: str) -> EditedDocument:
    """A cluster's own file."""
    file = specs.cluster_file(name)
    resolved, document = specs.resolved(file), specs.document(file)
    return EditedDocument(document, "Cluster", {**document.data, "spec": resolved.spec}, resolved)


def of_file(specs: RepositorySpecs, kind: str, name: str) -> EditedDocument:
    """A group, a model or the fleet."""
    if kind == "Fleet":
        file = FLEET_FILE
    else:
        files = {stem(file): file for file in specs.files if kind_of(file) == kind}
        file = files[known(kind.lower(), name, files)]
    document = specs.document(file)
    return EditedDocument(document, kind, document.data)


def order_of(kind: str) -> Any:
    """The keys of a mapping in the order of its model."""

    def order(path: Path) -> Sequence[str]:
        found = field_at(
            document_models()[kind], tuple(0 if isinstance(step, int) else step for step in path)
        )
        keys = found.order if found else ()
        if path == ("spec",) and kind in {"Cluster", "Group"}:
            return (*SPEC_ORDER, *(key for key in keys if key not in SPEC_ORDER))
        return keys

    return order
