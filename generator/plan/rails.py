"""What a change may not take away unless somebody wrote down that it should: compared with the commit before.

The specs cannot guard themselves, because a guard goes with the spec that it stands in. So what is gone is told
from the two sides, and clusters/removals.yaml or a file of clusters/removals/ has to name it; only entries that the
same change adds count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import NamedTuple, TypeVar

from ..documents.files import Document, Root, find_specs, read_file
from ..findings.finding import Finding, Path, Where, has_errors
from ..findings.rule import Rule
from ..fleet.fleet import Fleet, Member
from ..fleet.kinds import document_models
from ..fleet.spec_files import FLEET_FILE, stem
from ..hub.delivery.gitops import permitted
from ..objects.manifest import ResourceId
from ..rules.removals import NOTHING, TENTH, UNKNOWN, UNNAMED, UNPERMITTED
from ..specs.removals import FILE, FOLDER, RemovalsSpec, RemovedCluster, RemovedObject, RemovedShare
from .changes import ABSENT, Action, ObjectChange
from .clusters import ClusterChange
from .renames import gone_clusters, renamed
from .sides import Sides

Entry = TypeVar("Entry", RemovedCluster, RemovedObject, RemovedShare)

GUARDED = frozenset({"Namespace", "PersistentVolumeClaim"})
QUEUES = frozenset({"LocalQueue", "ClusterQueue"})
FOLLOWS = frozenset({"ManagedCluster"})
"""Kinds on the hub that go together with a cluster, which has to be named itself; so does all in its namespace there."""
USED_UP = frozenset({"ExternalSecret"})
"""Kinds on the hub of which nobody needs what is gone: the credential of a cluster that has been imported."""
SHOWN = 3
"""So many clusters of a namespace are named."""
SHARE = 10
"""Percent of a ring."""


@dataclass(frozen=True)
class Gone:
    """An object that is gone and has to be named."""

    cluster: str
    file: str
    kind: str
    namespace: str
    name: str
    how: str = "is removed"

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place} of {self.cluster}"


def refused(root: Root, sides: Sides) -> tuple[Finding, ...]:
    """What the change removes without saying so, and what it says without removing it."""
    said = _said(root)
    earlier = _said({file: text.encode() for file, text in sides.texts.items()})
    fresh = _fresh(said, earlier, sides.files)
    # While something else is wrong, nobody knows yet what is removed.
    sure = not has_errors(sides.judged.findings)
    return (
        *_clusters(sides, fresh),
        *_objects(sides, fresh),
        *_unpermitted(sides),
        *_rings(sides, fresh),
        *(_stale(fresh, sides) if sure else ()),
    )


Named = tuple[tuple[Document, RemovalsSpec], ...]
"""The files that name removals, and what each says."""
Added = tuple[tuple[Document, int, Entry], ...]
"""Entries, each with its file and its place in the list there."""


@dataclass(frozen=True)
class Fresh:
    """What the change itself says that it removes; all else in `said` is history."""

    said: tuple[RemovalsSpec, ...]
    clusters: Added[RemovedCluster]
    objects: Added[RemovedObject]
    rings: Added[RemovedShare]


def _fresh(said: Named, known: Named, differing: Collection[str]) -> Fresh:
    """What `said` says more than `known`, in the files that differ; one may have come from another of them."""
    now = [(document, spec) for document, spec in said if document.file in differing]
    before = [spec for _, spec in known]
    return Fresh(
        tuple(spec for _, spec in said),
        _added([(document, spec.clusters) for document, spec in now], [spec.clusters for spec in before]),
        _added([(document, spec.objects) for document, spec in now], [spec.objects for spec in before]),
        _added([(document, spec.rings) for document, spec in now], [spec.rings for spec in before]),
    )


def _added(
    said: Iterable[tuple[Document, Sequence[Entry]]], known: Iterable[Sequence[Entry]]
) -> Added[Entry]:
    """The entries that were not there before; of equal ones the last, as the same can go twice for the same reason."""
    left = [item for entries in known for item in entries]
    found = []
    for document, entries in said:
        for i, item in enumerate(entries):
            if item in left:
                left.remove(item)
            else:
                found.append((document, i, item))
    return tuple(found)


def _said(root: Root) -> Named:
    """The files that name removals and are sound; what is wrong with another is told where all specs are read."""
    listed = find_specs(root)[0] if isinstance(root, File) else sorted(root)
    found = []
    for file in (file for file in listed if file == FILE or file.startswith(f"{FOLDER}/")):
        document, _ = read_file(root, file)
        if document is None:
            continue
        try:
            model = document_models()["Removals"].model_validate(document.data)
        except ValueError:
            continue
        found.append((document, model.spec))  # type: ignore[attr-defined]
    return tuple(found)


def _clusters(sides: Sides, fresh: Fresh) -> Iterator[Finding]:
    named = {item.name for _, _, item in fresh.clusters}
    renames = {item.before: item for item in renamed(sides)}
    for name, file in gone_clusters(sides).items():
        if name not in named:
            drained = "state: retired" in sides.texts[file]
            once = any(item.name == name for spec in fresh.said for item in spec.clusters)
            hint = f"{_name_it('clusters', once=once)}, or put {file} back"
            hint += "" if drained else "; to drain it first, set state: retired"
            hint = f"{renames[name]}; {hint}" if name in renames else hint
            yield _finding(UNNAMED, Where(file, 1, 1), f"cluster {name} is removed", hint)
    for file, findings in sides.lost.items():
        if stem(file) not in named:
            message = f"cluster {stem(file)} cannot be compiled as it was: {_first(findings)}"
            hint = f"compare with a commit that this nearedge accepts (--base), or name the cluster under clusters: in {FILE}"
            yield _finding(UNKNOWN, Where(file, 1, 1), message, hint)
    for file, findings in sides.broken.items():
        message = (
            f"{file} cannot be read as it was at the commit before: {_first(findings)}; what is compared takes the "
            f"file of today in its place, so what its own change removes is not known"
        )
        hint = "compare with the last commit that this nearedge accepts (--base), which also judges the change that mends it"
        yield _finding(UNKNOWN, Where(file, 1, 1), message, hint)


def _first(findings: tuple[Finding, ...]) -> str:
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    return next((f"line {item.where.line}: {item.message}{more}" for item in findings), "")


def gone_objects(sides: Sides) -> Iterator[Gone]:
    """Objects that have to be named, of clusters that stay."""
    for cluster in sides.clusters:
        if cluster.action is Action.CHANGE:
            for change in cluster.changes:
                if change.action is Action.REMOVE and _guarded(change, cluster):
                    yield _gone(change, cluster.name, cluster.file)
    files = {member.name: member.file for member in sides.before.members} if sides.before else {}
    left = gone_clusters(sides)
    for hub in sides.hubs:
        for change in hub.changes if hub.name in files else ():
            found = change.identity
            if change.action is Action.REMOVE and not _follows(found, left):
                yield _gone(change, hub.name, files[hub.name])
            elif _turns_away(change):
                yield replace(_gone(change, hub.name, files[hub.name]), how=TURNED_AWAY)


TURNED_AWAY = "is accepted no more: without hubAcceptsClient the hub turns the cluster away"


def _follows(found: ResourceId, left: Collection[str]) -> bool:
    """Whether an object of the hub goes because its cluster does, or is of no use any more."""
    own = found.name if found.kind == "Namespace" else found.namespace
    return found.kind in FOLLOWS | USED_UP or own in left


def _turns_away(change: ObjectChange) -> bool:
    # What was applied and is applied no more, the server takes away: the field is false then, and not as it was.
    return change.identity.kind == "ManagedCluster" and any(
        field.path[:1] == ("spec",) and field.after is ABSENT for field in change.fields
    )


def _gone(change: ObjectChange, cluster: str, file: str) -> Gone:
    found = change.identity
    return Gone(cluster, file, found.kind, found.namespace, found.name)


def _guarded(change: ObjectChange, cluster: ClusterChange) -> bool:
    found = change.identity
    place = f"{found.namespace}/{found.name}" if found.namespace else found.name
    if found.kind in QUEUES and (found.kind, place) in cluster.used_queues:
        return True
    # The Application of a workload goes with it, which has to be named itself.
    return found.kind in GUARDED or (cluster.tier == "core" and found.kind != "Application")


def _objects(sides: Sides, fresh: Fresh) -> Iterator[Finding]:
    named = {_key(item) for _, _, item in fresh.objects}
    ever = {_key(item) for spec in fresh.said for item in spec.objects}
    for item in gone_objects(sides):
        if _key(item) not in named:
            hint = f"{_name_it('objects', once=_key(item) in ever)}, or put back what made it"
            yield _finding(UNNAMED, Where(item.file, 1, 1), f"{item} {item.how}", hint)


class Staying(NamedTuple):
    """A cluster that stays where it is: what its AppProject permitted of what it had, and what it permits now."""

    name: str
    namespaces: frozenset[str]
    sections: frozenset[str]
    permits: tuple[frozenset[str], frozenset[str]]


def _unpermitted(sides: Sides) -> Iterator[Finding]:
    """What an AppProject no longer permits while rings still have something of it."""
    before, after = sides.before, sides.after
    if before is None or after is None:
        return
    alone = after.spec.delivery.model == "standalone"
    staying = [*(_of_each if alone else _of_hubs)(before, after)]
    # Who takes a name out of these fields says that all rings have left it.
    said = (before.spec.delivery, after.spec.delivery)
    spaces = frozenset(name for one in said for name in one.keptNamespaces)
    sections = frozenset(name for one in said for name in one.keptSections)
    gone = ((one.name, one.namespaces - one.permits[0] - spaces) for one in staying)
    yield from _lost("namespace", "keptNamespaces", gone)
    gone = ((one.name, one.sections - one.permits[1] - sections) for one in staying)
    yield from _lost("section", "keptSections", gone)


def _lost(what: str, field: str, each: Iterable[tuple[str, frozenset[str]]]) -> Iterator[Finding]:
    users: dict[str, list[str]] = {}
    for cluster, gone in each:
        for name in gone:
            users.setdefault(name, []).append(cluster)
    for name, had in sorted(users.items()):
        shown = ", ".join(had[:SHOWN]) + (f" and {len(had) - SHOWN} more" if len(had) > SHOWN else "")
        message = f"the AppProject no longer permits {what} {name}, which {shown} had until now"
        hint = f"keep {name} in delivery.{field} until every ring has taken the change"
        yield _finding(UNPERMITTED, Where(FLEET_FILE, 1, 1), message, hint)


def _of_each(before: Fleet, after: Fleet) -> Iterator[Staying]:
    """Without a hub each cluster has a project of its own."""
    now = {member.name: (spaces_of(member), member.apart) for member in after.members}
    for member in before.members:
        if member.name in now:
            yield Staying(member.name, spaces_of(member), member.apart, now[member.name])


def _of_hubs(before: Fleet, after: Fleet) -> Iterator[Staying]:
    """The clusters that stay with their hub."""
    views = {view.spec.hub.cluster: view for view in after.views()}
    for was in before.views():
        now = views.get(was.spec.hub.cluster)
        if now is None:
            continue
        then, permits = permitted(was), (permitted(now), now.apart)
        if not (then <= permits[0] and was.apart <= permits[1]):
            stay = {member.name for member in now.members}
            # Applications of workloads have a namespace that no overlay fills: all clusters have it.
            of_all = then.difference(*(spaces_of(member) for member in was.members))
            for member in was.members:
                if member.name in stay:
                    had = then & (spaces_of(member) | of_all)
                    yield Staying(member.name, had, member.apart, permits)


def spaces_of(member: Member) -> frozenset[str]:
    """The namespaces that a cluster's overlay fills."""
    return frozenset(dict(member.namespaces))


