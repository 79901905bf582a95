"""The class of a plan: routine, caution or danger, and why; what CI labels a pull request with, and lets merge by itself.

    class_of(plan) -> PlanClass(level, reasons)          reasons: the worst first; none for what is routine

`danger` is all that `nearedge rollout advance` has to be told to accept, all that no ring holds back, and all that
cannot be taken back. `caution` is what works as it should and is still worth somebody's eyes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from ..documents.files import Root, read_file
from ..findings.finding import has_errors
from ..fleet.spec_files import kind_of
from .capacity import Meter
from .changes import Action, ObjectChange
from .clusters import ClusterChange
from .effects import Effect
from .sides import Sides

if TYPE_CHECKING:
    from .plan import Plan


class Level(StrEnum):
    """How much of a person's attention a change asks for."""

    ROUTINE = "routine"
    CAUTION = "caution"
    DANGER = "danger"


class Cause(NamedTuple):
    """A kind of reason: the class that it makes a plan, and what it means."""

    level: Level
    means: str


_DANGER, _CAUTION = Level.DANGER, Level.CAUTION
CAUSES: Mapping[str, Cause] = {
    "errors": Cause(_DANGER, "the specs have errors, so nothing was compared"),
    "unnamed": Cause(_DANGER, "something is removed that clusters/removals/ does not name"),
    "data": Cause(_DANGER, "a volume, a namespace or a pipeline server goes, or comes back empty"),
    "cluster-goes": Cause(_DANGER, "a cluster goes, or has another name"),
    "ring-order": Cause(_DANGER, "the rings, or their order, are others: that of every rollout"),
    "pruned": Cause(
        _DANGER, "workloads go to other Applications and may be taken away first: see delivery.handOver"
    ),
    "other-application": Cause(
        _DANGER, "workloads go to other Applications, whose mark KServe copies into pods: servers start again"
    ),
    "platform": Cause(_DANGER, "a cluster goes to another platform"),
    "operators": Cause(_DANGER, "an operator comes, goes or gets another version: OLM knows no way back"),
    "hub-reach": Cause(_DANGER, "acm/ gives clusters something else, and follows no ring"),
    "hub-removal": Cause(_DANGER, "an object of the hub is removed"),
    "re-create": Cause(
        _DANGER, "a field that nobody can change: the sync fails until the object is made again"
    ),
    "downtime": Cause(_DANGER, "nothing answers while the change is made, or callers have to ask elsewhere"),
    "left": Cause(_DANGER, "an object stays on the cluster and nobody looks after it any more"),
    "removal": Cause(_DANGER, "an object is removed from a cluster that stays"),
    "admission": Cause(_DANGER, "a workload is not admitted, or only while others do not run"),
    "room": Cause(_DANGER, "more is asked for than a queue, the nodes or a storage class have"),
    "window": Cause(_DANGER, "what has to be pulled takes longer than the maintenance window"),
    "by-hand": Cause(_DANGER, "somebody has to apply bootstrap/ again on the cluster"),
    "restart": Cause(_CAUTION, "pods of a server start again"),
    "runs-again": Cause(_CAUTION, "a job runs again, or nodes download a model anew"),
    "later": Cause(_CAUTION, "what runs keeps the old state for now, so a fault shows later"),
    "nearly-full": Cause(_CAUTION, "a queue, the nodes or a storage class are fuller, and 90 % or more"),
    "access": Cause(_CAUTION, "who may reach or do what is another: network policies, RBAC, Routes"),
    "core": Cause(_CAUTION, "a core cluster changes"),
    "cluster-comes": Cause(_CAUTION, "a cluster comes"),
    "hub": Cause(_CAUTION, "acm/ changes, and its administrator has to apply it"),
    "ring-moves": Cause(_CAUTION, "a ring is moved in another way: push, or pull request"),
    "guards": Cause(_CAUTION, "what is checked is less: a new waiver, or other rules of the fleet's own"),
}
"""Name -> cause, in the order in which reasons are told: the worst first."""

DATA = frozenset({"PersistentVolumeClaim", "Namespace", "DataSciencePipelinesApplication"})
"""Kinds that data goes with; a pipeline server has a database."""
ACCESS = frozenset({"NetworkPolicy", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "Route"})
_OF_EFFECT = {
    Effect.RECREATE: "re-create",
    Effect.DOWNTIME: "downtime",
    Effect.LEFT: "left",
    Effect.RERUN: "runs-again",
    Effect.RESTART: "restart",
    Effect.LATER: "later",
}


class Reason(NamedTuple):
    """Why a plan has at least this class; without clusters it is about the hub or the fleet."""

    cause: str
    clusters: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        """The class that it makes a plan."""
        return CAUSES[self.cause].level

    @property
    def means(self) -> str:
        """What it means, in words."""
        return CAUSES[self.cause].means


