"""The proof of what a change touches, before it stands anywhere: those folders, laid out by themselves, and judged.

    changed paths -> touched -> laid out in a folder of its own -> verify

A folder is touched when a file of it changes, or a file of a base that it names; an overlay also when its own spec is
another. What was not touched is as it was, so it is not judged again: it only answers names. The one thing that could
break it is a hub that no longer delivers what it uses; then every overlay is touched.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path as File

from ..fleet.fleet import Fleet
from ..flow.rendered import CompiledCluster, Progress, Rendered, silent
from ..kustomize import build as kustomize
from ..kustomize.file import NotBuildable
from ..kustomize.readback import reader
from ..objects.manifest import Manifest
from ..objects.object_names import ObjectPart
from .expected import expected_of_clusters, expected_of_hubs
from .references import delivered
from .verify import HUBS, OVERLAYS, Beside, Expected, Verification, verify

_BASES = "base/"
_DEPTH = 2
"""Parts of a path that name an overlay, or the folder of a hub."""


class MeantByHubs:
    """What the folders of hubs mean; of each hub it is made once, whoever asks for it, and only when somebody does."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Expected, ...]] = {}

    def of(self, views: Iterable[Fleet]) -> Iterator[Expected]:
        """Those of these hubs."""
        for view in views:
            name = view.spec.hub.cluster
            if name not in self._made:
                self._made[name] = tuple(expected_of_hubs((view,)))
            yield from self._made[name]

    def delivered(self, views: Iterable[Fleet]) -> frozenset[ObjectPart]:
        """What the policies of these hubs deliver."""
        return frozenset(_parts(item for folder in self.of(views) for item in folder.emitted))


@dataclass(frozen=True)
class Touched:
    """The clusters and hubs whose folders a change touches."""

    clusters: tuple[CompiledCluster, ...]
    hubs: tuple[Fleet, ...] = ()
    """Each as what it sees of the fleet."""
    meant: MeantByHubs = field(default_factory=MeantByHubs, repr=False, compare=False)

    def __bool__(self) -> bool:
        return bool(self.clusters or self.hubs)

    @property
    def folders(self) -> frozenset[str]:
        """The overlays and the folders of hubs."""
        overlays = (f"{OVERLAYS}{_name(compiled)}" for compiled in self.clusters)
        return frozenset((*overlays, *(f"{HUBS}{view.spec.hub.cluster}" for view in self.hubs)))

    @property
    def bases(self) -> frozenset[str]:
        """Folders of the bases that they name."""
        return frozenset(base for compiled in self.clusters for base in compiled.bases)


def touched(rendered: Rendered, changed: Collection[str], was: kustomize.Read) -> Touched:
    """What is touched when `changed` (paths of specs and output) is brought to where everything is as `was` reads it."""
    assert rendered.fleet is not None  # noqa: S101 - a fleet without errors is complete
    places = {place for path in changed if (place := _place(path))}
    clusters = tuple(
        compiled
        for compiled in rendered.clusters
        if compiled.file in changed
        or f"{OVERLAYS}{_name(compiled)}" in places
        or not places.isdisjoint(compiled.bases)
    )
    known = {f"{OVERLAYS}{_name(compiled)}" for compiled in rendered.clusters}
    # The hub names folders: of one that comes or goes it has to know.
    others = {place for place in places if place.startswith(OVERLAYS)} - known
    views = rendered.fleet.views()
    hubs = tuple(view for view in views if others or f"{HUBS}{view.spec.hub.cluster}" in places)
    meant = MeantByHubs()
    if hubs and not _delivered_before(hubs, was) <= meant.delivered(views):
        clusters = rendered.clusters
    return Touched(clusters, hubs, meant)


def _place(path: str) -> str:
    """The overlay, the hub's folder or the base that a file belongs to; "" for specs."""
    parts = path.split("/")
    if path.startswith(_BASES):
        return "/".join(parts[:-1])
    inside = path.startswith((OVERLAYS, HUBS)) and len(parts) > _DEPTH
    return "/".join(parts[:_DEPTH]) if inside else ""


