"""What depends on a value, found out by changing it: compile, change one leaf, compile again, compare.

The components know nothing of this. Nothing is read or written: documents come in, manifests come out. A changed
spec need not be a sensible one, it only has to compile; what does not is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import islice
from typing import Any

from pydantic import ValidationError

from .. import hub
from ..components.kit.component import Cluster
from ..documents.files import Document
from ..documents.merge import Resolved
from ..documents.paths import value_at, with_value
from ..facts.profiles import profiles
from ..findings.finding import Path, Severity, Where
from ..fleet.cluster import cluster_of
from ..fleet.fleet import Fleet, Member
from ..fleet.folders import Folders, taken
from ..fleet.kinds import cluster_spec, document_models
from ..fleet.member import member_of
from ..fleet.spec_files import PART, Shared, kind_of, stem
from ..flow.clusters import emitted_of
from ..hub.delivery import standalone
from ..objects.manifest import Manifest, ResourceId, by_identity
from ..overlays.base import Base
from ..overlays.overlay import UNGUARDED, Emitted, Overlay, overlay_of
from ..rules.load import cluster_rules
from ..specs.fields import field_at

Objects = dict[ResourceId, Manifest]


@dataclass(frozen=True)
class Subject:
    """A cluster and all documents that it is made of; models as documents too, so that they can be changed."""

    shared: Shared
    models: Mapping[str, Document]
    document: Document
    members: tuple[Member, ...] = ()
    """The other clusters, for what the hub makes of all of them."""

    def documents(self) -> Iterator[Document]:
        """Every document, the least special first."""
        yield self.shared.fleet_document
        for group in self.shared.groups.values():
            yield group
            yield from self.shared.parts.documents(group.file)
        yield from self.models.values()
        yield from self.shared.parts.documents(self.document.file)
        yield self.document

    @cached_property
    def refused_by(self) -> frozenset[str]:
        """Codes of the rules that refuse the cluster as it is: asked once, and compared with for each changed value."""
        cluster = _cluster(self)
        return frozenset(_refusing(cluster)) if cluster else frozenset()


@dataclass(frozen=True)
class Compiled:
    """What comes out for one cluster: on itself, in the bases it names, and on the hub."""

    cluster: Cluster
    resolved: Resolved
    emitted: Emitted
    own: Member
    fleet: Fleet = field(compare=False)
    subject: Subject = field(compare=False, repr=False)

    @cached_property
    def _written(self) -> tuple[Overlay, Mapping[str, Base]]:
        """The overlay and its bases: made when somebody asks, since most lines are explained by objects alone."""
        bases: dict[str, Base] = {}
        return overlay_of(self.cluster, self.emitted, bases), bases

    @property
    def bases(self) -> Mapping[str, Base]:
        """The bases that its overlay names, by folder."""
        return self._written[1]

    @property
    def named(self) -> tuple[str, ...]:
        """Folders of the bases, in the order of the overlay."""
        return self._written[0].bases

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Files of the overlay, and of what starts the delivery of a cluster that has no hub."""
        files = self._written[0].files
        if self.cluster.fleet.delivery.model != "standalone":
            return files
        return {**files, **standalone.files(self.cluster, self.own)}

    def final(self) -> Objects:
        """Objects on the cluster."""
        return by_identity(self.emitted.manifests)

    def starting(self) -> Objects:
        """Objects that somebody applies to a cluster without a hub: those of overlays/<cluster>/bootstrap/."""
        if self.cluster.fleet.delivery.model != "standalone":
            return {}
        return by_identity(standalone.manifests(self.cluster, self.own))

    def on_hub(self, name: str = "") -> dict[str, dict[str, tuple[Manifest, ...]]]:
        """Objects on a hub, by its name and by file: on the named one, or the one that manages the cluster."""
        for view in self.fleet.views():
            called = view.spec.hub.cluster
            if name == called or (not name and any(item.name == self.cluster.name for item in view.members)):
                files = hub.emit(view)
                return {called: files} if files else {}
        return {}

    def without(self, name: str) -> Compiled:
        """The same in a fleet without one of its clusters."""
        rest = tuple(member for member in self.fleet.members if member.name != name)
        return replace(self, fleet=replace(self.fleet, members=rest))

    def objects_on_hub(self, name: str = "") -> Objects:
        """The same by identity."""
        files = (items for made in self.on_hub(name).values() for items in made.values())
        return by_identity(item for items in files for item in items)


