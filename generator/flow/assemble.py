"""tree: what all clusters and the hub give together, as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..disk.tree import Tree
from ..findings.finding import has_errors
from ..fleet.fleet import Fleet
from ..fleet.spec_files import FLEET_FILE
from ..objects.manifest import Manifest
from ..overlays.spread import spread_files
from .rendered import UNSEEN, Rendered, Whole, Witness


def assemble(
    judged: Rendered, bases: Tree, known: Whole | None = None, witness: Witness | None = None
) -> Rendered:
    """The hub's objects and the tree of everything, unless an error is in the way.

    `known` is what the same members gave before, the hub's files being on disk as they were written.
    """
    fleet, clusters, whole = judged.fleet, judged.clusters, judged.whole
    if fleet is None or has_errors(judged.findings):
        return judged
    texts = {**bases.texts, **{path: text for compiled in clusters for path, text in compiled.files.items()}}
    if known is None:
        from .. import hub  # noqa: PLC0415 - a fleet with the members it had needs no hub

        emitted = hub.emit_all(fleet)
        files = hub_files(emitted, fleet)
        texts |= files
        number = sum(len(items) for made in emitted.values() for items in made.values())
        seen = witness.hub(fleet, emitted, files) if witness else UNSEEN
        whole = Whole(whole.found, frozenset(files), number, seen)
    else:
        whole = replace(known, found=whole.found)
    named = tuple(sorted({base for compiled in clusters for base in compiled.bases}))
    kept = (path for compiled in clusters for path in compiled.kept)
    same = bases.same.union(kept, whole.files if known else ())
    return replace(judged, tree=Tree(texts, same), bases=named, whole=whole)


def hub_files(emitted: Mapping[str, Mapping[str, tuple[Manifest, ...]]], fleet: Fleet) -> dict[str, str]:
    """The files of acm/, a folder for each hub; none when the fleet is delivered without one."""
    from ..hub import bootstrap  # noqa: PLC0415 - as above

    specs = {member.name: member.file for member in fleet.members}
    views = {view.spec.hub.cluster: view for view in fleet.views()}
    texts: dict[str, str] = {}
    for name, files in emitted.items():
        own = {path: items for path, items in files.items() if not bootstrap.is_bootstrap(path)}
        texts |= spread_files(f"acm/{name}", own, FLEET_FILE, specs)
        texts |= bootstrap.files(views[name], files)
    return texts
