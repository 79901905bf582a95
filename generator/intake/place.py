"""Findings of the specs that were written, told at the manifests that they were read from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ..findings.finding import Finding, Path, Severity, Where
from ..yaml.positions import Mark, Position, marks_of
from ..yaml.strict import read_text
from .account import Account, Fate, shown
from .files.source import value_at
from .texts import Written


def placed(
    findings: Iterable[Finding],
    specs: Written,
    accounts: Mapping[str, Sequence[Account]],
    hub: Sequence[Account],
) -> tuple[Finding, ...]:
    """Findings of the specs that were written, each at the field it comes from; those without one stay where they are.

    `accounts` are those of each site: one name is another thing on another cluster.
    """
    known: dict[str, dict[Position, Path]] = {}
    made = []
    for item in findings:
        file, texts = item.where.file, specs.texts
        if file not in texts:
            # Of the fleet that is there, only what is in the way.
            made += [item] if item.severity is Severity.ERROR else []
            continue
        if file not in known:
            known[file] = dict(_positions(marks_of(texts[file]), ()))
        said = _said(file, texts[file], known[file].get((item.where.line, item.where.column), ()))
        sites = specs.sites.get(file, tuple(accounts))
        where = _nearest(said, [*(account for site in sites for account in accounts[site]), *hub])
        made.append(replace(item, where=where) if where else item)
    return tuple(made)


def _positions(mark: Mark, path: Path) -> Iterator[tuple[Position, Path]]:
    """Places of keys and values, the deepest path of a place last."""
    yield mark.at, path
    if mark.key:
        yield mark.key, path
    inside = mark.inside.items() if isinstance(mark.inside, Mapping) else enumerate(mark.inside)
    for step, inner in inside:
        yield from _positions(inner, (*path, step))


def _said(file: str, text: str, path: Path) -> str:
    """A path of a spec in the words of an account."""
    data, _ = read_text(text)
    below = shown(path[1:], data.get("spec")) if path[:1] == ("spec",) and isinstance(data, dict) else ""
    word = value_at(data, path)
    if below.startswith("operators[") and isinstance(word, str):
        below = f"operators[{word}]"
    if file.startswith("clusters/models/"):
        return f"model {file.rpartition('/')[2].removesuffix('.yaml')}: {below}"
    return f"fleet: {below}" if file == "clusters/fleet.yaml" else below


def _nearest(said: str, accounts: Sequence[Account]) -> Where | None:
    """The field that a spec says at a path, or nearest to it."""
    places = [(_common(said, account.becomes), account.source.where()) for account in accounts]
    places += [
        (_common(said, entry.said), account.source.where(entry.path))
        for account in accounts
        for entry in account.entries
        if entry.fate is not Fate.LOST and entry.said
    ]
    length, where = max(places, key=lambda place: place[0], default=(0, None))
    return where if length else None


def _common(said: str, entry: str) -> int:
    """How much of a path two places have in common, when one leads to the other or both lie in one item."""
    one, other = _steps(said), _steps(entry)
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b and a.partition("[")[0] != b and b.partition("[")[0] != a:
            break
        length += 1
    return length if length > 1 or (length == 1 and ("[" in one[0] or one[0].startswith("model "))) else 0


def _steps(said: str) -> list[str]:
    head, sign, rest = said.partition(": ")
    return [
        *([head] if sign else []),
        *(rest if sign else head).replace("].", "]|").replace(".", "|").split("|"),
    ]
