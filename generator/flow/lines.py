"""A compiled cluster as a line of JSON, and back; findings and waivers where they stand today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any

from ..findings.finding import Finding, Severity, Where
from ..fleet.fleet import Member
from ..rules.waivers import Waiver
from .inputs import Moves
from .rendered import UNSEEN, CompiledCluster, Seen

MEMBER = tuple(item.name for item in fields(Member))
FINDING = tuple(item.name for item in fields(Finding))
WAIVER = tuple(item.name for item in fields(Waiver))


def cluster_told(file: str, told: list[Any], *, kept: bool = False) -> CompiledCluster:
    """What was found out about a cluster; where it was written to only when its files are `kept` as they are."""
    _, outputs, member, bases, objects, found, waivers, keys, uses, folders = told
    return CompiledCluster(
        file,
        tuple(map(finding_told, found)),
        Member(*[_frozen(value[0]) if type(value) is list else value for value in member]),
        kept=tuple(outputs) if kept else (),
        bases=_frozen(bases) if kept else (),
        objects=objects,
        waivers=tuple(map(_waiver, waivers)),
        seen=Seen(tuple(map(tuple, keys))) if kept else UNSEEN,
        uses=_frozen(uses),
        folders=tuple((folder, digest) for folder, digest in folders),
    )


def placed(compiled: CompiledCluster, moves: Moves) -> CompiledCluster | None:
    """A cluster with its findings where they stand now; None when it is another one since shared files changed."""
    if not moves:
        return compiled
    if not moves.changed.isdisjoint(compiled.uses):
        return None
    findings = [found for item in compiled.findings if (found := moved(item, moves))]
    waivers = [replace(item, where=where) for item in compiled.waivers if (where := moves.place(item.where))]
    if len(findings) + len(waivers) < len(compiled.findings) + len(compiled.waivers):
        return None
    return replace(compiled, findings=tuple(findings), waivers=tuple(waivers))


def moved(finding: Finding, moves: Moves) -> Finding | None:
    """A finding with all its places as they are now; None when one of them has to be looked for again."""
    if moves.touched.isdisjoint(where.file for where in places_of(finding)):
        return finding
    places = tuple(where for item in places_of(finding) if (where := moves.place(item)))
    if len(places) <= len(finding.related):
        return None
    return replace(finding, where=places[0], related=places[1:])


def places_of(finding: Finding) -> tuple[Where, ...]:
    """Where a finding stands, and what else has to do with it."""
    return (finding.where, *finding.related)


def line_of(compiled: CompiledCluster, spec: str, outputs: Mapping[str, str]) -> str:
    """What is known of a cluster; `outputs` are the files of its overlay with their digests."""
    return as_json(
        [
            spec,
            outputs,
            member_listed(compiled.member),
            as_json(compiled.bases),
            compiled.objects,
            *_placed_listed(compiled),
            compiled.seen.keys,
            as_json(compiled.uses),
            compiled.folders,
        ]
    )


def line_again(line: str, compiled: CompiledCluster, moves: Moves) -> str:
    """The line of a cluster that is as it was, with findings and waivers where they stand now."""
    places = [where for item in compiled.findings for where in places_of(item)]
    if moves.moved.isdisjoint(where.file for where in (*places, *(item.where for item in compiled.waivers))):
        return line
    told = json.loads(line)
    told[_PLACED] = _placed_listed(compiled)
    return as_json(told)


_PLACED = slice(5, 7)
"""Where in a line findings and waivers stand."""


def _placed_listed(compiled: CompiledCluster) -> tuple[list[Any], list[Any]]:
    findings = [listed(item, FINDING) for item in compiled.findings]
    return findings, [listed(item, WAIVER) for item in compiled.waivers]


def listed(value: Any, names: tuple[str, ...]) -> list[Any]:
    """Fields of a frozen value as JSON gives them back."""
    return [_plain(getattr(value, name)) for name in names]


def member_listed(member: Member | None) -> list[Any]:
    """Fields of a member; each list among them as text, for clusters that are alike say the same (`_frozen`)."""
    values = (getattr(member, name) for name in MEMBER)
    return [[as_json(value)] if isinstance(value, tuple) else value for value in values]


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def finding_told(told: list[Any]) -> Finding:
    """A finding that `listed` wrote."""
    where, severity, code, message, hint, path, related = told
    places = tuple(Where(*place) for place in related)
    return Finding(Where(*where), Severity(severity), code, message, hint, tuple(path), places)


def _waiver(told: list[Any]) -> Waiver:
    where, *rest = told
    return Waiver(Where(*where), *map(_tuples, rest))


@cache
def _frozen(text: str) -> Any:
    """A list that stands as text in the lines of many clusters: one value for all of them."""
    return _tuples(json.loads(text))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def as_json(value: Any) -> str:
    """JSON in one line."""
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(separators=(",", ":"))
