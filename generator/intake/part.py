"""What a section makes of the objects it reads: items of a spec, models, accounts, and what it had to assume."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..findings.finding import Finding
from ..rules.imported import NO_DIGEST
from ..specs.types import IMAGE, untagged
from .account import Account
from .files.source import Source, finding
from .models import Models


@dataclass(frozen=True)
class Answers:
    """What the command line says of what manifests leave open."""

    digests: Mapping[str, str] = field(default_factory=dict)
    """Image with its tag -> sha256:..."""
    sizes: Mapping[str, str] = field(default_factory=dict)
    """Model -> bytes on disk."""
    buckets: Mapping[str, str] = field(default_factory=dict)
    """Data connection (the name of its Secret) -> bucket."""


@dataclass(frozen=True)
class Assumed:
    """A value that a spec needs and that nothing says: where it stands, and why it is that one."""

    said: str
    value: Any
    why: str


@dataclass
class Part:
    """What has been read of one site so far."""

    items: dict[tuple[str, ...], list[dict[str, Any]]] = field(default_factory=dict)
    """Section of a spec (serving, kueue.queues) -> its items."""
    values: dict[tuple[str, ...], Any] = field(default_factory=dict)
    """Fields that stand in no list: kueue.cohort, platform."""
    accounts: list[Account] = field(default_factory=list)
    assumed: list[Assumed] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(self, section: tuple[str, ...], item: dict[str, Any]) -> None:
        """One more item, unless the same one is there."""
        listed = self.items.setdefault(section, [])
        if item not in listed:
            listed.append(item)


@dataclass(frozen=True)
class Scene:
    """What sections read: all objects of a site, the models of the fleet, and the answers."""

    objects: tuple[Source, ...]
    models: Models
    answers: Answers = Answers()
    part: Part = field(default_factory=Part)

    def of(self, *kinds: str) -> tuple[Source, ...]:
        """The objects of these kinds."""
        return tuple(item for item in self.objects if item.kind in kinds)

    def one(self, kind: str, namespace: str, name: object) -> Source | None:
        """The object of this kind and name."""
        found = (item for item in self.of(kind) if (item.namespace, item.name) == (namespace, name))
        return next(found, None)

    def image(self, text: object, source: Source, path: tuple[str | int, ...]) -> str | None:
        """An image by digest; None, and a finding, where there is none."""
        named = str(text or "")
        digest = self.answers.digests.get(named)
        image = untagged(f"{named}@{digest}" if digest and "@" not in named else named)
        if re.fullmatch(IMAGE, image):
            return image
        message = f"the image {named or '(none)'} of {source.identity} has no digest"
        hint = f"say it: --digest {named or 'IMAGE'}=sha256:DIGEST, or pin the image in the manifest"
        self.part.findings.append(finding(NO_DIGEST, source.where(path), message, hint))
        return None


_NOT_OF_A_NAME = re.compile(r"[^a-z0-9]+")


def label(text: str, longest: int = 63) -> str:
    """A name as Kubernetes takes it, of any text: small letters, digits and -.

    >>> label("Granite_3.1 8B")
    'granite-3-1-8b'
    """
    return _NOT_OF_A_NAME.sub("-", text.lower()).strip("-")[:longest].rstrip("-")


def joined(names: Iterable[str]) -> str:
    """Names in a sentence."""
    return ", ".join(sorted(names))
