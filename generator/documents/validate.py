"""Pydantic's errors as findings: the place in the file, the value, and a hint that a person can act on.

Third stage. The models know what is allowed; this module only says it in words and at the right line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..findings.finding import Finding, Path, Where
from ..findings.rule import Rule, plain_rule
from .identity import identity_of
from .near import nearest
from .paths import dotted, value_at
from .schema import schema_at
from .secrets.search import redacted, showable
from .unknown import REMOVE, Unknown, holds, unknown
from .values import LIMITS, MEMBERS, said, wrong, wrong_key

UNKNOWN = plain_rule(
    "SPEC010", "A spec holds only keys that it knows; another one would be ignored silently."
)
MISSING = plain_rule("SPEC011", "A field that has no default is given, by the cluster, a group or the fleet.")
WRONG = plain_rule("SPEC012", "A value has the type and the form that its field takes.")

_VALUE = False
"""For a Place: the value is meant, not its key."""

MOST = 200
"""Findings about the form of one document: behind more of them stands one mistake, or none of a person."""
READ = 1000
"""Errors of one document, and items of one list, that are held against each other; of more, the rest is only counted."""

Place = Callable[[Path, bool], Where]
"""Where a path stands; with True, where its key stands."""


def validated(
    model: type[BaseModel], data: Any, place: Place, whole: Callable[[], type[BaseModel]] | None = None
) -> tuple[BaseModel | None, tuple[Finding, ...]]:
    """The validated model, or findings for all that is wrong with `data`.

    `whole` gives the model that says more of what `model` leaves open: a key that is out of place may belong there.
    """
    try:
        return model.model_validate(data), ()
    except ValidationError as error:
        return None, tuple(_findings(error, whole() if whole else model, data, place))


def _findings(error: ValidationError, model: type[BaseModel], data: Any, place: Place) -> Iterator[Finding]:
    seen = [(item, *_path(item, data)) for item in error.errors(include_url=False)]
    # A key that cannot be one says nothing with its value.
    keys = {path for item, path, key in seen if key}
    seen = [found for found in seen if found[2] or not any(start in keys for start in _starts(found[1]))]
    above = {path[:length] for _, path, _ in seen for length in range(len(path))}
    # Of a union's members the one that got furthest is what the author meant.
    meant = list(
        _one_each([found for found in seen if found[1] not in above or found[0]["type"] == "missing"])
    )
    strange = {found.path: unknown(found.path, model) for found in meant[:READ] if _is_unknown(found)}
    mistakes = _mistakes(meant[:READ], strange, data)
    for found in mistakes[:MOST]:
        one = _said(found[0], [item.path for item in found], strange, model, data)
        yield Finding(
            place(one.path, one.key),
            one.rule.severity,
            one.rule.code,
            showable(one.message),
            redacted(one.hint),
        )
    more = len(mistakes[MOST:]) + len(meant[READ:])
    if more:
        message = f"{more} more values are wrong"
        yield Finding(place((), _VALUE), WRONG.severity, WRONG.code, message, "mend the others first")


class Seen(NamedTuple):
    """An error, the path of its value, and whether its key is meant."""

    item: ErrorDetails
    path: Path
    key: bool


class Told(NamedTuple):
    """One finding: the rule that is broken, where, the sentence and the hint."""

    rule: Rule
    path: Path
    key: bool
    message: str
    hint: str


def _starts(path: Path) -> Iterator[Path]:
    """The path itself, and all that it lies below."""
    return (path[:length] for length in range(len(path) + 1))


def _mistakes(seen: Sequence[Seen], strange: Mapping[Path, Unknown], data: Any) -> list[list[Seen]]:
    """The errors of each mistake: what follows from a wrong key, or lacks beside others, is not told again."""
    dropped = {path[:-1] for path in strange if _is_removal(path)}
    mistakes: dict[object, list[Seen]] = {}
    for found in seen:
        if not (_is_missing(found) and _follows(found.path, strange, dropped, data)):
            mistakes.setdefault(_alike(found, strange), []).append(found)
    return list(mistakes.values())


def _alike(found: Seen, strange: Mapping[Path, Unknown]) -> object:
    """What findings have in common that are told as one."""
    path = found.path
    if _is_missing(found):
        return "missing", path[:-1]
    if _is_unknown(found) and (meant := strange[path].meant) and meant[:-1] != path[:-1]:
        return "moved", path[:-1], meant[:-1]
    if found.key and path[-1] in LIMITS:
        return "limits", path[:-1]
    return found.item["type"], path, found.key


def _is_missing(found: Seen) -> bool:
    return found.item["type"] == "missing"


def _is_unknown(found: Seen) -> bool:
    return found.item["type"] == "extra_forbidden"


def _is_removal(path: Path) -> bool:
    return path[-1] == REMOVE and len(path) > 1 and isinstance(path[-2], int)


def _follows(path: Path, strange: Mapping[Path, Unknown], dropped: Iterable[Path], data: Any) -> bool:
    """Whether a field is missing only because its key is misspelt, stands elsewhere, or its item is to go."""
    return (
        any(path[: len(item)] == item for item in dropped)
        or any(one.meant is not None and one.meant[: len(path)] == path for one in strange.values())
        or any(other[:-1] == path[:-1] and holds(data, other, str(path[-1])) for other in strange)
    )


def _one_each(seen: Iterable[tuple[ErrorDetails, Path, bool]]) -> Iterator[Seen]:
    """One error for each value: of the members of a union, those that take values of its type are what was meant."""
    by_place: dict[tuple[Path, bool, bool], list[Seen]] = {}
    for item, path, key in seen:
        by_place.setdefault((path, key, item["type"] == "missing"), []).append(Seen(item, path, key))
    for alike in by_place.values():
        items = [found.item for found in alike]
        item = items[0] if len(items) == 1 else _of_a_union(items)
        yield Seen(item, alike[0].path, alike[0].key)


def _of_a_union(items: list[ErrorDetails]) -> ErrorDetails:
    types = {item["type"]: item for item in items}
    inside = [item for item in items if item["type"] not in {*MEMBERS, "literal_error"}]
    if inside:
        return inside[0]
    if "literal_error" in types and isinstance(items[0]["input"], str):
        return types["literal_error"]
    # A string of another form is no quantity; whatever else, it is of none of the types.
    words = tuple(dict.fromkeys(MEMBERS[name] for name in types if name in MEMBERS))
    words += tuple(
        str(types[name]["ctx"]["expected"]).replace("'", "") for name in ("literal_error",) if name in types
    )
    return {**items[0], "type": "no_member", "ctx": {"words": " or ".join(words)}}


def _path(item: ErrorDetails, data: Any) -> tuple[Path, bool]:
    """(path in the data, whether its key is meant): a union adds steps to `loc` that no document has."""
    steps: list[str | int] = []
    loc = item["loc"]
    for i, step in enumerate(loc):
        if step == "[key]" and not (isinstance(data, Mapping) and step in data):
            return tuple(steps), True
        in_list = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if in_list or (isinstance(data, Mapping) and step in data):
            data = data[step]
        elif not (item["type"] == "missing" and i == len(loc) - 1):
            continue
        steps.append(step)
    return tuple(steps), False


def _namesakes(data: Any, path: Path) -> str:
    """Other items that have the name of the one that a field belongs to, in other places; empty when none has."""
    items, number = value_at(data, path[:-2]), path[-2] if len(path) > 1 else None
    if not isinstance(items, list) or not isinstance(number, int) or number >= READ:
        return ""
    known = [identity_of(item) for item in items[:READ]]
    one = known[number]
    others = (other for other in known if one and other and other.called == one.called and other != one)
    return showable(", ".join(dict.fromkeys(other.label for other in others)))


def _said(
    found: Seen, beside: Sequence[Path], strange: Mapping[Path, Unknown], model: type[BaseModel], data: Any
) -> Told:
    """The rule that is broken, the sentence and the hint; `beside` are the paths that are told with it."""
    item, path, key = found
    name = dotted(_below(path))
    if _is_unknown(found):
        return Told(UNKNOWN, path, True, *_unknown(name, path, beside, strange, data))  # noqa: FBT003 - a field
    if key:
        message, hint = wrong_key(path, str(item.get("ctx", {}).get("pattern", "")), model)
        whole = f"{said(path[-1])} {message}"
        inside = dotted(_below(path[:-1]))
        return Told(WRONG, path, key, whole.replace(" here", f" of {inside}", 1), hint)
    if _is_missing(found):
        return Told(MISSING, path, key, *_missing(beside, model, data))
    message, hint = wrong(item, path, model)
    return Told(WRONG, path, key, f"{name} {message}", hint or _description(model, path))


def _unknown(
    name: str, path: Path, beside: Sequence[Path], strange: Mapping[Path, Unknown], data: Any
) -> tuple[str, str]:
    if _is_removal(path):
        if (value := value_at(data, path)) is not True:
            hint = (
                "write remove: true, without quotes"
                if value == "true"
                else "leave the line out to keep the item"
            )
            return f"{name} is {said(value)}, allowed: true", hint
        namesakes = _namesakes(data, path)
        near = _near_item(data, path[:-1])
        hint = f"there is {namesakes}" if namesakes else near or "check its name: there is nothing to remove"
        return f"{name}: no group and no default gives this item", hint
    hint = strange[path].hint
    if len(beside) > 1:
        keys = ", ".join(dotted(_below(other)) for other in beside)
        return f"unknown keys {keys}", hint.replace("it belongs", "they belong", 1)
    return f"unknown key {name}", hint


def _missing(beside: Sequence[Path], model: type[BaseModel], data: Any) -> tuple[str, str]:
    path, namesakes = beside[0], _namesakes(data, beside[0])
    other = f"this is another item than {namesakes}" if namesakes else ""
    if len(beside) == 1:
        near = other or _near_item(data, path[:-1])
        hint = "; ".join(filter(None, (near, _choices(model, path) or _description(model, path))))
        return f"{dotted(_below(path))} is missing", hint
    fields = [str(lacking[-1]) for lacking in beside]
    *first, last = fields
    words = f"{', '.join(first)} and {last}"
    near = other or _near_item(data, path[:-1])
    hint = near or "; ".join(f"{field}: {_description(model, (*path[:-1], field))}" for field in fields)
    inside = dotted(_below(path[:-1])) if path[:-1] not in {(), ("spec",)} else ""
    return f"{inside} lacks {words}" if inside else f"{words} are missing", hint


def _near_item(data: Any, path: Path) -> str:
    """A hint where another item of the same list is called nearly so."""
    items, number = value_at(data, path[:-1]) if path else None, path[-1] if path else None
    if not isinstance(items, list) or not isinstance(number, int):
        return ""
    one = identity_of(items[number])
    others = [found.name for item in items[:READ] if (found := identity_of(item)) and found != one]
    near = nearest(one.name, others) if one else None
    return f"did you mean {near}? What a group gives is meant by its name" if near else ""


def _description(model: type[BaseModel], path: Path) -> str:
    """What a field is for; of what is in a mapping of any keys, what the mapping is for."""
    schema = schema_at(model, path)
    return str(schema.get("description", "")) or str(schema_at(model, path[:-1]).get("description", ""))


def _choices(model: type[BaseModel], path: Path) -> str:
    """What a field that is missing can be, where only some words are allowed."""
    schema = schema_at(model, path)
    words = [str(word) for word in schema.get("enum", (schema["const"],) if "const" in schema else ())]
    return f"write {path[-1]}: {' or '.join(words)}" if words else ""


def _below(path: Path) -> Path:
    """The path as below a Cluster's spec: what is wrong in a group reads the same in all its clusters."""
    for root in (("spec", "defaults"), ("spec",)):
        if path[: len(root)] == root and len(path) > len(root):
            return path[len(root) :]
    return path


__all__ = ["MISSING", "MOST", "UNKNOWN", "WRONG", "validated"]
