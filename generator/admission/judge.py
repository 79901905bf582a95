"""Verdicts on everything that waits in a queue of a cluster.

Here is the usual case: all first choices fit at once, then they do in every order. Where they do not, `contest`
looks for an assignment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..components.kit.component import Cluster, once
from ..components.kit.counting import together
from ..findings.rule import Problem
from .bounds import out_of_bounds
from .contest import searched
from .demand import Workload, demands
from .offer import ActiveQueue, Offer, offer
from .packing import packs
from .placing import Case, Ground, Slot, ground, kinds_for, slots_of, stands_on, with_nodes
from .scene import Judged, Loose, Scene, at_once, load, pieces_of
from .search import Room, Space, Undecided, assign, first_choices
from .sentences import nodes as telling_nodes
from .sentences import rivals as telling_rivals
from .sentences import workloads as telling
from .spreading import Group
from .updates import Stuck, stuck
from .verdict import Decision, Obstacle, Verdict


@dataclass(frozen=True)
class Analysis:
    """All that is known of a cluster's workloads; `loose` runs without a queue, with the nodes it can use.

    `loads` are the pods that stand on the nodes at once, those without a queue among them.
    """

    given: Offer
    verdicts: tuple[Verdict, ...] = ()
    undecided: tuple[Workload, ...] = ()
    loose: tuple[Loose, ...] = ()
    crowded: Problem | None = None
    unpacked: tuple[Problem, ...] = ()
    growth: tuple[Problem, ...] = ()
    restless: tuple[Problem, ...] = ()
    stuck: tuple[Stuck, ...] = ()
    loads: tuple[tuple[Group, ...], ...] = ()


def verdicts(cluster: Cluster) -> tuple[Verdict, ...]:
    """A verdict on each queued workload, in the order of the spec.

    Left out are workloads of a queue that does not exist or that Kueue keeps inactive (rules RAY008, SERVE004,
    KUEUE001 and KUEUE010 speak of those), and those where the search was given up (ADMIT010).
    """
    return analyse(cluster).verdicts


@once
def analyse(cluster: Cluster) -> Analysis:
    """Everything at once; several rules ask for it one after the other."""
    works = demands(cluster)
    given = offer(cluster)
    if not works:
        return Analysis(given)
    loose = _loose(works, given)
    if loose:
        given = given._replace(standing=_standing(loose))
    waiting = [
        (work, line, slots_of(work, line, given))
        for work in works
        if work.queue and (line := given.lines.get((work.queue, work.namespace)))
    ]
    never = [verdict for work, line, _ in waiting if (verdict := _refused(work, line, cluster))]
    refused = {id(verdict.workload) for verdict in never}
    # What a held queue had admitted goes on, and has the quota that others want.
    able = (
        [item for item in waiting if id(item[0]) not in refused or _goes_on(item[1])] if refused else waiting
    )
    on, room, crowded = _nodes(able, loose, given)
    cases = [Case(*item, *pieces_of(item[2], on)) for item in able]
    scene = Scene(given, room, on, loose)
    usual = at_once(cases, scene)
    found = usual or searched(cases, scene)
    unpacked = found.unpacked or (() if usual or crowded else tuple(_unpacked(scene)))
    growth = tuple(_growth([case for case in cases if id(case.work) not in refused], scene, found))
    admitted = {id(item.workload) for item in found.verdicts if item.decision is Decision.ADMIT} - refused
    hanging = tuple(one for one in stuck(cases, cluster.spec.serving, scene) if id(one.work) in admitted)
    order = {id(work): i for i, work in enumerate(works)}
    others = (item for item in found.verdicts if id(item.workload) not in refused)
    judged = sorted((*never, *others), key=lambda item: order[id(item.workload)])
    return Analysis(
        given,
        tuple(judged),
        tuple(work for work in found.undecided if id(work) not in refused),
        loose,
        crowded,
        unpacked,
        growth,
        found.restless,
        hanging,
        tuple(_loads(found, loose)) if given.kinds else (),
    )


def _unpacked(scene: Scene) -> Iterator[Problem]:
    """What runs without a queue, where it alone finds no place pod by pod."""
    staying = load((), scene.loose)
    if scene.given.kinds and staying and not packs(staying, scene.given.kinds):
        works = {id(work): work for work, _, mask in scene.loose if work.lasting and mask}
        yield telling_nodes.unpacked([*works.values()], scene.given)


def _loads(found: Judged, loose: Sequence[Loose]) -> Iterator[tuple[Group, ...]]:
    """What queues let run, and what stays without one."""
    staying = [Group(work, pods, pods.replicas, mask) for work, pods, mask in loose if work.lasting and mask]
    for queued in found.loads or ((),):
        yield (*queued, *staying)


def _loose(works: Iterable[Workload], given: Offer) -> tuple[Loose, ...]:
    return tuple(
        Loose(work, pods, kinds_for(pods, (), given.kinds, 1))
        for work in works
        if work.queue is None
        for pods in work.pods
    )


def _standing(loose: Iterable[Loose]) -> dict[str, int]:
    found: dict[str, int] = {}
    for work, pods, mask in loose:
        if work.lasting and mask:
            found = together(found, {name: each * pods.replicas for name, each in pods.real.items()})
    return found


def _nodes(
    able: Sequence[tuple[Workload, ActiveQueue, tuple[Slot, ...]]],
    loose: Sequence[Loose],
    given: Offer,
) -> tuple[Ground | None, Room, Problem | None]:
    """Nodes as a part of the room, less what stays there without a queue; a problem when that alone is too much."""
    if not given.kinds:
        return None, given.room, None
    lasting = [(pods, mask) for work, pods, mask in loose if work.lasting and mask]
    on = ground(
        (item for _, _, found in able for item in found), lasting, given.kinds, len(given.room.limits)
    )
    taken = [stands_on(pods, mask, pods.replicas, on) for pods, mask in lasting]
    room = with_nodes(given.room, on, taken)
    if min(room.limits, default=0) >= 0:
        return on, room, None
    crowded = telling_nodes.crowded(lasting, on, room, given)
    return on, with_nodes(given.room, on, ()), crowded


def _goes_on(line: ActiveQueue) -> bool:
    return line.queue.stopPolicy == "Hold"


def _refused(work: Workload, line: ActiveQueue, cluster: Cluster) -> Verdict | None:
    """A workload that Kueue does not even try, or of which no pod ever comes to it."""
    if line.stopped:
        return Verdict(work, Decision.NEVER, Obstacle.STOPPED, telling.stopped(work, line))
    if work.whole and len(work.pods) > cluster.profile.kueue.podSets:
        return Verdict(work, Decision.NEVER, Obstacle.POD_SETS, telling.too_many(work))
    problem = next(out_of_bounds(work, cluster, counted=True), None)
    return Verdict(work, Decision.NEVER, Obstacle.LIMITS, problem) if problem else None


def _growth(cases: Sequence[Case], scene: Scene, found: Judged) -> Iterator[Problem]:
    """Workloads that could not grow to what the spec lets them grow to."""
    given, room = scene.given, scene.room
    admitted = {id(item.workload) for item in found.verdicts if item.decision is Decision.ADMIT}
    for case in cases:
        if id(case.work) not in admitted or all(pods.most == pods.replicas for pods in case.work.pods):
            continue
        larger = slots_of(case.work, case.line, given, grown=True)
        pieces, _ = pieces_of(larger, scene.on)
        others = [
            part
            for other in cases
            if other is not case and id(other.work) in admitted
            for part in other.pieces
        ]
        missing = not all(part.choices for part in pieces)
        try:
            if not missing and (
                first_choices([*others, *pieces], room) or assign([*others, *pieces], Space(room))
            ):
                continue
        except Undecided:
            continue
        yield telling_rivals.growth(case.work, case.line, given)
