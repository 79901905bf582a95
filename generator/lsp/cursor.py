r"""Where a cursor is in a spec that need not be whole: its path, what is typed, and what stands beside it.

Works from lines, indentation and brackets alone, so that a file that no YAML reader takes any more can be completed.

    >>> spot = cursor_at("spec:\n  serving:\n    - name: a\n      mod", 3, 9)
    >>> spot.path, spot.typed, spot.beside
    (('spec', 'serving', 0), 'mod', {'name': 'a'})
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..findings.finding import Path
from .brackets import SCALAR, Level, flow_words, plain

_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*"|'[^']*'|[^\s#:,{}\[\]'"&*!|>%@`-][^#:{}\[\]]*?|-[^\s#:][^#:]*?)\s*:(?=\s|$)"""
)
_DASH = re.compile(r"-(?=\s|$) *")
_BLOCK = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?$")


@dataclass(frozen=True)
class Cursor:
    """What is under a cursor: a key of the mapping at `path`, or the value at `path`.

    Lines and columns count from 0, in characters. `start` and `end` are the columns of the word that is typed.
    """

    path: Path
    is_key: bool
    typed: str
    word: str
    """The whole word, also what stands behind the cursor."""
    line: int
    start: int
    end: int
    column: int
    """Of the mapping's keys: where further lines of it begin."""
    flow: bool
    beside: Mapping[str, str]
    """Plain values of the mapping that it is in."""
    above: tuple[Mapping[str, str], ...]
    """The same of the mappings around it, the innermost first."""
    opens: bool = False
    """Whether a key or an item begins here that nobody has typed anything of: the schema decides what fits."""


def cursor_at(text: str, line: int, column: int) -> Cursor:
    """The cursor at a line and a column, both from 0."""
    return _Reading(text, line, column).cursor()


class _Here(NamedTuple):
    """The place of the cursor, while what stands behind it is still read."""

    path: Path
    is_key: bool
    word: str
    start: int
    end: int
    column: int
    flow: bool
    levels: tuple[Level, ...]
    opens: bool


