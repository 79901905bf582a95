"""From a line of the output back to the lines of the specs that decide it: `nearedge explain FILE:LINE`.

Each leaf of each document that the file is made of is changed once (probe.py); a leaf that changes the value
behind the line decides it, one that makes its object go decides whether it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any, NamedTuple

from ..documents.files import Document, read_file
from ..documents.merge import resolve
from ..documents.paths import leaves, value_at, written
from ..findings.finding import Path
from ..fleet.cluster import layers_of
from ..fleet.spec_files import FLEET_FILE, PART, Shared, kind_of, read_cluster_file, stem
from ..flow.assemble import hub_files
from ..flow.read import cluster_files, read, uses_files
from ..objects.manifest import Manifest, ResourceId
from ..overlays.base import base_files
from ..yaml.strict import read_text
from .naming import naming_origins
from .origins import (
    Origin,
    View,
    changes_of,
    defaults_behind,
    images_of_ours,
    origin_at,
    origins_of,
    places_built_in,
    what_is_decided,
)
from .output_lines import FieldLine, field_line, field_lines, places_in
from .probe import Compiled, Objects, OnHub, Subject, compiled, with_spare_models
from .subject import CannotExplainError, subject_of

DEFAULTS = ("spec", "defaults")
"""Where the fleet's file has what is a layer of every cluster."""
STARTS = "bootstrap"
"""Folder of an overlay with what starts the delivery of a cluster without a hub."""
MOST_MEMBERS = 5
"""Clusters whose leaves are tried for an object of the hub that names none of them."""


@dataclass(frozen=True)
class Trace:
    """A line of the output: what it is, and which leaves of the specs decide it."""

    file: str
    line: int
    identity: ResourceId | None
    pointer: Path
    value: Any
    origins: tuple[Origin, ...]
    built_in: tuple[str, ...]
    """Files of nearedge itself that the value comes from, when no spec decides it, or none says it."""
    stale: bool
    """Whether the file on disk is not what the specs give now."""


class OutputLine(NamedTuple):
    """A line of the output."""

    file: str
    line: int


def trace_line(root: File, file: str, line: int) -> Trace:
    """The origins of one line of a file below base/, overlays/ or acm/."""
    folder, _, rest = file.partition("/")
    if folder == "overlays":
        return _overlay_line(root, file, line, rest.partition("/")[0])
    if folder == "base":
        return _base_line(root, file, line)
    if folder == "acm":
        return _hub_line(root, file, line)
    raise CannotExplainError(f"{file} is not in base/, overlays/ or acm/")


class SpecLine(NamedTuple):
    """A line of a spec: the files of the clusters that use it, and its path in the first one's spec.

    What a model's file says is in no cluster's spec, nor what is the fleet's alone: `inside` is the path in that file.
    """

    users: tuple[str, ...]
    path: str
    inside: Path | None = None


def path_in_spec(root: File, file: str, line: int) -> SpecLine:
    """What a line of a spec says, and of which clusters."""
    document, _ = read_file(root, file)
    if document is None:
        raise CannotExplainError(f"{file} cannot be read: nearedge check says why")
    lines = document.text.count("\n") + 1
    if not 0 < line <= lines:
        raise CannotExplainError(f"{file} has {lines} lines")
    found = field_line(places_in(document.text), line)
    if found is None or found.path[:1] != ("spec",) or len(found.path) == 1:
        raise CannotExplainError(f"line {line} of {file} is no field below spec")
    return place_in_spec(root, document, found.path)


def place_in_spec(root: File, document: Document, path: Path) -> SpecLine:
    """What a path of a spec's document says, and of which clusters."""
    file = document.file
    files, shared, _ = read(root)
    if shared is None:
        raise CannotExplainError("clusters/fleet.yaml cannot be used: nearedge check says why")
    if kind_of(file) == "Cluster":
        return SpecLine((file,), _path_of(shared, document, document, path[1:]))
    if file == FLEET_FILE:
        return _place_in_fleet(root, shared, cluster_files(files), path)
    users = tuple(name for name in cluster_files(files) if uses_files(root, shared, name, frozenset({file})))
    if not users:
        raise CannotExplainError(f"no cluster uses {file}: name a cluster and a path of its spec")
    if kind_of(file) == "Model":
        return SpecLine(users, "", path)
    cluster, _ = read_cluster_file(root, users[0])
    if cluster is None or kind_of(file) not in {"Group", PART}:
        raise CannotExplainError(f"{file} belongs to no cluster alone: name a cluster and a path of its spec")
    return SpecLine(users, _path_of(shared, cluster, document, path[1:]))


