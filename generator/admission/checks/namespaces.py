"""Rules about what a namespace's LimitRange and ResourceQuota let in: pods, volumes and objects, queued or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...components.kit.component import Cluster
from ...components.kit.counting import amount, said
from ...components.kit.quota import resource_of
from ...components.namespaces import NAMESPACES
from ...components.namespaces.spec import Namespace
from ...findings.finding import Path, Severity
from ...findings.rule import Problem, rule
from ..bounds import out_of_bounds
from ..demand import demands, passing
from ..namespace_quota import Term, objects, taken_by, taken_by_volumes, unsaid
from ..sentences.workloads import NAMED, who

QUOTA = "kubernetes pkg/quota/v1/evaluator/core; plugin/pkg/admission/resourcequota"


@rule(
    "ADMIT016",
    source="kubernetes plugin/pkg/admission/limitranger/admission.go; kueue v0.19.2 pkg/workload/resources.go"
    " ValidateLimitRange; kserve #867",
)
def limits_let_containers_in(cluster: Cluster) -> Iterator[Problem]:
    """The limits of a namespace let every container in that runs there, those too that controllers add.

    The API server refuses the pod otherwise, and Kueue never admits a workload with such pods. `max` holds for requests
    and limits of a container, `min` too; what a container leaves out is filled in first.
    """
    for work in (*demands(cluster), *passing(cluster)):
        yield from out_of_bounds(work, cluster)


def _quotas(cluster: Cluster) -> Iterator[tuple[int, Namespace, str, int]]:
    """(index, namespace, word of its quota, the number)."""
    namespaces = cluster.part(NAMESPACES)
    for i, item in enumerate(namespaces):
        for name, value in item.quota.items():
            yield i, item, name, amount(resource_of(name), value)


def _shown(name: str, number: int) -> str:
    return said(resource_of(name), number)


@rule("ADMIT017", source=QUOTA)
def quota_of_the_namespace_holds_each(cluster: Cluster) -> Iterator[Problem]:
    """The quota of a namespace holds each workload in it by itself, all of its volumes, and its objects.

    Pods above it are refused, and made again and again without end; a volume stays, so that the last one is never made.
    Counted with what controllers add to pods.
    """
    for i, item, name, hard in _quotas(cluster):
        path: Path = ("namespaces", i, "quota", name)
        for work in (*demands(cluster), *passing(cluster)):
            number = taken_by(work, name) if work.namespace == item.name else None
            if number is not None and number > hard:
                text = f"{who(work)} takes {_shown(name, number)} of {name}, namespace {item.name} has {_shown(name, hard)}"
                yield Problem(path, text, f"{name}: {_shown(name, number)} at least", (work.path,))
        kept = taken_by_volumes(cluster, item.name, name)
        if kept is None:
            kept = objects(cluster, item.name, name)
        number = sum(term.number for term in kept)
        if number > hard:
            text = f"namespace {item.name} has {_shown(name, hard)} of {name}: {_terms(kept, name)}"
            yield Problem(path, text, f"{name}: {_shown(name, number)} at least")


def _terms(terms: Sequence[Term], name: str) -> str:
    """A sum: `volume a 1Gi + volume b 2Gi = 3Gi`."""
    shown = [f"{term.name} {_shown(name, term.number)}" for term in terms[:NAMED] if term.number]
    rest = sum(term.number for term in terms[NAMED:])
    parts = [*shown, *([f"others {_shown(name, rest)}"] if rest else [])]
    return f"{' + '.join(parts)} = {_shown(name, sum(term.number for term in terms))}"


@rule("ADMIT018", Severity.WARNING, source=QUOTA)
def quota_of_the_namespace_holds_all(cluster: Cluster) -> Iterator[Problem]:
    """The quota of a namespace holds everything in it at the same time.

    Counted are servers at their fewest replicas, Ray clusters, services and jobs, and beside them the largest of
    the Jobs that load and publish models. Whose pods come last are refused until others are gone.
    """
    for i, item, name, hard in _quotas(cluster):
        here = [work for work in demands(cluster) if work.namespace == item.name]
        terms = [Term(who(work), number) for work in here if (number := taken_by(work, name))]
        jobs = [
            Term(who(work), number)
            for work in passing(cluster)
            if work.namespace == item.name and (number := taken_by(work, name))
        ]
        largest = sorted(jobs, key=lambda term: -term.number)[:1]
        every = [*terms, *largest]
        number = sum(term.number for term in every)
        if number > hard and all(term.number <= hard for term in every) and len(every) > 1:
            text = f"namespace {item.name} has {_shown(name, hard)} of {name}: {_terms(every, name)}"
            hint = f"{name}: {_shown(name, number)} holds them all"
            yield Problem(("namespaces", i, "quota", name), text, hint)


@rule("ADMIT019", source="kubernetes pkg/quota/v1/evaluator/core/pods.go Constraints")
def containers_say_what_is_counted(cluster: Cluster) -> Iterator[Problem]:
    """Where a quota counts cpu or memory, every container says what it asks for, or the namespace's limits do for it.

    The API server refuses a pod of which any container, also one that runs before the others, leaves it out. Some that
    controllers add do.
    """
    namespaces = cluster.part(NAMESPACES)
    for i, item in enumerate(namespaces):
        works = [work for work in (*demands(cluster), *passing(cluster)) if work.namespace == item.name]
        for name, by, kind, words in unsaid(works, item.quota):
            whose = (
                f"container {name}, which {by} adds to pods of {_kinds(kind)},"
                if by
                else f"container {name} of {_kinds(kind)}"
            )
            text = f"{whose} says nothing of {' and '.join(words)}, which the quota of {item.name} counts"
            field = "default" if all(word.startswith("limits.") for word in words) else "defaultRequest"
            hint = f"give the namespace limits: {{{field}: {{{', '.join(f'{resource_of(word)}: ...' for word in words)}}}}}"
            yield Problem(("namespaces", i, "quota", words[0]), text, hint)


def _kinds(kind: str) -> str:
    return {"Job": "load and publish Jobs"}.get(kind, f"{kind}s")
