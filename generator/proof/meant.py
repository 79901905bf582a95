"""What a folder of the output means: the manifests that components emitted for it, and what it may count on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ..objects.difference import canonical
from ..objects.manifest import Manifest, ResourceId
from .security.added import NOTHING, Added

HUBS = "acm/"
OVERLAYS = "overlays/"
BOOTSTRAP = "bootstrap"
"""Folder in an overlay that somebody applies where no hub delivers (hub/delivery/standalone.py)."""


@dataclass(frozen=True)
class Expected:
    """A folder and what it means: the manifests that components emitted for it.

    `schemas` are the sets below schemas/kinds, first match wins. `secrets` (namespace, name) are those that
    specs declare and others deliver; `brought` are other objects of that kind; `namespaces` those that operators make. `pod_security` is the version of
    the standard, such as v1.33; `added` is what the platform adds to pods.
    """

    folder: str
    emitted: tuple[Manifest, ...]
    schemas: tuple[str, ...]
    secrets: frozenset[tuple[str, str]] = frozenset()
    namespaces: frozenset[str] = frozenset()
    pod_security: str = "latest"
    added: Added = NOTHING
    brought: frozenset[ResourceId] = frozenset()

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The manifests as canonical JSON."""
        return tuple(map(canonical, self.emitted))


class Failure(NamedTuple):
    """Something that is not as it was meant: the folder, the object (or none), the sentence."""

    folder: str
    object: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in self if part)
