"""Where a value of a spec comes from and where it ends up, and which lines of the specs a line of the output has.

    nearedge explain store-001 serving[assistant].resources.memory
    nearedge explain overlays/store-001/kustomization.yaml:38

Where it comes from is known from the merge. What depends on it is found by changing it and compiling again
(probe.py), so that no component has to say what it reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any

from .cluster import cluster_spec
from .compile import base_files
from .errors import NearedgeError
from .fields import field_at
from .finding import Path, Where
from .fleet import Member
from .incremental import remembered
from .load import read_file
from .manifest import Manifest, ResourceId
from .pipeline import cluster_files, hub_files, judge_site, read, read_site
from .probe import (
    Compiled,
    Objects,
    Subject,
    changed_in_file,
    changed_in_spec,
    compiled,
    dumped,
    with_spare_models,
)
from .rendered import Memo
from .resolve import Layer, Resolved, resolve
from .site import layers_of, mentions
from .sources import FLEET_FILE, Shared, kind_of, read_cluster, stem
from .specpath import leaves, located, value_at, written
from .spots import Spot, spots
from .validate import nearest

MOST_LEAVES = 200
"""Of a part of a spec that is explained as a whole; each costs a compilation or two."""


class CannotExplainError(NearedgeError):
    """What was asked for is not there; usage, not environment."""

    exit_code = 64


@dataclass(frozen=True)
class Said:
    """A layer that speaks of a path, and what it says; the last one wins."""

    where: Where
    layer: str
    value: Any


@dataclass(frozen=True)
class Reach:
    """A field of the output that changes with the value; `pointer` is empty when the object itself does."""

    identity: ResourceId
    pointer: Path
    value: Any
    file: str
    line: int


@dataclass(frozen=True)
class Explanation:
    """A path of one cluster's spec: who says it, and what depends on it."""

    cluster: str
    path: str
    value: Any
    description: str
    said: tuple[Said, ...]
    default: bool
    reaches: tuple[Reach, ...]
    compiled: bool
    """False when the cluster has errors, so that nothing is known of the output."""


def explain_path(root: File, name: str, text: str) -> Explanation:
    """A path below a cluster's `spec`, or metadata.labels.<key>."""
    subject = with_spare_models(subject_of(root, name))
    resolved = resolve(layers_of(subject.shared, subject.document)[0])
    before = compiled(subject)
    if text.startswith("metadata."):
        told = _metadata(subject, before, text)
        return replace(told, reaches=_placed(root, name, told.reaches))
    path = _path(resolved, before, text)
    value, default = value_at(resolved.spec, path), False
    if not _is_said(resolved, path):
        default = True
        value = value_at(dumped(before.cluster), path) if before else None
    known = field_at(cluster_spec(), path)
    reaches = _placed(root, name, _reaches(before, _probed(before, path))) if before else ()
    return Explanation(
        stem(subject.document.file),
        written(resolved.spec if not default else dumped(before.cluster) if before else {}, path),
        value,
        known.description if known else "",
        tuple(_said(resolved, path)),
        default,
        reaches,
        before is not None,
    )


def _metadata(subject: Subject, before: Compiled | None, text: str) -> Explanation:
    """A label of the cluster: only its own file gives them."""
    document = subject.document
    path, left = located(document.data, text)
    if left or path[:2] != ("metadata", "labels"):
        raise CannotExplainError(f"{document.file} has no {text}; its labels are metadata.labels.<key>")
    value = value_at(document.data, path)
    others = (item for leaf in leaves(value, path) for item in changed_in_file(subject, document.file, leaf))
    return Explanation(
        stem(document.file),
        written(document.data, path),
        value,
        "Labels of a Cluster go onto its ManagedCluster.",
        (Said(document.where(path), f"cluster {stem(document.file)}", value),),
        default=False,
        reaches=tuple(_reaches(before, others)) if before else (),
        compiled=before is not None,
    )