def _place_in_fleet(root: File, shared: Shared, files: Iterable[str], path: Path) -> SpecLine:
    """A field of the fleet, or a default of the clusters, whose word counts or else stands below another's."""
    if path[:2] != DEFAULTS or len(path) == len(DEFAULTS):
        return SpecLine((), "", path)
    told: list[tuple[str, str]] = []
    counts: list[tuple[str, str]] = []
    for file in files:
        document, _ = read_cluster_file(root, file)
        resolved = resolve(layers_of(shared, document)[0]) if document is not None else None
        layer = next((one for one in resolved.layers if one.root == DEFAULTS), None) if resolved else None
        merged = resolved.merged_path(layer, path[2:]) if resolved and layer else None
        if resolved is not None and merged is not None:
            told.append((file, written(resolved.spec, merged)))
            if resolved.said(merged)[-1][0] is layer:
                counts.append(told[-1])
    found = counts or told
    if not found:
        return SpecLine((), "", path)
    return SpecLine(tuple(file for file, _ in found), found[0][1])


def _path_of(shared: Shared, cluster: Document, said: Document, path: Path) -> str:
    """A path of one of a cluster's documents as the cluster's: others may have items of the same name."""
    resolved = resolve(layers_of(shared, cluster)[0])
    merged = next(
        (resolved.merged_path(layer, path) for layer in resolved.layers if layer.document.file == said.file),
        None,
    )
    return written(said.data["spec"], path) if merged is None else written(resolved.spec, merged)


def _overlay_line(root: File, file: str, line: int, name: str) -> Trace:
    subject = with_spare_models(subject_of(root, name))
    before = _compiled(subject)
    text = _text(before.files, file)
    spot = _spot(text, line, before.emitted.manifests)
    starts = file.startswith(f"overlays/{name}/{STARTS}/")
    if spot.identity is None and not starts:
        spot = _of_kustomization(before, spot)
    documents = [item.file for item in subject.documents()]
    trace = _traced(subject, before, spot, Compiled.starting if starts else Compiled.final, documents)
    if spot.identity is None and spot.path[:1] == ("resources",):
        trace = replace(trace, origins=_of_base(subject, before, spot, text))
    return replace(trace, file=file, line=line, stale=_stale(root, file, text))


def _of_base(subject: Subject, before: Compiled, spot: FieldLine, text: str) -> tuple[Origin, ...]:
    """Leaves that decide whether this base is named."""
    data, _ = read_text(text)
    folder = str(value_at(data, spot.path if len(spot.path) > 1 else ("resources", 0))).lstrip("./")
    if folder not in before.named:
        return ()
    found = []
    for file in (item.file for item in subject.documents()):
        for leaf, after in changes_of(subject, file):
            if folder not in after.named:
                found.append(origin_at(subject, file, leaf, "presence"))
                break
    return tuple(dict.fromkeys(found))


def _of_kustomization(before: Compiled, spot: FieldLine) -> FieldLine:
    """A line of `images` as the first field that it changes."""
    if spot.path[:1] == ("images",) and len(spot.path) > 1:
        for identity, manifest in before.final().items():
            for leaf in leaves(manifest):
                value = value_at(manifest, leaf)
                if leaf[-1:] == ("image",) and "@" in str(value):
                    return FieldLine(spot.line, identity, leaf)
    return spot


def _base_line(root: File, file: str, line: int) -> Trace:
    folder = file.rpartition("/")[0]
    for name in _users_of(root, folder):
        subject = with_spare_models(subject_of(root, name))
        before = compiled(subject)
        if before is not None and folder in before.named:
            return _base_of_cluster(root, OutputLine(file, line), subject, before)
    raise CannotExplainError(f"no cluster uses {folder}: nearedge render removes what nothing uses")


def _base_of_cluster(root: File, at: OutputLine, subject: Subject, before: Compiled) -> Trace:
    folder = at.file.rpartition("/")[0]
    text = _text(base_files(before.bases[folder]), at.file)
    spot = _spot(text, at.line, ())
    # Also its own file: some bases are for all clusters that say the same themselves.
    documents = [item.file for item in subject.documents()]
    trace = _traced(subject, before, spot, lambda after: _objects_of(before, after, folder), documents)
    return replace(trace, file=at.file, line=at.line, stale=_stale(root, at.file, text))


def _users_of(root: File, folder: str) -> Iterator[str]:
    """Names of clusters, those whose overlay on disk names the base first."""
    files, _, _ = read(root)
    names = [stem(file) for file in cluster_files(files)]
    for name in names:
        texts = map(_kustomization, sorted((root / "overlays" / name).rglob("kustomization.yaml")))
        if any(f'../../{folder}"' in text or f"../../{folder}\n" in text for text in texts):
            yield name
    yield from names[:MOST_MEMBERS]


