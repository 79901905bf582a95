"""Findings of a fleet in an editor: one cluster after the other, then the rules of the fleet as a whole.

The fleet's own rules (clusters/rules/) are asked by a program, and no program runs for an edit: `nearedge check` asks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from ..findings.finding import Finding
from ..fleet.fleet import Fleet
from ..fleet.spec_files import read_cluster_file
from ..flow.clusters import judge_cluster
from ..flow.inputs import folders_of, uses_of
from ..flow.judge import Asked, check_fleet, fleet_place, judge_fleet
from ..flow.read import cluster_of_document
from ..flow.rendered import CompiledCluster, Whole
from .workspace import Workspace


def judged(workspace: Workspace, file: str) -> Workspace:
    """With one cluster judged as it is now."""
    pending = tuple(name for name in workspace.pending if name != file)
    shared = workspace.shared
    if shared is None:
        return replace(workspace, pending=pending)
    cluster, resolved, findings = cluster_of_document(
        read_cluster_file(workspace.sources, file), shared, workspace.memo
    )
    uses = uses_of(shared, resolved) if resolved is not None else _uses_before(workspace, file)
    folders = folders_of(shared, resolved.layers) if resolved is not None else ()
    if cluster is None or resolved is None:
        found = CompiledCluster(file, findings, uses=uses, folders=folders)
    else:
        found = replace(judge_cluster(cluster, resolved, findings)[0], uses=uses, folders=folders)
    return replace(workspace, judged={**workspace.judged, file: found}, pending=pending)


def _uses_before(workspace: Workspace, file: str) -> tuple[str, ...]:
    """What an unreadable cluster used when it could be read: a mended group is still its business."""
    before = workspace.judged.get(file)
    return before.uses if before else ()


def next_judged(workspace: Workspace) -> Workspace:
    """With the first pending cluster judged."""
    return judged(workspace, workspace.pending[0])


def fleet_of(workspace: Workspace) -> Fleet | None:
    """The fleet as hubs see it; None while a cluster of it could not be read."""
    shared = workspace.shared
    members = [item.member for item in workspace.judged.values() if item.member]
    if shared is None or workspace.pending or len(members) < len(workspace.judged) or workspace.misplaced:
        return None
    return Fleet(shared.fleet_name, shared.said, tuple(sorted(members, key=lambda member: member.name)))


def whole_judged(workspace: Workspace) -> Whole | None:
    """What the rules of the fleet as a whole find; None when nothing can be said."""
    fleet = fleet_of(workspace)
    if fleet is None or workspace.shared is None:
        return None
    return Whole(tuple(check_fleet(workspace.sources, workspace.shared, fleet)))


def placed_again(workspace: Workspace, file: str) -> Workspace:
    """With the findings of the whole fleet that stand in a file where they stand after an edit of it."""
    fleet, shared, whole = _fleet_now(workspace), workspace.shared, workspace.whole
    if whole is None or shared is None or not any(item.where.file == file for _, item in whole.found):
        return workspace
    place = partial(fleet_place, workspace.sources, shared, fleet, 0)
    found = tuple(
        (about, replace(item, where=place(("members", about, *item.path) if about else item.path)))
        if item.where.file == file and (not about or any(one.name == about for one in fleet.members))
        else (about, item)
        for about, item in whole.found
    )
    return replace(workspace, whole=replace(whole, found=found))


def _fleet_now(workspace: Workspace) -> Fleet:
    shared = workspace.shared
    assert shared is not None  # noqa: S101 - asked of fleets that were judged
    members = tuple(item.member for item in workspace.judged.values() if item.member)
    return Fleet(shared.fleet_name, shared.said, members)


def diagnostics(workspace: Workspace) -> Mapping[str, tuple[Finding, ...]]:
    """All findings by the file that they stand in, waivers applied."""
    shared = workspace.shared
    about_files = tuple(item for found in workspace.found.values() for item in found)
    if shared is None:
        return _by_file(about_files)
    own = frozenset(item.code for file in shared.rules for item in file.rules)
    clusters = tuple(_without(item, own) for item in workspace.judged.values())
    # Own rules are asked by a program: without them nobody asks.
    asked = replace(shared, rules=())
    known = workspace.whole or Whole()
    rendered = judge_fleet(
        workspace.sources, asked, clusters, about_files, Asked(workspace.today, known=known)
    )
    return _by_file(rendered.findings)


def _without(item: CompiledCluster, own: frozenset[str]) -> CompiledCluster:
    if not own:
        return item
    findings = tuple(found for found in item.findings if found.code not in own)
    waivers = tuple(waiver for waiver in item.waivers if waiver.code not in own)
    return replace(item, findings=findings, waivers=waivers)


def _by_file(findings: tuple[Finding, ...]) -> dict[str, tuple[Finding, ...]]:
    found: dict[str, list[Finding]] = {}
    for item in findings:
        found.setdefault(item.where.file, []).append(item)
    return {file: tuple(items) for file, items in found.items()}
