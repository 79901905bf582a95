"""`nearedge check --fix`: hints that are safe are followed, round after round, until none is left.

    findings -> safe mends -> texts -> judged again -> taken, or halved and tried again

A mend is taken when its finding is gone and no error has come. An error that could not be seen before, because a cluster
had errors in its form and was judged no further, has not come by a mend, unless it stands at the word that was written.

Comes in: who reads a spec and who judges texts. Goes out: texts, and what is to be said of them; nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from ...documents.files import Document
from ...documents.secrets.search import SECRETS
from ...documents.spans import offsets_of
from ...findings.finding import Finding, Severity
from ...flow.rendered import Rendered
from ...yaml.strict import read_text
from . import Mend, mends_of

Texts = Mapping[str, str]
"""Path of a spec -> what it is to say, of those that are to say something else."""
Read = Callable[[str], str | None]
"""The text of a spec on disk; None where there is no text."""
Judge = Callable[[Texts], Rendered]
"""What is found when these specs say this, and all others what they say on disk."""

LOOKS = 24
"""How often specs are judged at most: each time is a check of the fleet."""


class Fix(NamedTuple):
    """A hint that can be followed: what stands there, and what would."""

    finding: Finding
    old: str
    mend: Mend

    @property
    def title(self) -> str:
        """In a line: rign -> ring."""
        word = self.mend.title.removeprefix("write ")
        return f"{self.old} -> {word}" if word != self.mend.title else self.mend.title


@dataclass(frozen=True)
class Fixed:
    """Specs with their safe hints followed."""

    texts: Texts
    judged: Rendered
    done: tuple[Fix, ...] = ()
    refused: tuple[Fix, ...] = ()
    """Safe ones after which there would be an error that there was not."""
    is_complete: bool = True
    """Whether none is left; False after LOOKS."""


def fixed(before: Rendered, read: Read, judge: Judge, part: Collection[str] = ()) -> Fixed:
    """Follow all safe hints of what was found `before`; with `part` in these files alone."""
    now = Fixed({}, before)
    looks = LOOKS
    while offered := _safe(read, now, part):
        parts = [offered]
        while parts:
            if not looks:
                return Fixed(now.texts, now.judged, now.done, now.refused, is_complete=False)
            # What was taken before may have moved a word, which waits for the next round then.
            tried = _apart(_among(_safe(read, now, part), parts.pop()))
            if not tried:
                continue
            looks -= 1
            texts = {**now.texts, **_with(read, now, tried)}
            judged = judge(texts)
            if not _is_worse(now.judged, judged, tried):
                now = Fixed(texts, judged, (*now.done, *tried), now.refused)
            elif len(tried) == 1:
                now = Fixed(now.texts, now.judged, now.done, (*now.refused, *tried))
            else:
                middle = len(tried) // 2
                parts += [tried[middle:], tried[:middle]]
    return now


def choices(read: Read, now: Fixed, part: Collection[str] = ()) -> Iterator[tuple[Fix, ...]]:
    """What a person decides: for each finding that is left, all that its hint can mean."""
    for _, fixes in groupby(_offered(read, now, part), key=lambda fix: fix.finding.sort_key()):
        yield tuple(fixes)


def _offered(read: Read, now: Fixed, part: Collection[str]) -> Iterator[Fix]:
    documents: dict[str, Document | None] = {}
    # A credential has to go first: the difference would show its line to who reads a log.
    secret = {item.where.file for item in now.judged.findings if item.code.startswith(SECRETS)}
    for finding in now.judged.findings:
        file = finding.where.file
        if (part and file not in part) or file in secret:
            continue
        if file not in documents:
            documents[file] = _document(file, now.texts.get(file) or read(file))
        document = documents[file]
        if document is not None:
            start, end = offsets_of(document.text, finding.where)
            old = document.text[start:end]
            yield from (Fix(finding, old, mend) for mend in mends_of(document, finding, start, end))


def _document(file: str, text: str | None) -> Document | None:
    data, faults = read_text(text) if text else (None, ())
    return Document(file, text, data) if text and not faults and isinstance(data, dict) else None


def _safe(read: Read, now: Fixed, part: Collection[str]) -> tuple[Fix, ...]:
    known = {_sign(fix) for fix in now.refused}
    return tuple(fix for fix in _offered(read, now, part) if fix.mend.safe and _sign(fix) not in known)


def _among(fixes: Sequence[Fix], asked: Sequence[Fix]) -> tuple[Fix, ...]:
    signs = {_sign(fix) for fix in asked}
    return tuple(fix for fix in fixes if _sign(fix) in signs)


def _sign(fix: Fix) -> tuple[Finding, str]:
    return fix.finding, fix.mend.title


def _apart(fixes: Sequence[Fix]) -> tuple[Fix, ...]:
    """Of several for one word the first."""
    return tuple({fix.finding.where: fix for fix in reversed(fixes)}.values())[::-1]


def _with(read: Read, now: Fixed, tried: Sequence[Fix]) -> dict[str, str]:
    """The texts of the files in which these are followed, the last of a file first: what stands before it stays."""
    texts: dict[str, str] = {}
    for fix in sorted(tried, key=lambda fix: fix.finding.where, reverse=True):
        file = fix.finding.where.file
        document = _document(file, texts.get(file) or now.texts.get(file) or read(file))
        if document is not None:
            mends = mends_of(document, fix.finding, *offsets_of(document.text, fix.finding.where))
            texts[file] = next((mend.text for mend in mends if mend.title == fix.mend.title), document.text)
    return texts


def _is_worse(before: Rendered, after: Rendered, tried: Sequence[Fix]) -> bool:
    """Whether a finding has stayed, or an error has come that was not there, or could not be seen."""
    meant = {fix.finding.sort_key() for fix in tried}
    if any(item.sort_key() in meant for item in after.findings):
        return True
    known = {_said(item) for item in _errors(before)}
    fresh = [item for item in _errors(after) if _said(item) not in known]
    places = {fix.finding.where for fix in tried}
    hidden = _hidden(before, after, {place.file for place in places})
    return any(item.where in places or item not in hidden for item in fresh)


def _errors(rendered: Rendered) -> Iterator[Finding]:
    return (item for item in rendered.findings if item.severity is Severity.ERROR)


def _said(finding: Finding) -> tuple[str, str, str]:
    return finding.where.file, finding.code, finding.message


def _hidden(before: Rendered, after: Rendered, files: Collection[str]) -> set[Finding]:
    """Errors that nobody could see before: of clusters that were judged no further than their form, and of their fleet.

    So are those in the changed `files` themselves that no cluster has.
    """
    seen = {compiled.file for compiled in before.clusters if compiled.member}
    of_clusters = {item for compiled in after.clusters for item in compiled.findings}
    of_seen = {item for compiled in after.clusters if compiled.file in seen for item in compiled.findings}
    complete = before.fleet is not None and len(seen) == len(before.clusters)
    return {
        item
        for item in _errors(after)
        if (item in of_clusters and item not in of_seen)
        or (item not in of_clusters and (not complete or item.where.file in files))
    }
