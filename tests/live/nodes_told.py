"""What is shown to the scheduler of Kubernetes of a cluster, what is kept of its answers, and where these are not what we expect.

wishes(cluster) -> each pod set with each choice of flavors, for one node of each kind
loads(cluster)  -> pods that stand at once, and the orders in which they come
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from generator.admission.demand import Pods, demands
from generator.admission.judge import analyse
from generator.admission.offer import NodeKind
from generator.admission.placing import misfit, slots_of
from generator.admission.spreading import Group, Nodes, Order, orders
from generator.components.kit.component import Cluster
from generator.components.kueue.spec import Flavor
from generator.rules.load import cluster_rules

from .played_nodes import Event

MOST_PODS = 120
"""A load of more pods is not shown."""
LOADS = 3
THOUGHT = 5
DRAWN = 3
"""So many loads of a case, and of each so many orders of either sort."""
SPEAK = frozenset({"ADMIT002", "ADMIT003", "ADMIT009", "ADMIT011", "ADMIT012", "ADMIT024", "ADMIT025"})
"""Rules one of which has to speak where a pod found no node."""


class Wish(NamedTuple):
    """Pods with flavors that they could get."""

    name: str
    pods: Pods
    flavors: tuple[Flavor, ...]


def wishes(cluster: Cluster) -> list[Wish]:
    """Each pod set with each choice of flavors that its queue has for it, alike ones once."""
    given = analyse(cluster).given
    found: dict[str, Wish] = {}
    for work in demands(cluster):
        line = given.lines.get((work.queue, work.namespace)) if work.queue else None
        if work.queue and line is None:
            continue
        choices = (
            [(item.pods, one.flavors) for item in slots_of(work, line, given) for one in item.options]
            if line
            else [(pods, ()) for pods in work.pods]
        )
        for pods, flavors in choices:
            if pods.replicas:
                named = f" [{', '.join(flavor.name for flavor in flavors)}]" if flavors else ""
                name = f"{work.kind} {work.namespace}/{work.name} {pods.name}{named}"
                found.setdefault(name, Wish(name, pods, flavors))
    return [*found.values()]


class Load(NamedTuple):
    """Pods that stand at once, the kinds of nodes, and the orders in which they are shown."""

    groups: tuple[Group, ...]
    kinds: tuple[NodeKind, ...]
    orders: tuple[Order, ...]

    @property
    def names(self) -> list[str]:
        """Its groups by name."""
        return [named(one) for one in self.groups]

    def read(self, words: str) -> list[Event]:
        """What became of its pods in an order, as `told` wrote it."""
        found = []
        for word in words.split():
            at, _, place = word.partition(":")
            node, _, stopped = place.partition("x")
            events = tuple(int(one) for one in stopped.split(",") if one)
            found.append(Event(self.groups[int(at)], None if node == "-" else int(node), events))
        return found


def named(group: Group) -> str:
    """Whose pods, and with which flavors."""
    work = group.work
    whose = f"{work.kind} {work.namespace}/{work.name}" if work else "operators"
    flavors = f" [{', '.join(flavor.name for flavor in group.flavors)}]" if group.flavors else ""
    return f"{whose} {group.pods.name}{flavors} x {group.number}"


def loads(cluster: Cluster, thought: int = THOUGHT, drawn: int = DRAWN) -> Iterator[Load]:
    """What is shown of a cluster, each load in so many orders of either sort."""
    found = analyse(cluster)
    kinds = found.given.kinds
    for whole in found.loads[:LOADS]:
        groups = tuple(one for one in whole if one.number and one.nodes)
        if 0 < sum(one.number for one in groups) <= MOST_PODS:
            every = [*orders(groups, kinds, groups)]
            first = [one for one in every if one.lots is None][:thought]
            yield Load(groups, kinds, (*first, *[one for one in every if one.lots][:drawn]))


def told(load: Load, events: Sequence[Event]) -> str:
    """What became of each pod, as kept: `0:1 2:- 3:0x1,4` is group on node, no node, and on a node for the pods of two events."""
    words = []
    for group, node, stopped in events:
        for_ = f"x{','.join(map(str, stopped))}" if stopped else ""
        words.append(f"{load.groups.index(group)}:{'-' if node is None else node}{for_}")
    return " ".join(words)


def against_us(load: Load, words: str) -> Iterator[str]:
    """Where the scheduler did what `spreading` does not expect.

    Each node has to be one of the best, nobody waits where there is one, and who is stopped is stopped where that costs least.
    """
    nodes = Nodes(load.kinds)
    came: list[Event] = []
    for event in load.read(words):
        group, at = event.group, event.node
        rated = nodes.rated(group)
        best = {i for score, i in rated if score == max(rated)[0]}
        stops = Counter(came[i].group for i in event.stopped)
        room = [] if rated else nodes.room_for(group)
        if at is None:
            if rated or room:
                yield f"{named(group)} finds no node, and for us {sorted(best) or 'stops others'}"
        elif stops:
            if (at, stops) not in [(i, Counter(stopped)) for i, stopped in room]:
                yield f"{named(group)} stops others on node {at}, for us {[i for i, _ in room] or sorted(best)}"
            for i in event.stopped:
                nodes.nodes[at].remove(came[i].group)
        elif at not in best:
            yield f"{named(group)} is on node {at}, for us on one of {sorted(best)}"
        if at is not None:
            nodes.nodes[at].add(group)
        came.append(event)


def silent(cluster: Cluster) -> bool:
    """Whether no rule says that pods may find no node."""
    rules = [item.check for item in cluster_rules() if item.code in SPEAK and item.check is not None]
    return not any(problem for check in rules for problem in check(cluster))


def words_of(why: str) -> str:
    """How the scheduler says what `misfit` says."""
    if why == "labels":
        return "node(s) didn't match Pod's node affinity/selector"
    return "node(s) had untolerated taint" if why.startswith("taint") else "Insufficient " if why else ""


def fits_as_said(seen: str, why: str) -> bool:
    """Whether the scheduler's words for one node are ours: taints it looks at before labels, which we look at first."""
    if not why or not seen:
        return why == seen
    return words_of(why) in seen or (why == "labels" and "untolerated taint" in seen)


def misfits(cluster: Cluster, fits: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Where the scheduler says something else than we of a pod before a node."""
    kinds = analyse(cluster).given.kinds
    for wish in wishes(cluster):
        for kind in kinds:
            seen, why = fits[wish.name][kind.name], misfit(wish.pods, wish.flavors, kind)
            if not fits_as_said(seen, why):
                yield f"{wish.name} before {kind.name}: {why or 'fits'} for us, and the scheduler: {seen or 'fits'}"