def _key(item: RemovedObject | Gone) -> tuple[str, str, str, str]:
    return item.cluster, item.kind, item.namespace or "", item.name


def _name_it(section: str, *, once: bool) -> str:
    """How something that goes is named, where an entry that stands there already counts no more."""
    if once:
        return f"what {FILE} says of it is of an earlier time: name it once more under {section}: with the reason"
    return f"name it under {section}: in {FILE} with the reason"


def shares(sides: Sides) -> dict[str, tuple[int, int]]:
    """Ring -> (clusters that lose something, all clusters before), where that is more than a tenth."""
    rings: dict[str, set[str]] = {}
    for member in sides.before.members if sides.before else ():
        if member.ring:
            rings.setdefault(member.ring, set()).add(member.name)
    losing = {item.name for item in sides.clusters if _loses(item.changes)} | set(gone_clusters(sides))
    counted = {ring: (len(names & losing), len(names)) for ring, names in sorted(rings.items())}
    # One cluster, of however small a ring, is named by itself where that matters.
    return {ring: pair for ring, pair in counted.items() if pair[0] > 1 and pair[0] * 100 > SHARE * pair[1]}


def _loses(changes: Iterable[ObjectChange]) -> bool:
    return any(change.action is Action.REMOVE for change in changes)


def _rings(sides: Sides, fresh: Fresh) -> Iterator[Finding]:
    named = {(item.ring, item.clusters) for _, _, item in fresh.rings}
    for ring, (losing, every) in shares(sides).items():
        if (ring, losing) not in named:
            message = f"{losing} of {every} clusters of ring {ring} lose something, more than {SHARE} %"
            hint = f"say {{ring: {ring}, clusters: {losing}}} under rings: in {FILE} with the reason"
            yield _finding(TENTH, Where(FLEET_FILE, 1, 1), message, hint)


def _stale(fresh: Fresh, sides: Sides) -> Iterator[Finding]:
    gone = {*gone_clusters(sides), *(stem(file) for file in sides.lost)}
    objects = {_key(item) for item in gone_objects(sides)}
    taken = {(ring, losing) for ring, (losing, _) in shares(sides).items()}
    for document, i, cluster in fresh.clusters:
        if cluster.name not in gone:
            yield _surplus(document, ("clusters", i, "name"), f"cluster {cluster.name} is not removed")
    for document, i, item in fresh.objects:
        if _key(item) not in objects:
            what = f"{item.kind} {item.name} of {item.cluster} is not removed, or needs no naming"
            yield _surplus(document, ("objects", i, "name"), what)
    for document, i, ring in fresh.rings:
        if (ring.ring, ring.clusters) not in taken:
            what = f"ring {ring.ring} does not lose something on {ring.clusters} clusters"
            yield _surplus(document, ("rings", i, "clusters"), what)


def _surplus(document: Document, path: Path, message: str) -> Finding:
    return _finding(NOTHING, document.where(("spec", *path)), message, "take the entry out, or mend it")


def _finding(rule: Rule, where: Where, message: str, hint: str) -> Finding:
    return Finding(where, rule.severity, rule.code, message, hint)
