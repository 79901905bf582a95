"""Changes of specs as people ask for them: which file they go to, what it says afterwards, and what to tell.

Reads the specs of a repository; nothing is written here. `cli/` proves the result and brings it to disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from ..cluster import document_models
from ..errors import NearedgeError
from ..fields import field_at
from ..finding import Path
from ..load import Document, read_file
from ..pipeline import cluster_files, read
from ..reader import read_text
from ..resolve import Layer, Resolved, resolve
from ..site import layers_of
from ..sources import FLEET_FILE, Shared, kind_of, read_cluster, stem
from ..specpath import value_at
from ..validate import nearest, validated
from ..yamlout import one_line
from . import drop, put, same, with_put, without
from .address import Named, NoSuchPath, Place, address, found_at, placed, shown

SPEC_ORDER = ("tier", "platform", "groups", "ring", "state", "connectivity", "pins", "nodes", "storage")
"""How a Cluster's spec begins; its model puts the components behind the rest."""


class NotThere(NearedgeError):
    """A cluster, group or model that an argument names and the fleet does not have; usage."""

    exit_code = 64


class Refused(NearedgeError):
    """A change that makes no sense as it was asked for."""

    exit_code = 1


@dataclass(frozen=True)
class Edit:
    """Texts of the files that change, by path, and sentences about it for the person who asked."""

    texts: Mapping[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    """Files that are removed."""


@dataclass(frozen=True)
class Specs:
    """All specs of a repository, as far as changes have to know them."""

    root: File
    files: tuple[str, ...]
    shared: Shared

    @property
    def clusters(self) -> dict[str, str]:
        """Name -> file of every cluster."""
        return {stem(file): file for file in cluster_files(self.files)}

    def cluster_file(self, name: str) -> str:
        """The file of a cluster.

        Raises:
            NotThere: with the nearest name.
        """
        clusters = self.clusters
        if name in clusters.values():
            return name
        return clusters[known("cluster", name, clusters)]

    def document(self, file: str) -> Document:
        """A spec that can be read.

        Raises:
            Refused: it cannot.
        """
        document, findings = read_file(self.root, file)
        if document is None or findings:
            raise Refused(f"{file} cannot be edited as it is: nearedge check says why")
        return document

    def resolved(self, file: str) -> Resolved:
        """The merged spec of a cluster."""
        document, _ = read_cluster(self.root, file)
        if document is None:
            raise Refused(f"{file} cannot be edited as it is: nearedge check says why")
        return resolve(layers_of(self.shared, document)[0])


def specs_of(root: File) -> Specs:
    """The specs of a repository.

    Raises:
        Refused: there is no usable fleet file.
    """
    files, shared, _ = read(root)
    if shared is None:
        raise Refused(f"{FLEET_FILE} cannot be used: nearedge check says why")
    return Specs(root, files, shared)


def known(kind: str, name: str, names: Mapping[str, Any] | Sequence[str]) -> str:
    """A name that is there.

    Raises:
        NotThere: with the nearest one.
    """
    if name in names:
        return name
    near = nearest(name, list(names))
    hint = (
        f": did you mean {near}?" if near else f"; there is {', '.join(sorted(names)[:20])}" if names else ""
    )
    raise NotThere(f"there is no {kind} {name}{hint}")


@dataclass(frozen=True)
class Subject:
    """A document that a change goes to, and what holds there with all that lies below it."""

    document: Document
    kind: str
    whole: Any
    """The document as it is merged: of a cluster with its groups and the defaults."""
    resolved: Resolved | None = None


def of_cluster(specs: Specs, name: str) -> Subject:
    """A cluster's own file."""
    file = specs.cluster_file(name)
    resolved, document = specs.resolved(file), specs.document(file)
    return Subject(document, "Cluster", {**document.data, "spec": resolved.spec}, resolved)


def of_file(specs: Specs, kind: str, name: str) -> Subject:
    """A group, a model or the fleet."""
    if kind == "Fleet":
        file = FLEET_FILE
    else:
        files = {stem(file): file for file in specs.files if kind_of(file) == kind}
        file = files[known(kind.lower(), name, files)]
    document = specs.document(file)
    return Subject(document, kind, document.data)


def set_value(subject: Subject, text: str, value: str, *, at_origin: bool = False) -> Edit:
    """A path gets a value, given as YAML."""
    place = address(subject.document.data, subject.whole, text, subject.kind)
    if at_origin:
        subject, place = _origin(subject, place)
    data = subject.document.data
    old = _at(subject.whole, place)
    held = _at(subject.whole, place[:-1])
    new = _typed(subject, place, _parsed(value), value, old)
    if place[-1] == len(held or ()) and any(same(item, new) for item in held or ()):
        # One more of what a list has already.
        return Edit()
    path, made = placed(data, place, new, subject.whole)
    said = _told(subject, place, old, new)
    changed = put(subject.document.text, path, made, order_of(subject.kind))
    return Edit({subject.document.file: changed}, said)


def unset(subject: Subject, text: str, *, at_origin: bool = False) -> Edit:
    """A path is no longer said; an item that a group gives is dropped by `remove: true`."""
    place = address(subject.document.data, subject.whole, text, subject.kind)
    if at_origin:
        subject, place = _origin(subject, place)
    data = subject.document.data
    path, last = found_at(data, place), place[-1]
    given = _origin_of(subject.resolved, place) if subject.resolved is not None else ""
    if given and isinstance(last, Named):
        if path is not None and _is_removal(value_at(data, path)):
            return Edit()
        path, made = placed(data, place, {last.field: last.name, "remove": True}, subject.whole)
        changed = put(subject.document.text, path, made, order_of(subject.kind))
        return Edit({subject.document.file: changed}, _told(subject, place, _at(subject.whole, place)))
    if path is None:
        hint = f"{shown(place)} comes {given}: --at-origin removes it there, for all that use it"
        return Edit(said=(hint,) if given else ())
    said = _told(subject, place, _at(data, place))
    if given:
        said = (*said, f"{shown(place)} is now what comes {given}")
    return Edit({subject.document.file: drop(subject.document.text, _emptied(data, path, subject))}, said)


def order_of(kind: str) -> Any:
    """The keys of a mapping in the order of its model."""

    def order(path: Path) -> Sequence[str]:
        found = field_at(
            document_models()[kind], tuple(0 if isinstance(step, int) else step for step in path)
        )
        keys = found.order if found else ()
        if path == ("spec",) and kind in {"Cluster", "Group"}:
            return (*SPEC_ORDER, *(key for key in keys if key not in SPEC_ORDER))
        return keys

    return order


def _parsed(value: str) -> Any:
    data, faults = read_text(value)
    if faults:
        raise NoSuchPath(f"the value is no YAML of a spec: {faults[0].message}: {faults[0].hint}")
    return data


def _typed(subject: Subject, place: Place, new: Any, text: str, old: Any) -> Any:
    """The value as its field takes it: 4 is the text "4" where a text stood, or where only a text is taken."""
    if not isinstance(new, int | float):
        return new
    candidates = (
        [text.strip(), new] if isinstance(old, str) or isinstance(new, float) else [new, text.strip()]
    )
    return next((one for one in candidates if not _wrong(subject, place, one)), candidates[0])


def _wrong(subject: Subject, place: Place, value: Any) -> bool:
    path, made = placed(subject.document.data, place, value, subject.whole)
    after = with_put(subject.document.data, path, made)
    at = found_at(after, place)
    model = document_models()[subject.kind]
    seen: list[Path] = []

    def note(where: Path, _: bool) -> Any:  # noqa: FBT001 - the form of a Place
        seen.append(where)
        return subject.document.where(())

    validated(model, after, note)
    return at in seen


def _at(data: Any, place: Place) -> Any:
    path = found_at(data, place)
    return None if path is None else value_at(data, path)


def _told(subject: Subject, place: Place, old: Any, new: Any = None) -> tuple[str, ...]:
    origin = _from(subject, place)
    what = (
        f"{shown(place)}: {_brief(old)} -> {_brief(new)}"
        if new is not None
        else f"{shown(place)}: {_brief(old)} removed"
    )
    if old is None and new is not None:
        what = f"{shown(place)}: {_brief(new)}"
    return (f"{what} (was {origin})" if origin and not same(old, new) else what,)


def _brief(value: Any) -> str:
    try:
        text = one_line(value)
    except TypeError:
        text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - one line of a terminal


def _from(subject: Subject, place: Place) -> str:
    """Where a value that the document itself does not say comes from; empty when it says it."""
    if subject.resolved is None or found_at(subject.document.data, place) is not None:
        return ""
    return _origin_of(subject.resolved, place)


def _origin_of(resolved: Resolved, place: Place) -> str:
    layer = next(reversed(_below(resolved, place)), None)
    if layer is None:
        return ""
    path = found_at({"spec": layer.data}, place)
    where = layer.document.where((*layer.root, *(path or ("spec",))[1:]))
    name = (
        "the fleet's defaults" if layer.document.file == FLEET_FILE else f"group {stem(layer.document.file)}"
    )
    return f"from {name}, {where.file}:{where.line}"


def _below(resolved: Resolved, place: Place) -> list[Layer]:
    """The layers under a cluster's own file that speak of a place, the one that wins last."""
    return [layer for layer in resolved.layers[:-1] if found_at({"spec": layer.data}, place) is not None]


def _origin(subject: Subject, place: Place) -> tuple[Subject, Place]:
    """The document that says a value, when it is not the cluster's own."""
    if subject.resolved is None or found_at(subject.document.data, place) is not None:
        return subject, place
    layers = _below(subject.resolved, place)
    if not layers:
        return subject, place
    document = layers[-1].document
    if document.file == FLEET_FILE:
        return Subject(document, "Fleet", document.data), ("spec", "defaults", *place[1:])
    return Subject(document, "Group", document.data), place


def _is_removal(item: Any) -> bool:
    return isinstance(item, dict) and item.get("remove") is True


def _emptied(data: Any, path: Path, subject: Subject) -> Path:
    """What has to go with a value, so that no empty list, no empty mapping and no bare name stays behind.

    An empty list would not be the same as none: it replaces what a group gives.
    """
    while len(path) > 2:  # noqa: PLR2004 - spec and one of its fields
        holder = value_at(without(data, path), path[:-1])
        bare = (
            isinstance(holder, dict)
            and len(holder) == 1
            and isinstance(path[-2], int)
            and _inherited(subject, holder)
        )
        if holder and not bare:
            break
        path = path[:-1]
    return path


def _inherited(subject: Subject, item: Mapping[str, Any]) -> bool:
    """Whether an item that says nothing but its name only overrides one of a group."""
    key, name = next(iter(item.items()))
    return subject.resolved is not None and any(
        _holds(layer.data, {key: name}) for layer in subject.resolved.layers[:-1]
    )


def _holds(data: Any, named: Mapping[str, Any]) -> bool:
    if isinstance(data, dict):
        return named.items() <= data.items() or any(_holds(item, named) for item in data.values())
    return isinstance(data, list) and any(_holds(item, named) for item in data)
