"""The import: read -> deliver -> draft -> write in memory -> compile -> compare. Nothing here touches the fleet on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as File
from typing import Any

from .. import pipeline
from ..documents.files import is_part
from ..documents.paths import located
from ..findings.finding import Finding, Where, has_errors, ordered
from ..flow.rendered import Rendered
from ..kustomize.build import evaluator
from ..objects.manifest import Manifest, ResourceId, by_identity
from ..programs.run import Tool
from ..rules.imported import NOTHING, THERE
from .account import Account, Entry, Fate
from .compare import Compared, Verdict, compared, why_made
from .delivery.applications import delivers
from .delivery.sites import Aside, Delivered, delivered, once, placed_in
from .delivery.unfollowed import unfollowed
from .files.build import Builder
from .files.source import finding
from .files.tree import Tree
from .models import Models
from .part import Answers, Assumed, label
from .place import placed
from .sections import hub
from .site import Draft, Fields, draft
from .texts import FLEET, Basis, Written, default_platform, written


@dataclass(frozen=True)
class Result:
    """Everything that an import found; `texts` are the specs, `compared` is every object that was there, by site."""

    texts: Mapping[str, str]
    findings: tuple[Finding, ...]
    assumed: tuple[Assumed, ...]
    aside: tuple[Aside, ...]
    sites: Mapping[str, tuple[Compared, ...]]
    clusters: Mapping[str, tuple[str, ...]]
    hub: tuple[Compared, ...] = ()
    made: Mapping[str, tuple[tuple[ResourceId, str], ...]] = field(default_factory=dict)
    """Site -> objects that come out and were not there, with the reason."""
    rendered: bool = True
    """The specs were compiled: equal means equal to what comes out."""

    @property
    def every(self) -> Iterator[Compared]:
        """All objects, those of the hub last."""
        for items in self.sites.values():
            yield from items
        yield from self.hub

    def count(self, verdict: Verdict) -> int:
        """How many fields have a verdict."""
        return sum(judged.verdict is verdict for item in self.every for judged in item.judged)


def bring(tree: Tree, tool: Tool | None, answers: Answers, basis: Basis, today: str = "") -> Result:
    """Import a tree of files."""
    with tempfile.TemporaryDirectory(prefix="nearedge-import-") as name:
        builder = Builder(tree, tool, File(name))
        found = delivered(tree, builder, _named(tree, basis), several=len(basis.clusters) > 1)
        findings = (*tree.findings, *builder.findings)
    models = Models(basis.models)
    assumed: Fields = {("tier",): "near-edge", ("platform",): default_platform(), ("ring",): basis.ring}
    asked: Fields = {("platform",): basis.platform} if basis.platform else {}
    delivering = (*found.hub, *(item for site in found.sites for item in site.objects if delivers(item)))
    sites = [
        replace(site, objects=tuple(item for item in site.objects if not delivers(item)))
        for site in found.sites
    ]
    if basis.namespace:
        sites = [
            replace(site, objects=tuple(placed_in(item, basis.namespace) for item in site.objects))
            for site in sites
        ]
    drafts = [draft(site, models, answers, assumed, asked) for site in sites]
    said, accounts = hub.read(once(delivering))
    findings += tuple(unfollowed(tree, delivering))
    texts = written(drafts, models.specs, said, basis)
    findings += tuple(item for one in drafts for item in one.part.findings)
    findings += (*_there(texts.texts, basis), *basis.findings)
    if not any(one.part.items or one.part.values for one in drafts):
        message = "holds nothing that becomes part of a spec"
        findings += (
            finding(NOTHING, Where(tree.start or ".", 1, 1), message, "docs/import.md lists what is read"),
        )
    return _compiled(_Before(found, drafts, accounts, models), texts, findings, basis, today)


def _named(tree: Tree, basis: Basis) -> str:
    """What the one cluster is called, where folders say nothing of several."""
    folder = label(tree.start.rpartition("/")[2] or tree.root.name)
    return basis.clusters[0] if len(basis.clusters) == 1 else folder or "edge-001"


@dataclass(frozen=True)
class _Before:
    """What was read."""

    found: Delivered
    drafts: list[Draft]
    hub: tuple[Account, ...]
    models: Models


def _there(texts: Mapping[str, str], basis: Basis) -> Iterator[Finding]:
    """A finding for each spec that would be written over."""
    clusters = (
        file for file in basis.existing if ("/core/" in file or "/near-edge/" in file) and not is_part(file)
    )
    taken = {file.rpartition("/")[2]: file for file in clusters}
    for file in texts:
        other = file if file in basis.existing else None
        if other is None and "/near-edge/" in file:
            other = taken.get(file.rpartition("/")[2])
        if other is not None:
            hint = "take it away, or import into another fleet and bring over what you want"
            yield finding(THERE, Where(other, 1, 1), f"{file} is there already and is not written over", hint)


def _compiled(
    before: _Before, texts: Written, findings: tuple[Finding, ...], basis: Basis, today: str
) -> Result:
    """Compile the specs in a folder of their own, and compare what comes out."""
    rendered = _render(texts.texts, basis, today)
    accounts = {one.site.name: one.part.accounts for one in before.drafts}
    findings += placed(rendered.findings, texts, accounts, before.hub)
    compiles = bool(rendered.tree.texts) and not has_errors(rendered.findings)
    build = evaluator(rendered.tree.texts.get)
    sites: dict[str, tuple[Compared, ...]] = {}
    made: dict[str, tuple[tuple[ResourceId, str], ...]] = {}
    for one in before.drafts:
        cluster = texts.clusters[one.site.name][0]
        objects = by_identity(build(f"overlays/{cluster}")) if compiles else {}
        checked = [_checked(account, one.spec, before.models.every) for account in one.part.accounts]
        sites[one.site.name] = tuple(compared(account, objects) for account in checked)
        made[one.site.name] = tuple(_made(objects, sites[one.site.name]))
    hubs = tuple(compared(_fleet_checked(account, texts.texts), {}) for account in before.hub)
    return Result(
        texts.texts,
        ordered(findings),
        texts.assumed,
        before.found.aside,
        sites,
        texts.clusters,
        hubs,
        made,
        compiles,
    )


def _render(texts: Mapping[str, str], basis: Basis, today: str) -> Rendered:
    """The fleet with the new specs; other sites of it are nothing to these."""
    there = {path: raw for path, raw in basis.existing.items() if "/near-edge/" not in path}
    with tempfile.TemporaryDirectory(prefix="nearedge-import-") as name:
        for path, content in {**{path: text.encode() for path, text in texts.items()}, **there}.items():
            target = File(name) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return pipeline.render(File(name), today=today)


def _made(
    objects: Mapping[ResourceId, Manifest], those: Iterable[Compared]
) -> Iterator[tuple[ResourceId, str]]:
    known = {item.out for item in those}
    for identity in objects:
        if identity not in known:
            yield identity, why_made(identity)


NOWHERE = "no spec that was written says it"
"""Why a field is not carried that a section believed to have carried."""


def _checked(account: Account, spec: Mapping[str, Any], models: Mapping[str, Mapping[str, Any]]) -> Account:
    """The account, with every claim held against the specs: what is carried stands where it is said to stand."""
    return replace(account, entries=tuple(_held(entry, spec, models) for entry in account.entries))


def _held(entry: Entry, spec: Mapping[str, Any], models: Mapping[str, Mapping[str, Any]]) -> Entry:
    if entry.fate is not Fate.CARRIED:
        return entry
    head, sign, path = entry.said.partition(": ")
    data, said = (models.get(head.removeprefix("model "), {}), path) if sign else (spec, head)
    return entry if said and not located(data, said)[1] else replace(entry, fate=Fate.LOST, why=NOWHERE)


def _fleet_checked(account: Account, texts: Mapping[str, str]) -> Account:
    """Claims about the fleet hold where this import writes it: a fleet that is there stays as it is."""
    if FLEET in texts:
        return account
    why = "the fleet that is there says its own"
    entries = (
        replace(entry, fate=Fate.INTENT, why=why) if entry.fate is Fate.CARRIED else entry
        for entry in account.entries
    )
    return replace(account, entries=tuple(entries))
