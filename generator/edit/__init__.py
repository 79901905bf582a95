r"""Changes in the text of a spec that leave everything else as it is, byte by byte.

Comments, blank lines, indentation, quotes, line ends and the order of keys are a person's; a change touches the
lines that say something else afterwards. The result is read again and has to say what the change meant: otherwise
there is no result.

    >>> print(put("spec:\n  ring: pilot  # until May\n", ("spec", "ring"), "main"), end="")
    spec:
      ring: main  # until May

Comes in: the text of a spec and a wish. Goes out: another text. Not here: writing files, and judging the result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from ..documents.paths import dotted, value_at
from ..errors import NearedgeError
from ..findings.finding import Path
from ..objects.elements import same
from ..yaml.strict import read_text
from ..yaml.writer import one_line
from .nodes import YamlNode, entry_of, node_at
from .page import Page, Splice, Unreachable, applied, page_of
from .splice import dropped, item_added, key_added, replaced

Order = Callable[[Path], Sequence[str]]
"""The keys that a mapping at a path can have, in the order in which people write them."""


class CannotEdit(NearedgeError):
    """A change that cannot be made in a text without touching more than it says; nothing was changed."""

    exit_code = 1

    def __init__(self, *, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"{dotted(path) or 'the document'} cannot be changed in place: {reason}")


def put(text: str, path: Path, value: Any, order: Order | None = None) -> str:
    """The text with a value at a path; mappings and lists on the way there are made.

    An index that equals the length of its list appends. A mapping or list that is there already becomes the
    new one key by key and item by item, so that what both have in common is not touched.

    Raises:
        CannotEdit: the path leads through a plain value, or the text has a form that cannot be cut.
    """
    data = _data(text, path)
    expected = with_put(data, path, value)
    there = _there(data, path)
    for step in _steps(value_at(data, there), value_at(expected, there), there):
        text = _stepped(text, step, order)
    return _proven(text, path, expected)


def drop(text: str, path: Path) -> str:
    """The text without a key or an item; the same text when it is not there.

    Raises:
        CannotEdit: the text has a form that cannot be cut.
    """
    data = _data(text, path)
    expected = without(data, path)
    if _there(data, path) != path:
        return text
    holder = value_at(expected, path[:-1])
    step: Step = ("drop", path, None) if holder else ("put", path[:-1], holder)
    return _proven(_stepped(text, step, None), path, expected)


def with_put(data: Any, path: Path, value: Any) -> Any:
    """The same in memory: data with a value at a path."""
    return _with_put(data, path, value, path)


def _with_put(data: Any, path: Path, value: Any, whole: Path) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = [] if data is None else data
        if not isinstance(items, list) or step > len(items):
            raise CannotEdit(path=whole, reason=f"there is no item {step}")
        before = items[step] if step < len(items) else None
        return [*items[:step], _with_put(before, rest, value, whole), *items[step + 1 :]]
    mapping = {} if data is None else data
    if not isinstance(mapping, dict):
        raise CannotEdit(path=whole, reason="it would lie below something that is no mapping")
    return {**mapping, step: _with_put(mapping.get(step), rest, value, whole)}


def without(data: Any, path: Path) -> Any:
    """The same in memory: data without a key or an item."""
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        if not isinstance(data, list) or step >= len(data):
            return data
        inner = [without(data[step], rest)] if rest else []
        return [*data[:step], *inner, *data[step + 1 :]]
    if not isinstance(data, dict) or step not in data:
        return data
    if rest:
        return {**data, step: without(data[step], rest)}
    return {key: item for key, item in data.items() if key != step}


def _data(text: str, path: Path) -> dict[str, Any]:
    data, faults = read_text(text)
    if faults:
        at = faults[0]
        raise CannotEdit(path=path, reason=f"line {at.line}, column {at.column}: {at.message}")
    if not isinstance(data, dict):
        raise CannotEdit(path=path, reason="the file holds no mapping")
    if re.search("\r(?!\n)", text):
        raise CannotEdit(path=path, reason="a line of the file ends with a carriage return alone")
    return data


def _there(data: Any, path: Path) -> Path:
    """The part of a path that a document has."""
    for length, step in enumerate(path):
        inside = range(len(data)) if isinstance(data, list) else data if isinstance(data, dict) else ()
        if step not in inside:
            return path[:length]
        data = data[step]
    return path


def _proven(text: str, path: Path, expected: Any) -> str:
    data, faults = read_text(text)
    if faults or not same(data, expected):
        raise CannotEdit(path=path, reason="it is written in a form that has to be changed by hand")
    return text


Step = tuple[str, Path, Any]
"""("put" | "insert" | "drop", path, value): a change of one entry."""


def _steps(old: Any, new: Any, path: Path) -> Iterator[Step]:
    """Changes that lead from one value to another; those of a list from its end, so that indices hold."""
    if same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and old and new:
        for key, item in new.items():
            if key in old:
                yield from _steps(old[key], item, (*path, key))
            else:
                yield "insert", (*path, key), item
        yield from (("drop", (*path, key), None) for key in old if key not in new)
    elif isinstance(old, list) and isinstance(new, list) and old and new:
        yield from _list_steps(old, new, path)
    else:
        yield "put", path, new


def _list_steps(old: list[Any], new: list[Any], path: Path) -> Iterator[Step]:
    same_items = SequenceMatcher(
        None, [_word(item) for item in old], [_word(item) for item in new], autojunk=False
    )
    for tag, i, j, k, last in reversed(same_items.get_opcodes()):
        if tag == "equal":
            continue
        both = min(j - i, last - k)
        yield from (("insert", (*path, i + both), item) for item in reversed(new[k + both : last]))
        yield from (("drop", (*path, at), None) for at in reversed(range(i + both, j)))
        for at in reversed(range(both)):
            yield from _steps(old[i + at], new[k + at], (*path, i + at))


def _word(item: Any) -> str:
    """Something that two items have in common exactly when they say the same."""
    if isinstance(item, dict):
        return "{" + ",".join(f"{key!r}:{_word(item[key])}" for key in sorted(item)) + "}"
    if isinstance(item, list):
        return "[" + ",".join(map(_word, item)) + "]"
    return repr(item)


def _stepped(text: str, step: Step, order: Order | None) -> str:
    page = page_of(text)
    kind, path, value = step
    try:
        splices = _splices(page, kind, path, value, order)
    except Unreachable:
        raise CannotEdit(path=path, reason="it is written in a form that has to be changed by hand") from None
    except TypeError as error:
        raise CannotEdit(path=path, reason=str(error)) from None
    last = any(splice.end == len(text) for splice in splices)
    text = applied(page, splices)
    # The last line of a text of several lines has to end: otherwise it would be another text.
    open_end = last and not text.endswith("\n") and any(leaf.endswith("\n") for leaf in _texts(value))
    return text + page.layout.newline if open_end else text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _splices(page: Page, kind: str, path: Path, value: Any, order: Order | None) -> list[Splice]:
    if not path:
        return [Splice(page.root.start, page.root.end, one_line(value))]
    parent = node_at(page.root, path[:-1])
    last = path[-1]
    if kind == "put":
        return replaced(page, parent, entry_of(parent, last), value)
    if kind == "insert":
        if isinstance(last, int):
            return item_added(page, parent, last, value)
        return key_added(page, parent, last, value, _behind(parent, last, order(path[:-1]) if order else ()))
    if len(parent.entries) > 1:
        return dropped(page, parent, parent.entries.index(entry_of(parent, last)))
    raise Unreachable


def _behind(mapping: YamlNode, key: str, order: Sequence[str]) -> int:
    """The number of the entry that a new key follows: the last of those that come before it.

    Where none does, the first one if it comes later, so that the key is not lost below a long section; else the last.
    """
    if key in order:
        before = set(order[: order.index(key)])
        known = [i for i, entry in enumerate(mapping.entries) if entry.key in before]
        if known:
            return known[-1]
        if mapping.entries and mapping.entries[0].key in order:
            return 0
    return len(mapping.entries) - 1
