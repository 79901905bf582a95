"""The same work on parts of a list, on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import NearedgeError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Result = TypeVar("Result")
Work = Callable[[tuple[str, ...]], Result]


def in_parts(work: Work[Result], items: tuple[str, ...], worth: int) -> tuple[Result, ...]:
    """`work` on consecutive parts of `items`, in their order; one part for less than twice `worth` items."""
    workers = min(_cores(), len(items) // worth)
    if workers < 2 or not hasattr(os, "fork"):  # noqa: PLR2004
        return (work(items),)
    import multiprocessing  # noqa: PLC0415 - large, and most runs compile a few clusters

    parts = [items[i * len(items) // workers : (i + 1) * len(items) // workers] for i in range(workers)]
    # Forked, because the specs' models are made at run time and cannot be pickled; only results are.
    context = multiprocessing.get_context("fork")
    running = []
    for part in parts[1:]:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_send, args=(theirs, work, part), daemon=True)
        process.start()
        theirs.close()
        running.append((process, ours, part))
    results = [work(parts[0])]
    for process, ours, part in running:
        try:
            results.append(ours.recv())
        except EOFError:
            # The worker died (out of memory, killed) or could not go on: its part is done here.
            results.append(work(part))
        process.join()
    return tuple(results)


def _send(pipe: Connection, work: Work[Any], part: tuple[str, ...]) -> None:
    # What is said to a person is said by the process that the person started: it does this part again.
    with suppress(NearedgeError):
        pipe.send(work(part))
    pipe.close()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