def _kustomization(file: File) -> str:
    """Its text; nothing of one that cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _objects_of(before: Compiled, after: Compiled, folder: str) -> Objects:
    """Objects of a base; when its folder is called otherwise now, of the one that took its place."""
    if folder in after.bases:
        return dict(after.bases[folder].by_id)
    gone = [name for name in before.bases if name not in after.bases]
    new = [name for name in after.bases if name not in before.bases]
    place = gone.index(folder)
    return dict(after.bases[new[place]].by_id) if place < len(new) else {}


def _hub_line(root: File, file: str, line: int) -> Trace:
    files, shared, _ = read(root)
    if shared is None:
        raise CannotExplainError("clusters/fleet.yaml cannot be used: nearedge check says why")
    clusters = {stem(item): item for item in cluster_files(files)}
    if not clusters:
        raise CannotExplainError("the fleet has no cluster")
    first = with_spare_models(subject_of(root, next(iter(clusters)), everyone=True))
    before = _compiled(first)
    name_of_hub = file.split("/")[1]
    on_hub = OnHub(before, name_of_hub)
    text = _text(hub_files(before.on_hub(name_of_hub), before.fleet), file)
    spot = _spot(text, line, ())
    trace = _traced(first, before, spot, on_hub, [first.shared.fleet_document.file])
    origins = list(trace.origins)
    for name in _counting(before, spot, on_hub, _named_in(on_hub(before), spot, clusters)):
        subject = with_spare_models(subject_of(root, name))
        subject = replace(subject, members=before.without(name).fleet.members)
        documents = [item.file for item in subject.documents() if kind_of(item.file) != "Fleet"]
        origins += _traced(subject, _compiled(subject), spot, on_hub, documents).origins
    unique = tuple(dict.fromkeys(origins))
    return replace(
        trace, file=file, line=line, origins=unique, built_in=trace.built_in if not _decided(unique) else (),
        stale=_stale(root, file, text),
    )  # fmt: skip


def _counting(before: Compiled, spot: FieldLine, on_hub: OnHub, names: Iterable[str]) -> Iterator[str]:
    """Those without which the line is another one: no leaf of the others decides it, and to try each takes long."""
    for name in names:
        after = on_hub(before.without(name))
        # Without its own cluster nothing is left of a hub, which says nothing of the line.
        if spot.identity is None or not after or what_is_decided(on_hub(before), after, spot):
            yield name


def _named_in(objects: Objects, spot: FieldLine, clusters: Iterable[str]) -> tuple[str, ...]:
    """Clusters that the object is about, or a few when it is about none in particular."""
    names = tuple(clusters)
    if spot.identity is not None:
        manifest = objects[spot.identity]
        about = tuple(name for name in names if name in (spot.identity.name, spot.identity.namespace))
        value = str(value_at(manifest, spot.path))
        found = about or tuple(name for name in names if name in value)
        return found[:MOST_MEMBERS] or names[:MOST_MEMBERS]
    return names[:MOST_MEMBERS]


def _traced(
    subject: Subject, before: Compiled, spot: FieldLine, view: View, documents: Sequence[str]
) -> Trace:
    objects = view(before)
    value = value_at(objects.get(spot.identity), spot.path) if spot.identity else None
    origins = tuple(origins_of(subject, before, spot, view, documents)) if spot.identity else ()
    built_in = tuple(images_of_ours(value))
    if spot.identity and not _decided(origins):
        origins += tuple(naming_origins(subject, before, spot, view, documents))
    if not _decided(origins):
        origins += (
            tuple(defaults_behind(before, spot, view)) if view is Compiled.final and spot.identity else ()
        )
        built_in = tuple(places_built_in(value, before, on_hub=isinstance(view, OnHub)))
    return Trace("", 0, spot.identity, spot.path, value, origins, built_in, stale=False)


def _decided(origins: Iterable[Origin]) -> bool:
    return any(item.decides == "value" for item in origins)


def _compiled(subject: Subject) -> Compiled:
    found = compiled(subject)
    if found is None:
        raise CannotExplainError(f"{subject.document.file} has errors: nearedge check shows them")
    return found


def _text(files: Any, file: str) -> str:
    text = files.get(file)
    if text is None:
        raise CannotExplainError(f"nothing makes {file} any more: nearedge render removes it")
    return str(text)


def _spot(text: str, line: int, manifests: Iterable[Manifest]) -> FieldLine:
    lines = text.count("\n")
    if not 0 < line <= lines:
        raise CannotExplainError(f"the file has {lines} lines")
    found = field_line(field_lines(text, manifests), line)
    if found is None:
        raise CannotExplainError("this line is a comment: the first lines name the spec file")
    return found


def _stale(root: File, file: str, text: str) -> bool:
    try:
        return (root / file).read_bytes() != text.encode()
    except OSError:
        return True