def _name(compiled: CompiledCluster) -> str:
    return compiled.member.name if compiled.member else File(compiled.file).stem


def _delivered_before(hubs: Iterable[Fleet], was: kustomize.Read) -> frozenset[ObjectPart]:
    found: set[ObjectPart] = set()
    for view in hubs:
        try:
            found.update(_parts(kustomize.evaluate(was, f"{HUBS}{view.spec.hub.cluster}")))
        except NotBuildable:
            # There was none, or none that delivered anything.
            continue
    return frozenset(found)


def _parts(manifests: Iterable[Manifest]) -> Iterator[ObjectPart]:
    for item in manifests:
        if item["kind"] == "Policy":
            yield from delivered(item)


def is_laid_out(part: Touched) -> Callable[[str], bool]:
    """Which paths of a tree belong to the folders that are proven, or to a base that they name."""
    folders, bases = part.folders, part.bases

    def belongs(path: str) -> bool:
        place = _place(path)
        return place in folders or place in bases

    return belongs


def files_to_be(
    root: File, part: Touched, texts: Mapping[str, str], removed: Collection[str]
) -> Iterator[tuple[str, bytes]]:
    """The files of the touched folders, each with its bytes: as on disk below `root`, with `texts`, without `removed`."""
    belongs = is_laid_out(part)
    for folder in (*part.folders, *part.bases):
        deep = not folder.startswith(_BASES)
        for path in (root / folder).rglob("*") if deep else (root / folder).glob("*"):
            name = path.relative_to(root).as_posix()
            if name not in texts and name not in removed and path.is_file() and not path.is_symlink():
                yield name, path.read_bytes()
    yield from ((path, text.encode()) for path, text in texts.items() if belongs(path))


@contextmanager
def laid_out(files: Iterable[tuple[str, bytes]]) -> Iterator[File]:
    """A folder with these files and nothing else, for as long as they are looked at."""
    with tempfile.TemporaryDirectory(prefix="nearedge-proof-") as name:
        root = File(name).resolve()
        for path, raw in files:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(raw)
        yield root


@dataclass(frozen=True)
class Ground:
    """What a part is judged on: where its specs lie, the fleet as it will be, and the repository that it is of."""

    specs: File
    rendered: Rendered
    repository: File
    as_built: bool = False
    """Take what the folders hold for what was meant: they were made by another nearedge."""


def prove(
    ground: Ground, part: Touched, files: Iterable[tuple[str, bytes]], progress: Progress = silent
) -> Verification:
    """What verify finds in these files, which are those of the touched folders and of their bases.

    Raises:
        ToolMissing, ToolFailed: as `verify`.
    """
    with laid_out(files) as root:
        return prove_in(root, ground, part, progress)


def prove_in(root: File, ground: Ground, part: Touched, progress: Progress = silent) -> Verification:
    """The same for folders that lie below `root` already, which is not the repository."""
    progress("prove", 0, 1)
    rendered = ground.rendered
    assert rendered.fleet is not None  # noqa: S101 - a fleet without errors is complete
    views = rendered.fleet.views()
    whole = Touched(rendered.clusters, views)
    beside = Beside(whole.folders, lambda: part.meant.delivered(views))
    meant = chain(expected_of_clusters(ground.specs, part.clusters), part.meant.of(part.hubs))
    items = _built(root, meant) if ground.as_built else meant
    found = verify(root, items, progress=progress, beside=beside, repository=ground.repository)
    # Where the folders lay meanwhile is nobody's business.
    named = (item._replace(message=item.message.replace(f"{root}/", "")) for item in found.failures)
    return replace(found, failures=tuple(named))


def _built(root: File, items: Iterable[Expected]) -> Iterator[Expected]:
    evaluate = kustomize.evaluator(reader(root))
    for item in items:
        try:
            yield replace(item, emitted=tuple(evaluate(item.folder)))
        except NotBuildable:
            # Verify says why.
            yield item
