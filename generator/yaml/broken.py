r"""What is wrong with a text that is no YAML, in words: libyaml says where its parser stopped, not what was done.

>>> broken_at("a: [b\nc: d\n", "did not find expected ',' or ']'", (2, 2), (1, 4)).said
'the [ in line 1 is not closed'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

Place = tuple[int, int]
"""Line and column, from 1."""

CONFLICT = re.compile(r"^(<{7}|\|{7}|={7}|>{7})( .*)?$", re.MULTILINE)
"""Lines that git writes into a file that two sides changed: git-merge, HOW CONFLICTS ARE PRESENTED."""

_KEY = re.compile(r"(\s*)(- )*([A-Za-z][\w.-]*)\s*(:|=)\s*(\S.*)")
_DASH = re.compile(r"\s*-[^\s-]")
_OPENS = {"'}'": "{", "']'": "["}


class Broken(NamedTuple):
    """Where a text stops being YAML, what stands there, and what to do."""

    line: int
    column: int
    said: str
    hint: str


def broken_at(text: str, problem: str, at: Place, since: Place | None) -> Broken:
    """In words what libyaml found: its problem, where, and where what it was reading began."""
    rows = text.split("\n")
    if conflict := CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        hint = "keep what holds, and remove the lines that begin with <<<<<<<, |||||||, ======= and >>>>>>>"
        return Broken(line, 1, "a conflict that git left here is not resolved", hint)
    if "\t" in _row(rows, at[0])[: at[1]]:
        return Broken(*at, "a tab stands where YAML wants spaces", "indent with spaces")
    return _stopped(rows, problem, at, since) or Broken(*at, *_token(_row(rows, at[0]), problem, at, since))


def _stopped(rows: Sequence[str], problem: str, at: Place, since: Place | None) -> Broken | None:
    """What keeps a line from being part of what is above it; None of a single sign."""
    if "mapping values are not allowed" in problem:
        return _two_colons(rows, at)
    if since is None:
        return None
    if "could not find expected ':'" in problem:
        return _no_key(_row(rows, since[0]), since)
    if opened := next((sign for words, sign in _OPENS.items() if words in problem), None):
        return _unclosed(opened, at, since)
    return _indented(rows, at, since) if "expected key" in problem or "'-' indicator" in problem else None


def _row(rows: Sequence[str], line: int) -> str:
    return rows[line - 1] if 0 < line <= len(rows) else ""


def _no_key(row: str, at: Place) -> Broken:
    """A line that is no `key: value`."""
    key = _KEY.fullmatch(row)
    word, _, rest = row.strip().partition(" ")
    if "\u00a0" in row:
        hint = "a blank in it is one that does not break (U+00A0): type it again"
    elif key:
        hint = f"write {key[3]}: {key[5]}, with a colon and a blank"
    elif row.strip().startswith(("//", "/*", ";", "--")):
        hint = "a comment begins with #"
    elif rest and re.fullmatch(r"[A-Za-z][\w.-]*", word):
        hint = f"write {word}: {rest}"
    else:
        hint = "write key: value, or begin an item of a list with a dash and a blank"
    return Broken(*at, "this line has no key and no colon that ends one", hint)


def _two_colons(rows: Sequence[str], at: Place) -> Broken:
    """A colon and a blank where no key can end."""
    row, before = _row(rows, at[0]), next((row for row in reversed(rows[: at[0] - 1]) if row.strip()), "")
    for back, line in enumerate((row, before)):
        if re.match(r"[+-]  +[a-z]", line):
            return Broken(at[0] - back, 1, "this line begins with the sign of a diff", "remove the sign")
    if ": " in row[: at[1] - 1].strip():
        return Broken(
            *at, "a value holds a colon and a blank, as only a key does", "put quotes around the value"
        )
    column = len(row) - len(row.lstrip()) + 1
    said = f"this line is indented by {_blanks(column - 1)}, below a key that has a value already"
    return Broken(
        at[0], column, said, f"indent the keys of one mapping alike: the line before by {_depth(before)}"
    )


def _indented(rows: Sequence[str], at: Place, since: Place) -> Broken:
    """A line that stands to the left or right of where the mapping or the list it is in began."""
    row = _row(rows, at[0])
    column = len(row) - len(row.lstrip()) + 1
    if _DASH.match(row):
        return Broken(
            at[0], column, "a dash without a blank begins no item", f"write - {row.strip()[1:].strip()}"
        )
    if at[1] > column:
        found = row[at[1] - 1]
        closes = {"]": "[", "}": "{"}.get(found)
        if closes:
            return Broken(*at, f"this {found} closes nothing", f"remove it, or open with {closes}")
        return Broken(
            *at,
            "something stands behind the end of a value",
            'put quotes around all of it; \\" is one inside',
        )
    outer = sorted(
        {_depth(line) for line in rows[: at[0] - 1] if line.strip() and not line.strip().startswith("#")}
    )
    known = [depth for depth in outer if abs(depth - column + 1) <= 2]  # noqa: PLR2004 - a step of indentation
    levels = " or ".join(map(str, known or [since[1] - 1]))
    said = f"this line is indented by {_blanks(column - 1)}, which fits no line above it"
    if not row.strip().startswith("- ") and column == since[1]:
        said, levels = "a key stands where the list goes on", "more: the list's items are"
        return Broken(
            at[0], column, said, "begin it with a dash and a blank, or indent it below the item before"
        )
    if row.strip().startswith("- "):
        return Broken(at[0], column, said, "indent the dashes of one list alike")
    return Broken(at[0], column, said, f"indent it by {levels}, as what it belongs to")


def _blanks(number: int) -> str:
    return f"{number} blank{'s' if number != 1 else ''}"


def _depth(row: str) -> int:
    return len(row) - len(row.lstrip())


def _unclosed(opened: str, at: Place, since: Place) -> Broken:
    closing = {"[": "]", "{": "}"}[opened]
    if at[0] == since[0]:
        return Broken(
            *at, f"a comma is missing between two items of this {opened} {closing}", "put a comma before it"
        )
    return Broken(*since, f"the {opened} in line {since[0]} is not closed", f"end it with {closing}")


def _token(row: str, problem: str, at: Place, since: Place | None) -> tuple[str, str]:
    """What is wrong with a single sign, and what to do about it."""
    if row.startswith("%"):
        return "YAML directives are not used in specs", "remove the % lines"
    begins = f"a value cannot begin with {row[at[1] - 1 : at[1]]}"
    quoted = "put quotes around it"
    told = {
        "cannot start any token": (begins, quoted),
        "alphabetic or numeric": ("a value cannot begin with * or &, which are signs of YAML", quoted),
        "unexpected end of stream": (
            f"the quote in line {since[0] if since else at[0]} is not closed",
            "close it at the end of the value",
        ),
        "unknown escape": (
            "in double quotes \\ begins an escape, and this is none",
            "use single quotes, or write \\\\",
        ),
        "comment or line break": (
            "behind > and | nothing stands in a line",
            "put quotes around a value that begins with one",
        ),
    }
    other = (
        f"YAML expects something else here ({problem})",
        "check the indentation and the quotes of this line and of the one before",
    )
    return next((said for words, said in told.items() if words in problem), other)