@dataclass(frozen=True)
class OnHub:
    """Objects on a hub of one cluster compiled in several ways, by its name or the one that manages the cluster.

    A hub is made of its fleet alone, so where that is as it was before nothing is emitted again.
    """

    before: Compiled
    name: str = ""

    def __call__(self, after: Compiled) -> Objects:
        """What is on the hub then."""
        same = self.name or after.cluster.name == self.before.cluster.name
        return self._known if same and after.fleet == self.before.fleet else after.objects_on_hub(self.name)

    @cached_property
    def _known(self) -> Objects:
        return self.before.objects_on_hub(self.name)


def compiled(subject: Subject) -> Compiled | None:
    """Compile a subject; None when its spec is not valid."""
    cluster, resolved, _ = cluster_of(subject.shared, subject.document, {})
    return None if cluster is None else of_cluster(cluster, resolved, subject)


def of_cluster(cluster: Cluster, resolved: Resolved, subject: Subject) -> Compiled:
    """Compile a cluster, in the fleet of a subject."""
    emitted = emitted_of(cluster)
    own = member_of(cluster, emitted.manifests)
    ordered = tuple(sorted((own, *subject.members), key=lambda member: member.name))
    fleet = Fleet(subject.shared.fleet_name, cluster.fleet, ordered)
    return Compiled(cluster, resolved, emitted, own, fleet, subject)


def with_leaf(subject: Subject, file: str, path: Path, value: Any) -> Subject | None:
    """The subject with another value in one of its documents; None when that document is not valid then."""
    old = next(item for item in subject.documents() if item.file == file)
    return with_document(subject, Document(file, old.text, with_value(old.data, path, value)))


def with_document(subject: Subject, new: Document) -> Subject | None:
    """The subject with one of its documents as it is here; None when that is not valid."""
    shared, file, kind = subject.shared, new.file, kind_of(new.file)
    if kind == "Cluster":
        return replace(subject, document=new)
    try:
        model: Any = document_models()[kind].model_validate(new.data)
    except ValidationError:
        return None
    if kind == "Fleet":
        name = new.data["metadata"]["name"]
        shared = replace(shared, fleet_name=name, said=model.spec, fleet_document=new)
        return replace(subject, shared=shared)
    if kind == PART:
        return replace(subject, shared=replace(shared, parts=shared.parts.with_document(new)))
    if kind == "Group":
        return replace(subject, shared=replace(shared, groups={**shared.groups, stem(file): new}))
    return replace(subject, shared=replace(shared, models={**shared.models, stem(file): model.spec}))


def with_spare_models(subject: Subject) -> Subject:
    """The subject with a second model of each kind, so that the name of a model can be changed alone."""
    spare = {f"{name}x": model for name, model in subject.shared.models.items()}
    return replace(subject, shared=replace(subject.shared, models={**spare, **subject.shared.models}))


def changed_in_file(subject: Subject, file: str, path: Path, most: int = 2) -> Iterator[Compiled]:
    """The subject compiled with other values at a leaf of one of its documents, accepted ones if there are any."""
    document = next(item for item in subject.documents() if item.file == file)
    known = field_at(document_models()[kind_of(file)], path)
    refused: list[Callable[[], Compiled | None]] = []
    accepted = made = 0
    for value in others(value_at(document.data, path), known.choices if known else ()):
        other = with_leaf(subject, file, path, value)
        if other is None:
            continue
        cluster, resolved, _ = cluster_of(other.shared, other.document, {})
        if cluster is None:
            continue
        made_of = partial(_safely, cluster, resolved, other)
        if not _only_refused_by(cluster, subject.refused_by):
            refused.append(made_of)
            continue
        accepted += 1
        result = made_of()
        if result is not None:
            yield result
            made += 1
        if made == most:
            return
    if not accepted:
        yield from islice((result for item in refused if (result := item()) is not None), most)


