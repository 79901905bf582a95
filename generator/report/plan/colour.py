"""Colours of a plan on a terminal: a line is painted by the sign that it begins with, as in every diff."""

from __future__ import annotations

from ..text import painted

_OF_SIGN = {"!": "31;1", "-/+": "33", "-": "31", "+": "32", "~": "33", "#": "36"}
"""SGR parameters, as findings have them: red for dangers, yellow for changes, cyan for what is to know."""
_TITLE = "1"


def row(text: str, *, colour: bool) -> str:
    """A line with its indentation, in the colour of its sign."""
    bare = text.lstrip(" ")
    sign = bare.split(" ", 1)[0]
    if sign not in _OF_SIGN or sign == bare:
        return text
    return text[: len(text) - len(bare)] + painted(bare, _OF_SIGN[sign], colour=colour)


def title_of(text: str, *, colour: bool) -> str:
    """A title, or the last sentence."""
    return painted(text, _TITLE, colour=colour)
