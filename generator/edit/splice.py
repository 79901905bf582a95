"""The cuts that make one change: which characters of a file go, and what comes in their place.

A cut never reaches beyond the lines of what it changes: comments above and behind, blank lines and neighbours stay.
Whether the result says what was meant is for the caller to prove.
"""

from __future__ import annotations

import re
from typing import Any

from ..yaml.writer import literal, one_line, quoted
from .layout import WIDEST, indented, spread
from .nodes import NOWHERE, Entry, YamlNode
from .page import Page, Splice, Unreachable

_HEADER = re.compile(r"[|>][-+0-9]*")


def replaced(page: Page, parent: YamlNode, entry: Entry, value: Any) -> list[Splice]:
    """The value of a key or an item becomes another one."""
    node = entry.node
    key_column = parent.column
    if parent.flow or not spread(value, _room(page, entry), top=parent is page.root):
        return _one_line(page, entry, _worded(node, value))
    if node.style in {"|", ">"} and isinstance(value, str):
        return _text_anew(page, node, value, key_column)
    lines = page.layout.lines(value)
    if parent.kind == "sequence":
        return _item_spread(page, parent, entry, lines)
    inner = page.layout.dash if isinstance(value, list) else page.layout.step
    first = f" {lines.pop(0)}" if isinstance(value, str) else ""
    body = page.joined(["", *indented(lines, key_column + inner)])
    if node.start > page.line_end(entry.after):
        # It stands on lines of its own already; a comment behind the key and lines up to it stay, unless they
        # would be in the middle of a text.
        start = page.next_line(entry.after) if isinstance(value, str) else page.line_start(node.start)
        end = page.line_end(node.end) if node.block or isinstance(value, str) else node.end
        body = body.removeprefix(page.layout.newline)
        return [Splice(entry.after, entry.after, first), Splice(start, end, body)]
    end = page.line_end(node.end)
    return [Splice(entry.after, max(node.end, entry.after), first), Splice(end, end, body)]


def key_added(page: Page, mapping: YamlNode, key: str, value: Any, behind: int) -> list[Splice]:
    """A mapping that holds something gets a key, behind the one of this number."""
    if mapping.flow:
        return _flow_added(page, mapping, f"{one_line(key)}: {one_line(value)}", behind + 1)
    lines = page.layout.entry(key, value, mapping.column, top=mapping is page.root)
    return _lines_added(page, mapping.entries[behind].node, indented(lines, mapping.column))


def item_added(page: Page, items: YamlNode, index: int, value: Any) -> list[Splice]:
    """A list that holds something gets an item, which has this index afterwards."""
    if items.flow:
        return _flow_added(page, items, one_line(value), index)
    lines = _item_like(page, items, value)
    if index:
        return _lines_added(page, items.entries[index - 1].node, indented(lines, items.column))
    first = items.entries[0].start
    body = page.joined([lines[0], *indented([*lines[1:], "-"], items.column)])
    return [Splice(first, first, body.removesuffix("-"))]


def dropped(page: Page, parent: YamlNode, index: int) -> list[Splice]:
    """An entry of a mapping or a list that holds more than this one goes."""
    entry = parent.entries[index]
    if parent.flow:
        return _flow_dropped(page, parent, index)
    after = parent.entries[index + 1] if index + 1 < len(parent.entries) else None
    if page.leads(entry.start):
        return [_lines_gone(page, page.line_start(entry.start), entry.node.end, parent.column)]
    if after is None:
        raise Unreachable
    between = page.text[entry.node.end : after.start]
    # Behind a dash: what follows moves up, unless a comment stands between.
    end = after.start if not between.strip() else page.line_end(entry.node.end)
    return [Splice(entry.start, end, "")]


def _item_spread(page: Page, parent: YamlNode, entry: Entry, lines: list[str]) -> list[Splice]:
    """An item of a block list becomes several lines; a comment behind an item in one line stays behind the first."""
    node = entry.node
    start = max(entry.after, node.start)
    column = node.column if start > page.line_end(entry.after) else parent.column + 2
    gap = "" if start > entry.after else " "
    end = page.line_end(node.end)
    rest = page.joined(["", *indented(lines[1:], column)])
    if node.block:
        return [Splice(start, end, gap + lines[0] + rest)]
    return [Splice(start, max(start, node.end), gap + lines[0]), Splice(end, end, rest)]


def _room(page: Page, entry: Entry) -> int:
    before = entry.after if entry.after != NOWHERE else entry.start
    return WIDEST - (before - page.line_start(before)) - 1


