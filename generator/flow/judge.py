"""check: everything that is wrong with a fleet, from its compiled clusters and the rules that look at the whole.

The findings of the clusters and of the hubs come together here, and waivers are applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from ..disk.tree import Tree
from ..documents.files import MISPLACED, Root
from ..documents.merge import resolve
from ..findings.finding import Finding, Path, Where, apart, ordered
from ..fleet.fleet import Fleet
from ..fleet.spec_files import FLEET_FILE, Shared, read_cluster_file
from ..fleet.strangers import STRANGER
from ..rules.waivers import Settled, apply_waivers
from .rendered import CompiledCluster, Rendered, Whole


class Asked(NamedTuple):
    """What a report is asked for: the day that ends waivers, and the only spec files that are looked at.

    `known` is what the fleet's rules said of the same members before.
    """

    today: str = ""
    part: frozenset[str] | None = None
    known: Whole | None = None


def judge_fleet(
    root: Root,
    shared: Shared,
    clusters: tuple[CompiledCluster, ...],
    findings: tuple[Finding, ...],
    asked: Asked = Asked(),  # noqa: B008 - a frozen value
) -> Rendered:
    """Everything that is wrong with a fleet, waivers applied, and nothing compiled.

    With `part`, `sites` are the clusters that these files touch, and of the fleet's rules only those findings
    are told that stand at one of these clusters.
    """
    members = sorted(
        (compiled.member for compiled in clusters if compiled.member), key=lambda member: member.name
    )
    fleet = Fleet(shared.fleet_name, shared.said, tuple(members))
    complete = all(compiled.member for compiled in clusters) and not any(
        item.code in {MISPLACED.code, STRANGER.code} for item in findings
    )
    # Of a cluster that could not be read nothing is known: the fleet's rules would only guess.
    found = asked.known.found if asked.known else tuple(check_fleet(root, shared, fleet)) if complete else ()
    part, told = asked.part, asked.known or Whole(found)
    if part is not None:
        found = tuple((member, item) for member, item in found if member)
    whole = (
        part if part is not None else None if complete else frozenset(compiled.file for compiled in clusters)
    )
    own = _own(root, shared, part) if shared.rules else ()
    settled = _settled(clusters, (*found, *(("", item) for item in own)), asked.today, whole)
    said = ordered((*findings, *apart(findings, settled.findings)))
    return Rendered(said, Tree({}), fleet, clusters, whole=told, waived=settled.waived)


def _own(root: Root, shared: Shared, part: frozenset[str] | None) -> tuple[Finding, ...]:
    """What is wrong with the fleet's own rules, and what they find in groups and models."""
    from ..own.shared import findings_of_shared  # noqa: PLC0415 - most fleets have none

    found = findings_of_shared(root, shared)
    return found if part is None else tuple(item for item in found if item.where.file in part)


def _settled(
    clusters: tuple[CompiledCluster, ...],
    found: tuple[tuple[str, Finding], ...],
    today: str,
    whole: frozenset[str] | None,
) -> Settled:
    of_fleet = tuple(item for member, item in found if not member)
    of_member: dict[str, list[Finding]] = {}
    for member, item in found:
        of_member.setdefault(member, []).append(item)
    # What the fleet's defaults accept is accepted of the fleet as well.
    common = {
        item.where: item
        for compiled in clusters
        for item in compiled.waivers
        if item.where.file == FLEET_FILE
    }
    named = [(compiled.member.name if compiled.member else "", compiled) for compiled in clusters]
    judged = [
        ((*compiled.findings, *of_member.get(name, ())), compiled.waivers) for name, compiled in named if name
    ]
    judged += [(compiled.findings, ()) for name, compiled in named if not name]
    return apply_waivers([*judged, (of_fleet, tuple(common.values()))], today, whole)


def check_fleet(root: Root, shared: Shared, fleet: Fleet) -> Iterator[tuple[str, Finding]]:
    """Findings of the rules that look at the whole fleet, each with the cluster it is about ("" for none).

    What a rule says of a hub is said of each, and told once where it is the same.
    """
    from ..rules.run import findings_of, fleet_rules  # noqa: PLC0415 - a fleet with the members it had is not asked

    found: dict[tuple[str, Finding], None] = {}
    for item, i, view in fleet_rules(fleet):
        for told in findings_of(item, view, partial(fleet_place, root, shared, fleet, i)):
            about = str(told.path[1]) if told.path[:1] == ("members",) else ""
            path = told.path[2:] if about else _of_hub(i, told.path)
            found[about, replace(told, path=path)] = None
    yield from found


def _of_hub(i: int, path: Path) -> Path:
    """A path below the first hub as that of the hub whose view it was said of."""
    return ("hubs", i - 1, *path[1:]) if i and path[:1] == ("hub",) else path


def fleet_place(root: Root, shared: Shared, fleet: Fleet, i: int, path: Path) -> Where:
    """Place of a path below the fleet's spec, or below a member's: ("members", name, ...)."""
    if path[:1] != ("members",):
        return shared.fleet_document.where(("spec", *_of_hub(i, path)))
    from ..fleet.cluster import layers_of  # noqa: PLC0415 - only where something is found

    file = next(member.file for member in fleet.members if member.name == path[1])
    document, _ = read_cluster_file(root, file)
    if document is None:
        return Where(file, 1, 1)
    if path[2:3] == ("metadata",):
        return document.where(path[2:])
    return resolve(layers_of(shared, document)[0]).where(path[2:])
