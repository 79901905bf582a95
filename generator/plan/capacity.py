"""What a change does to the room on a cluster: quota, nodes and disks before and after, and who is admitted.

    Cluster -> Room (meters, verdicts) -> the meters that moved, the verdicts that are others

Nothing is judged here: admission/ counts what workloads ask for and says who is admitted, the emitted claims say
what volumes take. A plan only shows what differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..admission.demand import Workload
from ..admission.judge import Analysis, analyse
from ..admission.offer import offer
from ..admission.verdict import Decision
from ..components.kit.component import Cluster
from ..components.kit.counting import amount, left_on, together
from ..components.kueue import KUEUE
from ..components.kueue.spec import quota_of
from ..components.platform import standing
from ..objects.manifest import Manifest

NODES = "nodes"
OPERATORS = "operators"
"""Place of what operators and agents ask for, which is a part of what is asked of the nodes."""
UNDECIDED = "UNDECIDED"
"""What is said of a workload for which the search was given up (ADMIT010)."""
ABSENT = "-"
"""Stands for a workload that is not there on one side, or that no queue takes."""
_BYTES = frozenset({"memory", "ephemeral-storage", "storage"})
_UNITS = (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))
_DEFAULT = "(default class)"
_WORST = {Decision.NEVER: 0, Decision.IF_IDLE: 1, UNDECIDED: 2, Decision.ADMIT: 3, ABSENT: 4}


class Level(NamedTuple):
    """How much of something is asked for, and how much there is; None where the spec does not say."""

    used: int
    of: int | None

    @property
    def over(self) -> bool:
        """Whether more is asked for than there is."""
        return self.of is not None and self.used > self.of


class ClusterCapacity(NamedTuple):
    """All meters of a cluster by (place, resource), and what becomes of each workload: decision and reason."""

    levels: Mapping[tuple[str, str], Level]
    verdicts: Mapping[tuple[str, str, str], tuple[str, str]]


class Meter(NamedTuple):
    """One level that moved; a side on which it is not is None."""

    place: str
    resource: str
    before: Level | None
    after: Level | None

    @property
    def fullness(self) -> float:
        """Share of it that is asked for afterwards; 0 where nobody knows how much there is."""
        level = self.after
        if level is None or level.of is None:
            return 0.0
        return level.used / level.of if level.of else float(level.used > 0) * 2

    @property
    def overflows(self) -> bool:
        """Whether more is asked for than there is, and was not before."""
        was = self.before is not None and self.before.over
        return self.after is not None and self.after.over and not was


class VerdictChange(NamedTuple):
    """A workload of which Kueue decides otherwise than before."""

    kind: str
    namespace: str
    name: str
    before: str
    after: str
    reason: str

    @property
    def worse(self) -> bool:
        """Whether it is admitted less readily than before."""
        return _WORST[self.after] < _WORST[Decision.ADMIT] and _WORST[self.after] < _WORST[self.before]


def capacity_of(cluster: Cluster, manifests: Iterable[Manifest]) -> ClusterCapacity:
    """Everything that is asked for on a cluster, and everything there is."""
    # On a retired cluster nothing runs any more, whatever its spec still says.
    found = analyse(cluster) if cluster.spec.state == "active" else Analysis(offer(cluster))
    works = tuple(_works(found))
    levels = {
        **_quota(cluster, works),
        **_nodes(cluster, works),
        **_storage(cluster, manifests),
    }
    return ClusterCapacity(levels, _verdicts(found))


def _works(found: Analysis) -> Iterator[Workload]:
    """Each workload once: those in a queue, those without one."""
    yield from (item.workload for item in found.verdicts)
    yield from found.undecided
    yield from {id(work): work for work, _, _ in found.loose}.values()


def _quota(cluster: Cluster, works: Iterable[Workload]) -> dict[tuple[str, str], Level]:
    """Nominal quota of each queue, all of its flavors together, and what waits in it."""
    asked: dict[tuple[str, str], dict[str, int]] = {}
    for work in works:
        if work.queue:
            key = (work.queue, work.namespace)
            asked[key] = together(asked.get(key, {}), _sum(work, real=False))
    found = {}
    for queue in cluster.part(KUEUE).queues:
        given: dict[str, int] = {}
        for flavor in queue.quota.values():
            nominal = {name: amount(name, quota_of(number).nominal) for name, number in flavor.items()}
            given = together(given, nominal)
        used: dict[str, int] = {}
        for lead in queue.leads:
            used = together(used, asked.get(lead, {}))
        for name, number in given.items():
            found[f"queue {queue.namespace}/{queue.name}", name] = Level(used.get(name, 0), number)
    return found


def _nodes(cluster: Cluster, works: Iterable[Workload]) -> dict[tuple[str, str], Level]:
    """What all nodes can give together, and what all pods ask for; of that, what operators and agents ask for."""
    given: dict[str, int] = {}
    for node in cluster.spec.nodes:
        each = {name: number * node.count for name, number in left_on(node).items()}
        given = together(given, each)
    theirs: dict[str, int] = {}
    for item in standing(cluster) if cluster.spec.state == "active" else ():
        theirs = together(theirs, item.whole)
    asked = dict(theirs)
    for work in works:
        asked = together(asked, _sum(work, real=True))
    names = dict.fromkeys([*given, *asked]) if given else ()
    whole = {(NODES, name): Level(asked.get(name, 0), given.get(name)) for name in names}
    apart = {(OPERATORS, name): Level(number, given.get(name)) for name, number in theirs.items()}
    return {**whole, **(apart if given else {})}


def _sum(work: Workload, *, real: bool) -> dict[str, int]:
    found: dict[str, int] = {}
    for pods in work.pods:
        each = pods.real if real else pods.requests
        found = together(found, {name: number * pods.replicas for name, number in each.items()})
    return found


def _storage(cluster: Cluster, manifests: Iterable[Manifest]) -> dict[tuple[str, str], Level]:
    """What each storage class has, and the claims on it."""
    default = next((item.class_ for item in cluster.spec.storage if item.default), _DEFAULT)
    used: dict[str, int] = {}
    for item in manifests:
        if item["kind"] == "PersistentVolumeClaim":
            name = item["spec"].get("storageClassName") or default
            size = amount("storage", item["spec"]["resources"]["requests"]["storage"])
            used[name] = used.get(name, 0) + size
    given = {item.class_: item.capacity for item in cluster.spec.storage}
    found = {}
    for name in dict.fromkeys([*given, *used]):
        capacity = given.get(name)
        has = amount("storage", capacity) if capacity else None
        found[f"storage {name}", "storage"] = Level(used.get(name, 0), has)
    return found


def _verdicts(found: Analysis) -> dict[tuple[str, str, str], tuple[str, str]]:
    told = {
        (item.kind, item.namespace, item.name): (item.decision.value, item.reason) for item in found.verdicts
    }
    reason = "the search was given up"
    return told | {(work.kind, work.namespace, work.name): (UNDECIDED, reason) for work in found.undecided}


def moved(before: ClusterCapacity | None, after: ClusterCapacity | None) -> tuple[Meter, ...]:
    """The meters that differ; that of operators, which is a part of another one, only when they ask for something else."""
    was, now = before.levels if before else {}, after.levels if after else {}
    meters = (Meter(*key, was.get(key), now.get(key)) for key in dict.fromkeys([*was, *now]))
    return tuple(item for item in meters if item.before != item.after and not _only_shares(item))


def _only_shares(item: Meter) -> bool:
    """Whether operators and agents ask for the same as before, of nodes that have more or less."""
    sides = item.before, item.after
    return (
        item.place == OPERATORS and None not in sides and len({level.used for level in sides if level}) == 1
    )


def decided(before: ClusterCapacity | None, after: ClusterCapacity | None) -> tuple[VerdictChange, ...]:
    """The workloads that Kueue treats otherwise, and new ones that it does not simply admit; the worse first."""
    was, now = before.verdicts if before else {}, after.verdicts if after else {}
    found = []
    for key, (decision, reason) in now.items():
        earlier = was[key][0] if key in was else ABSENT
        new = key not in was and decision == Decision.ADMIT
        if earlier != decision and not new:
            found.append(VerdictChange(*key, earlier, decision, reason))
    return tuple(sorted(found, key=lambda item: (_WORST[item.after], item)))


def amount_text(resource: str, number: int) -> str:
    """An amount as people say it, rounded to what matters.

    >>> amount_text("memory", 85930803200), amount_text("cpu", 22020), amount_text("nvidia.com/gpu", 2), amount_text("memory", 0)
    ('80.03Gi', '22.02', '2', '0')
    """
    if resource == "cpu":
        return f"{number / 1000:.4g}"
    bytes_ = resource in _BYTES or resource.startswith("hugepages-")
    unit = next(((name, size) for name, size in _UNITS if number >= size), None) if bytes_ else None
    return f"{number / unit[1]:.4g}{unit[0]}" if unit else str(number)
