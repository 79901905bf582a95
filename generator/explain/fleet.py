"""What a field of the fleet's file ends up in: objects of every hub, and of the clusters that it reaches.

    nearedge explain fleet delivery.pollInterval
    nearedge explain clusters/fleet.yaml:26

It is changed as a field of a cluster is (probe.py), and each cluster that is looked at is compiled with it; hubs are made of
what those clusters are then. `spec.defaults` is a layer of clusters' specs and explained as one (named.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path as File
from typing import Any

from pydantic import ValidationError

from .. import hub
from ..documents.files import Document
from ..documents.near import meant
from ..documents.paths import leaves, located, value_at, with_value, written
from ..findings.finding import Path, Severity
from ..fleet.cluster import cluster_of
from ..fleet.fleet import Fleet, Member
from ..fleet.kinds import document_models
from ..fleet.member import member_of
from ..fleet.spec_files import Shared, read_cluster_file, stem
from ..flow.assemble import hub_files
from ..flow.clusters import emitted_of
from ..flow.read import cluster_files, read
from ..hub.delivery import standalone
from ..objects.manifest import ResourceId, by_identity
from ..overlays.overlay import UNGUARDED
from ..rules.run import fleet_rules
from ..specs.fields import field_at
from .probe import Objects, compiled, others
from .reach import Reach, differences, listed, places_in_files, places_of
from .subject import CannotExplainError, subject_in
from .value import MOST_LEAVES, Explanation, LayerValue

MOST_CLUSTERS = 24
"""Clusters that are looked at, and of a part of the file that is explained as a whole a third; each costs a compilation."""
_FEWER = 3
_VALUES = 2
"""Other values that are tried."""

Differing = dict[tuple[ResourceId, Path], None]


@dataclass(frozen=True)
class Site:
    """A cluster as it is compiled in some fleet."""

    member: Member
    objects: Objects
    starts: Objects


@dataclass(frozen=True)
class World:
    """A fleet with its clusters, those that are looked at compiled."""

    shared: Shared
    sites: Mapping[str, Site]
    rest: tuple[Member, ...] = ()

    @cached_property
    def fleet(self) -> Fleet:
        """The fleet as hubs see it."""
        everyone = sorted(
            (*(site.member for site in self.sites.values()), *self.rest), key=lambda one: one.name
        )
        return Fleet(self.shared.fleet_name, self.shared.fleet, tuple(everyone))

    @cached_property
    def hubs(self) -> dict[str, Objects]:
        """Name of each hub -> its objects."""
        made = hub.emit_all(self.fleet)
        return {
            name: by_identity(item for items in files.values() for item in items)
            for name, files in made.items()
        }

    @cached_property
    def refused_by(self) -> frozenset[str]:
        """Codes of the rules that refuse the fleet."""
        return frozenset(
            item.code
            for item, _, view in fleet_rules(self.fleet)
            if item.severity is Severity.ERROR and item.check and any(True for _ in item.check(view))
        )


def explain_fleet(root: File, path: Path) -> Explanation:
    """A field of the fleet's file, by its path in the document."""
    files, shared, _ = read(root)
    if shared is None:
        raise CannotExplainError("clusters/fleet.yaml cannot be used: nearedge check says why")
    document = shared.fleet_document
    said = value_at(document.data, path)
    names = leaves(said, path)[:MOST_LEAVES] if said is not None else [path]
    most = MOST_CLUSTERS if len(names) == 1 else MOST_CLUSTERS // _FEWER
    documents = dict(_documents(root, files))
    world = _world(shared, documents, most)
    known = field_at(document_models()["Fleet"], path)
    value = said if said is not None else value_at(_whole(document), path)
    values = _VALUES if len(names) == 1 else 1
    afters = [after for leaf in names for after in _changed(world, documents, leaf, values)]
    reaches, users = _reached(world, documents, afters)
    return Explanation(
        "",
        written(document.data["spec"], path[1:]),
        value,
        known.description if known else "",
        (LayerValue(document.where(path), "fleet", said),) if said is not None else (),
        default=said is None,
        reaches=reaches,
        compiled=bool(world.sites),
        users=users,
        looked=len(world.sites),
    )


def fleet_path(document: Document, text: str) -> Path:
    """What a person wrote, as a path in the fleet's document.

    Raises:
        CannotExplainError: there is no such field.
    """
    model = document_models()["Fleet"]
    path, left = located(document.data["spec"], text.removeprefix("spec."))
    whole: Path = ("spec", *path, *left)
    if left and field_at(model, whole) is None:
        found = field_at(model, ("spec", *path))
        items = value_at(document.data, ("spec", *path))
        keys = (
            [str(item.get("name")) for item in items if isinstance(item, dict)]
            if isinstance(items, list)
            else None
        )
        keys = keys if keys is not None else list(found.keys if found else ())
        hint = meant(left[0], keys, f"known: {', '.join(keys)}" if keys else "nothing lies below it")
        raise CannotExplainError(f"{written(document.data['spec'], path) or 'spec'} has no {left[0]}: {hint}")
    return whole


def _whole(document: Document) -> Any:
    """The document with all defaults."""
    return document_models()["Fleet"].model_validate(document.data).model_dump(mode="json", by_alias=True)


