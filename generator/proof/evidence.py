"""What one folder alone can prove, without another program: it is what was meant, and how far its names reach.

    Expected + a way to read files  ->  Evidence

Nothing here knows of other folders or of the disk: evidence is gathered by the process that compiled the folder, of
the texts that it is about to write (witness.py), or of what is on disk (verify.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ..kustomize import build as kustomize
from ..kustomize.file import NotBuildable
from ..objects.difference import canonical, differences
from ..objects.manifest import Manifest, ResourceId, identify
from ..objects.names_used import names_used
from ..objects.object_names import NameUse, ObjectPart
from . import references
from .meant import BOOTSTRAP, HUBS, Expected, Failure
from .security import pods


class OpenUse(NamedTuple):
    """A name that nothing in the folder itself answers: another folder may."""

    user: ResourceId
    use: NameUse


@dataclass(frozen=True)
class Evidence:
    """What is known of one folder. Manifests are not kept, so that fleets can be large."""

    folder: str
    schemas: tuple[str, ...]
    failures: tuple[Failure, ...] = ()
    parts: frozenset[str] = frozenset()
    """Shapes of what is in it (kustomize/shape.py); none when the evaluator cannot build it."""
    objects: int = 0
    distinct: tuple[str, ...] = ()
    """Objects as canonical JSON that the same examiner had not met in an earlier folder."""
    used: int = 0
    """Names that objects use of others."""
    pods: int = 0
    open_uses: tuple[OpenUse, ...] = ()
    delivered: tuple[ObjectPart, ...] = ()
    """What the folder brings to clusters beside their overlays: by policies, or applied by hand."""


class _Facts(NamedTuple):
    """What is known of an object by its text alone, found out once."""

    offers: tuple[ObjectPart, ...]
    uses: tuple[NameUse, ...]


@dataclass(frozen=True, eq=False)
class _One:
    """A manifest as this one object, and not as what it holds: the evaluator gives one to many folders."""

    manifest: Manifest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _One) and other.manifest is self.manifest

    def __hash__(self) -> int:
        return id(self.manifest)


@lru_cache(maxsize=8192)
def _text(one: _One) -> str:
    return canonical(one.manifest)


def examiner(read: kustomize.Read) -> Callable[[Expected], Evidence]:
    """A function that examines one folder after the other; what they have in common is judged once."""
    build = kustomize.builder(read)
    unsafe = pods.pod_security()
    facts: dict[str, _Facts] = {}
    met: dict[tuple[str, ...], set[str]] = {}

    def examine(item: Expected) -> Evidence:
        built: Sequence[Manifest] | None = None
        failures: list[Failure] = []
        parts = frozenset[str]()
        try:
            built, parts = build(item.folder)
        except NotBuildable as error:
            failures = [Failure(item.folder, "", str(error))]
        judged = item.emitted if built is None else built
        texts = list(item.texts) if built is None else [_text(_One(manifest)) for manifest in built]
        if built is not None:
            failures += _differing(item, built, texts)
        known = met.setdefault(item.schemas, set())
        fresh = tuple(text for text in dict.fromkeys(texts) if text not in known)
        known.update(fresh)
        for text, manifest in zip(texts, judged, strict=True):
            if text not in facts:
                facts[text] = _Facts(tuple(references.offers(manifest)), tuple(names_used(manifest)))
        found = [facts[text] for text in texts]
        running = tuple(unsafe(judged, item.pod_security, item.added))
        for work, wrong in running:
            failures += (
                Failure(item.folder, str(work.owner), f"{work.path}.{what.path} {what.message}")
                for what in wrong
            )
        return Evidence(
            item.folder,
            item.schemas,
            tuple(failures),
            # The hub's folder is like no other.
            frozenset({item.folder}) if parts and item.folder.startswith(HUBS) else parts,
            len(texts),
            fresh,
            sum(len(one.uses) for one in found),
            len(running),
            tuple(_open(item, judged, found)),
            tuple(dict.fromkeys(_delivered(item.folder, judged, found))),
        )

    return examine


def _differing(item: Expected, built: Sequence[Manifest], texts: Sequence[str]) -> Iterator[Failure]:
    if sorted(item.texts) == sorted(texts) and len({*map(identify, built)}) == len(texts):
        return
    for who, said in differences(item.emitted, built):
        yield Failure(item.folder, str(who), said)


def _open(item: Expected, objects: Sequence[Manifest], found: Sequence[_Facts]) -> Iterator[OpenUse]:
    offered = {part for one in found for part in one.offers}
    offered |= references.given_parts(item.secrets, item.namespaces, brought=item.brought)
    for manifest, one in zip(objects, found, strict=True):
        for use in references.unanswered(one.uses, offered):
            yield OpenUse(identify(manifest), use)


def _delivered(folder: str, objects: Sequence[Manifest], found: Sequence[_Facts]) -> Iterator[ObjectPart]:
    for manifest, one in zip(objects, found, strict=True):
        if manifest["kind"] == "Policy":
            yield from references.delivered(manifest)
        elif f"/{BOOTSTRAP}/" in folder:
            yield from one.offers
