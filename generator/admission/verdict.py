"""What becomes of a workload, as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..components.kit.counting import amount, said
from ..findings.finding import Path
from ..findings.rule import Problem
from .demand import Pods, Workload
from .offer import ActiveQueue


class Decision(StrEnum):
    """ADMIT: beside everything else declared. IF-IDLE: while others do not run. NEVER: not even alone."""

    ADMIT = "ADMIT"
    IF_IDLE = "IF-IDLE"
    NEVER = "NEVER"


class Obstacle(StrEnum):
    """What a workload fails at."""

    NONE = ""
    QUOTA = "quota"
    NODES = "nodes"
    TURN = "turn"
    """It waits behind another workload of its queue, and is not looked at."""
    STOPPED = "stopped"
    """Its queue admits nothing (stopPolicy)."""
    LIMITS = "limits"
    """A container is out of the bounds of its namespace."""
    POD_SETS = "pod sets"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one workload.

    `taken` says for each of its pod sets how many pods take which flavors, where one can say so. `problem` is
    the place, the sentence with the sum and the hint when it is not simply admitted. `at_first` names what
    happens before it gets there: Kueue tries a flavor first whose nodes cannot hold the pods. `late` is the
    workload after which it does not fit any more, although there is an assignment in which all do.
    """

    workload: Workload
    decision: Decision
    obstacle: Obstacle = Obstacle.NONE
    problem: Problem | None = None
    line: ActiveQueue | None = None
    taken: tuple[tuple[tuple[str, ...], int], ...] = ()
    at_first: Problem | None = None
    late: Problem | None = None

    @property
    def kind(self) -> str:
        """Kind of the object."""
        return self.workload.kind

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.workload.namespace

    @property
    def name(self) -> str:
        """Its name in the spec."""
        return self.workload.name

    @property
    def queue(self) -> str:
        """The queue it waits in."""
        return self.workload.queue or ""

    @property
    def path(self) -> Path:
        """Where the spec says it."""
        return self.workload.path

    @property
    def reason(self) -> str:
        """Why, with the sums; for an admitted one what it takes."""
        return self.problem.message if self.problem else "; ".join(_taken(self))


def _taken(verdict: Verdict) -> Iterator[str]:
    """One sentence for each resource: `head 4 + 4 gpu x 12 = 52 cpu of flavor a100`."""
    flavors = dict.fromkeys(flavor for chosen, _ in verdict.taken for flavor in chosen)
    cells = verdict.line.cells if verdict.line else {}
    for name in dict.fromkeys(key for pods in verdict.workload.pods for key in pods.requests):
        if number(verdict.workload, name):
            from_ = [flavor for flavor in flavors if (flavor, name) in cells]
            of = f" of flavor {' and '.join(from_)}" if from_ else ""
            yield f"{total(verdict.workload, name)}{of}"


def named(name: str, count: int) -> str:
    """Pods by name; groups have names of their own, replicas have a plural."""
    return "replicas" if name == "replica" and count > 1 else name


def term(name: str, count: int, resource: str, each: int) -> str:
    """What some pods take of a resource: `4 gpu x 12`, `head 2`."""
    if count == 1 and name in {"head", "submitter", "replica"}:
        return f"{name} {said(resource, each)}"
    return f"{count} {named(name, count)} x {said(resource, each)}"


def added(pods: Pods, resource: str, *, unseen: bool = False) -> str:
    """What controllers add to each of some pods, where that is a part of a sum: ` (100m of it kube-rbac-proxy)`.

    `unseen` with what Kueue does not see.
    """
    parts = [
        f"{said(resource, amount(resource, item.requests[resource]))} of it {item.name}"
        for item in pods.containers
        if item.by and not item.init and resource in item.requests and (unseen or not item.unseen)
    ]
    return f" ({', '.join(parts)})" if parts else ""


def sum_text(terms: Sequence[str], resource: str, whole: int) -> str:
    """A sum; one single pod is no sum."""
    if len(terms) == 1 and " x " not in terms[0]:
        return f"{terms[0]} {resource}"
    return f"{' + '.join(terms) or '0'} = {said(resource, whole)} {resource}"


def total(work: Workload, resource: str, *, grown: bool = False) -> str:
    """The sum of one resource over all pods, spelled out."""
    terms, whole = [], 0
    for pods in work.pods:
        each = 1 if resource == "pods" else pods.requests.get(resource, 0)
        count = pods.most if grown else pods.replicas
        if each and count:
            whole += each * count
            terms.append(term(pods.name, count, resource, each))
    return sum_text(terms, resource, whole)


def number(work: Workload, resource: str, *, grown: bool = False) -> int:
    """The same sum as a number."""
    return sum(
        (pods.most if grown else pods.replicas)
        * (1 if resource == "pods" else pods.requests.get(resource, 0))
        for pods in work.pods
    )