def subject_of(root: File, name: str, *, everyone: bool = False) -> Subject:
    """The cluster of this name or file with its documents; with `everyone` beside all others of the fleet."""
    files, shared, _ = read(root)
    if shared is None:
        raise CannotExplainError("clusters/fleet.yaml cannot be used: nearedge check says why")
    clusters = {stem(file): file for file in cluster_files(files)}
    file = name if name in clusters.values() else clusters.get(name)
    if file is None:
        raise CannotExplainError(f"there is no cluster {name}")
    document, _ = read_cluster(root, file)
    if document is None:
        raise CannotExplainError(f"{file} cannot be read: nearedge check says why")
    layers, _ = layers_of(shared, document)
    spec = resolve(layers).spec
    used = {layer.document.file for layer in layers}
    models = {
        stem(item): found
        for item in files
        if kind_of(item) == "Model"
        and stem(item) in shared.models
        and mentions(spec, frozenset({stem(item)}))
        if (found := read_file(root, item)[0]) is not None
    }
    groups = {key: item for key, item in shared.groups.items() if item.file in used}
    wanted = clusters if everyone else {item.cluster for item in (shared.fleet.hub, *shared.fleet.hubs)}
    others = tuple(clusters[key] for key in sorted(wanted) if key in clusters and clusters[key] != file)
    members = tuple(_members(root, shared, others))
    return Subject(replace(shared, groups=groups), models, document, members)


def _members(root: File, shared: Shared, files: tuple[str, ...]) -> Iterator[Member]:
    memo, known = Memo(), remembered(root, files)
    for file in files:
        if file in known:
            yield from (item for item in (known[file].member,) if item is not None)
            continue
        cluster, resolved, findings = read_site(root, shared, file, memo)
        if cluster is not None and resolved is not None:
            member = judge_site(cluster, resolved, findings)[0].member
            if member is not None:
                yield member


def _path(resolved: Resolved, before: Compiled | None, text: str) -> Path:
    """What a person wrote as a path of the merged spec, of its defaults, or of a field that nobody gives."""
    text = text.removeprefix("spec.")
    path, left = located(resolved.spec, text)
    if not left:
        return path
    deeper, more = located(dumped(before.cluster), text) if before else (path, left)
    if not more:
        return deeper
    if field_at(cluster_spec(), (*deeper, *more)) is None:
        raise CannotExplainError(_unknown(resolved, deeper, more[0]))
    return (*deeper, *more)


def _unknown(resolved: Resolved, path: Path, step: str) -> str:
    items, field = value_at(resolved.spec, path), field_at(cluster_spec(), path)
    keys = list(_names(items)) if isinstance(items, list) else list(field.keys if field else ())
    near = nearest(step, keys)
    hint = (
        f"did you mean {near}?" if near else f"known: {', '.join(keys)}" if keys else "nothing lies below it"
    )
    return f"{written(resolved.spec, path) or 'spec'} has no {step}: {hint}"


def _names(items: Any) -> Iterator[str]:
    for i, item in enumerate(items if isinstance(items, list) else ()):
        yield written([item], (0,)).strip("[]") if isinstance(item, dict) else str(i)


def _is_said(resolved: Resolved, path: Path) -> bool:
    return any(True for _ in resolved.origins(path))


def _said(resolved: Resolved, path: Path) -> Iterator[Said]:
    for layer in resolved.layers:
        alone = Resolved(resolved.spec, (layer,))
        for where in alone.origins(path):
            yield Said(where, _called(layer), _value_in(alone, layer, path))


def _value_in(alone: Resolved, layer: Layer, path: Path) -> Any:
    """What one layer says at a path of the merged spec: indices of its lists may be others."""
    found = alone.path_in(layer, path)
    return value_at(layer.data, found) if found is not None else None


def _called(layer: Layer) -> str:
    kind = kind_of(layer.document.file)
    if layer.document.file == FLEET_FILE:
        return "fleet defaults"
    return f"{kind.lower()} {stem(layer.document.file)}"


def _probed(before: Compiled, path: Path) -> Iterator[Compiled]:
    """The cluster with other values at a path, leaf by leaf when it holds more than one."""
    data = before.resolved.spec
    inside = value_at(data, path)
    for leaf in leaves(inside, path)[:MOST_LEAVES] if inside is not None else [path]:
        for after in changed_in_spec(before, leaf):
            yield after
            if differences(before.final(), after.final()):
                break


