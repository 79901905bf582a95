"""Where a value of a spec comes from and where it ends up, and which lines of the specs a line of the output has.

    nearedge explain store-001 serving[assistant].resources.memory
    nearedge explain overlays/store-001/kustomization.yaml:38

Where it comes from is known from the merge. What depends on it is found by changing it and compiling again
(probe.py, reach.py), so that no component has to say what it reads. Names and lines of all kinds of files lead here
by named.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any

from ..documents.identity import labels
from ..documents.merge import Resolved, resolve
from ..documents.near import meant
from ..documents.paths import choices, leaves, located, value_at, written
from ..findings.finding import Path, Where
from ..fleet.cluster import layers_of
from ..fleet.kinds import cluster_spec, document_models
from ..fleet.spec_files import stem
from ..specs.fields import field_at
from .effective import layer_name
from .probe import Compiled, Subject, changed_in_file, changed_in_spec, compiled, dumped, with_spare_models
from .reach import Reach, differences, reached, with_lines
from .subject import CannotExplainError, subject_of

MOST_LEAVES = 200
"""Of a part of a spec that is explained as a whole; each costs a compilation or two."""


@dataclass(frozen=True)
class LayerValue:
    """A layer that speaks of a path, and what it says; the last one wins."""

    where: Where
    layer: str
    value: Any


@dataclass(frozen=True)
class Explanation:
    """A path of one cluster's spec: who says it, and what depends on it."""

    cluster: str
    path: str
    value: Any
    description: str
    said: tuple[LayerValue, ...]
    default: bool
    reaches: tuple[Reach, ...]
    compiled: bool
    """False when the cluster has errors, so that nothing is known of the output."""
    users: tuple[str, ...] = ()
    """Of a line of a shared file, the clusters that use it; the first one is explained."""
    looked: int = 0
    """Of a field of the fleet, the number of clusters that were looked at; `cluster` is empty then."""


def explain_path(root: File, name: str, text: str) -> Explanation:
    """A path below a cluster's `spec`, or metadata.labels.<key>."""
    told = explanation_of(subject_of(root, name), text)
    return replace(told, reaches=with_lines(root, name, told.reaches))


def explanation_of(subject: Subject, text: str) -> Explanation:
    """The same of a cluster that is read already; fields on its hub have no lines yet."""
    subject = with_spare_models(subject)
    resolved = resolve(layers_of(subject.shared, subject.document)[0])
    before = compiled(subject)
    if text.startswith("metadata."):
        return _metadata(subject, before, text)
    path = _path(resolved, before, text)
    value, default = value_at(resolved.spec, path), False
    if not resolved.said(path):
        default = True
        value = value_at(dumped(before.cluster), path) if before else None
    known = field_at(cluster_spec(), path)
    reaches = tuple(reached(before, _probed(before, path))) if before else ()
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


def explanation_in_model(subject: Subject, file: str, path: Path) -> Explanation:
    """A field of a model's file, by what it does in a cluster that serves the model."""
    before = compiled(subject)
    document = subject.models[stem(file)]
    value = value_at(document.data, path)
    known = field_at(document_models()["Model"], path)
    others = (item for leaf in leaves(value, path) for item in changed_in_file(subject, file, leaf))
    reaches = tuple(reached(before, others)) if before else ()
    return Explanation(
        stem(subject.document.file),
        f"models[{stem(file)}].{written(document.data['spec'], path[1:])}",
        value,
        known.description if known else "",
        (LayerValue(document.where(path), f"model {stem(file)}", value),),
        default=False,
        reaches=reaches,
        compiled=before is not None,
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
        (LayerValue(document.where(path), f"cluster {stem(document.file)}", value),),
        default=False,
        reaches=tuple(reached(before, others)) if before else (),
        compiled=before is not None,
    )


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
        raise CannotExplainError(_unknown(resolved, deeper, more))
    return (*deeper, *more)


def _unknown(resolved: Resolved, path: Path, left: tuple[str, ...]) -> str:
    several = choices(resolved.spec, path, left)
    if len(several) > 1:
        return f"{written(resolved.spec, path)} has {left[0]} {len(several)} times: say which: {' or '.join(several)}"
    items, field = value_at(resolved.spec, path), field_at(cluster_spec(), path)
    keys = labels(items) if isinstance(items, list) else list(field.keys if field else ())
    hint = meant(left[0], keys, f"known: {', '.join(keys)}" if keys else "nothing lies below it")
    return f"{written(resolved.spec, path) or 'spec'} has no {left[0]}: {hint}"


def _said(resolved: Resolved, path: Path) -> Iterator[LayerValue]:
    for layer, found in resolved.said(path):
        where = layer.document.where((*layer.root, *found))
        yield LayerValue(where, layer_name(layer), value_at(layer.data, found))


def _probed(before: Compiled, path: Path) -> Iterator[Compiled]:
    """The cluster with other values at a path, leaf by leaf when it holds more than one."""
    data = before.resolved.spec
    inside = value_at(data, path)
    for leaf in leaves(inside, path)[:MOST_LEAVES] if inside is not None else [path]:
        for after in changed_in_spec(before, leaf):
            yield after
            if differences(before.final(), after.final()):
                break
