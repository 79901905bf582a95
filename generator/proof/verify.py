"""Proof of what was written: the last stage, and the only one that reads the output back.

    folders on disk ──┬─ evaluator     = what components emitted, object by object       every folder
                      ├─ kustomize     = the same                                        every distinct shape
                      ├─ schemas       every object, strict, offline                     every distinct object
                      ├─ references    every name exists                                 every folder
                      └─ pods          restricted, by digest, with resources, no token   every pod

Nothing is called passed that did not run: a `Check` says how many things were judged, and by what.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import NamedTuple

from ..errors import ToolMissing
from ..kustomize import build as kustomize
from ..kustomize.file import NotBuildable
from ..kustomize.readback import reader
from ..kustomize.shape import shape
from ..objects.difference import canonical, differences
from ..objects.manifest import Manifest, identify
from ..objects.names_used import names_used
from ..objects.object_names import NameUse, ObjectPart
from ..programs.record import find
from ..programs.run import Tool
from . import conformance, pods, references
from .schema_files import home

BUILD_ALL = 60
"""Up to so many folders the real kustomize builds each; beyond, one of every shape."""

HUBS = "acm/"
OVERLAYS = "overlays/"
BOOTSTRAP = "bootstrap"
"""Folder in an overlay that somebody applies where no hub delivers (hub/delivery/standalone.py)."""

Progress = Callable[[str, int, int], None]
"""Called with a check, how much of it is done, and how much there is (0: not known)."""


@dataclass(frozen=True)
class Expected:
    """A folder and what it means: the manifests that components emitted for it.

    `schemas` are the sets below schemas/kinds, first match wins. `secrets` (namespace, name) are those that
    specs declare and others deliver; `namespaces` those that operators make. `pod_security` is the version of
    the standard, such as v1.33; `head_proxy`: the platform puts a proxy beside Ray heads, which needs a token.
    """

    folder: str
    emitted: tuple[Manifest, ...]
    schemas: tuple[str, ...]
    secrets: frozenset[tuple[str, str]] = frozenset()
    namespaces: frozenset[str] = frozenset()
    pod_security: str = "latest"
    head_proxy: bool = False


class Beside(NamedTuple):
    """What lies in the same tree as the judged folders and is not judged with them: they may name it."""

    folders: Collection[str] = ()
    delivered: Callable[[], Collection[ObjectPart]] = tuple
    """What the hub's policies deliver; asked only when an overlay uses a name that is not its own."""


class Failure(NamedTuple):
    """Something that is not as it was meant: the folder, the object (or none), the sentence."""

    folder: str
    object: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in self if part)


class Check(NamedTuple):
    """A check that ran: how many things it judged, and which engine did."""

    name: str
    judged: int
    engine: str


@dataclass(frozen=True)
class Verification:
    """What was checked and what failed."""

    checks: tuple[Check, ...]
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """True when nothing failed."""
        return not self.failures


@dataclass
class _Evidence:
    """What a single pass over the folders gathers; manifests are not kept, so that fleets can be large."""

    failures: list[Failure] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    to_build: dict[str, Expected] = field(default_factory=dict)
    shapes: dict[str, Expected] = field(default_factory=dict)
    objects: int = 0
    distinct: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    """Schema sets -> object as canonical JSON -> first folder that has it."""
    used: int = 0
    open_uses: list[tuple[str, references.Broken, NameUse]] = field(default_factory=list)
    """Names that nothing in their own folder answers: another folder may."""
    delivered: set[ObjectPart] = field(default_factory=set)
    pods: int = 0


class _Facts(NamedTuple):
    """What is known of an object by its text alone, found out once."""

    offers: tuple[ObjectPart, ...]
    uses: tuple[NameUse, ...]


def verify(  # noqa: PLR0913 - what is judged, where it lies, and what lies beside it
    root: File,
    expected: Iterable[Expected],
    *,
    full: bool = False,
    progress: Progress | None = None,
    beside: Beside = Beside(),  # noqa: B008 - a frozen value
    repository: File | None = None,
) -> Verification:
    """Judge the folders below `root` against what they were meant to be.

    `full` has the real kustomize build every folder, however many there are. Of folders that were taken out of their
    `repository`, as part.py does, that one says which programs and schemas judge them.

    Raises:
        ToolMissing: there is no kustomize. (Without kubeconform a library checks the same schemas.)
        ToolFailed: a program does not start or does not end.
    """
    tell = progress or (lambda *_: None)
    repository = repository or root
    program = find(repository, "kustomize")
    seen = _read_all(root, expected, full=full, tell=tell)
    chosen = seen.to_build if full or len(seen.folders) <= BUILD_ALL else seen.shapes
    failures = [
        *seen.failures,
        *_built(root, program, list(chosen.values()), tell),
        *_not_referring(seen, beside),
    ]
    engine, misfits = _conforming(repository, seen, tell)
    which = "" if len(chosen) == len(seen.folders) else ", one of each shape"
    distinct = sum(map(len, seen.distinct.values()))
    checks = (
        Check("folders equal what was emitted", len(seen.folders), "nearedge evaluator"),
        Check("kustomize build equals it too", len(chosen), f"{program}{which}"),
        Check("objects fit their schemas", seen.objects, f"{engine}, {distinct} distinct"),
        Check("names refer to something", seen.used, "nearedge"),
        Check("pods are restricted and pinned", seen.pods, "nearedge, Pod Security Standard"),
    )
    return Verification(checks, tuple(dict.fromkeys((*failures, *misfits))))


