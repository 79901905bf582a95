"""What a change may not take away unless somebody wrote down that it should: compared with the commit before.

The specs cannot guard themselves, because a guard goes with the spec that it stands in. So what is gone is told
from the two sides, and clusters/removals.yaml has to name it; only entries that the same change adds count.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..documents.files import Document, Root, read_file
from ..findings.finding import Finding, Path, Where, has_errors
from ..findings.rule import Rule
from ..fleet.kinds import document_models
from ..fleet.spec_files import FLEET_FILE, kind_of, stem
from ..rules.removals import NOTHING, TENTH, UNKNOWN, UNNAMED
from ..specs.removals import FILE, RemovalsSpec
from .changes import Action, ObjectChange
from .clusters import ClusterChange
from .sides import Sides

GUARDED = frozenset({"Namespace", "PersistentVolumeClaim"})
QUEUES = frozenset({"LocalQueue", "ClusterQueue"})
FOLLOWS = frozenset({"ManagedCluster"})
"""Kinds on the hub that go together with a cluster, which has to be named itself."""
SHARE = 10
"""Percent of a ring."""
ALIKE = 0.8
"""Share of equal lines above which a removed and a new cluster are called one that was renamed."""
_FEW = 400
"""Pairs of removed and new clusters that are compared line by line."""


@dataclass(frozen=True)
class Rename:
    """A cluster that went and one that came, with nearly the same spec."""

    before: str
    after: str

    def __str__(self) -> str:
        return (
            f"{self.before} looks renamed to {self.after}: to the hub these are two clusters. {self.after} has to be "
            f"imported and fills its volumes anew; {self.before} keeps running what it has until it is detached"
        )


@dataclass(frozen=True)
class Gone:
    """An object that is gone and has to be named."""

    cluster: str
    file: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place} of {self.cluster}"


def refused(root: Root, sides: Sides) -> tuple[Finding, ...]:
    """What the change removes without saying so, and what it says without removing it."""
    document, said = _said(root)
    earlier = _said({file: text.encode() for file, text in sides.texts.items()})[1]
    unchanged = FILE not in sides.files
    known = said if unchanged else earlier
    # While something else is wrong, nobody knows yet what is removed.
    sure = document is not None and not has_errors(sides.judged.findings)
    return (
        *_clusters(sides, said, known),
        *_objects(sides, said, known),
        *_rings(sides, said, known),
        *(_stale(document, said, known, sides) if document and sure else ()),
    )


def _said(root: Root) -> tuple[Document | None, RemovalsSpec]:
    """The removals file, if it is there and sound; what is wrong with it is told where all specs are read."""
    document, _ = read_file(root, FILE)
    if document is None:
        return None, RemovalsSpec()
    try:
        model = document_models()["Removals"].model_validate(document.data)
    except ValueError:
        return None, RemovalsSpec()
    return document, model.spec  # type: ignore[attr-defined]


def gone_clusters(sides: Sides) -> dict[str, str]:
    """Clusters that are removed -> their file, those that cannot be compiled any more among them."""
    now = {member.name for member in sides.after.members} if sides.after else set()
    files = {file for file in sides.texts if kind_of(file) == "Cluster"}
    moved = {stem(file): file for file in sorted(files) if stem(file) not in now}
    return {name: file for name, file in moved.items() if not _still(sides, file)}


def _still(sides: Sides, file: str) -> bool:
    return any(site.file == file for site in sides.judged.clusters)


def _clusters(sides: Sides, said: RemovalsSpec, known: RemovalsSpec) -> Iterator[Finding]:
    named = {item.name for item in said.clusters if item not in known.clusters}
    renames = {item.before: item for item in renamed(sides)}
    for name, file in gone_clusters(sides).items():
        if name not in named:
            drained = "state: retired" in sides.texts[file]
            hint = f"name it under clusters: in {FILE} with the reason, or put {file} back"
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
    for name, changes in sides.hubs:
        for change in changes if name in files else ():
            if change.action is Action.REMOVE and change.identity.kind not in FOLLOWS:
                yield _gone(change, name, files[name])


def _gone(change: ObjectChange, cluster: str, file: str) -> Gone:
    found = change.identity
    return Gone(cluster, file, found.kind, found.namespace, found.name)


def _guarded(change: ObjectChange, cluster: ClusterChange) -> bool:
    found = change.identity
    place = f"{found.namespace}/{found.name}" if found.namespace else found.name
    if found.kind in QUEUES and (found.kind, place) in cluster.used_queues:
        return True
    return found.kind in GUARDED or cluster.tier == "core"


def _objects(sides: Sides, said: RemovalsSpec, known: RemovalsSpec) -> Iterator[Finding]:
    named = _named(said, known)
    for item in gone_objects(sides):
        if (item.cluster, item.kind, item.namespace, item.name) not in named:
            hint = f"name it under objects: in {FILE} with the reason, or put back what made it"
            yield _finding(UNNAMED, Where(item.file, 1, 1), f"{item} is removed", hint)


def _named(said: RemovalsSpec, known: RemovalsSpec) -> set[tuple[str, str, str, str]]:
    new = (item for item in said.objects if item not in known.objects)
    return {(item.cluster, item.kind, item.namespace or "", item.name) for item in new}


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


def _rings(sides: Sides, said: RemovalsSpec, known: RemovalsSpec) -> Iterator[Finding]:
    named = {(item.ring, item.clusters) for item in said.rings if item not in known.rings}
    for ring, (losing, every) in shares(sides).items():
        if (ring, losing) not in named:
            message = f"{losing} of {every} clusters of ring {ring} lose something, more than {SHARE} %"
            hint = f"say {{ring: {ring}, clusters: {losing}}} under rings: in {FILE} with the reason"
            yield _finding(TENTH, Where(FLEET_FILE, 1, 1), message, hint)


def _stale(document: Document, said: RemovalsSpec, known: RemovalsSpec, sides: Sides) -> Iterator[Finding]:
    gone = {*gone_clusters(sides), *(stem(file) for file in sides.lost)}
    objects = {(item.cluster, item.kind, item.namespace, item.name) for item in gone_objects(sides)}
    taken = {(ring, losing) for ring, (losing, _) in shares(sides).items()}
    for i, cluster in enumerate(said.clusters):
        if cluster not in known.clusters and cluster.name not in gone:
            yield _surplus(document, ("clusters", i, "name"), f"cluster {cluster.name} is not removed")
    for i, item in enumerate(said.objects):
        key = (item.cluster, item.kind, item.namespace or "", item.name)
        if item not in known.objects and key not in objects:
            what = f"{item.kind} {item.name} of {item.cluster} is not removed, or needs no naming"
            yield _surplus(document, ("objects", i, "name"), what)
    for i, ring in enumerate(said.rings):
        if ring not in known.rings and (ring.ring, ring.clusters) not in taken:
            what = f"ring {ring.ring} does not lose something on {ring.clusters} clusters"
            yield _surplus(document, ("rings", i, "clusters"), what)


def _surplus(document: Document, path: Path, message: str) -> Finding:
    return _finding(NOTHING, document.where(("spec", *path)), message, "take the entry out, or mend it")


def _finding(rule: Rule, where: Where, message: str, hint: str) -> Finding:
    return Finding(where, rule.severity, rule.code, message, hint)


def renamed(sides: Sides) -> tuple[Rename, ...]:
    """Clusters that went and came back under another name: most likely pairs, each cluster once."""
    gone = {name: sides.texts[file] for name, file in gone_clusters(sides).items() if file in sides.texts}
    before = {member.name for member in sides.before.members} if sides.before else set()
    new = {item.name: item.file for item in sides.clusters if item.name not in before}
    come = {name: text for name, file in new.items() if (text := _text(sides, file))}
    found = []
    for old in sorted(gone):
        new_name = _closest(old, gone[old], come)
        if new_name:
            found.append(Rename(old, new_name))
            del come[new_name]
    return tuple(found)


def _text(sides: Sides, file: str) -> str:
    return sides.now.get(file, "")


def _closest(old: str, text: str, come: Mapping[str, str]) -> str | None:
    for name, other in sorted(come.items()):
        if text.replace(old, name) == other:
            return name
    if len(come) > _FEW:
        return None
    rated = ((_alike(text.replace(old, name), other), name) for name, other in sorted(come.items()))
    best = max(rated, default=(0.0, ""))
    return best[1] if best[0] >= ALIKE else None


def _alike(one: str, other: str) -> float:
    matcher = difflib.SequenceMatcher(None, one.splitlines(), other.splitlines(), autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0
