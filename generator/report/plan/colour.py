"""Colours of a plan on a terminal: a line is painted by the sign that it begins with, as in every diff."""

from __future__ import annotations

from collections.abc import Iterator

from ..text import painted

_OF_SIGN = {"!": "31;1", "-/+": "33", "-": "31", "+": "32", "~": "33", "#": "36"}
"""SGR parameters, as findings have them: red for dangers, yellow for changes, cyan for what is to know."""
_OF_CLASS = {"danger": "31;1", "caution": "33", "routine": "32"}
_CLASS = "class:"
_SENTENCES = frozenset({"!", "#", _CLASS})
_NARROWEST = 40
_TITLE = "1"


def row(text: str, *, colour: bool) -> str:
    """A line with its indentation, in the colour of its sign."""
    bare = text.lstrip(" ")
    code = _code(bare)
    return text[: len(text) - len(bare)] + painted(bare, code, colour=colour and bool(code))


def rows(text: str, width: int, *, colour: bool) -> Iterator[str]:
    """The same on a terminal: a sentence goes on below its first word; a change stays one line, to be copied."""
    bare = text.lstrip(" ")
    sign, code = bare.split(" ", 1)[0], _code(bare)
    if len(text) <= width or sign not in _SENTENCES:
        yield row(text, colour=colour)
        return
    from textwrap import wrap  # noqa: PLC0415 - for a terminal only

    indent = " " * (len(text) - len(bare) + len(sign) + 1)
    for line in wrap(text, max(width, _NARROWEST), subsequent_indent=indent, break_long_words=False):
        inner = line.lstrip(" ")
        yield line[: len(line) - len(inner)] + painted(inner, code, colour=colour and bool(code))


def _code(bare: str) -> str:
    """The colour of a line without its indentation; none of one without a sign."""
    sign, _, rest = bare.partition(" ")
    if sign == _CLASS:
        return _OF_CLASS.get(rest.partition(":")[0], "")
    return _OF_SIGN.get(sign, "") if rest else ""


def title_of(text: str, *, colour: bool) -> str:
    """A title, or the last sentence."""
    return painted(text, _TITLE, colour=colour)
