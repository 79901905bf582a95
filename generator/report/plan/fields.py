"""One change of an object in words: its sign and name, and each field that differs, on lines that steer no terminal."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

from ...objects.manifest import CONTENT_HASH
from ...plan.changes import ABSENT, Action, FieldChange, ObjectChange

LONGEST = 100
"""Characters of a value; longer ones are cut in the middle of the line that shows them."""
_ROWS = 40
"""Lines of a multi-line value's difference."""
SIGNS = {Action.ADD: "+", Action.CHANGE: "~", Action.REPLACE: "-/+", Action.REMOVE: "-"}
_HIDDEN = frozenset({"metadata.name", f"metadata.labels[{CONTENT_HASH}]"})
"""Of an object that is named after its content: its title says these."""


def change_rows(change: ObjectChange) -> Iterator[str]:
    """The lines of one change: what happens to which object, then its fields."""
    was = f" (was {change.was.name})" if change.was else ""
    yield plain(f"{SIGNS[change.action]} {change.identity}{was}")
    for item in change.fields:
        if change.was is None or item.dotted not in _HIDDEN:
            yield from (f"    {plain(row)}" for row in _field(item))


def _field(item: FieldChange) -> Iterator[str]:
    if isinstance(item.before, str) and isinstance(item.after, str) and "\n" in item.before + item.after:
        yield f"{item.dotted}:"
        rows = [
            row
            for row in difflib.unified_diff(
                item.before.splitlines(), item.after.splitlines(), n=0, lineterm=""
            )
            if not row.startswith(("---", "+++", "@@"))
        ]
        yield from (f"  {_cut(row)}" for row in rows[:_ROWS])
        if len(rows) > _ROWS:
            yield f"  {len(rows) - _ROWS} more lines"
    elif item.before is ABSENT:
        yield f"+ {item.dotted}: {_value(item.after)}"
    elif item.after is ABSENT:
        yield f"- {item.dotted}: {_value(item.before)}"
    elif isinstance(item.before, list) and isinstance(item.after, list):
        yield f"{item.dotted}:"
        yield from (f"  - {_value(value)}" for value in item.before if value not in item.after)
        yield from (f"  + {_value(value)}" for value in item.after if value not in item.before)
        if all(value in item.after for value in item.before) and len(item.before) == len(item.after):
            yield f"  in another order: {_value(item.after)}"
    else:
        yield f"{item.dotted}: {' -> '.join(_pair(_written(item.before), _written(item.after)))}"


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
    return value if plain else json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}...{text[-LONGEST // 2 :]}"


def plain(text: str) -> str:
    """One line that steers no terminal."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
