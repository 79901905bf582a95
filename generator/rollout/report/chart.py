"""A timeline as a picture in plain characters: how many sites are done over time, and a line for each ring.

100 % |                              ########
|                 #############
0 % |#################
+--------------------------------------
Mon 08:00                     Tue 03:40
canary [====]
main        [=============]
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ..simulation.simulate import DAY, RingRun, Timeline, share_done

WIDTH, HEIGHT = 64, 8
_LABEL = 6


def clock(at: int) -> str:
    """A moment as people say it: Mon 2027-01-04 08:00, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%a %Y-%m-%d %H:%M")


def chart(found: Timeline) -> Iterator[str]:
    """The lines of the picture; none when nothing has to be done."""
    ends = [run.end for run in found.runs if run.end is not None]
    if not ends:
        return
    start, end = found.settings.start, max(ends)
    step = max(1, -(-(end - start) // WIDTH))
    shares = [share_done(found, start + step * (i + 1)) for i in range(WIDTH)]
    margin = max(_LABEL, *(len(ring.name) for ring in found.rings))
    for row in range(HEIGHT, 0, -1):
        level = row / HEIGHT
        label = f"{round(level * 100)} %" if row in {HEIGHT, HEIGHT // 2} else ""
        cells = "".join("#" if share >= level - 0.5 / HEIGHT else " " for share in shares)
        yield f"{label:>{margin}} |{cells}".rstrip()
    yield f"{'':{margin}} +{'-' * WIDTH}"
    first, last = clock(start), clock(start + step * WIDTH)
    yield f"{'':{margin}}  {first}{last:>{WIDTH - len(first)}}"
    for ring in found.rings:
        yield f"{ring.name:>{margin}}  {_bar(ring, start, step)}".rstrip()


def _bar(ring: RingRun, start: int, step: int) -> str:
    if not ring.runs:
        return "nothing to do"
    if ring.start is None:
        return f"does not start: {ring.why}"
    ends = [run.end for run in ring.runs if run.end is not None]
    first = min((ring.start - start) // step, WIDTH - 1)
    last = min(max([(end - start) // step for end in ends], default=first), WIDTH - 1)
    tail = f" stops: {ring.why}" if ring.end is None else ""
    inside = "=" * max(0, last - first - 1)
    drawn = f"[{inside}]" if last > first else "|"
    return f"{' ' * first}{drawn}{tail}"


__all__ = ["DAY", "chart", "clock"]
