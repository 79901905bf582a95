"""The words of YAML in brackets, `[a, b]`, `{key: value}`, whole or not; and the levels that a text is inside of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_FLOW_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,{}\[\]'"#][^,{}\[\]]*?)\s*:(?=[\s,{}\[\]]|$)"""
)
SCALAR = re.compile(r"""[^,{}\[\]#\s"'][^,{}\[\]]*?(?=\s*(?:[,{}\[\]]|\s#|$))|"(?:[^"\\]|\\.)*"?|'[^']*'?""")


def flow_words(row: str, at: int) -> Iterator[tuple[int, int, str, str]]:
    """(start, end, kind, text) of what stands in brackets: { } [ ] , or w: a word, k: a key with its colon."""
    while at < len(row):
        char = row[at]
        if char in "{}[],":
            yield at, at + 1, char, char
            at += 1
        elif char in " \t":
            at += 1
        elif char == "#":
            return
        elif found := _FLOW_KEY.match(row, at):
            yield at, found.end("key"), "k", found["key"]
            at = found.end()
        elif found := SCALAR.match(row, at):
            yield at, found.end(), "w", found[0]
            at = max(found.end(), at + 1)
        else:
            at += 1


@dataclass
class Level:
    """A mapping or a list that a text is inside of, as far as it is read."""

    column: int
    """Of its keys or dashes; -1 of one in brackets, which has no column."""
    is_list: bool
    index: int = -1
    key: str | None = None
    said: dict[str, str] = field(default_factory=dict)

    @property
    def step(self) -> str | int | None:
        """The key or the index that was read last."""
        return self.index if self.is_list else self.key


def plain(word: str) -> str:
    """A word without its quotes."""
    return word[1:-1] if len(word) > 1 and word[0] in "\"'" and word[-1] == word[0] else word
