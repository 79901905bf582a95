"""Specs as texts, for a machine that has none of our files; and what all clusters share, made of such texts again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from ..documents.files import Root, Unreadable, is_spec, raw_of
from ..documents.folders import folder_texts
from ..fleet.folders import Folders, named_in
from ..fleet.spec_files import PART, Shared, kind_of, read_cluster_file, read_shared
from .inputs import documents_of

Texts = Mapping[str, bytes | Unreadable]
"""Spec file -> its bytes, or why it cannot be read where it lies."""


def texts_of(root: Root, files: Iterable[str]) -> Texts:
    """The clusters' files that a part of a job reads, as they are now, and the folders that they name."""
    texts = {file: raw_of(root, file) for file in files}
    named: set[str] = set()
    for file, raw in texts.items():
        # Read twice only where there may be something: hardly any cluster names a folder of its own.
        if isinstance(raw, bytes) and b"workingDir" in raw:
            document, _ = read_cluster_file(texts, file)
            named |= {folder for _, folder in named_in(document.data.get("spec"))} if document else set()
    return {**texts, **folder_texts(root, frozenset(named))} if named else texts


def specs_in(texts: Texts) -> tuple[str, ...]:
    """The spec files among texts."""
    return tuple(file for file in texts if is_spec(file))


@dataclass(frozen=True)
class SharedTexts:
    """What all clusters have in common, as it was read and found to be right."""

    texts: Texts
    unusable: frozenset[str]

    @classmethod
    def of(cls, shared: Shared) -> SharedTexts:
        """The texts that `shared` was made of."""
        texts: dict[str, bytes | Unreadable] = {
            document.file: document.text.encode() for document in documents_of(shared)
        }
        texts |= shared.parts.raw()
        return cls({**texts, **shared.folders.texts(_folders_of(shared, texts))}, shared.unusable)

    @cached_property
    def shared(self) -> Shared:
        """The same again; its files were judged where they were read."""
        made, _ = read_shared(self.texts, specs_in(self.texts), known=self.texts)
        assert made is not None  # noqa: S101 - it was made of these texts before
        return replace(made, unusable=self.unusable)

    def with_folders(self, sent: Texts) -> Shared:
        """The same, with the folders that clusters name by themselves."""
        more = {file: said for file, said in sent.items() if not is_spec(file)}
        return replace(self.shared, folders=Folders({**self.texts, **more})) if more else self.shared


def _folders_of(shared: Shared, texts: Texts) -> frozenset[str]:
    """The folders that the fleet, groups and teams name."""
    said = [shared.fleet_document.data.get("spec", {}).get("defaults")]
    said += [group.data.get("spec") for group in shared.groups.values()]
    parts = (file for file in texts if kind_of(file) == PART and b"workingDir" in _raw(texts[file]))
    read = (shared.parts.read(file).document for file in parts)
    said += [document.data.get("spec") for document in read if document]
    return frozenset(folder for spec in said for _, folder in named_in(spec))


def _raw(said: bytes | Unreadable) -> bytes:
    return said if isinstance(said, bytes) else b""
