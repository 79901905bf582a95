"""A simulated rollout in words: what was assumed, a row for each ring, a picture, and the sites that take longest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...fit.transfer import duration_text
from ...report.json import to_text
from ...report.plan.words import size
from ...report.text import table
from ..simulation.simulate import BY_HAND, RingRun, Run, Settings, Timeline
from .chart import chart, clock
from .status_json import FORMAT_VERSION

SITES = 10
"""Sites that the text names: those that are done last."""


def as_text(found: Timeline, assumed: Sequence[str]) -> str:
    """For a terminal."""
    return "".join(f"{line}\n" for line in _lines(found, assumed))


def _lines(found: Timeline, assumed: Sequence[str]) -> Iterator[str]:
    if not found.runs:
        yield "nothing to roll out: no cluster of a ring has to change"
        return
    yield "assumed"
    yield from (f"  {line}" for line in (*_settings(found.settings), *assumed))
    yield ""
    rows: list[tuple[str, ...]] = [("ring", "sites", "to pull", "starts", "first", "half", "all", "takes")]
    rows += [_row(ring) for ring in found.rings]
    yield table(rows).rstrip("\n")
    yield ""
    yield from chart(found)
    slow = sorted(
        (run for run in found.runs if run.end is not None), key=lambda run: (-(run.end or 0), run.load.name)
    )
    yield ""
    yield f"done last ({min(SITES, len(slow))} of {len(found.runs)} sites; times are UTC)"
    told: list[tuple[str, ...]] = [
        ("site", "ring", "to pull", "over", "window", "asks Git", "begins", "done")
    ]
    told += [_cluster(run) for run in slow[:SITES]]
    yield table(told).rstrip("\n")
    yield from _not_done(found)
    end = found.end
    yield ""
    yield (
        f"all done {clock(end)}, after {duration_text(end - found.settings.start)}"
        if end
        else "the rollout does not come to its end"
    )


def _settings(settings: Settings) -> Iterator[str]:
    yield f"the first ring moves at {clock(settings.start)} UTC; sites ask Git within {duration_text(settings.poll)}"
    most = (
        f"{settings.concurrency} sites transfer at a time"
        if settings.concurrency
        else "all sites transfer at once"
    )
    line = f", together {settings.uplink / 10**6:g} Mbit/s" if settings.uplink else ""
    yield most + line
    if settings.use_windows:
        yield "sites transfer in their maintenance window only, and go on where they stopped"
    else:
        yield "sites transfer at once, whatever their maintenance window says"
    yield f"a ring starts {f'{duration_text(settings.soak)} after' if settings.soak else 'when'} all sites of the one before are done"


def _row(ring: RingRun) -> tuple[str, ...]:
    ends = sorted(run.end for run in ring.runs if run.end is not None)
    bytes_ = size(sum(run.load.size for run in ring.runs))
    if not ring.runs:
        return ring.name, "0", bytes_, "", "", "", "", "nothing to do"
    if ring.start is None:
        return ring.name, str(len(ring.runs)), bytes_, "not", "", "", "", ring.why
    half = ends[(len(ring.runs) + 1) // 2 - 1] if len(ends) * 2 >= len(ring.runs) else None
    moments = (ring.start, ends[0] if ends else None, half, ring.end)
    takes = duration_text(ring.end - ring.start) if ring.end is not None else f"stops: {ring.why}"
    return (
        ring.name,
        str(len(ring.runs)),
        bytes_,
        *(clock(at)[4:] if at is not None else "-" for at in moments),
        takes,
    )


def _cluster(run: Run) -> tuple[str, ...]:
    moments = (run.noticed, run.begin, run.end)
    return (
        run.load.name,
        run.load.ring,
        size(run.load.size),
        run.load.bandwidth or "not declared",
        run.load.window or "none",
        *(clock(at)[4:] if at is not None else "-" for at in moments),
    )


def _not_done(found: Timeline) -> Iterator[str]:
    for why in dict.fromkeys(run.why for run in found.runs if run.end is None):
        named = [run.load.name for run in found.runs if run.why == why and run.end is None]
        more = f" and {len(named) - SITES} more" if len(named) > SITES else ""
        yield ""
        yield f"{'#' if why == BY_HAND else '!'} {why}: {', '.join(named[:SITES])}{more}"


def as_json(found: Timeline) -> str:
    """For programs; times are seconds since 1970."""
    settings = found.settings
    body: dict[str, Any] = {
        "formatVersion": FORMAT_VERSION,
        "settings": {
            "start": settings.start,
            "poll": settings.poll,
            "soak": settings.soak,
            "concurrency": settings.concurrency,
            "uplink": settings.uplink,
            "useWindows": settings.use_windows,
            "failed": sorted(settings.failed),
            "tolerate": settings.tolerate,
        },
        "end": found.end,
        "rings": [
            {
                "name": ring.name,
                "start": ring.start,
                "end": ring.end,
                "why": ring.why,
                "sites": [_run(run) for run in ring.runs],
            }
            for ring in found.rings
        ],
    }
    return to_text(body)


def _run(run: Run) -> dict[str, Any]:
    return {
        "name": run.load.name,
        "bytes": run.load.size,
        "bandwidth": run.load.bandwidth,
        "window": run.load.window,
        "noticed": run.noticed,
        "begin": run.begin,
        "end": run.end,
        "why": run.why,
    }
