"""What a LimitRange makes of containers: whether the API server lets them in.

Source: kubernetes plugin/pkg/admission/limitranger/admission.go minConstraint, maxConstraint (every container and init container,
requests and limits alike); pkg/apis/core/validation/validation.go ValidateResourceRequirements. Kueue judges the pod
sets of a Workload in the same way and never admits one that does not pass (kueue pkg/workload/resources.go
ValidateLimitRange).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..components.kit.component import Cluster
from ..components.kit.demand import Bounds, Container, Pods, Workload, bounds
from ..findings.finding import Path
from ..findings.rule import Problem
from ..specs.quantity import parse
from .sentences.workloads import who


class Breach(NamedTuple):
    """A resource of a container that is out of bounds: what it says of it, and the word of the LimitRange."""

    resource: str
    what: str
    value: str
    bound: str
    allowed: str


def breaches(item: Container, within: Bounds) -> Iterator[Breach]:
    """Everything of a container, filled in, that is out of bounds; the worst word for a resource first."""
    for name, most in within.most.items():
        for what, said in (("limit", item.limits), ("request", item.requests)):
            if name in said and parse(said[name]) > parse(most):
                yield Breach(name, what, said[name], "max", most)
                break
    for name, least in within.least.items():
        for what, said in (("request", item.requests), ("limit", item.limits)):
            if name in said and parse(said[name]) < parse(least):
                yield Breach(name, what, said[name], "min", least)
                break
    for name, limit in item.limits.items():
        if name in item.requests and parse(item.requests[name]) > parse(limit):
            yield Breach(name, "request", item.requests[name], "default", limit)


def out_of_bounds(work: Workload, cluster: Cluster, *, counted: bool = False) -> Iterator[Problem]:
    """Containers of a workload that the limits of its namespace keep out, each once; `counted`: only those Kueue sees.

    What somebody adds twice with the same numbers is told once.
    """
    within = bounds(cluster).get(work.namespace)
    if within is None:
        return
    seen: set[tuple[Path, str, Breach]] = set()
    at = next(i for i, item in enumerate(cluster.spec.namespaces) if item.name == work.namespace)
    for pods in work.pods:
        for item in pods.containers:
            for breach in breaches(item, within) if not (counted and item.unseen) else ():
                key = (item.path, item.by, breach)
                if key not in seen:
                    seen.add(key)
                    yield _problem(work, pods, item, breach, at)


def _problem(work: Workload, pods: Pods, item: Container, breach: Breach, at: int) -> Problem:
    limits: Path = ("namespaces", at, "limits", breach.bound, breach.resource)
    whose = (
        f"container {item.name}, which {item.by} adds to {pods.name}"
        if item.by
        else f"container {item.name} of {pods.name}"
    )
    asks = (
        f"{whose}, has a {breach.what} of {breach.value} {breach.resource}"
        if item.by
        else f"{whose} has a {breach.what} of {breach.value} {breach.resource}"
    )
    allowed = {
        "max": f"namespace {work.namespace} allows at most {breach.allowed} (limits.max)",
        "min": f"namespace {work.namespace} asks for at least {breach.allowed} (limits.min)",
        "default": f"namespace {work.namespace} gives it a limit of {breach.allowed} (limits.default)",
    }[breach.bound]
    hints = {
        "max": f"ask for at most {breach.allowed}, or raise limits.max",
        "min": f"ask for at least {breach.allowed}, or lower limits.min",
        "default": f"raise limits.default to {breach.value} at least",
    }
    hint = {"max": f"raise limits.max to {breach.value}", "min": f"lower limits.min to {breach.value}"}
    said = hint.get(breach.bound, hints[breach.bound]) if item.by else hints[breach.bound]
    path = item.path if item.by else (*item.path, breach.resource)
    return Problem(path, f"{who(work)}: {asks}; {allowed}", said, (limits,))
