"""Which clusters a change of the hub's objects reaches: told from Placements and labels, as the hub would decide.

    ManagedCluster labels -> Placement -> PlacementBinding -> Policy          what a cluster is given
                                       -> ApplicationSet (by its decisions)

A ring holds none of it back: what is in acm/ holds as soon as somebody applies it. Placements are read as nearedge
writes them: labels, and one predicate (hub/kit/placement.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..objects.elements import same
from ..objects.manifest import Manifest, ResourceId, identify
from .changes import ObjectChange

PLACEMENT_MARK = "cluster.open-cluster-management.io/placement"
GROUP_MARK = "cluster.open-cluster-management.io/decision-group-name"
LOCAL_CLUSTER = "local-cluster"


class Given(NamedTuple):
    """Something that the hub brings to clusters: a Policy or an ApplicationSet."""

    kind: str
    name: str


class Way(NamedTuple):
    """How something comes to clusters: the Placement that selects them, and the group of its decisions ("" for all)."""

    namespace: str
    placement: str
    group: str = ""


@dataclass(frozen=True)
class HubChange:
    """What changes on one hub, and whom it reaches.

    `reached` has, of each changed object by which clusters are given something, the clusters that get it, lose it or
    get it otherwise; `gained` and `lost` what a cluster is newly given, and given no more. `stay` are the clusters
    that were there before and still are.
    """

    name: str
    changes: tuple[ObjectChange, ...]
    reached: Mapping[ResourceId, tuple[str, ...]] = field(default_factory=dict)
    gained: Mapping[str, tuple[Given, ...]] = field(default_factory=dict)
    lost: Mapping[str, tuple[Given, ...]] = field(default_factory=dict)
    stay: frozenset[str] = frozenset()

    @property
    def clusters(self) -> frozenset[str]:
        """All clusters, of those that stay, that the hub gives something else."""
        named = {name for names in self.reached.values() for name in names}
        return self.stay & {*self.gained, *self.lost, *named}


def hub_change(
    name: str, before: Iterable[Manifest], after: Iterable[Manifest], changes: tuple[ObjectChange, ...]
) -> HubChange:
    """What the changes of one hub's objects reach; `name` is the hub's own cluster."""
    if not changes:
        return HubChange(name, ())
    was, now = Side.of(name, before), Side.of(name, after)
    stay = frozenset(was.labels) & frozenset(now.labels)
    touched = frozenset(change.identity for change in changes)
    # Who gets these may be others than before; of the rest only clusters with other labels have to be asked about.
    asked = {given for side in (was, now) for given in side.given_by(touched)}
    found = {given: _moved(was.members(given), now.members(given)) for given in sorted(asked)}
    altered = {item.name for item in touched if item.kind == "ManagedCluster"} & stay
    for given in sorted({*was.objects, *now.objects} - asked) if altered else ():
        keys = was.keys(given) | now.keys(given)
        some = [item for item in altered if _differ(was.labels[item], now.labels[item], keys)]
        sides = (frozenset(item for item in some if side.gets(given, item)) for side in (was, now))
        found[given] = _moved(*sides)
    gained, lost = _by_cluster(found, "gaining"), _by_cluster(found, "losing")
    return HubChange(name, changes, dict(_reached(was, now, found, touched)), gained, lost, stay)


@dataclass(frozen=True)
class Side:
    """The hub's objects on one side, as far as they decide what clusters are given."""

    labels: Mapping[str, Mapping[str, str]]
    """Cluster -> labels; the hub itself among them, as ACM's local-cluster."""
    placements: Mapping[tuple[str, str], Manifest]
    ways: Mapping[Given, tuple[Way, ...]]
    objects: Mapping[Given, Manifest]
    bindings: Mapping[ResourceId, tuple[Given, ...]]
    _members: dict[Way, frozenset[str]] = field(default_factory=dict)
    """Those of each way that was asked about: a hundred Policies share one Placement."""

    @staticmethod
    def of(hub: str, manifests: Iterable[Manifest]) -> Side:
        """The objects of a hub, sorted."""
        listed = tuple(manifests)
        labels: dict[str, Mapping[str, str]] = {hub: {LOCAL_CLUSTER: "true"}} if listed else {}
        placements: dict[tuple[str, str], Manifest] = {}
        ways: dict[Given, list[Way]] = {}
        objects: dict[Given, Manifest] = {}
        bindings: dict[ResourceId, tuple[Given, ...]] = {}
        for item in listed:
            metadata = item["metadata"]
            name, namespace = metadata["name"], metadata.get("namespace", "")
            match item["kind"]:
                case "ManagedCluster":
                    labels[name] = metadata.get("labels", {})
                case "Placement":
                    placements[namespace, name] = item
                case "PlacementBinding":
                    gives = tuple(Given(subject["kind"], subject["name"]) for subject in item["subjects"])
                    bindings[identify(item)] = gives
                    for given in gives:
                        ways.setdefault(given, []).append(Way(namespace, item["placementRef"]["name"]))
                case "Policy":
                    objects[Given("Policy", name)] = item
                case "ApplicationSet":
                    given = Given("ApplicationSet", name)
                    objects[given] = item
                    ways.setdefault(given, []).extend(_decisions(item))
        return Side(labels, placements, {key: tuple(found) for key, found in ways.items()}, objects, bindings)

    def given_by(self, identities: frozenset[ResourceId]) -> Iterator[Given]:
        """What these objects are, or bring to clusters."""
        places = {(item.namespace, item.name) for item in identities if item.kind == "Placement"}
        for given, item in self.objects.items():
            ways = self.ways.get(given, ())
            if identify(item) in identities or any((way.namespace, way.placement) in places for way in ways):
                yield given
        for identity in identities & self.bindings.keys():
            yield from self.bindings[identity]

    def selectors(self, way: Way) -> tuple[Mapping[str, Any], ...] | None:
        """The label selectors that a cluster has to meet, all of them; None where there is no such Placement."""
        found = self.placements.get((way.namespace, way.placement))
        return None if found is None else tuple(_selectors(found["spec"], way.group))

    def keys(self, given: Given) -> frozenset[str]:
        """Labels that decide who gets it."""
        return frozenset(
            key
            for way in self.ways.get(given, ())
            for selector in self.selectors(way) or ()
            for key in (
                *selector.get("matchLabels", ()),
                *(item["key"] for item in selector.get("matchExpressions", ())),
            )
        )

    def members(self, given: Given) -> frozenset[str]:
        """All clusters that are given it."""
        ways = self.ways.get(given, ()) if given in self.objects else ()
        for way in ways:
            if way not in self._members:
                self._members[way] = frozenset(name for name in self.labels if self._selects(way, name))
        return frozenset[str]().union(*(self._members[way] for way in ways))

    def gets(self, given: Given, cluster: str) -> bool:
        """Whether a cluster is given it."""
        return given in self.objects and any(self._selects(way, cluster) for way in self.ways.get(given, ()))

    def _selects(self, way: Way, cluster: str) -> bool:
        selectors = self.selectors(way)
        return selectors is not None and all(meets(self.labels[cluster], item) for item in selectors)


