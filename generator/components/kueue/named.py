"""What a workload says of its queue: for the rules of the sections that have workloads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ...documents.near import meant
from ...findings.finding import Path
from ...findings.rule import Problem
from .spec import KueueSpec


class Queued(Protocol):
    """A workload that can be in a queue."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def namespace(self) -> str:
        """Its namespace."""

    @property
    def queue(self) -> str | None:
        """The LocalQueue that it names."""

    @property
    def priorityClass(self) -> str | None:  # noqa: N802 - as the spec has it
        """The WorkloadPriorityClass that it names."""


def wrong_queue(path: Path, item: Queued, spec: KueueSpec) -> Iterator[Problem]:
    """A queue that is not there, or not in the workload's namespace."""
    queues = [lead for queue in spec.queues for lead in queue.leads]
    if item.queue is None or (item.queue, item.namespace) in queues:
        return
    there = [name for name, namespace in queues if namespace == item.namespace]
    elsewhere = [namespace for name, namespace in queues if name == item.queue]
    said = f"no queue {item.queue} in namespace {item.namespace}"
    known = f"queues there: {', '.join(there)}" if there else f"no queue has namespace {item.namespace}"
    hint = f"it is in namespace {elsewhere[0]}" if elsewhere else meant(item.queue, there, known)
    yield Problem((*path, "queue"), said, hint, ((*path, "namespace"),))


def wrong_priority_class(path: Path, item: Queued, spec: KueueSpec) -> Iterator[Problem]:
    """A class that is not declared, or of a workload that is in no queue."""
    at, known = (*path, "priorityClass"), [one.name for one in spec.priorityClasses]
    if item.priorityClass is None:
        return
    if item.queue is None:
        said = f"priorityClass {item.priorityClass} is for queues, {item.name} is in none"
        yield Problem(at, said, "add queue")
    if item.priorityClass not in known:
        hint = meant(item.priorityClass, known, f"declared: {', '.join(known) or 'none'}")
        yield Problem(at, f"no priority class {item.priorityClass} in kueue.priorityClasses", hint)