@dataclass(frozen=True)
class PlanClass:
    """The class of a plan, and all reasons for it and for the lesser one."""

    level: Level
    reasons: tuple[Reason, ...] = ()

    @property
    def deciding(self) -> tuple[Reason, ...]:
        """The reasons without which the class would be a lesser one."""
        return tuple(item for item in self.reasons if item.level is self.level)


def class_of(plan: Plan) -> PlanClass:
    """The class of a plan: that of its worst reason."""
    found: dict[str, set[str]] = {}
    for cause, clusters in (*_fleet(plan), *_clusters(plan.clusters), *_capacity(plan.capacity)):
        found.setdefault(cause, set()).update(clusters)
    reasons = tuple(Reason(cause, tuple(sorted(found[cause]))) for cause in CAUSES if cause in found)
    return PlanClass(reasons[0].level if reasons else Level.ROUTINE, reasons)


_Found = tuple[str, Collection[str]]
"""A cause, and the clusters that it is said of."""


def _fleet(plan: Plan) -> Iterator[_Found]:
    if has_errors(plan.findings):
        yield "errors", ()
    if plan.refused:
        yield "unnamed", ()
    yield from (("cluster-goes", (item.before,)) for item in plan.renames)
    if plan.order.before != plan.order.after:
        yield "ring-order", ()
    elif plan.order:
        yield "ring-moves", ()
    if plan.applications.switched:
        yield ("other-application" if plan.applications.kept else "pruned"), ()
    yield from (("platform" if move.upgrade else "operators", move.clusters) for move in plan.moves)
    if plan.reach.clusters:
        yield "hub-reach", plan.reach.clusters
    if any(change.action is Action.REMOVE for change in plan.hub):
        yield "hub-removal", ()
    if plan.hub:
        yield "hub", ()
    yield from (("by-hand", group.clusters) for group in plan.groups if group.by_hand)
    if plan.guards:
        yield "guards", ()


def _clusters(clusters: Iterable[ClusterChange]) -> Iterator[_Found]:
    for item in clusters:
        yield from ((cause, (item.name,)) for cause in _of_cluster(item))


def _of_cluster(cluster: ClusterChange) -> Iterator[str]:
    if cluster.action is Action.REMOVE:
        yield "cluster-goes"
    elif cluster.action is Action.ADD:
        yield "cluster-comes"
    else:
        yield from _of_changes(cluster.changes)
    if cluster.tier == "core" and (cluster.changes or cluster.by_hand):
        yield "core"
    for item in cluster.consequences:
        if item.effect is Effect.RECREATE and item.identity.kind in DATA:
            yield "data"
        yield _OF_EFFECT[item.effect]
    if any(item.worse for item in cluster.verdicts):
        yield "admission"
    if cluster.download is not None and cluster.download.too_slow:
        yield "window"


def _of_changes(changes: Collection[ObjectChange]) -> Iterator[str]:
    gone = [item for item in changes if item.action is Action.REMOVE]
    if gone:
        yield "removal"
    if any(item.identity.kind in DATA for item in gone):
        yield "data"
    # In a namespace that comes there is nobody yet whom it could open or shut.
    new = {
        item.identity.name
        for item in changes
        if item.action is Action.ADD and item.identity.kind == "Namespace"
    }
    if any(item.identity.kind in ACCESS and item.identity.namespace not in new for item in changes):
        yield "access"


def _capacity(meters: Iterable[tuple[Meter, tuple[str, ...]]]) -> Iterator[_Found]:
    for meter, clusters in meters:
        if meter.overflows:
            yield "room", clusters
        elif nearly_full(meter):
            yield "nearly-full", clusters


def nearly_full(meter: Meter) -> bool:
    """Whether a tenth of it or less is left, and more was before; also where more than all of it was asked for already."""
    after, was = meter.after, meter.before
    if after is None or after.of is None or not after.used:
        return False
    fuller = was is None or was.of is None or meter._replace(after=was).fullness < meter.fullness
    return fuller and after.used * 10 >= after.of * 9


def guards(root: Root, sides: Sides) -> tuple[str, ...]:
    """Spec files that ask for less than before: with a waiver that was in none of them, or with other rules of the fleet's own.

    `root` is where the later specs are.
    """
    then = {file: text.encode() for file, text in sides.texts.items()}
    known = [item for file in then for item in _waivers(then, file)]
    files = sorted(sides.files)
    rules = (file for file in files if kind_of(file) == "Rules")
    waivers = (file for file in files if any(item not in known for item in _waivers(root, file)))
    return tuple(dict.fromkeys((*rules, *waivers)))


def _waivers(root: Root, file: str) -> Iterator[Any]:
    """The entries of every `waivers` of a file: of a cluster, a group, the fleet's defaults."""
    document, _ = read_file(root, file)
    left = [document.data] if document else []
    while left:
        item = left.pop()
        if isinstance(item, dict):
            said = item.get("waivers")
            yield from said if isinstance(said, list) else ()
            left += item.values()
