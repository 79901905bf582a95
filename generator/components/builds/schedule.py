"""What a schedule of a CronJob says, read as Kubernetes reads it.

    >>> fault("70 2 * * 0"), fault("0 2 * * 7"), fault("0 2 30 feb *"), fault("*/15 8-18 * * mon-fri")
    ('minute 70 is not from 0 to 59', 'day of the week 7 is not from 0 to 6', 'no month that it names has such a day', '')

kubernetes pkg/apis/batch/validation validateScheduleFormat asks robfig/cron v3: bounds of spec.go, ranges of parser.go. What
has no time within five years never starts (spec.go Next).
"""

from __future__ import annotations

import calendar
from typing import NamedTuple

_MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: i for i, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_LONGEST = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of each month, by its number."""


class Bounds(NamedTuple):
    """A field: what it is called, its least and its greatest value, and names that stand for values."""

    name: str
    least: int
    most: int
    names: dict[str, int]


FIELDS = (
    Bounds("minute", 0, 59, {}),
    Bounds("hour", 0, 23, {}),
    Bounds("day of the month", 1, 31, {}),
    Bounds("month", 1, 12, _MONTHS),
    Bounds("day of the week", 0, 6, _DAYS),
)


class NoSchedule(Exception):
    """A field that cannot be read; why is what it says."""


def fault(schedule: str) -> str:
    """Why it is refused, or never starts anything; empty where neither is so."""
    fields = schedule.split()
    try:
        found = [_values(text, bounds) for text, bounds in zip(fields, FIELDS, strict=True)]
    except NoSchedule as problem:
        return str(problem)
    days, months = found[2], found[3]
    any_week_day = fields[4].startswith("*")
    if any_week_day and not any(day <= _LONGEST[month] for month in months for day in days):
        return "no month that it names has such a day"
    return ""


def _values(text: str, bounds: Bounds) -> set[int]:
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        found |= _range(part, bounds)
    return found


def _range(text: str, bounds: Bounds) -> set[int]:
    reach, stepped, step = text.partition("/")
    low, ranged, high = reach.partition("-")
    if low == "*":
        first, last = bounds.least, bounds.most
    else:
        first = _number(low, text, bounds)
        last = _number(high, text, bounds) if ranged else bounds.most if stepped else first
    if first > last:
        raise NoSchedule(f"{bounds.name} {reach} ends before it begins")
    if stepped and not (step.isdigit() and int(step)):
        raise NoSchedule(f"{bounds.name} {text} has no step")
    return set(range(first, last + 1, int(step) if stepped else 1))


def _number(word: str, text: str, bounds: Bounds) -> int:
    number = bounds.names.get(word.lower())
    if number is None and word.isdigit():
        number = int(word)
    if number is None:
        raise NoSchedule(f"{bounds.name} {text} cannot be read")
    if not bounds.least <= number <= bounds.most:
        raise NoSchedule(f"{bounds.name} {word} is not from {bounds.least} to {bounds.most}")
    return number


__all__ = ["fault"]
