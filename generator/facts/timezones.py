"""Names of the time zones there are (data, not code): those that this machine has say nothing of others'."""

from __future__ import annotations

from functools import cache

from .files import shipped_data


@cache
def time_zones() -> frozenset[str]:
    """The zones of the IANA database."""
    return frozenset(shipped_data("data/timezones.yaml")["zones"])
