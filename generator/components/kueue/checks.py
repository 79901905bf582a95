"""Rules for Kueue's objects that look at more than one field, and what Kueue's webhooks would say.

Those of one field each are in field_checks.py, those of words that go together in word_checks.py, those of admission
checks in admission_checks.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...findings.finding import Path, Severity
from ...findings.rule import Problem, rule
from ..kit.component import Cluster
from .field_checks import WEBHOOK
from .spec import KueueSpec, Queue, covered_resources, groups, holders
from .units import KUEUE

FLAVORS = 256
COVERED = 256
CELLS = 512
GROUPS = 16
NAME = 63

FLAVOR_WEBHOOK = "kueue v0.19.2 pkg/webhooks/resourceflavor_webhook.go"


@rule("KUEUE010", covers=("CO-3",), source="kueue v0.19.2 pkg/cache/hierarchy/cycle.go")
def cohorts_form_a_tree(cluster: Cluster) -> Iterator[Problem]:
    """No cohort is above itself.

    The API server takes a cycle, and Kueue then admits nothing in any queue of these cohorts.
    """
    spec = cluster.part(KUEUE)
    circles = _circles({item.name: item.parent for item in spec.cohorts})
    for i, cohort in enumerate(spec.cohorts):
        if cohort.name in circles:
            said = f"cohort {cohort.name} has parent {cohort.parent}, and the parents lead round in a circle"
            yield Problem(
                ("kueue", "cohorts", i, "parent"), said, "one cohort is the topmost and has no parent"
            )


def _circles(parents: Mapping[str, str | None]) -> set[str]:
    """Cohorts that are above themselves; every cohort is walked through once."""
    found: set[str] = set()
    known: set[str] = set()
    for start in parents:
        trail: list[str] = []
        name: str | None = start
        while name is not None and name in parents and name not in known:
            known.add(name)
            trail.append(name)
            name = parents[name]
        if name in trail:
            found.update(trail[trail.index(name) :])
    return found


@rule("KUEUE011", Severity.WARNING)
def cohorts_have_queues(cluster: Cluster) -> Iterator[Problem]:
    """A cohort has a queue in it, a cohort below it that has one, or quota that it lends to the cohort above.

    A cohort of another name than the queues say lends nothing to anyone.
    """
    spec = cluster.part(KUEUE)
    parents = {item.name: item.parent for item in spec.cohorts}
    used: set[str] = set()
    for queue in spec.queues:
        name = queue.cohort or spec.cohort
        while name and name not in used:
            used.add(name)
            name = parents.get(name)
    for i, cohort in enumerate(spec.cohorts):
        if cohort.name not in used and not cohort.quota:
            said = f"no queue is in cohort {cohort.name}, or in one below it"
            joined = sorted({name for queue in spec.queues if (name := queue.cohort or spec.cohort)})
            hint = (
                f"queues are in {', '.join(joined)}" if joined else "set kueue.cohort, or cohort of a queue"
            )
            yield Problem(("kueue", "cohorts", i, "name"), said, hint)


@rule("KUEUE012", covers=("CQ-13",), source=WEBHOOK)
def queues_are_of_bounded_size(cluster: Cluster) -> Iterator[Problem]:
    """A queue or a cohort has at most 16 resource groups and 256 flavors; a group has as many resources as Kueue takes.

    The API server or the webhook denies it otherwise. Flavors that share a resource are one group.
    """
    limit = cluster.profile.kueue.coveredResources
    for place, item in holders(cluster.part(KUEUE)):
        path, quota = (*place, "quota"), item.quota
        found = groups(quota) if quota else ()
        covered = [covered_resources(quota, names) for names in found]
        counts = [
            (len(quota), FLAVORS, "flavors"),
            (sum(map(len, covered)), COVERED, "covered resources"),
            (len(found), GROUPS, "resource groups"),
        ]
        for names, resources in zip(found, covered, strict=True):
            where = f"in the group of flavor {names[0]}"
            counts.append((len(resources), limit, f"resources {where}"))
            counts.append((len(names), limit, f"flavors {where}"))
            counts.append((len(names) * len(resources), CELLS, f"pairs of flavor and resource {where}"))
        for number, most, what in counts:
            if number > most:
                who = "queue" if isinstance(item, Queue) else "cohort"
                said = f"{who} {item.name} has {number} {what}, Kueue {cluster.profile.kueue.version} takes {most}"
                yield Problem(path, said, "split it")


def _too_long(name: str) -> bool:
    return len(name.rpartition("/")[2]) > NAME


def _names(spec: KueueSpec) -> Iterator[tuple[Path, str]]:
    for i, flavor in enumerate(spec.flavors):
        path = ("kueue", "flavors", i)
        yield from (((*path, "nodeLabels", key), key) for key in flavor.nodeLabels)
        yield from (((*path, "nodeTaints", j, "key"), item.key) for j, item in enumerate(flavor.nodeTaints))
        yield from (
            ((*path, "tolerations", j, "key"), item.key)
            for j, item in enumerate(flavor.tolerations)
            if item.key
        )
    for place, item in holders(spec):
        for flavor_name, quota in item.quota.items():
            yield from (((*place, "quota", flavor_name, key), key) for key in quota)


@rule(
    "KUEUE013",
    covers=("CQ-8", "RF-5", "RF-6"),
    source="kueue v0.19.2 pkg/webhooks/common.go; k8s.io/apimachinery IsQualifiedName",
)
def names_are_qualified(cluster: Cluster) -> Iterator[Problem]:
    """In a label key, taint key or resource name, what follows the slash has at most 63 characters.

    The webhook denies the flavor or the queue otherwise.
    """
    for path, name in _names(cluster.part(KUEUE)):
        if _too_long(name):
            length = len(name.rpartition("/")[2])
            yield Problem(path, f"{name}: the name has {length} characters, {NAME} are allowed", "shorten it")


@rule("KUEUE014", covers=("RF-6",), source=FLAVOR_WEBHOOK)
def taints_are_unique(cluster: Cluster) -> Iterator[Problem]:
    """Each taint of a flavor has another key or another effect than the others.

    The webhook denies the ResourceFlavor otherwise.
    """
    for i, flavor in enumerate(cluster.part(KUEUE).flavors):
        seen: set[tuple[str, str]] = set()
        for j, taint in enumerate(flavor.nodeTaints):
            if (taint.key, taint.effect) in seen:
                said = f"flavor {flavor.name} has a second taint {taint.key}:{taint.effect}"
                yield Problem(("kueue", "flavors", i, "nodeTaints", j), said, "keep one")
            seen.add((taint.key, taint.effect))


@rule(
    "KUEUE015",
    Severity.NOTE,
    covers=("LQ-3",),
    source="kueue v0.19.2 pkg/controller/jobframework/defaults.go",
)
def default_takes_all(cluster: Cluster) -> Iterator[Problem]:
    """A LocalQueue called default takes every job of its namespace that names no queue.

    Kueue fills the name in (LocalQueueDefaulting): also servers and Ray clusters that should start at once
    then wait for quota.
    """
    for i, queue in enumerate(cluster.part(KUEUE).queues):
        if queue.local == "default":
            places = " and ".join(namespace for _, namespace in queue.leads)
            said = f"queue default also takes what names no queue in namespace {places}"
            field = "localQueue" if queue.localQueue else "name"
            yield Problem(("kueue", "queues", i, field), said, "give it another name unless that is meant")


def _asked(cluster: Cluster) -> Iterator[tuple[Path, Mapping[str, str]]]:
    for i, item in enumerate(getattr(cluster.spec, "serving", ())):
        yield ("serving", i, "resources"), item.resources
        yield ("serving", i, "requests"), item.requests
    for i, job in enumerate(getattr(getattr(cluster.spec, "training", None), "jobs", ())):
        yield ("training", "jobs", i, "resources"), job.resources
        yield ("training", "jobs", i, "requests"), job.requests
    for i, bench in enumerate(getattr(cluster.spec, "workbenches", ())):
        yield ("workbenches", i, "resources"), bench.resources
        yield ("workbenches", i, "requests"), bench.requests
    ray = getattr(cluster.spec, "ray", None)
    for key in ("clusters", "jobs", "services"):
        for i, item in enumerate(getattr(ray, key, ())):
            heads: list[tuple[Path, Any]] = [(("head",), item.head)] if item.head else []
            workers: list[tuple[Path, Any]] = [(("workers", j), part) for j, part in enumerate(item.workers)]
            for below, group in (*heads, *workers):
                yield ("ray", key, i, *below, "resources"), group.resources
                yield ("ray", key, i, *below, "requests"), group.requests


@rule("KUEUE016", covers=("KJ-6",), source="kueue v0.19.2 pkg/webhooks/workload_webhook.go")
def nobody_asks_for_pods(cluster: Cluster) -> Iterator[Problem]:
    """No container asks for a resource called pods.

    Kueue counts pods by that name: the Workload is denied, and what it was made for never starts.
    """
    for path, resources in _asked(cluster):
        if "pods" in resources:
            yield Problem(
                (*path, "pods"), "pods is no resource of a container", "leave it out; a queue may limit it"
            )
