"""How long a change takes on every site: bytes over links, in windows, a few sites at a time, ring by ring.

    Load (bytes, link, window) of each site -> Run (noticed, begun, ended) -> Timeline

The model has no chance in it. The sites of a ring ask Git at even distances over one poll interval; each then needs its
link for its bytes, 85 % of the bandwidth, while its window is open; what was transferred before a window closed counts.
At most `concurrency` sites transfer at a time and all of them together at most `uplink`, shared evenly. A ring starts
when all sites of the ring before are done, and after a pause. Time passes in whole seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...fit.transfer import EFFICIENCY, bits_per_second
from .windows import ALWAYS, HORIZON, Windows, windows

DAY = 24 * 3600


@dataclass(frozen=True)
class ClusterDownload:
    """What a site has to pull, and over what."""

    name: str
    ring: str
    size: int
    """Bytes, those that are assumed for images of unknown size among them."""
    bandwidth: str | None = None
    window: str | None = None
    disconnected: bool = False

    @property
    def rate(self) -> int | None:
        """Usable bits in a second; None where nobody says."""
        if self.bandwidth is None:
            return None
        try:
            return max(1, int(bits_per_second(self.bandwidth) * EFFICIENCY))
        except ValueError:
            return None


@dataclass(frozen=True)
class Settings:
    """What a person assumes; times in seconds, `start` since 1970."""

    start: int
    poll: int = 900
    soak: int = 0
    """Pause between two rings."""
    concurrency: int | None = None
    uplink: int | None = None
    """Bits in a second that all sites together get."""
    use_windows: bool = True
    failed: frozenset[str] = frozenset()
    tolerate: int = 0
    """Sites of a ring that may fail before the rollout stops."""


@dataclass(frozen=True)
class Run:
    """What happens on one site; `end` is None when it never gets there, and `why` says so."""

    load: ClusterDownload
    noticed: int | None = None
    begin: int | None = None
    end: int | None = None
    why: str = ""


@dataclass(frozen=True)
class RingRun:
    """One ring: when its ref moves (None: it does not get its turn), and when all of its sites are done."""

    name: str
    start: int | None
    end: int | None
    runs: tuple[Run, ...]
    why: str = ""


@dataclass(frozen=True)
class Timeline:
    """The whole rollout."""

    settings: Settings
    rings: tuple[RingRun, ...]

    @property
    def runs(self) -> tuple[Run, ...]:
        """All sites."""
        return tuple(run for ring in self.rings for run in ring.runs)

    @property
    def end(self) -> int | None:
        """When the last site is done; None when one never is."""
        ends = [ring.end for ring in self.rings]
        return (
            None
            if None in ends
            else max((end for end in ends if end is not None), default=self.settings.start)
        )


BY_HAND = "disconnected: somebody has to bring it there"
FAILED = "failed"
TOO_LONG = f"not done after {HORIZON} days"
NO_TURN = "its ring does not start"


def simulate(loads: Iterable[ClusterDownload], rings: Sequence[str], settings: Settings) -> Timeline:
    """Ring after ring, each when the one before is done."""
    of: dict[str, list[ClusterDownload]] = {name: [] for name in rings}
    for load in sorted(loads, key=lambda item: item.name):
        of.setdefault(load.ring, []).append(load)
    found: list[RingRun] = []
    start: int | None = settings.start
    stopped = ""
    for name, listed in of.items():
        if start is None:
            found.append(RingRun(name, None, None, tuple(Run(load, why=NO_TURN) for load in listed), stopped))
            continue
        ring = _ring(name, listed, start, settings)
        found.append(ring)
        start = None if ring.end is None else ring.end + (settings.soak if listed else 0)
        stopped = f"ring {name} is not done" if ring.end is None else ""
    return Timeline(settings, tuple(found))


def _ring(name: str, loads: Sequence[ClusterDownload], start: int, settings: Settings) -> RingRun:
    runs = _transfers(loads, start, settings)
    broken = [run for run in runs if run.why == FAILED]
    endless = [run for run in runs if run.why == TOO_LONG]
    last = max((run.end for run in runs if run.end is not None), default=start)
    if len(broken) > settings.tolerate:
        listed = ", ".join(run.load.name for run in broken[:3])
        return RingRun(name, start, None, runs, f"{len(broken)} failed, {settings.tolerate} may: {listed}")
    if endless:
        return RingRun(name, start, None, runs, f"{endless[0].load.name} is {TOO_LONG}")
    return RingRun(name, start, last, runs)


@dataclass
class _Site:
    """A site on its way."""

    load: ClusterDownload
    noticed: int
    left: int
    open: Windows
    rate: int
    begin: int | None = None
    end: int | None = None


def _transfers(loads: Sequence[ClusterDownload], start: int, settings: Settings) -> tuple[Run, ...]:
    online = [load for load in loads if not load.disconnected]
    spread = max(1, len(online))
    clusters = {
        load.name: _Site(
            load,
            start + -(-settings.poll * (i + 1) // spread),
            load.size * 8,
            windows(load.window, settings.start) if settings.use_windows else ALWAYS,
            load.rate or 0,
        )
        for i, load in enumerate(online)
    }
    for site in clusters.values():
        if site.left == 0 or not site.rate:
            # Nothing to pull, or nobody says how fast: it is done when it has noticed.
            site.begin = site.end = site.noticed
    _run([site for site in clusters.values() if site.end is None], start, settings)
    return tuple(_run_of(load, clusters.get(load.name), settings) for load in loads)


def _run_of(load: ClusterDownload, site: _Site | None, settings: Settings) -> Run:
    if site is None:
        return Run(load, why=BY_HAND)
    if load.name in settings.failed:
        return Run(load, site.noticed, site.begin, None, FAILED)
    why = TOO_LONG if site.end is None else "bandwidth not declared" if load.size and not site.rate else ""
    return Run(load, site.noticed, site.begin, site.end, why)


def _run(waiting: list[_Site], start: int, settings: Settings) -> None:
    """From one event to the next: a site notices, is done, or a window opens or closes."""
    now, last = start, start + HORIZON * DAY
    while waiting and now < last:
        lines = {site.load.window: site.open for site in waiting}
        is_open = {name: line.is_open(now) for name, line in lines.items()}
        ready = [site for site in waiting if site.noticed <= now and is_open[site.load.window]]
        # Who is under way goes on; of the others who noticed first.
        ready.sort(key=lambda site: (site.begin is None, site.begin or 0, site.noticed, site.load.name))
        active = ready[: settings.concurrency] if settings.concurrency else ready
        rates = shares([site.rate for site in active], settings.uplink)
        ends = [now + -(-site.left // rate) for site, rate in zip(active, rates, strict=True) if rate]
        notices = [site.noticed for site in waiting if site.noticed > now]
        moves = [at for line in lines.values() if (at := line.changes_after(now)) is not None]
        upcoming = [*ends, *notices, *moves]
        if not upcoming:
            return
        after = min(*upcoming, last)
        for site, rate in zip(active, rates, strict=True):
            site.begin = now if site.begin is None else site.begin
            site.left -= rate * (after - now)
            if site.left <= 0:
                site.end = after
        waiting = [site for site in waiting if site.end is None]
        now = after


def shares(wanted: Sequence[int], whole: int | None) -> list[int]:
    """What each gets of a line that all share: what it can take, or an even share of what is left.

    >>> shares([10, 100, 100], 90), shares([10, 20], 90), shares([10, 20], None)
    ([10, 40, 40], [10, 20], [10, 20])
    """
    if whole is None or sum(wanted) <= whole:
        return list(wanted)
    given = [0] * len(wanted)
    left = whole
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    for done, i in enumerate(order):
        given[i] = min(wanted[i], max(1, left // (len(order) - done)))
        left = max(0, left - given[i])
    return given


def share_done(found: Timeline, at: int) -> float:
    """Share of all sites that are done at a time."""
    runs = found.runs
    done = sum(run.end is not None and run.end <= at for run in runs)
    return done / len(runs) if runs else 1.0
