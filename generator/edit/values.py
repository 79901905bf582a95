"""One value of a spec gets another one, or is no longer said: what `nearedge set` does.

A change of a cluster goes into its own file; where the value came from before is said beside it.
"""

from __future__ import annotations

from typing import Any

from ..documents.files import is_own_part
from ..documents.identity import identity_of
from ..documents.merge import Layer, Resolved, resolve
from ..documents.paths import value_at
from ..documents.validate import validated
from ..findings.finding import Path
from ..fleet.kinds import document_models
from ..fleet.spec_files import FLEET_FILE, PART, kind_of, stem
from ..objects.elements import same
from ..yaml.strict import read_text
from ..yaml.writer import one_line
from . import drop, put, with_put, without
from .address import Named, NoSuchPath, Place, address, found_at, path_to_put, shown
from .fleet import Edit, EditedDocument, order_of


def set_value(subject: EditedDocument, text: str, value: str, *, at_origin: bool = False) -> Edit:
    """A path gets a value, given as YAML."""
    place = address(subject.document.data, subject.whole, text, subject.kind)
    subject, place = _origin(subject, place) if at_origin else (_of_team(subject, place), place)
    data = subject.document.data
    old = _at(subject.whole, place)
    held = _at(subject.whole, place[:-1])
    new = _typed(subject, place, _parsed(value), value, old)
    if place[-1] == len(held or ()) and any(same(item, new) for item in held or ()):
        # One more of what a list has already.
        return Edit()
    path, made = path_to_put(data, place, new, subject.whole)
    said = _notes(subject, place, old, new)
    changed = put(subject.document.text, path, made, order_of(subject.kind))
    return Edit({subject.document.file: changed}, said)


def unset(subject: EditedDocument, text: str, *, at_origin: bool = False) -> Edit:
    """A path is no longer said; an item that a group gives is dropped by `remove: true`."""
    place = address(subject.document.data, subject.whole, text, subject.kind)
    subject, place = _origin(subject, place) if at_origin else (_of_team(subject, place), place)
    data = subject.document.data
    path, last = found_at(data, place), place[-1]
    given = _origin_of(subject.resolved, place) if subject.resolved is not None else ""
    if given and isinstance(last, Named):
        if path is not None and _is_removal(value_at(data, path)):
            return Edit()
        path, made = path_to_put(data, place, {**last.fields, "remove": True}, subject.whole)
        changed = put(subject.document.text, path, made, order_of(subject.kind))
        return Edit({subject.document.file: changed}, _notes(subject, place, _at(subject.whole, place)))
    if path is None:
        hint = f"{shown(place)} comes {given}: --at-origin removes it there, for all that use it"
        return Edit(said=(hint,) if given else ())
    said = _notes(subject, place, _at(data, place))
    if given:
        said = (*said, f"{shown(place)} is now what comes {given}")
    return Edit({subject.document.file: drop(subject.document.text, _emptied(data, path, subject))}, said)


def _parsed(value: str) -> Any:
    data, faults = read_text(value)
    if faults:
        raise NoSuchPath(f"the value is no YAML of a spec: {faults[0].message}: {faults[0].hint}")
    return data


def _typed(subject: EditedDocument, place: Place, new: Any, text: str, old: Any) -> Any:
    """The value as its field takes it: 4 is the text "4" where a text stood, or where only a text is taken."""
    if not isinstance(new, int | float):
        return new
    candidates = (
        [text.strip(), new] if isinstance(old, str) or isinstance(new, float) else [new, text.strip()]
    )
    return next((one for one in candidates if not _wrong(subject, place, one)), candidates[0])


def _wrong(subject: EditedDocument, place: Place, value: Any) -> bool:
    path, made = path_to_put(subject.document.data, place, value, subject.whole)
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


def _notes(subject: EditedDocument, place: Place, old: Any, new: Any = None) -> tuple[str, ...]:
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


def _from(subject: EditedDocument, place: Place) -> str:
    """Where a value that the document itself does not say comes from; empty when it says it."""
    if subject.resolved is None or found_at(subject.document.data, place) is not None:
        return ""
    return _origin_of(subject.resolved, place)


def _origin_of(resolved: Resolved, place: Place) -> str:
    below = _below(resolved, place)
    if not below:
        return ""
    layer, path = below[-1]
    where, file = layer.document.where((*layer.root, *path)), layer.document.file
    name = "the fleet's defaults" if file == FLEET_FILE else f"{_KIND[kind_of(file)]} {stem(file)}"
    return f"from {name}, {where.file}:{where.line}"


def _below(resolved: Resolved, place: Place) -> tuple[tuple[Layer, Path], ...]:
    """The layers under a cluster's own file that speak of a place, the one that wins last."""
    below = resolve(resolved.layers[:-1])
    path = found_at({"spec": below.spec}, place)
    return below.said(path[1:]) if path else ()


def _origin(subject: EditedDocument, place: Place) -> tuple[EditedDocument, Place]:
    """The document that says a value, when it is not the cluster's own."""
    if subject.resolved is None or found_at(subject.document.data, place) is not None:
        return subject, place
    layers = _below(subject.resolved, place)
    if not layers:
        return subject, place
    document = layers[-1][0].document
    if document.file == FLEET_FILE:
        return EditedDocument(document, "Fleet", document.data), ("spec", "defaults", *place[1:])
    return EditedDocument(document, kind_of(document.file), document.data), place


_KIND = {"Group": "group", PART: "team"}
"""What a layer under a cluster's own file is called."""


def _of_team(subject: EditedDocument, place: Place) -> EditedDocument:
    """The team's file about the cluster that says the item which a place lies in, where the cluster's own does not."""
    named = next((i for i, step in enumerate(place) if isinstance(step, Named)), None)
    if subject.resolved is None or named is None:
        return subject
    item, own = place[: named + 1], subject.document
    if found_at(own.data, item) is not None:
        return subject
    path = found_at({"spec": subject.resolved.spec}, item)
    for layer, _ in subject.resolved.said(path[1:])[::-1] if path else ():
        if is_own_part(layer.document.file):
            return EditedDocument(layer.document, PART, layer.document.data)
    return subject


def _is_removal(item: Any) -> bool:
    return isinstance(item, dict) and item.get("remove") is True


def _emptied(data: Any, path: Path, subject: EditedDocument) -> Path:
    """What has to go with a value, so that no empty list, no empty mapping and no bare name stays behind.

    An empty list would not be the same as none: it replaces what a group gives.
    """
    while len(path) > 2:  # noqa: PLR2004 - spec and one of its fields
        holder = value_at(without(data, path), path[:-1])
        if holder and not _is_bare(subject, path[:-1], holder):
            break
        path = path[:-1]
    return path


def _is_bare(subject: EditedDocument, path: Path, item: Any) -> bool:
    """Whether an item that says nothing but what it is called only overrides one of a group, which says that too."""
    one, resolved = identity_of(item), subject.resolved
    if one is None or resolved is None or item != one.fields or not isinstance(path[-1], int):
        return False
    own = resolved.layers[-1]
    merged = resolved.merged_path(own, path[1:]) or ()
    return all(any(layer is not own for layer, _ in resolved.said((*merged, key))) for key in item)
