"""Updates that start the new pod first, in a queue: whether that pod is ever admitted beside the old ones.

Kueue's Deployment webhook makes each pod a Workload: the new one is gated until there is quota for it, and the Deployment
stops no old one before the new one is ready (kueue #8769, kserve #4618, kubernetes #89209).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..components.kit.counting import said
from ..components.serving.spec import Service, is_llm
from .demand import Workload
from .offer import most
from .placing import Case, counted
from .scene import Scene, crowded
from .scheduling.scheduler import outcome
from .search import Undecided

QUARTER = 4
"""From this number of replicas on Kubernetes' own figures stop an old pod first (25 %, rounded down)."""


class Stuck(NamedTuple):
    """A workload of which a second pod is not admitted beside everything else, and why."""

    work: Workload
    reason: str


def stuck(cases: Sequence[Case], servers: Sequence[Service], scene: Scene) -> Iterator[Stuck]:
    """Servers that start the new pod first, and whose new pod finds no quota or no room on the nodes while all others run."""
    surging = [at for at, case in enumerate(cases) if _surges(case, servers)]
    contenders = [case.contender(scene.given) for case in cases] if surging else []
    for at in surging:
        case = cases[at]
        new = contenders[at]._replace(copies=1)
        try:
            found = outcome([*contenders, new], range(len(cases) + 1), scene.given)
        except Undecided:
            continue
        if len(cases) in found.waiting or found.stopped:
            yield Stuck(case.work, _by_quota(case, cases, scene))
        elif len(cases) in crowded([*cases, case], found, scene):
            yield Stuck(case.work, "its nodes have no room for one pod more")


def _surges(case: Case, servers: Sequence[Service]) -> bool:
    """Whether a new pod is started before an old one is stopped. Groups of pods are made anew in their place."""
    if case.work.whole or case.work.path[0] != "serving" or case.slots[0].copies >= QUARTER:
        return False
    item = servers[int(case.work.path[1])]
    return is_llm(item) or item.deploymentStrategy == "RollingUpdate"


def _by_quota(case: Case, cases: Sequence[Case], scene: Scene) -> str:
    """How much of what a pod asks for is taken in its queue."""
    line, pods = case.line, case.work.pods[0]
    parts = []
    for name, each in counted(pods, line).items():
        there = sum(most(cell, scene.given.room) for (_, key), cell in line.cells.items() if key == name)
        taken = sum(
            one.replicas * counted(one, line).get(name, 0)
            for other in cases
            if other.line is line
            for one in other.work.pods
        )
        if taken + each > there:
            parts.append(
                f"it asks for {said(name, each)} {name}, and {said(name, taken)} of {said(name, there)} are taken"
            )
    told = "; ".join(parts) or "what is free of its flavors is too little for a pod"
    return f"queue {line.queue.name} has no quota for a pod beside the old ones: {told}"
