"""What bench/ray_run.py saw: a table, and what can be read off it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench import results
from bench.measure import Run

HEAD = (
    "clusters",
    "command",
    "engine",
    "seconds",
    "its CPU s",
    "workers' CPU s",
    "its MiB",
    "largest worker's MiB",
)


@dataclass(frozen=True)
class Seen:
    """One command on one fleet; no workers are today's processes."""

    size: int
    what: str
    workers: int
    run: Run
    cpu: float = 0.0
    """Seconds of all processes of the workers' nodes."""
    largest: int = 0
    """Bytes of the largest of them."""


def reading(seen: Sequence[Seen], *, load: float, cores: int) -> Iterator[str]:
    """The figures, and what they say."""
    yield "\n## Figures\n\nEvery run is a new process and ran once; each left the same bytes.\n\n"
    yield from results.table([HEAD, *map(_row, seen)], left=(1, 2))
    yield "\n## Reading\n\n"
    if load > cores / 2:
        yield (
            f"The machine was busy with other work ({load:.1f} processes on {cores} cores on the average): compare "
            "CPU seconds; wall seconds of two rows may differ by a half for no reason of ours.\n\n"
        )
    for size, what in dict.fromkeys((one.size, one.what) for one in seen):
        yield from _said([one for one in seen if (one.size, one.what) == (size, what)])
    most = max(one.workers for one in seen)
    if most > cores:
        yield (
            f"\nAll nodes share {cores} cores here, so {most} workers cannot be faster than {cores}: what is measured "
            "is the price of the way, and the part of the work that stays with the command.\n"
        )


def not_run(seen: Sequence[Seen], planned: Sequence[tuple[int, str, int]]) -> Iterator[str]:
    """What was to be measured and was not, as somebody stopped it."""
    done = {(one.size, one.what, one.workers) for one in seen}
    left = [
        f"{what} of {size:,} clusters, {_engine(who)}"
        for size, what, who in planned
        if (size, what, who) not in done
    ]
    if left:
        yield f"\n## Not run\n\nStopped before: {'; '.join(left)}.\n"


def _engine(workers: int) -> str:
    return f"ray, {workers} worker{'s' if workers > 1 else ''}" if workers else "processes"


def _row(one: Seen) -> tuple[str, ...]:
    far = (f"{one.cpu:.1f}", f"{one.largest / results.MIB:.0f}") if one.workers else ("", "")
    own = f"{one.run.largest / results.MIB:.0f}"
    return (
        *(f"{one.size:,}", one.what, _engine(one.workers), f"{one.run.seconds:.1f}", f"{one.run.cpu:.1f}"),
        *(far[0], own, far[1]),
    )


def _said(rows: Sequence[Seen]) -> Iterator[str]:
    """What stays with the command is what no number of workers makes shorter."""
    [here, *far] = rows
    if not far:
        return
    least = min(one.run.cpu for one in far)
    moved = min(one.cpu for one in far)
    total = here.run.cpu
    bound = total / least
    yield (
        f"- **{here.what}, {here.size:,} clusters**: {total:.1f} s of CPU with processes; with Ray the command itself keeps "
        f"{least:.1f} s, and workers take {moved:.1f} s or more. So however many workers there are, it is at most "
        f"{bound:.1f} times as fast as one core, and it takes {_needed(total, least, moved)}.\n"
    )


def _needed(total: float, least: float, moved: float) -> str:
    """Workers beyond which two cores of one machine are slower."""
    room = total / 2 - least
    if room <= 0:
        return "longer than two cores of one machine with any number of workers"
    return f"more than {int(moved / room)} workers on cores of their own to beat two cores of one machine"