def _read_all(root: File, expected: Iterable[Expected], *, full: bool, tell: Progress) -> _Evidence:
    """One pass over all folders: everything that needs no other program."""
    read = reader(root)
    evaluate = kustomize.evaluator(read)
    seen = _Evidence()
    facts: dict[str, _Facts] = {}
    unsafe = pods.pod_security()
    for item in expected:
        tell("verify", len(seen.folders), 0)
        seen.folders.append(item.folder)
        built = _evaluated(evaluate, item, seen)
        if built is not None:
            seen.failures += (
                Failure(item.folder, str(who), said) for who, said in differences(item.emitted, built)
            )
            _choose(read, item, seen, full=full)
        _gather(item, item.emitted if built is None else built, seen, facts)
        objects = item.emitted if built is None else built
        for work, found in unsafe(objects, item.pod_security, head_proxy=item.head_proxy):
            seen.pods += 1
            seen.failures += (
                Failure(item.folder, str(work.owner), f"{work.path}.{what.path} {what.message}")
                for what in found
            )
    return seen


def _evaluated(
    evaluate: Callable[[str], list[Manifest]], item: Expected, seen: _Evidence
) -> list[Manifest] | None:
    try:
        return evaluate(item.folder)
    except NotBuildable as error:
        seen.failures.append(Failure(item.folder, "", str(error)))
        return None


def _choose(read: kustomize.Read, item: Expected, seen: _Evidence, *, full: bool) -> None:
    """Remember the folder if the real kustomize may have to build it."""
    if full or len(seen.folders) <= BUILD_ALL:
        seen.to_build[item.folder] = item
    key = item.folder if item.folder.startswith(HUBS) else shape(read, item.folder)
    seen.shapes.setdefault(key, item)


def _gather(item: Expected, built: Sequence[Manifest], seen: _Evidence, facts: dict[str, _Facts]) -> None:
    texts = [canonical(manifest) for manifest in built]
    distinct = seen.distinct.setdefault(item.schemas, {})
    for text, manifest in zip(texts, built, strict=True):
        distinct.setdefault(text, item.folder)
        if text not in facts:
            facts[text] = _Facts(tuple(references.offers(manifest)), tuple(names_used(manifest)))
        if manifest["kind"] == "Policy":
            seen.delivered |= set(references.delivered(manifest))
        elif f"/{BOOTSTRAP}/" in item.folder:
            seen.delivered |= set(facts[text].offers)
    seen.objects += len(texts)
    offered = {part for text in texts for part in facts[text].offers}
    offered |= references.given_parts(item.secrets, item.namespaces)
    for text, manifest in zip(texts, built, strict=True):
        used = facts[text].uses
        seen.used += len(used)
        for use in references.unanswered(used, offered):
            seen.open_uses.append((item.folder, references.Broken.of(identify(manifest), use), use))


def _not_referring(seen: _Evidence, beside: Beside) -> Iterator[Failure]:
    """Names that no folder answers: folders themselves, and for overlays what the hub's policies deliver."""
    places = references.given_parts(folders=(*seen.folders, *beside.folders))
    overlays = any(folder.startswith(OVERLAYS) for folder, _, _ in seen.open_uses)
    delivered = seen.delivered.union(beside.delivered()) if overlays else seen.delivered
    for folder, broken, use in seen.open_uses:
        offered = places | delivered if folder.startswith(OVERLAYS) else places
        if any(references.unanswered((use,), offered)):
            yield Failure(folder, str(broken.user), broken.message)


def _built(root: File, program: Tool, chosen: Sequence[Expected], tell: Progress) -> Iterator[Failure]:
    built = kustomize.build(program, root, [item.folder for item in chosen])
    for i, (item, (folder, found)) in enumerate(zip(chosen, built, strict=True)):
        tell("kustomize build", i, len(chosen))
        if isinstance(found, NotBuildable):
            yield Failure(folder, "", f"{program.name} refuses it: {found}")
        else:
            for identity, said in differences(item.emitted, found):
                yield Failure(folder, str(identity), f"{said} (by {program.name})")


def _conforming(root: File, seen: _Evidence, tell: Progress) -> tuple[str, list[Failure]]:
    """Name of the engine, and the objects that do not fit; equal ones are judged once."""
    tell("schemas", 0, 0)
    try:
        engine = conformance.kubeconform(find(root, "kubeconform"))
    except ToolMissing:
        engine = conformance.library()
    found = [
        Failure(known[misfit.text], str(identify(json.loads(misfit.text))), misfit.message)
        for sets, known in seen.distinct.items()
        for misfit in engine.judge(home(root), sets, list(known))
    ]
    return engine.name, found
