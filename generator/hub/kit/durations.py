"""Durations as specs write them (1h30m), in seconds, and as Go writes them."""

from __future__ import annotations

import re

SECONDS = {"h": 3600, "m": 60, "s": 1}


def seconds(duration: str) -> int:
    """Length of a duration such as 1h30m in seconds."""
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"([0-9]+)([hms])", duration))


def go_duration(number: int) -> str:
    """Seconds as Go's time.Duration writes them: 15m0s, 1h0m0s, 45s."""
    hours, rest = divmod(number, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{left}s"
    return f"{minutes}m{left}s" if minutes else f"{left}s"