def _decisions(application_set: Manifest) -> Iterator[Way]:
    namespace = application_set["metadata"].get("namespace", "")
    for generator in application_set["spec"].get("generators", ()):
        marks = generator.get("clusterDecisionResource", {}).get("labelSelector", {}).get("matchLabels", {})
        if PLACEMENT_MARK in marks:
            yield Way(namespace, marks[PLACEMENT_MARK], marks.get(GROUP_MARK, ""))


def _selectors(spec: Mapping[str, Any], group: str) -> Iterator[Mapping[str, Any]]:
    for predicate in spec.get("predicates", ()):
        yield predicate["requiredClusterSelector"].get("labelSelector", {})
    groups = spec.get("decisionStrategy", {}).get("groupStrategy", {}).get("decisionGroups", ())
    yield from (
        item["groupClusterSelector"].get("labelSelector", {}) for item in groups if item["groupName"] == group
    )


def meets(labels: Mapping[str, str], selector: Mapping[str, Any]) -> bool:
    """Whether labels meet a selector (apimachinery pkg/labels, Requirement.Matches).

    >>> meets({"region": "emea"}, {"matchLabels": {"region": "emea"}})
    True
    >>> meets({}, {"matchExpressions": [{"key": "local-cluster", "operator": "NotIn", "values": ["true"]}]})
    True
    """
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_expressed(labels, item) for item in selector.get("matchExpressions", ()))


def _expressed(labels: Mapping[str, str], item: Mapping[str, Any]) -> bool:
    value, values = labels.get(item["key"]), item.get("values", ())
    match item["operator"]:
        case "In":
            return value in values
        case "NotIn":
            # Also true where there is no such label.
            return value not in values
        case "Exists":
            return value is not None
    return value is None


def _id(side: Side, given: Given) -> ResourceId | None:
    return identify(side.objects[given]) if given in side.objects else None


def _differ(before: Mapping[str, str], after: Mapping[str, str], keys: Iterable[str]) -> bool:
    return any(before.get(key) != after.get(key) for key in keys)


class _Moved(NamedTuple):
    """Clusters by what becomes of something that they are given."""

    gaining: frozenset[str]
    losing: frozenset[str]
    keeping: frozenset[str]


def _moved(was: frozenset[str], now: frozenset[str]) -> _Moved:
    return _Moved(now - was, was - now, was & now)


def _by_cluster(found: Mapping[Given, _Moved], what: str) -> dict[str, tuple[Given, ...]]:
    sides: dict[str, list[Given]] = {}
    for given, moved in found.items():
        for name in sorted(getattr(moved, what)):
            sides.setdefault(name, []).append(given)
    return {name: tuple(items) for name, items in sides.items()}


def _reached(
    was: Side, now: Side, found: Mapping[Given, _Moved], touched: frozenset[ResourceId]
) -> Iterator[tuple[ResourceId, tuple[str, ...]]]:
    for given, moved in found.items():
        identity = _id(now, given) or _id(was, given)
        if identity is None or identity not in touched:
            continue
        before, after = was.objects.get(given), now.objects.get(given)
        kept = frozenset() if before and after and same(before, after) else moved.keeping
        names = moved.gaining | moved.losing | kept
        if names:
            yield identity, tuple(sorted(names))