def _reaches(before: Compiled, others: Iterator[Compiled]) -> Iterator[Reach]:
    """Each field once, objects on the cluster first, in the order in which they are emitted."""
    here, hub = before.final(), before.objects_on_hub()
    found: dict[tuple[ResourceId, Path], None] = {}
    there: dict[tuple[ResourceId, Path], None] = {}
    for after in others:
        found.update(dict.fromkeys(differences(here, after.final())))
        there.update(dict.fromkeys(differences(hub, after.objects_on_hub())))
    places = places_of(before)
    for objects, differing in ((here, found), (hub, there)):
        order = {identity: i for i, identity in enumerate(objects)}
        for identity, path in sorted(differing, key=lambda pair: order.get(pair[0], len(order))):
            file, line = _place(places, identity, path)
            value = value_at(objects.get(identity), path) if path else None
            yield Reach(identity, path, value, file, line)


def _placed(root: File, name: str, reaches: Iterable[Reach]) -> tuple[Reach, ...]:
    """With the lines that fields of the hub's objects have in its files, beside all other clusters of the fleet."""
    found = tuple(reaches)
    files = {item.file for item in found if item.file.startswith("acm/")}
    whole = compiled(subject_of(root, name, everyone=True)) if files else None
    if whole is None:
        return found
    texts = hub_files(whole.on_hub())
    places = _spots_of({file: texts[file] for file in files if file in texts}, ())
    return tuple(
        replace(item, line=_place(places, item.identity, item.pointer)[1])
        if item.identity in places
        else item
        for item in found
    )


def differences(before: Objects, after: Objects) -> tuple[tuple[ResourceId, Path], ...]:
    """Fields that differ, as (object, path); an object that is only on one side as (object, ())."""
    found: list[tuple[ResourceId, Path]] = []
    for identity, other in paired(before, after).items():
        if other is None:
            found.append((identity, ()))
        else:
            found += ((identity, path) for path in _differing(before[identity], after[other], ()))
    paired_ = {other for other in paired(before, after).values() if other}
    found += ((identity, ()) for identity in after if identity not in paired_)
    return tuple(found)


def paired(before: Objects, after: Objects) -> dict[ResourceId, ResourceId | None]:
    """Each object and what it is called afterwards: of one kind in order, when its name is another."""
    spare: dict[tuple[str, str], list[ResourceId]] = {}
    for identity in after:
        if identity not in before:
            spare.setdefault(identity[:2], []).append(identity)
    result: dict[ResourceId, ResourceId | None] = {}
    for identity in before:
        if identity in after:
            result[identity] = identity
        else:
            left = spare.get(identity[:2], [])
            result[identity] = left.pop(0) if left else None
    return result


def _differing(before: Any, after: Any, path: Path) -> Iterator[Path]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*before, *(key for key in after if key not in before)):
            if key in before and key in after:
                yield from _differing(before[key], after[key], (*path, key))
            else:
                yield (*path, key)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differing(one, other, (*path, i))
    elif before != after or type(before) is not type(after):
        yield path


Places = Mapping[ResourceId, tuple[tuple[str, Spot], ...]]


def places_of(before: Compiled) -> Places:
    """Object -> where the files of the output speak of it: bases first, then the overlay, then the hub."""
    texts: dict[str, str] = {}
    for folder in before.named:
        texts |= base_files(before.bases[folder])
    texts |= before.files
    texts |= hub_files(before.on_hub())
    return _spots_of(texts, before.emitted.manifests)


def _spots_of(texts: Mapping[str, str], manifests: Iterable[Manifest]) -> Places:
    found: dict[ResourceId, list[tuple[str, Spot]]] = {}
    for file, text in texts.items():
        for spot in spots(text, manifests):
            if spot.identity is not None and spot.sets:
                found.setdefault(spot.identity, []).append((file, spot))
    return {identity: tuple(items) for identity, items in found.items()}


def _place(places: Places, identity: ResourceId, path: Path) -> tuple[str, int]:
    """The line that sets a field: the overlay's when it corrects it, otherwise the nearest one above it."""
    known = [(file, spot) for file, spot in places.get(identity, ()) if spot.path == path[: len(spot.path)]]
    if not known:
        return "", 0
    own = [item for item in known if item[0].startswith("overlays/") and item[1].path]
    file, spot = max(own or known, key=lambda item: len(item[1].path))
    return file, spot.line
