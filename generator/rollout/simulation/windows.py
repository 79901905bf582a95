"""When a maintenance window is open, as seconds since 1970: `Sun 02:00-06:00 Europe/Berlin` over some weeks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HORIZON = 120
"""Days that are looked ahead: what takes longer is not told as a time."""


@dataclass(frozen=True)
class Windows:
    """Begins and ends of all windows in the time that is looked at, in order; none for a link that is always free."""

    begins: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    always: bool = True

    def is_open(self, at: int) -> bool:
        """Whether the link may be used now."""
        i = bisect_right(self.begins, at) - 1
        return self.always or (i >= 0 and at < self.ends[i])

    def changes_after(self, at: int) -> int | None:
        """When it opens or closes next; None when it never does."""
        if self.always:
            return None
        i = bisect_right(self.begins, at) - 1
        if i >= 0 and at < self.ends[i]:
            return self.ends[i]
        return self.begins[i + 1] if i + 1 < len(self.begins) else None


ALWAYS = Windows()


@lru_cache(maxsize=256)
def windows(text: str | None, start: int) -> Windows:
    """The windows of connectivity.maintenanceWindow from `start` on; those that touch each other are one."""
    if text is None:
        return ALWAYS
    begins: list[int] = []
    ends: list[int] = []
    for begin, end in _each(text, start):
        if ends and begin <= ends[-1]:
            ends[-1] = max(end, ends[-1])
        else:
            begins.append(begin)
            ends.append(end)
    return Windows(tuple(begins), tuple(ends), always=False)


def _each(text: str, start: int) -> Iterator[tuple[int, int]]:
    days, hours, zone = text.split(" ")
    wanted = set(DAYS) if "daily" in days.split(",") else set(days.split(","))
    first, last = (_minutes(clock) for clock in hours.split("-"))
    length = timedelta(minutes=(last - first) % (24 * 60) or 24 * 60)
    place = zone_of(zone) or UTC
    here = datetime.fromtimestamp(start, place)
    for offset in range(-1, HORIZON):
        day = (here + timedelta(days=offset)).date()
        if DAYS[day.weekday()] in wanted:
            begin = datetime(day.year, day.month, day.day, first // 60, first % 60, tzinfo=place)
            yield int(begin.timestamp()), int((begin + length).timestamp())


def _minutes(clock: str) -> int:
    return 60 * int(clock[:2]) + int(clock[3:])


def zone_of(name: str) -> tzinfo | None:
    """The time zone; None where this machine does not know it, or nobody does."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


__all__ = ["ALWAYS", "HORIZON", "Windows", "windows", "zone_of"]
