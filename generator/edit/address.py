"""From a path as people write it to the place in one document that a change goes to.

`serving[chat].resources.cpu` may be said by a cluster's own file, by a group, or by nobody so far. A change of the
cluster goes into its own file; what of the path is missing there is made, and an item of a list of named things is
made as what overrides the inherited one: with its name, the namespace where it needs one, and nothing else.

    >>> found = address({"spec": {}}, {"spec": {"serving": [{"name": "chat"}]}}, "serving[chat].port", "Cluster")
    >>> path_to_put({"spec": {}}, found, 8080)
    (('spec', 'serving'), [{'name': 'chat', 'port': 8080}])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..documents.identity import NAMESPACE, NAMING, Identity, identity_of, labelled, labels, said
from ..documents.near import nearest
from ..documents.paths import Word, dotted, is_path, words
from ..errors import NearedgeError
from ..findings.finding import Path
from ..fleet.kinds import document_models
from ..specs.fields import Field, field_at

APPEND = "+"
"""In brackets: one more item behind the last one."""


class NoSuchPath(NearedgeError):
    """A path that no field, no item and no key has; usage, with the nearest one."""

    exit_code = 64


class Named(NamedTuple):
    """An item of a list of named things: what it is, and how it is called among the others."""

    identity: Identity
    label: str
    alone: bool
    """Whether it is there and no other item has its name: then an item without a namespace is it."""

    @property
    def fields(self) -> dict[str, str]:
        """What an item that overrides this one says of itself."""
        one = self.identity
        short = self.alone and NAMING[one.field] == NAMESPACE
        return {one.field: one.name} if short else one.fields


Place = tuple[str | int | Named, ...]
"""A path whose lists of named things go by name, so that it is the same in every layer."""


@dataclass(frozen=True)
class _Level:
    """A value on the way: what the document itself and the merged whole have there, and what the models know."""

    own: Any
    merged: Any
    known: Path
    kind: str

    def field(self, *steps: str | int) -> Field | None:
        return field_at(document_models()[self.kind], (*self.known, *steps))

    @property
    def is_list(self) -> bool:
        return isinstance(self.own, list) or isinstance(self.merged, list) or self.field(0) is not None

    def below(self, step: str | int | Named) -> _Level:
        known = 0 if isinstance(step, Named) else step
        return _Level(_inside(self.own, step), _inside(self.merged, step), (*self.known, known), self.kind)


def address(own: Any, merged: Any, text: str, kind: str) -> Place:
    """The place that a path means: below `spec` unless it begins with metadata.

    Raises:
        NoSuchPath: the models know no such field, or several items have the name; the message names the nearest.
    """
    steps = list(words(text))
    if steps and steps[0].text not in {"metadata", "spec"}:
        steps.insert(0, Word("spec", bracketed=False))
    if len(steps) < 2 or not is_path(text):  # noqa: PLR2004 - spec and something below it
        raise NoSuchPath(f"{text} is no path such as serving[name].replicas.max")
    level, place = _Level(own, merged, (), kind), []
    while steps:
        step, taken = _next(level, steps, text)
        place.append(step)
        level = level.below(step)
        steps = steps[taken:]
    if level.field() is None:
        raise NoSuchPath(f"there is no {text}")
    return tuple(place)


def path_to_put(own: Any, place: Place, value: Any, merged: Any = None) -> tuple[Path, Any]:
    """The path in a document at which a value has to be put, and the value with all that is missing around it.

    A list without names is replaced as a whole, so a change of an inherited one begins with what `merged` has.
    """
    path: list[str | int] = []
    for i, step in enumerate(place):
        at = index_of(own, step)
        if at is None:
            made = _made(own, place[i:], value, merged)
            if isinstance(own, list):
                return (*path, len(own)), made[-1]
            return (tuple(path), made) if isinstance(made, list) else ((*path, str(step)), made[step])
        path.append(at)
        own, merged = own[at], _inside(merged, step)
    return tuple(path), value


def _made(own: Any, rest: Place, value: Any, merged: Any) -> Any:
    """`own` with a value at a place; it is None where the document says nothing yet."""
    if not rest:
        return value
    step, inside = rest[0], _inside(merged, rest[0])
    if isinstance(step, int):
        items = own if isinstance(own, list) else merged if isinstance(merged, list) else []
        before = items[step] if step < len(items) else None
        return [*items[:step], _made(before, rest[1:], value, inside), *items[step + 1 :]]
    at = index_of(own, step)
    new = _made(None if at is None else own[at], rest[1:], value, inside)
    if isinstance(step, Named):
        item = {**step.fields, **new} if isinstance(new, dict) else new
        return [*(own if isinstance(own, list) else ()), item]
    return {**(own if isinstance(own, dict) else {}), step: new}


def found_at(own: Any, place: Place) -> Path | None:
    """The path at which a document says a place; None when it does not."""
    path: list[str | int] = []
    for step in place:
        at = index_of(own, step)
        if at is None:
            return None
        path.append(at)
        own = own[at]
    return tuple(path)


def index_of(data: Any, step: str | int | Named) -> str | int | None:
    """The key or index of a step in a value that has it."""
    if isinstance(data, list):
        if isinstance(step, Named):
            return _number_of(data, step)
        return step if isinstance(step, int) and step < len(data) else None
    return step if isinstance(data, dict) and isinstance(step, str) and step in data else None


def _number_of(items: Sequence[Any], step: Named) -> int | None:
    one, known = step.identity, [identity_of(item) for item in items]
    if one in known:
        return known.index(one)
    alike = [i for i, other in enumerate(known) if other and other.called == one.called]
    may_be = [i for i in alike if one.is_open or (step.alone and (other := known[i]) and other.is_open)]
    return may_be[0] if len(alike) == len(may_be) == 1 else None


def shown(place: Place) -> str:
    """A place as people write it, without `spec`."""
    return dotted(place[1:] if place[:1] == ("spec",) else place)


def _inside(data: Any, step: str | int | Named) -> Any:
    at = index_of(data, step)
    return None if at is None else data[at]


def _next(level: _Level, steps: Sequence[Word], text: str) -> tuple[str | int | Named, int]:
    """The next step of the place, and how many of the written ones it takes."""
    if level.is_list:
        return _item(level, steps[0], text), 1
    for taken in range(1 if steps[0].bracketed else len(steps), 0, -1):
        key = ".".join(step.text for step in steps[:taken])
        there = [data[key] for data in (level.own, level.merged) if isinstance(data, dict) and key in data]
        if there and (taken == len(steps) or any(isinstance(item, dict | list) for item in there)):
            return key, taken
    field = level.field()
    if (
        field is None
        or level.field(steps[0].text) is None
        or (field.keys and steps[0].text not in field.keys)
    ):
        raise NoSuchPath(_unknown(steps[0].text, list(field.keys if field else ()), text))
    if field.keys or steps[0].bracketed:
        return steps[0].text, 1
    taken = next(n for n in range(1, len(steps) + 1) if _goes_on(level, steps, n))
    return ".".join(step.text for step in steps[:taken]), taken


def _goes_on(level: _Level, steps: Sequence[Word], taken: int) -> bool:
    """Whether a free key ends there: it is the last step, or the next one lies below it."""
    key = ".".join(step.text for step in steps[:taken])
    if taken == len(steps):
        return True
    field, after = level.field(key), steps[taken].text
    known = field.keys if field else ()
    return level.field(key, after) is not None and (not known or after in known)


def _item(level: _Level, step: Word, text: str) -> int | Named:
    field = level.field(0)
    new = said(step.text, field.keys if field else ())
    own, merged = (data if isinstance(data, list) else [] for data in (level.own, level.merged))
    items = level.own if isinstance(level.own, list) else merged
    number = int(step.text) if step.text.isascii() and step.text.isdigit() else None
    nameless = new is None or (field is not None and field.bare)
    if nameless and step.text == APPEND:
        return len(items)
    if (
        nameless
        and number is not None
        and number <= len(items)
        and not any(map(identity_of, items[number : number + 1]))
    ):
        return number
    # What the document alone has is there as well: an item that it removes.
    for known in (merged, own):
        found = labelled(known, step.text)
        if len(found) > 1:
            which = " or ".join(f"[{labels(known)[i]}]" for i in found)
            raise NoSuchPath(f"{text}: there are {len(found)} items {step.text}: say {which}")
        if found:
            return _named(known, found[0], (*merged, *own))
    if number is not None and number < len(merged) and identity_of(merged[number]):
        return _named(merged, number, (*merged, *own))
    if new is not None and number is None and step.text not in {"", APPEND}:
        return Named(new, step.text, alone=False)
    if new is not None and step.text == APPEND:
        example = text.replace(f"[{APPEND}]", f"[{new.field.upper()}]", 1)
        raise NoSuchPath(f"{text}: each item has its own {new.field}: {example} makes a new one")
    names = [one for one in dict.fromkeys((*labels(merged), *labels(own))) if not one.isdigit()]
    there = ", ".join(names) or f"it has {len(items)} items; [{APPEND}] appends one"
    raise NoSuchPath(f"{text}: there is no item {step.text or '[]'}: {there}")


def _named(items: Sequence[Any], number: int, beside: Sequence[Any]) -> int | Named:
    """An item by its name; `beside` are all items of the list, those that a document only removes as well."""
    one = identity_of(items[number])
    if one is None:
        return number
    alike = {other for other in map(identity_of, beside) if other and other.called == one.called}
    alone = len({other for other in alike if not other.is_open}) <= 1
    return Named(one, labels(items)[number], alone)


def _unknown(step: str, known: list[str], text: str) -> str:
    near = nearest(step, known)
    if not known:
        return f"{text}: nothing lies below that has the key {step}"
    return f"{text}: there is no {step}: " + (
        f"did you mean {near}?" if near else f"known: {', '.join(known)}"
    )
