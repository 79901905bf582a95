"""A key that a spec does not know: which one was meant, and where it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from ..findings.finding import Path
from .foreign import DEVICES, MEANT, REMOVES, advice
from .near import nearest, same_word
from .paths import dotted, value_at
from .schema import keys_at, keys_below, schema_at

REMOVE = "remove"
"""Key of a list's item that drops what earlier layers said of it; see documents/merge.py."""

_ALIKE = 0.7
"""Keys are short: less than this in common is chance."""


class Unknown(NamedTuple):
    """What is said of an unknown key: a hint, and the path of the field that was probably meant."""

    hint: str
    meant: Path | None = None


def unknown(path: Path, model: type[BaseModel]) -> Unknown:
    """What a person can do about the key at the end of `path`."""
    key, above = str(path[-1]), path[:-1]
    known = [name for name in keys_at(model, above) if name != REMOVE]
    return (
        _another_word(key, above, known)
        or _resource(key, known, model, above)
        or _elsewhere(key, model, above)
        or _nearly(key, above, known)
        or Unknown(f"known keys: {', '.join(sorted(known))}" if known else "leave it out")
    )


def _another_word(key: str, above: Path, known: Sequence[str]) -> Unknown | None:
    """The same word in another spelling, or what another tool calls it."""
    if same := next((name for name in known if same_word(name, key)), None):
        return Unknown(f"did you mean {same}?", (*above, same))
    if key == REMOVE:
        return Unknown("remove: true drops an item of a list; a whole section goes where it is given")
    if key in REMOVES and above and isinstance(above[-1], int):
        return Unknown("remove: true drops an item that a group or the fleet gives")
    for word in MEANT.get(key, ()):
        if word.split(".")[0] in known:
            return Unknown(f"did you mean {word}?", (*above, *word.split(".")))
    said = advice(key, above[-1] if above else "", known)
    return Unknown(said) if said else None


def _nearly(key: str, above: Path, known: Sequence[str]) -> Unknown | None:
    near = nearest(key, known, _ALIKE)
    return Unknown(f"did you mean {near}?", (*above, near)) if near else None


def _resource(key: str, known: Sequence[str], model: type[BaseModel], above: Path) -> Unknown | None:
    """An amount that stands beside the mapping of amounts."""
    name = DEVICES.get(key, key)
    if name not in {"cpu", "memory", "ephemeral-storage"} and not name.endswith("/gpu"):
        return None
    for field in ("resources", "allocatable", "quota"):
        if field in known and "patternProperties" in schema_at(model, (*above, field)):
            return Unknown(f"it belongs into {field}: {field}: {{{name}: ...}}", (*above, field, name))
    return None


def _elsewhere(key: str, model: type[BaseModel], above: Path) -> Unknown | None:
    """The same key one or two levels deeper, or at a level above and below that."""
    for length in range(len(above), -1, -1):
        level = above[:length]
        found = next(
            (path for path in keys_below(model, level) if path[-1] == key and path[:-1] != above), None
        )
        if found is not None:
            return Unknown(f"it belongs {_below(found, above)}", found)
    return None


def _below(found: Path, above: Path) -> str:
    level = found[:-1]
    if not level:
        return "to the top of the file, without indentation"
    if level == above[: len(level)]:
        return f"beside {dotted((above[len(level)],))}, one level up" if len(above) > len(level) else "here"
    if level[: len(above)] == above:
        return f"below {dotted(level[len(above) :])}, indented one level deeper"
    return f"below {dotted(level)}"


def holds(data: Any, path: Path, key: str) -> bool:
    """Whether a mapping stands at a path that has this key."""
    value = value_at(data, path)
    return isinstance(value, dict) and key in value