def _worded(old: YamlNode, value: Any) -> str:
    """A value in one line, in the quotes that stood there before."""
    if isinstance(value, str) and old.style == '"':
        return quoted(value)
    if isinstance(value, str) and old.style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return one_line(value)


def _one_line(page: Page, entry: Entry, new: str) -> list[Splice]:
    """Something becomes a value in one line."""
    node, text = entry.node, page.text
    if node.start == node.end and node.style == "":
        if entry.after == NOWHERE:
            raise Unreachable
        return [Splice(entry.after, entry.after, f" {new}")]
    if node.style in {"|", ">"}:
        header = _HEADER.match(text, node.start)
        end = header.end() if header else node.end
        body = page.line_end(end)
        return [Splice(node.start, end, new), Splice(body, page.line_end(node.end), "")]
    if node.block and entry.after != NOWHERE and node.start > page.line_end(entry.after):
        end = page.line_end(node.end)
        return [
            Splice(entry.after, entry.after, f" {new}"),
            _lines_gone(page, page.line_start(node.start), end, NOWHERE),
        ]
    return [Splice(node.start, node.end, new)]


def _text_anew(page: Page, node: YamlNode, value: str, key_column: int) -> list[Splice]:
    """The lines of a block scalar become others; a comment behind its header stays."""
    header, *lines = literal(value)
    old = _HEADER.match(page.text, node.start)
    if old is None:
        raise Unreachable
    end = page.line_end(old.end())
    last = max(end, page.line_end(node.end))
    body = page.joined(["", *indented(lines, key_column + page.layout.step)])
    return [Splice(node.start, old.end(), header), Splice(end, last, body)]


def _lines_added(page: Page, before: YamlNode, lines: list[str]) -> list[Splice]:
    """Lines behind the last one of a node."""
    end = page.line_end(before.end)
    return [Splice(end, end, page.joined(["", *lines]))]


def _item_like(page: Page, items: YamlNode, value: Any) -> list[str]:
    """An item in the style of those that are there."""
    if not isinstance(value, dict) or not value:
        return page.layout.item(value, items.column)
    mappings = [entry.node for entry in items.entries if entry.node.kind == "mapping" and entry.node.entries]
    if mappings and all(node.flow for node in mappings):
        return [f"- {one_line(value)}"]
    if mappings and all(node.block for node in mappings):
        first, *rest = page.layout.lines(value)
        return [f"- {first}", *indented(rest, 2)]
    return page.layout.item(value, items.column)


def _lines_gone(page: Page, start: int, last: int, column: int) -> Splice:
    """Whole lines, with the comments behind them that stand further in than `column`, when it is given."""
    end = page.next_line(last)
    at = end
    while column != NOWHERE and at < len(page.text):
        line = page.text[at : page.next_line(at)]
        inner = line.lstrip(" ")
        if inner.startswith("#") and len(line) - len(inner) > column:
            end = page.next_line(at)
        elif inner.strip():
            break
        at = page.next_line(at)
    return Splice(start, end, "")


def _flow_added(page: Page, node: YamlNode, new: str, index: int) -> list[Splice]:
    """An entry between braces or brackets, on a line of its own where the others are."""
    if index == 0:
        start = node.entries[0].start
        return [Splice(start, start, f"{new}, ")]
    before = node.entries[index - 1]
    end = before.node.end
    if not page.leads(before.start) or "\n" not in page.text[node.start : before.start]:
        return [Splice(end, end, f", {new}")]
    indent = " " * (before.start - page.line_start(before.start))
    comma = re.compile(r"[ \t]*,").match(page.text, end)
    behind = page.line_end(comma.end() if comma else end)
    rest = page.text[comma.end() if comma else end : behind].strip()
    if rest and not rest.startswith("#"):
        return [Splice(end, end, f", {new}")]
    tail = "," if comma else ""
    return [
        Splice(end, end, "" if comma else ","),
        Splice(behind, behind, f"{page.layout.newline}{indent}{new}{tail}"),
    ]


def _flow_dropped(page: Page, node: YamlNode, index: int) -> list[Splice]:
    entry = node.entries[index]
    start, end = entry.start, entry.node.end
    rest = re.compile(r"[ \t]*,?[ \t]*(#[^\n]*)?\r?\n").match(page.text, end)
    if page.leads(start) and rest and "\n" in page.text[node.start : start]:
        return [Splice(page.line_start(start), rest.end(), "")]
    if index + 1 < len(node.entries):
        return [Splice(start, node.entries[index + 1].start, "")]
    return [Splice(node.entries[index - 1].node.end, end, "")]
