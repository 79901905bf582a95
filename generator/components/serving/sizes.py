"""How many pods a server has and what each gets: one kind, or leaders, workers and prefill of an LLMInferenceService.

The parts are what GPUs, quota and nodes are counted by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ...findings.finding import Path
from ...specs.quantity import parse
from ...specs.types import Resources
from ..kit.runtime import accelerators
from .llm import Llm, LlmWorker, Parallelism, Prefill
from .spec import Service, is_llm

Amounts = tuple[Resources, Resources]
"""Limits and requests of a container."""


class PodKind(NamedTuple):
    """Pods of a server that are alike: `pods` of them in each of `groups` that start together."""

    name: str
    groups: int
    pods: int
    limits: Resources
    requests: Resources
    path: Path
    """Where the spec says what they get, below the server."""


def pod_kinds(item: Service) -> Iterator[PodKind]:
    """All kinds of pods of a server that serve, at its maximum."""
    if not is_llm(item):
        yield PodKind("replica", item.replicas.max, 1, item.resources, item.requests, ())
        return
    llm, groups = item.llm or Llm(), item.replicas.max
    own = leader(item)
    yield PodKind("leader" if llm.worker else "replica", groups, 1, *own, ())
    if llm.worker:
        size = group_size(llm.parallelism) - 1
        yield PodKind("worker", groups, size, *workers(llm.worker, own), ("llm", "worker"))
    if llm.prefill:
        said, path = llm.prefill, ("llm", "prefill")
        reads = reader(item, said)
        yield PodKind("prefill", said.replicas, 1, *reads, path)
        if said.worker:
            size = group_size(said.parallelism) - 1
            yield PodKind(
                "prefill-worker", said.replicas, size, *workers(said.worker, reads), (*path, "worker")
            )


def roles(item: Service) -> Iterator[Service]:
    """A server, and after it itself as each other kind of its pods that gets something else."""
    yield item
    if not is_llm(item) or item.llm is None:
        return
    llm, seen = item.llm, {tuple(sorted(item.resources.items()))}
    said = {"prefill": llm.prefill.parallelism if llm.prefill else None}
    for part in pod_kinds(item):
        key = tuple(sorted(part.limits.items()))
        if key not in seen:
            seen.add(key)
            over = llm.model_copy(update={"parallelism": said["prefill"]}) if "prefill" in part.name else llm
            yield item.model_copy(update={"resources": part.limits, "requests": part.requests, "llm": over})


def leader(item: Service) -> Amounts:
    """What the pod gets that answers."""
    return item.resources, item.requests


def reader(item: Service, said: Prefill) -> Amounts:
    """What a pod gets that reads prompts: its own, else what the one gets that answers."""
    return said.resources or item.resources, said.requests or ({} if said.resources else item.requests)


def workers(worker: LlmWorker, beside: Amounts) -> Amounts:
    """What a worker gets: its own, else what the leader beside it gets."""
    limits, requests = beside
    return worker.resources or limits, worker.requests or ({} if worker.resources else requests)


def group_size(said: Parallelism | None) -> int:
    """Pods of one LeaderWorkerSet, the leader among them (kserve ParallelismSpec.GetSize)."""
    if said is None or not said.data:
        return 1
    return max(1, said.data // max(1, said.dataLocal or 1))


def devices(limits: Mapping[str, str], llm: Llm | None = None) -> int:
    """Accelerators that a pod gets, of the kind that it gets most of, or by Dynamic Resource Allocation."""
    allocated = llm.devices.count if llm and llm.devices else 0
    return max((int(parse(amount)) for amount in accelerators(limits).values()), default=allocated)


PARALLEL = frozenset(
    "--tensor-parallel-size -tp --pipeline-parallel-size -pp --data-parallel-size -dp".split()  # noqa: SIM905
)


def tensor(args: Iterable[str], said: Parallelism | None, there: int) -> int | None:
    """GPUs that one pod splits its model over; None where the arguments say so themselves."""
    if any(arg.partition("=")[0] in PARALLEL for arg in args):
        return None
    if said is not None and said.tensor:
        return said.tensor
    # Left alone vLLM uses one GPU, however many it was given.
    return there


def total_devices(item: Service, resource: str) -> int:
    """All accelerators of a kind that a server takes at its maximum."""
    return sum(
        part.groups * part.pods * int(parse(part.limits.get(resource, "0"))) for part in pod_kinds(item)
    )
