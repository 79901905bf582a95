"""The same work on parts of a list, on all cores of this machine."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import NearedgeError
from .engine import Job, Result

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


@dataclass(frozen=True)
class Processes:
    """An engine of forked processes, one for each core; one part for less than twice what is worth a process."""

    def run(self, job: Job[Result], items: tuple[str, ...]) -> tuple[Result, ...]:
        """The results of consecutive parts of `items`, in their order."""
        workers = min(_cores(), len(items) // job.worth)
        if workers < 2 or not hasattr(os, "fork"):  # noqa: PLR2004
            return (job.here(items),)
        import multiprocessing  # noqa: PLC0415 - large, and most runs compile a few clusters

        parts = [items[i * len(items) // workers : (i + 1) * len(items) // workers] for i in range(workers)]
        # Forked, because the specs' models are made at run time and cannot be pickled; only results are.
        context = multiprocessing.get_context("fork")
        running = []
        for part in parts[1:]:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_send, args=(theirs, job, part), daemon=True)
            process.start()
            theirs.close()
            running.append((process, ours, part))
        results = [job.here(parts[0])]
        for process, ours, part in running:
            try:
                results.append(ours.recv())
            except EOFError:
                # The worker died (out of memory, killed) or could not go on: its part is done here.
                results.append(job.here(part))
            process.join()
        return tuple(results)


PROCESSES = Processes()


def _send(pipe: Connection, job: Job[Any], part: tuple[str, ...]) -> None:
    # What is said to a person is said by the process that the person started: it does this part again.
    with suppress(NearedgeError):
        pipe.send(job.here(part))
    pipe.close()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
