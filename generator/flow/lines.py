"""A compiled cluster as a line of JSON, and back; findings and waivers where they stand today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from ..findings.finding import Finding, Severity, Where
from ..fleet.fleet import Member
from ..rules.waivers import Waiver
from .inputs import Moves
from .rendered import CompiledCluster

MEMBER = tuple(item.name for item in fields(Member))
FINDING = tuple(item.name for item in fields(Finding))
WAIVER = tuple(item.name for item in fields(Waiver))


def cluster_told(file: str, told: list[Any]) -> CompiledCluster:
    """What was found out about a cluster; nothing of where it was written to."""
    _, _, member, _, objects, found, waivers, _, uses = told
    findings, accepted = tuple(map(finding_told, found)), tuple(map(_waiver, waivers))
    return CompiledCluster(
        file, findings, _member(member), objects=objects, waivers=accepted, uses=tuple(uses)
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
    places = tuple(where for item in places_of(finding) if (where := moves.place(item)))
    if len(places) <= len(finding.related):
        return None
    return replace(finding, where=places[0], related=places[1:])


def places_of(finding: Finding) -> tuple[Where, ...]:
    """Where a finding stands, and what else has to do with it."""
    return (finding.where, *finding.related)


def line_of(compiled: CompiledCluster, spec: str, outputs: Mapping[str, str]) -> str:
    """What is known of a cluster; `outputs` are the files of its overlay with their digests."""
    findings = [listed(item, FINDING) for item in compiled.findings]
    waivers = [listed(item, WAIVER) for item in compiled.waivers]
    return as_json(
        [
            spec,
            outputs,
            listed(compiled.member, MEMBER),
            compiled.bases,
            compiled.objects,
            findings,
            waivers,
            compiled.seen.keys,
            compiled.uses,
        ]
    )


def listed(value: Any, names: tuple[str, ...]) -> list[Any]:
    """Fields of a frozen value as JSON gives them back."""
    return [_plain(getattr(value, name)) for name in names]


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _member(told: list[Any]) -> Member:
    return Member(*map(_frozen, told))


def finding_told(told: list[Any]) -> Finding:
    """A finding that `listed` wrote."""
    where, severity, code, message, hint, path, related = told
    places = tuple(Where(*place) for place in related)
    return Finding(Where(*where), Severity(severity), code, message, hint, tuple(path), places)


def _waiver(told: list[Any]) -> Waiver:
    where, *rest = told
    return Waiver(Where(*where), *map(_frozen, rest))


def _frozen(value: Any) -> Any:
    # Most of what lists hold are strings: asked here, they need no call each.
    if type(value) is list:
        return tuple([_frozen(item) if type(item) is list else item for item in value])
    return value


def as_json(value: Any) -> str:
    """JSON in one line."""
    return json.dumps(value, separators=(",", ":"))
