"""An import in words: aligned columns for a terminal, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..documents.secrets.search import showable
from ..report.text import printable
from .account import Account, shown
from .compare import Compared, Judged, Verdict
from .flow import Result

LONGEST = 48
"""Characters of a value in a line."""
HIDDEN = "(not shown)"
_SIGNS = {Verdict.EQUAL: "=", Verdict.SAID: ">", Verdict.INTENT: "~", Verdict.LOST: "-", Verdict.DIFFERS: "!"}


def as_text(result: Result, written: bool) -> str:  # noqa: FBT001 - whether the specs came to disk
    """What was read, what became of each field, what was assumed, and which files that gives."""
    lines = [
        *_sites(result),
        *_hub(result),
        *_aside(result),
        *_assumed(result),
        *_files(result, written),
        *_sum(result),
    ]
    return "".join(f"{printable(line)}\n" for line in lines)


def _sites(result: Result) -> Iterator[str]:
    for site, items in result.sites.items():
        clusters = ", ".join(result.clusters[site])
        yield f"{site}: cluster {clusters}" if result.clusters[site] != (site,) else f"cluster {site}"
        for item in items:
            yield ""
            yield from _object(item)
        made = result.made.get(site, ())
        if made:
            yield ""
            yield "  objects that come out beside these"
            yield from _columns([("+", str(identity), why) for identity, why in made], "    ")
        yield ""


def _object(item: Compared) -> Iterator[str]:
    account = item.account
    place = account.source.where()
    becomes = f" -> {account.becomes}" if account.becomes else ""
    yield f"  {account.source.identity}{becomes}  ({place.file}:{place.line})"
    rows = [
        _row(judged, account)
        for judged in sorted(item.judged, key=lambda one: list(Verdict).index(one.verdict))
    ]
    target = item.target or {}
    rows += [("+", shown(one.path, target), _value(one.value, account), one.why) for one in item.added]
    yield from _columns(list(_told_once(rows)), "    ")


def _told_once(rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """A reason stands where it is first told, and rows that follow with the same one have none."""
    last = ""
    for *words, why in rows:
        yield (*words, why if why != last else "")
        last = why


def _row(judged: Judged, account: Account) -> tuple[str, ...]:
    entry = judged.entry
    said = f"{entry.said}: {entry.why}" if entry.said and entry.why else entry.said or entry.why
    if judged.verdict is Verdict.DIFFERS:
        said = f"{entry.said} comes out as {_value(judged.found, account)}"
    sign = _SIGNS[judged.verdict]
    return sign, shown(entry.path, account.source.manifest), _value(entry.value, account), said


def _value(value: Any, account: Account) -> str:
    if account.secret:
        return HIDDEN
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
    text = showable(" ".join(text.split()))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _columns(rows: Sequence[tuple[str, ...]], indent: str) -> Iterator[str]:
    """Rows of words, each column as wide as its longest word, up to a bound."""
    if not rows:
        return
    number = max(len(row) for row in rows)
    widths = [
        min(60, max((len(row[i]) for row in rows if i < len(row)), default=0)) for i in range(number - 1)
    ]
    for row in rows:
        padded = (f"{word:{width}}" for word, width in zip(row, [*widths, 0], strict=False))
        yield f"{indent}{'  '.join(padded)}".rstrip()


def _hub(result: Result) -> Iterator[str]:
    if result.hub:
        yield "hub"
        for item in result.hub:
            yield ""
            yield from _object(item)
        yield ""


def _aside(result: Result) -> Iterator[str]:
    if result.aside:
        yield "left aside"
        rows = [
            (one.path or ".", _number(one.objects, "object") if one.objects else "not built", one.why)
            for one in result.aside
        ]
        yield from _columns(rows, "  ")
        yield ""


def _assumed(result: Result) -> Iterator[str]:
    if result.assumed:
        yield "assumed, because nothing says it"
        yield from _columns([(one.said, _plain(one.value), one.why) for one in result.assumed], "  ")
        yield ""


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _files(result: Result, written: bool) -> Iterator[str]:  # noqa: FBT001 - as above
    for file in result.texts:
        yield f"  {'new' if written else 'would be'}  {file}"


def _sum(result: Result) -> Iterator[str]:
    """How many fields have which fate, each sign explained."""
    words = {
        Verdict.EQUAL: "equal in what comes out",
        Verdict.SAID: "said by a spec, and come out in another place",
        Verdict.INTENT: "differ by intent",
        Verdict.LOST: "not carried",
        Verdict.DIFFERS: "differ, and nothing says why: a fault of the import",
    }
    rows = [
        (_SIGNS[verdict], str(result.count(verdict)), word)
        for verdict, word in words.items()
        if result.count(verdict)
    ]
    objects = list(result.every)
    yield ""
    yield f"{_number(len(objects), 'object')}, {_number(sum(len(one.judged) for one in objects), 'field')}:"
    yield from _columns(rows, "  ")
    if not result.rendered:
        yield "  nothing was compared: the specs do not check"


def _number(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def as_json(result: Result, findings: Iterable[Mapping[str, Any]], written: bool) -> str:  # noqa: FBT001 - as above
    """The same, for programs."""
    data = {
        "written": written,
        "rendered": result.rendered,
        "files": dict(result.texts),
        "sites": [
            {
                "name": site,
                "clusters": list(result.clusters[site]),
                "objects": [_object_data(item) for item in items],
                "made": [{**_identity(identity), "why": why} for identity, why in result.made.get(site, ())],
            }
            for site, items in result.sites.items()
        ],
        "hub": [_object_data(item) for item in result.hub],
        "aside": [{"path": one.path, "objects": one.objects, "why": one.why} for one in result.aside],
        "assumed": [{"said": one.said, "value": one.value, "why": one.why} for one in result.assumed],
        "fields": {verdict.value: result.count(verdict) for verdict in Verdict},
        "findings": list(findings),
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _identity(identity: Any) -> dict[str, str]:
    return dict(identity._asdict())


def _object_data(item: Compared) -> dict[str, Any]:
    account = item.account
    place = account.source.where()
    return {
        **_identity(account.source.identity),
        "file": place.file,
        "line": place.line,
        "becomes": account.becomes,
        "fields": [_field(judged, account) for judged in item.judged],
        "added": [
            {"path": shown(one.path), "value": HIDDEN if account.secret else one.value, "why": one.why}
            for one in item.added
        ],
    }


def _field(judged: Judged, account: Account) -> dict[str, Any]:
    entry = judged.entry
    where = account.source.where(entry.path)
    return {
        "path": shown(entry.path, account.source.manifest),
        "line": where.line,
        "verdict": judged.verdict.value,
        "value": HIDDEN if account.secret else _masked(entry.value),
        **({"said": entry.said} if entry.said else {}),
        **({"why": entry.why} if entry.why else {}),
        **({"found": judged.found} if judged.verdict is Verdict.DIFFERS else {}),
    }


def _masked(value: Any) -> Any:
    """The value without credentials that somebody wrote into a manifest."""
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return showable(value) if isinstance(value, str) else value
