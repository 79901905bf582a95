"""What Git does not keep: the patterns of .gitignore, matched as git matches them (git 2.x gitignore(5), dir.c).

    *.pyc          a file or folder of this name, at any depth
    /data          here only
    data/          folders only
    !keep.csv      not this one

The last pattern that matches decides, those of a deeper folder after those above. In a folder that is left out nothing is
looked at, so nothing in it can be taken back.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class Pattern(NamedTuple):
    """One line of a file of patterns."""

    matches: re.Pattern[str]
    """A path below the folder that the file lies in."""
    taken_back: bool
    folders_only: bool


@lru_cache(maxsize=256)
def patterns_in(text: str) -> tuple[Pattern, ...]:
    """The patterns of a file, in order; lines that no path could match are left out."""
    return tuple(found for line in text.split("\n") if (found := _pattern(line.removesuffix("\r"))))


class Ignoring(NamedTuple):
    """The patterns of some folders, the outermost first: (folder, patterns of the file in it)."""

    layers: tuple[tuple[str, tuple[Pattern, ...]], ...] = ()

    def below(self, folder: str, text: str | None) -> Ignoring:
        """The same with those of the file in one more folder, where there is one."""
        return Ignoring((*self.layers, (folder, patterns_in(text)))) if text else self

    def leaves_out(self, path: str, *, folder: bool) -> bool:
        """Whether a path is left out, by itself: whether a folder around it is, is asked before."""
        for where, patterns in reversed(self.layers):
            inside = path.removeprefix(f"{where}/") if where else path
            for pattern in reversed(patterns):
                if (folder or not pattern.folders_only) and pattern.matches.fullmatch(inside):
                    return not pattern.taken_back
        return False


def _pattern(line: str) -> Pattern | None:
    line = _without_trailing_blanks(line)
    if not line or line.startswith("#"):
        return None
    taken_back = line.startswith("!")
    line = line.removeprefix("!")
    folders_only = line.endswith("/") and not line.endswith("\\/")
    line = line.removesuffix("/")
    anchored = "/" in line
    line = line.removeprefix("/")
    if not line:
        return None
    try:
        matches = re.compile(("" if anchored else "(?:.*/)?") + _expression(line), re.DOTALL)
    except re.error:
        return None
    return Pattern(matches, taken_back, folders_only)


def _without_trailing_blanks(line: str) -> str:
    bare = line.rstrip(" ")
    # A blank behind a backslash belongs to the name.
    behind = len(bare) - len(bare.rstrip("\\"))
    return f"{bare} " if behind % 2 and len(bare) < len(line) else bare


_PIECE = re.compile(
    r"(?P<start>^\*\*/)|(?P<end>/\*\*$)|(?P<between>/\*\*/)|(?P<stars>\*+)|(?P<one>\?)"
    r"|(?P<set>\[[!^]?\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*\])|\\(?P<escaped>.)|(?P<plain>.)",
    re.DOTALL,
)


def _expression(pattern: str) -> str:
    return "".join(_translated(piece) for piece in _PIECE.finditer(pattern))


_PIECES = {"start": "(?:.*/)?", "end": "/.+", "between": "/(?:.*/)?", "stars": "[^/]*", "one": "[^/]"}


def _translated(piece: re.Match[str]) -> str:
    kind = piece.lastgroup or ""
    if kind == "set":
        return _set(piece["set"])
    return _PIECES.get(kind) or re.escape(piece[kind])


def _set(text: str) -> str:
    """A set of characters as Python has it; never a slash."""
    inside = text[1:-1]
    negated = inside[:1] in {"!", "^"}
    inside = inside[1:] if negated else inside
    inside = re.sub(r"\[:(\w+):\]", lambda found: _CLASSES.get(found[1], ""), inside)
    safe = re.sub(r"\\(.)|([\[\]^&~|])", lambda found: f"\\{found[1] or found[2]}", inside)
    return f"(?!/)[{'^' if negated else ''}{safe}]"


_CLASSES = {
    "alpha": "A-Za-z",
    "digit": "0-9",
    "alnum": "A-Za-z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\\s",
    "xdigit": "0-9A-Fa-f",
}
