"""How a new value is written into a file: as its neighbours are, in flow style when it is short, else in block style.

The words themselves come from `yaml/writer.py`; here are only lines, indentation and the choice between the styles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..yaml.writer import literal, one_line
from .nodes import YamlNode

WIDEST = 100
"""Columns up to which a mapping or a list is written in one line."""
_FEW = 4
"""Keys that a mapping in a list has at most when it is written in one line."""


@dataclass(frozen=True)
class Layout:
    """What a file is written like: how far a mapping and a list are indented below their key, and its line ends."""

    step: int
    dash: int
    newline: str

    def lines(self, value: Any) -> list[str]:
        """A mapping or list that is not empty, or a text of several lines, in block style, without indentation."""
        if isinstance(value, str):
            return literal(value)
        if isinstance(value, dict):
            return [line for key, item in value.items() for line in self.entry(key, item, 0)]
        return [line for item in value for line in self.item(item, 0)]

    def entry(self, key: str, value: Any, column: int, *, top: bool = False) -> list[str]:
        """Lines of a key and its value, the key in this column, or at the top of the document."""
        name = one_line(key)
        if not spread(value, WIDEST - column - len(name) - 2, top=top):
            return [f"{name}: {one_line(value)}"]
        lines = self.lines(value)
        if isinstance(value, str):
            return [f"{name}: {lines[0]}", *indented(lines[1:], self.step)]
        return [f"{name}:", *indented(lines, self.dash if isinstance(value, list) else self.step)]

    def item(self, value: Any, column: int) -> list[str]:
        """Lines of an item of a list, the dash in this column."""
        many = isinstance(value, dict) and len(value) > _FEW
        if not spread(value, WIDEST - column - 2) and not many:
            return [f"- {one_line(value)}"]
        first, *rest = self.lines(value)
        return [f"- {first}", *indented(rest, 2)]


def layout_of(text: str, root: YamlNode) -> Layout:
    """What most of a file is like; what it does not show is two blanks."""
    steps = Counter(_steps(root, "mapping"))
    dashes = Counter(_steps(root, "sequence"))
    step = steps.most_common(1)[0][0] if steps else 2
    return Layout(step, dashes.most_common(1)[0][0] if dashes else 2, "\r\n" if "\r\n" in text else "\n")


def spread(value: Any, room: int, *, top: bool = False) -> bool:
    """Whether a value takes lines of its own: it does not fit into one, or nobody would write it so.

    `top` says that it stands at the top of a document, as `spec` does.
    """
    if isinstance(value, str):
        return bool(literal(value))
    if not isinstance(value, dict | list) or not value:
        return False
    if top and isinstance(value, dict):
        return True
    return not _is_flat(value) or len(one_line(value)) > room


def indented(lines: list[str], width: int) -> list[str]:
    """Each line further in by so many blanks; an empty one stays empty."""
    return [" " * width + line if line else "" for line in lines]


def _is_flat(value: dict[str, Any] | list[Any]) -> bool:
    """Of plain values, or a mapping of lists of such."""
    for item in value.values() if isinstance(value, dict) else value:
        inside = item if isinstance(item, list) and isinstance(value, dict) else [item]
        if any(isinstance(one, dict | list) and one for one in inside):
            return False
        if any(isinstance(one, str) and "\n" in one for one in inside):
            return False
    return True


def _steps(node: YamlNode, kind: str) -> Iterator[int]:
    """How far the block mappings or lists below keys are indented."""
    for entry in node.entries:
        inside = entry.node
        if node.block and node.kind == "mapping" and inside.block and inside.kind == kind:
            yield inside.column - node.column
        yield from _steps(inside, kind)