class _Reading:
    """One pass over the lines; the levels at the cursor go on being filled behind it."""

    def __init__(self, text: str, line: int, column: int) -> None:
        self._lines = text.split("\n")
        self._line, self._column = line, column
        self._levels: list[Level] = []
        self._block: int | None = None
        """Column of the key whose text in several lines is read."""
        self._here: _Here | None = None

    def cursor(self) -> Cursor:
        for number, raw in enumerate(self._lines):
            self._read(number, raw.rstrip("\r"))
        if self._here is None:
            self._mark((), "", self._column, 0, key=True, opens=True)
        assert self._here is not None  # noqa: S101 - marked above at the latest
        here = self._here
        typed = here.word[: max(0, self._column - here.start)]
        maps = tuple(level.said for level in reversed(here.levels) if not level.is_list)
        beside = maps[0] if maps and here.levels and not here.levels[-1].is_list else {}
        return Cursor(
            here.path, here.is_key, typed, here.word, self._line, here.start, here.end, here.column, here.flow,
            beside, maps, here.opens,
        )  # fmt: skip

    def _path(self, levels: list[Level]) -> Path:
        return tuple(step for level in levels if (step := level.step) is not None)

    def _holder(self) -> Path:
        """The path of the innermost mapping."""
        return self._path(self._levels[:-1])

    def _mark(  # noqa: PLR0913 - a place has that many sides
        self,
        path: Path,
        word: str,
        start: int,
        column: int,
        *,
        key: bool = False,
        flow: bool = False,
        opens: bool = False,
        end: int | None = None,
    ) -> None:
        end = start + len(word) if end is None else end
        self._here = _Here(path, key, word, start, end, column, flow, tuple(self._levels), opens)

    def _read(self, number: int, row: str) -> None:
        at_cursor = number == self._line
        content = row.lstrip(" ")
        indent = len(row) - len(content)
        if any(level.column < 0 for level in self._levels):
            around = [level for level in self._levels if level.column >= 0]
            if not (around and indent <= around[-1].column and _KEY.match(row, indent)):
                self._flow(row, 0, at_cursor=at_cursor)
                return
            # A bracket that nobody has closed yet.
            self._levels = around
        if self._block is not None and (indent > self._block or not content):
            if at_cursor:
                self._mark(self._path(self._levels), content, indent, indent)
            return
        self._block = None
        if not content or content.startswith(("#", "---")):
            if at_cursor:
                self._blank(
                    min(self._column, len(row)) if not content else self._column, comment=bool(content)
                )
            return
        self._leave(indent, dash=bool(_DASH.match(content)))
        self._line_of(row, indent, at_cursor=at_cursor)

    def _leave(self, indent: int, *, dash: bool) -> None:
        while self._levels:
            last = self._levels[-1]
            if last.column > indent or (last.column == indent and last.is_list and not dash):
                self._levels.pop()
            else:
                return

    def _blank(self, column: int, *, comment: bool) -> None:
        """The cursor in an empty line: its column says what it is inside of."""
        if comment:
            self._mark((), "", column, 0)
            return
        kept = list(self._levels)
        self._leave(column, dash=False)
        last = self._levels[-1] if self._levels else None
        if last is None or (not last.is_list and last.column == column):
            path, opens = self._holder() if last else (), last is None
            self._mark(path, "", column, column, key=True, opens=opens)
        elif not last.is_list and last.said.get(last.key or "") == "":
            self._mark(self._path(self._levels), "", column, column, opens=True)
        else:
            # Deeper than any mapping: further keys of the innermost one are the best guess.
            self._mark(self._holder(), "", column, last.column, key=True)
        # The lines behind belong to what they belonged to before.
        self._levels[len(self._levels) :] = kept[len(self._levels) :]

    def _line_of(self, row: str, at: int, *, at_cursor: bool) -> None:
        while dash := _DASH.match(row, at):
            last = self._levels[-1] if self._levels else None
            if last is None or not (last.is_list and last.column == at):
                self._levels.append(Level(at, is_list=True))
            self._levels[-1].index += 1
            at = dash.end()
            if at_cursor and at >= len(row):
                where = max(at, self._column)
                self._mark(self._path(self._levels), "", where, at, opens=True)
                return
        found = _KEY.match(row, at)
        if found is None:
            self._scalar(row, at, at_cursor=at_cursor)
            return
        last = self._levels[-1] if self._levels else None
        if last is None or last.is_list or last.column != at:
            self._levels.append(Level(at, is_list=False))
        level, key = self._levels[-1], plain(found["key"])
        level.key = key
        level.said.setdefault(key, "")
        if at_cursor and self._column <= found.end("key"):
            self._mark(self._holder(), found["key"], at, at, key=True)
            at_cursor = False
        self._value(row, found.end(), level, key, at_cursor=at_cursor)

    def _scalar(self, row: str, at: int, *, at_cursor: bool) -> None:
        """What has no colon yet: an item of a list, or a key that somebody types."""
        if row[at : at + 1] in {"{", "["}:
            self._flow(row, at, at_cursor=at_cursor)
            return
        if not at_cursor:
            return
        word = re.split(r"\s+#", row[at:])[0].rstrip()
        end = max(at + len(word), self._column if not row[at + len(word) : self._column].strip() else 0)
        last = self._levels[-1] if self._levels else None
        if (last is not None and last.is_list and last.column < at) or (
            last is not None and not last.is_list and last.column < at and last.said.get(last.key or "") == ""
        ):
            self._mark(self._path(self._levels), word, at, at, opens=True, end=end)
        else:
            self._mark(self._holder() if last else (), word, at, at, key=True, end=end)

    def _value(self, row: str, at: int, level: Level, key: str, *, at_cursor: bool) -> None:
        rest = row[at:]
        start = at + len(rest) - len(rest.lstrip(" "))
        if row[start : start + 1] in {"{", "["}:
            self._flow(row, start, at_cursor=at_cursor)
            return
        if _BLOCK.match(row, start):
            self._block = level.column
            level.said[key] = "|"
        elif row[start : start + 1] != "#" and start < len(row):
            found = row[start] in "\"'" and SCALAR.match(row, start)
            word = found[0] if found else re.split(r"\s+#", row[start:])[0].rstrip()
            level.said[key] = plain(word)
            if at_cursor and self._column <= start + len(word) + 1:
                self._mark(self._path(self._levels), word, start, level.column)
                return
        if at_cursor:
            where = max(self._column, at)
            comment = "#" in row[at : self._column]
            path = () if comment else self._path(self._levels)
            self._mark(path, "", where, level.column)

    def _flow(self, row: str, at: int, *, at_cursor: bool) -> None:
        """What stands in brackets, from `at` to the end of the line or of the brackets."""
        empty = at  # where a key or a value could begin
        for start, end, kind, word in flow_words(row, at):
            inside = self._levels[-1] if self._levels and self._levels[-1].column < 0 else None
            hit = at_cursor and self._here is None and self._column <= (end if kind not in "{[" else start)
            if hit and kind in "wk" and self._column >= start:
                self._flow_word(inside, word, start, key=kind == "k")
            elif hit and inside is not None:
                self._flow_gap(inside, empty, start, row)
            empty = end
            self._flow_step(inside, kind, word)
            if not any(level.column < 0 for level in self._levels):
                return
        if at_cursor and self._here is None:
            inside = self._levels[-1]
            self._flow_gap(inside, empty, self._column, row)

    def _flow_step(self, inside: Level | None, kind: str, word: str) -> None:
        """What a sign or a word does to the levels."""
        if kind in "{[":
            if inside is not None and inside.is_list and inside.index < 0:
                inside.index += 1
            self._levels.append(Level(-1, is_list=kind == "[", index=0 if kind == "[" else -1))
        elif inside is None:
            return
        elif kind in "}]":
            self._levels.pop()
        elif kind == ",":
            inside.index += inside.is_list
            inside.key = None
        elif kind == "k":
            inside.key = plain(word)
            inside.said.setdefault(inside.key, "")
        elif not inside.is_list and inside.key is not None:
            inside.said[inside.key] = plain(word)

    def _flow_word(self, inside: Level | None, word: str, start: int, *, key: bool) -> None:
        if inside is None:
            return
        is_key = key or (not inside.is_list and inside.key is None)
        path = self._holder() if is_key else self._path(self._levels)
        self._mark(path, word, start, start, key=is_key, flow=True, opens=inside.is_list)

    def _flow_gap(self, inside: Level, start: int, end: int, row: str) -> None:
        """The cursor between words: before the next one or a bracket."""
        at = max(start, min(self._column, end))
        if "#" in row[start:at]:
            self._mark((), "", at, at, flow=True)
        elif inside.is_list or inside.key is not None:
            self._mark(self._path(self._levels), "", at, at, flow=True, opens=inside.is_list)
        else:
            self._mark(self._holder(), "", at, at, key=True, flow=True)
