r"""What the hint of a finding says to write, written: for editors that offer it, and for `nearedge check --fix`.

Only hints that name the whole word are followed. A mend is safe where the hint names one word and that is what
somebody meant to type (certain.py); who applies one judges again (fix.py), as a word that exists may still be wrong.

Comes in: a document and a finding. Goes out: other texts. Not here: writing files.

    >>> words_meant("did you mean canary?"), words_meant("write 4Gi or 4G"), words_meant("write its fields instead of text")
    (('canary',), ('4Gi', '4G'), ())
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ...documents.files import Document
from ...documents.paths import value_at
from ...documents.validate import UNKNOWN
from ...findings.finding import Finding, Path, Where
from ...rules.waivers import EXPIRED, NOTHING_LEFT, UNUSED
from ...yaml.strict import read_text
from .. import CannotEdit, drop
from .certain import is_certain

_NEAR = re.compile(r"did you mean (?P<word>[^\s?]+)\?(?=$|\s)")
_WRITE = re.compile(r"write (?P<words>.+?)(?:, with(?:out)? (?:quotes|brackets))?$")
_WORD = re.compile(r"""[^\s"'{}\[\],#&*!|>%@`]+|"[^"\\]*"|\{[^{}.]*\}|\[[^\[\].]*\]""")
_QUOTES = "put quotes around it"
_PLACED = "SPEC006"
"""Its hints name folders, not words."""


class Mend(NamedTuple):
    """A change of one file that a hint proposes: in a few words, the text after it, and whether nothing else is meant."""

    title: str
    text: str
    safe: bool = False


def words_meant(hint: str) -> tuple[str, ...]:
    """The words that a hint says to write; none where it says something else."""
    if near := _NEAR.match(hint):
        return (near["word"],)
    written = _WRITE.match(hint)
    if written is None:
        return ()
    words = written["words"].split(" or ")
    return tuple(words) if all(_WORD.fullmatch(word) for word in words) else ()


def mends_of(document: Document, finding: Finding, start: int, end: int) -> Iterator[Mend]:
    """What a hint proposes for the word from `start` to `end` of a text, which the finding is about.

    `document` may be an older reading; only its text counts, and only where it is what was judged.
    """
    text, old = document.text, document.text[start:end]
    if finding.code == _PLACED or not old:
        return
    words = words_meant(finding.hint)
    if finding.hint.startswith(_QUOTES) and not old.startswith(('"', "'")):
        words = (f'"{old}"',)
    for word in words:
        if finding.code == UNKNOWN.code and not re.fullmatch(r"[\w/-]+", word):
            # A key of another level: replicas.min.
            continue
        after = f"{text[:start]}{word}{text[end:]}"
        if after != text and not read_text(after)[1]:
            yield Mend(f"write {word}", after, len(words) == 1 and is_certain(old, word, finding.code))
    if finding.code == UNKNOWN.code and (removed := _without(document, finding.where)):
        yield Mend(f"remove {old}", removed)
    if finding.code in {EXPIRED.code, UNUSED.code} and (
        removed := _without(document, finding.where, levels=1)
    ):
        # What ended and finds nothing has no effect; of one that never had any, the path may be wrong.
        yield Mend("remove this waiver", removed, finding.hint.startswith(NOTHING_LEFT))


def _without(document: Document, where: Where, levels: int = 0) -> str:
    """The text without what stands at a place; empty where it cannot be cut."""
    path = path_at(document, where)
    if path is None or len(path) <= levels + 1:
        return ""
    path = path[: len(path) - levels]
    if isinstance(path[-1], int) and len(value_at(document.data, path[:-1])) == 1:
        # An empty list would take the place of the group's.
        path = path[:-1]
    try:
        return drop(document.text, path)
    except CannotEdit:
        return ""


def path_at(document: Document, where: Where) -> Path | None:
    """The path of the key or value that begins at a place."""
    return next(
        (
            path
            for path in _paths(document.data, ())
            if path and where in {document.where(path), document.where(path, key=True)}
        ),
        None,
    )


def _paths(data: object, path: Path) -> Iterator[Path]:
    """Paths of all values, the deepest first: a mapping begins where its first key does."""
    if isinstance(data, dict):
        for key, item in data.items():
            yield from _paths(item, (*path, key))
    elif isinstance(data, list):
        for i, item in enumerate(data):
            yield from _paths(item, (*path, i))
    yield path