def _documents(root: File, files: tuple[str, ...]) -> Iterator[tuple[str, Document]]:
    for file in cluster_files(files):
        document, _ = read_cluster_file(root, file)
        if document is not None:
            yield file, document


def _world(shared: Shared, documents: Mapping[str, Document], most: int) -> World:
    found = {
        file: site for file, document in documents.items() if (site := _site(shared, document)) is not None
    }
    chosen = _chosen(found, most)
    rest = tuple(site.member for file, site in found.items() if file not in chosen)
    return World(shared, {file: found[file] for file in chosen}, rest)


def _chosen(found: Mapping[str, Site], most: int) -> tuple[str, ...]:
    """Clusters to look at: all, or first one of each kind, so that few stand for many."""
    if len(found) <= most:
        return tuple(found)
    firsts: dict[tuple[object, ...], str] = {}
    for file, site in found.items():
        member = site.member
        firsts.setdefault((member.tier, member.profile, member.ring, len(site.objects)), file)
    others_ = (file for file in found if file not in firsts.values())
    return tuple(sorted([*firsts.values(), *others_][:most]))


def _site(shared: Shared, document: Document) -> Site | None:
    """A cluster compiled; None where its spec is not valid."""
    cluster, _, _ = cluster_of(shared, document, {})
    if cluster is None:
        return None
    emitted = emitted_of(cluster)
    member = member_of(cluster, emitted.manifests)
    alone = cluster.fleet.delivery.model == "standalone"
    starts = by_identity(standalone.manifests(cluster, member)) if alone else {}
    return Site(member, by_identity(emitted.manifests), starts)


def _changed(world: World, documents: Mapping[str, Document], path: Path, most: int) -> Iterator[World]:
    """The fleet with other values at a leaf, accepted ones if there are any."""
    known = field_at(document_models()["Fleet"], path)
    document = world.shared.fleet_document
    said = value_at(document.data, path)
    now = said if said is not None else value_at(_whole(document), path)
    refused: list[World] = []
    made = 0
    for value in others(now, known.choices if known else ()):
        shared = _with_leaf(world.shared, path, value)
        after = _attempted(world, shared, documents) if shared is not None else None
        if after is None:
            continue
        if not after.refused_by <= world.refused_by:
            refused.append(after)
            continue
        yield after
        made += 1
        if made == most:
            return
    if not made:
        yield from refused[:most]


def _with_leaf(shared: Shared, path: Path, value: Any) -> Shared | None:
    """What clusters share, with another value in the fleet's file; None when that is not valid then."""
    old = shared.fleet_document
    new = Document(old.file, old.text, with_value(old.data, path, value))
    try:
        model: Any = document_models()["Fleet"].model_validate(new.data)
    except ValidationError:
        return None
    name = new.data["metadata"]["name"]
    return replace(shared, fleet_name=name, said=model.spec, fleet_document=new)


def _attempted(world: World, shared: Shared, documents: Mapping[str, Document]) -> World | None:
    """The same clusters in another fleet, which need not make sense; None when nothing comes of it."""
    try:
        found = {file: site for file in world.sites if (site := _site(shared, documents[file])) is not None}
        after = replace(world, shared=shared, sites=found)
        return after if len(found) == len(world.sites) and after.hubs is not None else None
    except UNGUARDED:
        return None


def _reached(
    world: World, documents: Mapping[str, Document], afters: list[World]
) -> tuple[tuple[Reach, ...], tuple[str, ...]]:
    """Fields of hubs, and of the first cluster that is reached; and the names of all clusters that are."""
    users: dict[str, Differing] = {}
    for file, site in world.sites.items():
        for after in afters:
            both = (
                *differences(site.objects, after.sites[file].objects),
                *differences(site.starts, after.sites[file].starts),
            )
            if both:
                users.setdefault(file, {}).update(dict.fromkeys(both))
    found = [*_on_hubs(world, afters)]
    if users:
        first = next(iter(users))
        found += _on_cluster(world, documents[first], users[first])
    return tuple(found), tuple(map(stem, users))


def _on_hubs(world: World, afters: list[World]) -> Iterator[Reach]:
    texts = hub_files(hub.emit_all(world.fleet), world.fleet)
    for name, objects in world.hubs.items():
        found: Differing = {}
        for after in afters:
            found.update(dict.fromkeys(differences(objects, after.hubs.get(name, {}))))
        own = {file: text for file, text in texts.items() if file.startswith(f"acm/{name}/")} if found else {}
        yield from listed(objects, found, places_in_files(own, (), {identity.name for identity, _ in found}))


def _on_cluster(world: World, document: Document, found: Differing) -> Iterator[Reach]:
    whole = compiled(subject_in(world.shared, document))
    if whole is None:
        return
    places = places_of(whole, {identity.name for identity, _ in found})
    final, starts = whole.final(), whole.starting()
    here = [pair for pair in found if pair[0] in final or pair[0] not in starts]
    yield from listed(final, here, places)
    yield from listed(starts, [pair for pair in found if pair not in here], places)


__all__ = ["explain_fleet", "fleet_path"]
