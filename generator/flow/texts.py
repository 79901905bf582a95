"""Specs as texts, for a machine that has none of our files; and what all clusters share, made of such texts again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from ..documents.files import Root, Unreadable, raw_of
from ..fleet.spec_files import Shared, read_shared
from .inputs import documents_of

Texts = Mapping[str, bytes | Unreadable]
"""Spec file -> its bytes, or why it cannot be read where it lies."""


def texts_of(root: Root, files: Iterable[str]) -> Texts:
    """The specs that a part of a job reads, as they are now."""
    return {file: raw_of(root, file) for file in files}


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
        return cls({**texts, **shared.parts.raw()}, shared.unusable)

    @cached_property
    def shared(self) -> Shared:
        """The same again; its files were judged where they were read."""
        made, _ = read_shared(self.texts, tuple(self.texts), known=self.texts)
        assert made is not None  # noqa: S101 - it was made of these texts before
        return replace(made, unusable=self.unusable)
