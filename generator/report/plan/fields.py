"""One change of an object in words: its sign and name, and each field that differs, on lines that steer no terminal."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ...objects.manifest import CONTENT_HASH
from ...plan.changes import ABSENT, Action, FieldChange, Named, ObjectChange, Steps
from ...yaml.writer import to_yaml
from ..text import printable

LONGEST = 100
"""Characters of a value; longer ones are cut in the middle of the line that shows them."""
_ROWS = 40
"""Lines of a multi-line value's difference."""
_ROWS_OF_REPLACED = 4
"""Lines of it in an object that is named after its content: our own scripts, which name versions and places a dozen times."""
SIGNS = {Action.ADD: "+", Action.CHANGE: "~", Action.REPLACE: "-/+", Action.REMOVE: "-"}
_HIDDEN = frozenset({"metadata.name", f"metadata.labels[{CONTENT_HASH}]"})
"""Of an object that is named after its content: its title says these."""
_ITEMS = 6
"""Elements of a list of plain values that are told as another order; what moved among more is told by itself."""


def change_rows(change: ObjectChange, *, every: bool = False) -> Iterator[str]:
    """The lines of one change: what happens to which object, then its fields.

    With `every` nothing is left out, and an object that comes or goes is shown whole.
    """
    was = f" (was {change.was.name})" if change.was else ""
    yield printable(f"{SIGNS[change.action]} {change.identity}{was}")
    places = dict(_places(change.fields))
    for item in change.fields:
        if item.order is not None and _in_their_order(*item.order):
            # Nothing moved: where new elements stand is said beside them.
            continue
        if every or not _says_the_name(item, change):
            rows = list(_field(item, _rows_of(change, every=every)))
            yield from (f"    {printable(row)}" for row in (*rows[:-1], rows[-1] + places.get(item.path, "")))
    whole = change.after if change.action is Action.ADD else change.before
    if every and change.action in {Action.ADD, Action.REMOVE} and whole is not None:
        yield from (f"    {printable(row)}" for row in to_yaml(whole).splitlines())


def _in_their_order(before: Sequence[Any], after: Sequence[Any]) -> bool:
    """Whether the elements that stay are still one behind the other as they were."""
    return [name for name in before if name in after] == [name for name in after if name in before]


def _places(fields: Iterable[FieldChange]) -> Iterator[tuple[Steps, str]]:
    """In front of what each new element of a list stands, where that is not at its end."""
    found = tuple(fields)
    for item in found:
        if item.order is None or not _in_their_order(*item.order):
            continue
        after = item.order[1]
        for other in found:
            step = other.path[-1] if other.path[:-1] == item.path else None
            if other.before is ABSENT and isinstance(step, Named) and step.label != after[-1]:
                yield other.path, f" (in front of {_written(after[after.index(step.label) + 1])})"


def _rows_of(change: ObjectChange, *, every: bool) -> int | None:
    if every:
        return None
    return _ROWS_OF_REPLACED if change.was is not None else _ROWS


def _says_the_name(item: FieldChange, change: ObjectChange) -> bool:
    """Whether a field of a replaced object only follows its new name, or that of one beside it."""
    if change.was is None:
        return False
    return item.dotted in _HIDDEN or (item.before == change.was.name and item.after == change.identity.name)


def _field(item: FieldChange, most: int | None) -> Iterator[str]:
    if item.order is not None:
        yield f"{item.dotted}: {_order(*item.order)}"
    elif isinstance(item.before, str) and isinstance(item.after, str) and "\n" in item.before + item.after:
        yield from _text(item, most)
    elif item.before is ABSENT:
        yield f"+ {item.dotted}: {_value(item.after)}"
    elif item.after is ABSENT:
        yield f"- {item.dotted}: {_value(item.before)}"
    elif isinstance(item.before, list) and isinstance(item.after, list):
        yield from _list(item.dotted, item.before, item.after)
    else:
        yield f"{item.dotted}: {' -> '.join(_pair(*_both(item.before, item.after)))}"


def _text(item: FieldChange, most: int | None) -> Iterator[str]:
    """A text of several lines: those that differ, or how many where they are too many."""
    unified = difflib.unified_diff(item.before.splitlines(), item.after.splitlines(), n=0, lineterm="")
    rows = [row for row in unified if not row.startswith(("---", "+++", "@@"))]
    if most == _ROWS_OF_REPLACED and len(rows) > most:
        yield f"{item.dotted}: {len(rows)} lines differ (plan --cluster NAME shows them)"
        return
    yield f"{item.dotted}:"
    yield from (f"  {_cut(row)}" for row in rows[:most])
    if most is not None and len(rows) > most:
        yield f"  {len(rows) - most} more lines"


def _order(before: Iterable[Any], after: Iterable[Any]) -> str:
    """That the same elements stand in another order.

    >>> _order(("cpu", "a10"), ("a10", "cpu"))
    'order: cpu, a10 -> a10, cpu'
    """
    sides = (", ".join(map(_written, side)) for side in (before, after))
    return f"order: {' -> '.join(_pair(*sides))}"


def _list(path: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[str]:
    """A list of plain values: what goes and what comes, in its place."""
    texts = all(isinstance(value, str) for value in (*before, *after))
    old, new = ([_written(value) if texts else _json(value) for value in side] for side in (before, after))
    if sorted(old) == sorted(new) and len(old) <= _ITEMS:
        yield f"{path}: {_order(before, after)}"
        return
    yield f"{path}:"
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for _, start, end, first, last in matcher.get_opcodes():
        if old[start:end] != new[first:last]:
            yield from (f"  - {_cut(value)}" for value in old[start:end])
            yield from (f"  + {_cut(value)}" for value in new[first:last])


def _both(before: Any, after: Any) -> tuple[str, str]:
    """Two values that differ; "1" and 1 with their quotes."""
    texts = _written(before), _written(after)
    return texts if texts[0] != texts[1] else (_json(before), _json(after))


def _pair(before: str, after: str) -> tuple[str, str]:
    """Two values; long ones from shortly before where they part."""
    if max(len(before), len(after)) <= LONGEST:
        return before, after
    pairs = zip(before, after, strict=False)
    parted = next((i for i, (old, new) in enumerate(pairs) if old != new), min(len(before), len(after)))
    start = max(parted - LONGEST // 4, 0)
    head = "..." if start else ""
    return _cut(f"{head}{before[start:]}"), _cut(f"{head}{after[start:]}")


def _value(value: Any) -> str:
    return _cut(_written(value))


def _written(value: Any) -> str:
    plain = isinstance(value, str) and bool(value) and value == value.strip()
    return value if plain else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}...{text[-LONGEST // 2 :]}"
