"""check: everything that is wrong with a fleet, from its compiled clusters and the rules that look at the whole.

The findings of the clusters and of the hubs come together here, and waivers are applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from ..disk.tree import Tree
from ..documents.files import Root
from ..documents.merge import resolve
from ..findings.finding import Finding, Path, Where, ordered
from ..fleet.cluster import layers_of
from ..fleet.fleet import Fleet
from ..fleet.spec_files import FLEET_FILE, Shared, read_cluster
from ..rules.run import apply, fleet_rules
from ..rules.waivers import Settled, settle
from .rendered import Rendered, Site, Whole


class Asked(NamedTuple):
    """What a report is asked for: the day that ends waivers, and the only spec files that are looked at.

    `known` is what the fleet's rules said of the same members before.
    """

    today: str = ""
    part: frozenset[str] | None = None
    known: Whole | None = None


def judge(
    root: Root,
    shared: Shared,
    sites: tuple[Site, ...],
    findings: tuple[Finding, ...],
    asked: Asked = Asked(),  # noqa: B008 - a frozen value
) -> Rendered:
    """Everything that is wrong with a fleet, waivers applied, and nothing compiled.

    With `part`, `sites` are the clusters that these files touch, and of the fleet's rules only those findings
    are told that stand at one of these clusters.
    """
    members = sorted((site.member for site in sites if site.member), key=lambda member: member.name)
    fleet = Fleet(shared.fleet_name, shared.fleet, tuple(members))
    complete = all(site.member for site in sites)
    # Of a cluster that could not be read nothing is known: the fleet's rules would only guess.
    found = asked.known.found if asked.known else tuple(check_fleet(root, shared, fleet)) if complete else ()
    part, told = asked.part, asked.known or Whole(found)
    if part is not None:
        found = tuple((member, item) for member, item in found if member)
    whole = part if part is not None else None if complete else frozenset(site.file for site in sites)
    settled = _settled(sites, found, asked.today, whole)
    said = ordered((*findings, *settled.findings))
    return Rendered(said, Tree({}), fleet, sites, whole=told, waived=settled.waived)


def _settled(
    sites: tuple[Site, ...], found: tuple[tuple[str, Finding], ...], today: str, whole: frozenset[str] | None
) -> Settled:
    of_fleet = tuple(item for member, item in found if not member)
    of_member: dict[str, list[Finding]] = {}
    for member, item in found:
        of_member.setdefault(member, []).append(item)
    # What the fleet's defaults accept is accepted of the fleet as well.
    common = {item.where: item for site in sites for item in site.waivers if item.where.file == FLEET_FILE}
    named = [(site.member.name if site.member else "", site) for site in sites]
    judged = [((*site.findings, *of_member.get(name, ())), site.waivers) for name, site in named if name]
    judged += [(site.findings, ()) for name, site in named if not name]
    return settle([*judged, (of_fleet, tuple(common.values()))], today, whole)


def check_fleet(root: Root, shared: Shared, fleet: Fleet) -> Iterator[tuple[str, Finding]]:
    """Findings of the rules that look at the whole fleet, each with the cluster it is about ("" for none).

    What a rule says of a hub is said of each, and told once where it is the same.
    """
    found: dict[tuple[str, Finding], None] = {}
    for item, i, view in fleet_rules(fleet):
        for told in apply(item, view, partial(_fleet_place, root, shared, fleet, i)):
            about = str(told.path[1]) if told.path[:1] == ("members",) else ""
            path = told.path[2:] if about else _of_hub(i, told.path)
            found[about, replace(told, path=path)] = None
    yield from found


def _of_hub(i: int, path: Path) -> Path:
    """A path below the first hub as that of the hub whose view it was said of."""
    return ("hubs", i - 1, *path[1:]) if i and path[:1] == ("hub",) else path


def _fleet_place(root: Root, shared: Shared, fleet: Fleet, i: int, path: Path) -> Where:
    """Place of a path below the fleet's spec, or below a member's: ("members", name, ...)."""
    if path[:1] != ("members",):
        return shared.fleet_document.where(("spec", *_of_hub(i, path)))
    file = next(member.file for member in fleet.members if member.name == path[1])
    document, _ = read_cluster(root, file)
    if document is None:
        return Where(file, 1, 1)
    if path[2:3] == ("metadata",):
        return document.where(path[2:])
    return resolve(layers_of(shared, document)[0]).where(path[2:])