def changed_in_spec(before: Compiled, path: Path, most: int = 2) -> Iterator[Compiled]:
    """The same cluster compiled with other values at a leaf of its merged spec, or of its defaults.

    Values that all rules accept come first. The name of a thing may only be changed with all that refer to it;
    a reference is changed alone.
    """
    data = before.resolved.spec
    said = value_at(data, path)
    now = said if said is not None else value_at(dumped(before.cluster), path)
    known = field_at(cluster_spec(), path)
    values = tuple(others(now, known.choices if known else ()))
    alone = [with_value(data, path, value) for value in values]
    together = [renamed(data, now, value) for value in values] if path[-1] == "name" else []
    tried = 0
    for spec, strict in (*((item, True) for item in alone + together), *((item, False) for item in alone)):
        cluster = _with_spec(before.cluster, spec, before.subject.shared.folders)
        if cluster is not None and (not strict or _only_refused_by(cluster, before.subject.refused_by)):
            result = _safely(cluster, before.resolved, before.subject)
            if result is not None:
                yield result
                tried += 1
        if tried >= most:
            return


def _with_spec(cluster: Cluster, spec: Any, folders: Folders) -> Cluster | None:
    files = taken(spec, folders, lambda _: Where(cluster.file, 1, 1))
    if files.refused:
        return None
    try:
        model: Any = cluster_spec().model_validate(files.spec)
    except ValidationError:
        return None
    known = profiles().get(model.platform)
    return replace(cluster, spec=model, profile=known) if known else None


def _cluster(subject: Subject) -> Cluster | None:
    return cluster_of(subject.shared, subject.document, {})[0]


def _refusing(cluster: Cluster) -> Iterator[str]:
    """Codes of the rules that refuse a cluster."""
    for item in cluster_rules():
        if item.severity is Severity.ERROR and item.check and any(True for _ in item.check(cluster)):
            yield item.code


def _only_refused_by(cluster: Cluster, accepted: frozenset[str]) -> bool:
    """Whether no other rule than these refuses it: a changed value is a sensible one."""
    return all(code in accepted for code in _refusing(cluster))


def dumped(cluster: Cluster) -> Any:
    """The whole spec as plain data, defaults included."""
    return cluster.spec.model_dump(mode="json", by_alias=True)


def renamed(data: Any, old: str, new: str) -> Any:
    """The data with a name changed wherever it stands, as value or as key."""
    if isinstance(data, dict):
        return {new if key == old else key: renamed(item, old, new) for key, item in data.items()}
    if isinstance(data, list):
        return [renamed(item, old, new) for item in data]
    return new if data == old else data


def attempted(subject: Subject) -> Compiled | None:
    """Compile a subject that need not make sense; None when nothing comes of it."""
    try:
        return compiled(subject)
    except UNGUARDED:
        return None


def _safely(cluster: Cluster, resolved: Resolved, subject: Subject) -> Compiled | None:
    try:
        return of_cluster(cluster, resolved, subject)
    except UNGUARDED:
        return None


_DIGITS = re.compile(r"[0-9]+")
_IMAGE = f"example.com/x@sha256:{'1' * 64}"
_PROBES = ("1Gi", "x", 1, True, "1m", "1", "2m", "/x", ["x"], {"x": "x"}, _IMAGE, f"{_IMAGE[:-1]}2")
"""For fields that nobody gives and that have no default."""


def others(value: Any, choices: Iterable[Any]) -> Iterator[Any]:
    """Other values of the same kind, likely ones first; not all of them are valid."""
    yield from (choice for choice in choices if choice != value)
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value - 1, value * 2)
    elif isinstance(value, str):
        yield from _texts(value)
    elif value is None:
        yield from _PROBES


def _texts(text: str) -> Iterator[str]:
    yield f"{text}x"
    more = _DIGITS.sub(lambda found: str(int(found[0]) + 1), text, count=1)
    if more != text and len(text) < 64:  # noqa: PLR2004 - a digest is no number
        yield more
    yield from (name for name in profiles() if name != text and text in profiles())
    if text:
        last = text[-1]
        swapped = {"0": "1", "a": "b"}.get(last, "0" if last.isdigit() else "a")
        yield text[:-1] + swapped
        yield from (text[:-1] + digit for digit in "123456789" if last.isdigit())
