"""Proof of what was written: the last stage, and the only one that reads the output back.

    folders ──┬─ evaluator     = what components emitted, object by object       every folder       evidence.py
              ├─ kustomize     = the evaluator                                   every distinct shape
              ├─ schemas       every object, strict, offline                     every distinct object
              ├─ CEL           the rules of CRDs, by the API server's own code   every distinct object
              ├─ references    every name exists                                 every folder
              └─ pods          restricted, by digest, with resources, no token   every pod          evidence.py

Pods are judged with what KServe and the platform add to servers (security/added.py): of these containers whether a
namespace with the restricted standard takes them, on platforms with SCCs as restricted-v2 fills them in; not their images and
resources. What else controllers add is not judged: containers of Ray pods but the autoscaler, a workbench's proxy, Tekton's own.

Nothing is called passed that did not run: a `Check` says how many things were judged, and by what. Of folders that an
earlier run proved (known.py) it is asked again only whether all names still lead somewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as File
from typing import NamedTuple

from ..kustomize.readback import reader
from ..objects.object_names import ObjectPart
from ..programs.record import find
from . import references
from .crd_rules import by_crd_rules
from .evidence import Evidence, OpenUse, examiner
from .meant import HUBS, OVERLAYS, Expected, Failure
from .outside import Answer, Progress, by_kustomize, by_schemas

__all__ = [
    "HUBS",
    "OVERLAYS",
    "Beside",
    "Check",
    "Expected",
    "Failure",
    "Ground",
    "Remembered",
    "Verification",
    "settled",
    "verify",
]

BUILD_ALL = 60
"""Up to so many folders the real kustomize builds each; beyond, one of every shape."""


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
    known: int = 0
    """Folders that an earlier run proved, and that are as they were then."""
    evidence: tuple[Evidence, ...] = field(default=(), repr=False, compare=False)
    """What the folders proved that were judged by themselves (noted.py)."""

    @property
    def passed(self) -> bool:
        """True when nothing failed."""
        return not self.failures

    def beside(self, failures: Iterable[Failure]) -> Verification:
        """The same with further failures."""
        return replace(self, failures=(*self.failures, *failures))


class Beside(NamedTuple):
    """What lies in the same tree as the judged folders and is not judged with them: they may name it."""

    folders: Collection[str] = ()
    delivered: Callable[[], Collection[ObjectPart]] = tuple
    """What the hub's policies deliver; asked only when an overlay uses a name that is not its own."""


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
    `repository` that one says which programs and schemas judge them.

    Raises:
        ToolMissing: there is no kustomize. (Without kubeconform a library checks the same schemas.)
        ToolFailed: a program does not start or does not end.
    """
    tell = progress or (lambda *_: None)
    find(repository or root, "kustomize")
    examine = examiner(reader(root))
    seen = []
    for i, item in enumerate(expected):
        tell("verify", i, 0)
        seen.append(examine(item))
    asked = any(one.open_uses and one.folder.startswith(OVERLAYS) for one in seen)
    others = Remembered(tuple(beside.folders), delivered=frozenset(beside.delivered() if asked else ()))
    ground = Ground(root, repository or root)
    found = settled(ground, seen, others, every=len(seen) <= BUILD_ALL, full=full, progress=tell)
    return replace(found, known=0, evidence=tuple(seen))


class Remembered(NamedTuple):
    """What earlier runs proved of folders that are as they were then."""

    folders: tuple[str, ...] = ()
    open_uses: tuple[tuple[str, tuple[OpenUse, ...]], ...] = ()
    """Folders with names that another folder has to answer, today as then."""
    delivered: frozenset[ObjectPart] = frozenset()


NOTHING_KNOWN = Remembered()


class Ground(NamedTuple):
    """Where the folders lie, and the repository that says which programs and schemas judge them."""

    folder: File
    repository: File


def settled(  # noqa: PLR0913 - as verify
    ground: Ground,
    seen: Sequence[Evidence],
    known: Remembered = NOTHING_KNOWN,
    *,
    every: bool,
    full: bool = False,
    progress: Progress | None = None,
) -> Verification:
    """What all folders prove together: `seen` are those that were examined now.

    The real kustomize builds `every` one of them, or one of each shape; a large hub as a whole only when `full` is said.

    Raises as `verify` does; where nothing was examined no program is needed.
    """
    tell = progress or (lambda *_: None)
    failures = [failure for one in seen for failure in one.failures]
    built, fitting, ruled = Answer(0), Answer(0), Answer(0)
    if seen:
        program = find(ground.repository, "kustomize")
        built = by_kustomize(ground.folder, program, seen, every=every or full, whole=full, tell=tell)
        fitting = by_schemas(ground.repository, seen, tell)
        ruled = by_crd_rules(ground.repository, seen, tell)
    failures += [*built.failures, *_not_referring(seen, known), *fitting.failures, *ruled.failures]
    pss = "nearedge, Pod Security Standard"
    checks = (
        Check("folders equal what was emitted", len(seen), "nearedge evaluator"),
        Check("kustomize build equals it too", built.judged, built.engine),
        Check("objects fit their schemas", fitting.judged, fitting.engine),
        Check("CEL rules of CRDs hold", ruled.judged, ruled.engine),
        Check("names refer to something", sum(one.used for one in seen), "nearedge"),
        Check("pods are restricted and pinned", sum(one.pods for one in seen), pss),
    )
    return Verification(checks, tuple(dict.fromkeys(failures)), len(known.folders))


def _not_referring(seen: Sequence[Evidence], known: Remembered) -> Iterator[Failure]:
    """Names that no folder answers: folders themselves, and for overlays what the hub's policies deliver."""
    places = references.given_parts(folders=(*(one.folder for one in seen), *known.folders))
    delivered = known.delivered.union(*(one.delivered for one in seen))
    everywhere = places | delivered
    for folder, uses in (*((one.folder, one.open_uses) for one in seen), *known.open_uses):
        offered = everywhere if folder.startswith(OVERLAYS) else places
        for user, use in uses:
            if any(references.unanswered((use,), offered)):
                yield Failure(folder, str(user), references.Broken.of(user, use).message)
