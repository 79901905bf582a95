"""connectivity.maintenanceWindow as sync windows of an AppProject, with delivery.holdWindows.

One entry for each window that clusters say, with the names of their Applications. An Application that an allow entry names
syncs by itself only while one of them is open, and a person may sync at any time (argo-cd v3.5.1
pkg/apis/application/v1alpha1/types.go SyncWindows.Matches, CanSync). A sync that has begun goes on where `syncOverrun` is
known, from Argo CD 3.5 on (#25510); before, it waits where it is until the next window (controller/sync.go
syncWindowPreventsSync), so nothing may end it until then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ...facts.argocd import argocd_of
from ...objects.manifest import Manifest
from ...specs.fleet import Delivery

DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
"""In the order in which cron counts them."""


OVERRUN = (3, 5)
"""Argo CD whose sync windows have syncOverrun."""
WEEK = 7 * 24 * 3600
"""Seconds: no window stays closed for longer."""


class Held(NamedTuple):
    """What waits for windows: names of Applications with the window of their cluster; `overrun`: not once it has begun."""

    applications: Mapping[str, str]
    overrun: bool


def held(names: Mapping[str, str], delivery: Delivery) -> Held:
    """These Applications with their windows, where the fleet holds to them."""
    return Held(names if delivery.holdWindows else {}, at_least(delivery, OVERRUN))


def closed(delivery: Delivery, windows: Iterable[str | None]) -> int:
    """Seconds that a sync may have to wait for its window in the middle."""
    waits = delivery.holdWindows and not at_least(delivery, OVERRUN)
    return WEEK if waits and any(windows) else 0


def at_least(delivery: Delivery, version: tuple[int, int]) -> bool:
    """Whether no Argo CD of the fleet is older."""
    return argocd_version(delivery) >= version


OLDEST = "3.1"
"""The Argo CD of a fleet that says nothing of it: it knows no field that an older one does not."""


def argocd_version(delivery: Delivery) -> tuple[int, int]:
    """The oldest Argo CD of the fleet, as numbers: as it says, else as its channel brings."""
    return numbers(delivery.argoCD or argocd_of(delivery.gitOpsChannel or "") or OLDEST)


def numbers(release: str) -> tuple[int, int]:
    """Major and minor as numbers, so that 3.10 is newer than 3.9."""
    major, _, minor = release.partition(".")
    return int(major), int(minor)


def sync_windows(said: Held) -> list[Manifest]:
    """Entries of spec.syncWindows."""
    texts = sorted({*said.applications.values()})
    more = {"syncOverrun": True} if said.overrun else {}
    return [
        {**_entry(text, (name for name, own in said.applications.items() if own == text)), **more}
        for text in texts
    ]


def _entry(text: str, names: Iterable[str]) -> Manifest:
    days, hours, zone = text.split(" ")
    first, last = (60 * int(clock[:2]) + int(clock[3:]) for clock in hours.split("-"))
    length = (last - first) % (24 * 60) or 24 * 60
    on = "*" if "daily" in days.split(",") else ",".join(_numbers(days.split(",")))
    return {
        "kind": "allow",
        "schedule": f"{first % 60} {first // 60} * * {on}",
        "duration": f"{length // 60}h{length % 60}m" if length % 60 else f"{length // 60}h",
        "timeZone": zone,
        "applications": sorted(names),
        "manualSync": True,
    }


def _numbers(days: Iterable[str]) -> list[str]:
    return [str(number) for number, day in enumerate(DAYS) if day in set(days)]
