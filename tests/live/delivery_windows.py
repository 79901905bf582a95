"""Sync windows of our project, and a site whose line to Git is away: what Argo CD does with a commit meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from generator.hub.delivery import windows
from generator.specs.fleet import Delivery
from tests.githttp import GitHandler, serving

from .delivery_ground import (
    Ground,
    argo,
    compared_with,
    job,
    namespace,
    note,
    operation,
    said,
    sync_status,
    synced_to,
)
from .played import HANGS

HELD_SECONDS = 40
"""How long a commit that is held is watched: more than two of Argo CD's looks at Git."""
TAKEN_SECONDS = 120


def held(ground: Ground, name: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """A commit while the window is closed, a sync by hand, a commit more, and then the window opens."""
    space = namespace(name)
    first = ground.repo.overlay(name, [space, note(name, "1")], "first")
    _window(ground, name, in_hours(6), in_hours(7))
    ground.application(name, change, project=name)
    closed = _watched(ground, name, first)
    ground.client.merge(argo("Application", name, {}), {"operation": {"sync": {"revision": first}}})
    by_hand = ground.until(name, lambda app: synced_to(app, first), TAKEN_SECONDS)
    second = ground.repo.overlay(name, [space, note(name, "2")], "second")
    ground.refresh(name)
    still = _watched(ground, name, second)
    _window(ground, name, in_hours(-1), in_hours(1))
    ground.refresh(name)
    opened = ground.until(name, lambda app: synced_to(app, second), TAKEN_SECONDS)
    found = {
        "closed": closed,
        "byHand": {"taken": synced_to(by_hand, first)},
        "closedAfterThat": still,
        "opened": {"taken": synced_to(opened, second), "noteOnTheCluster": said(ground.client, name)},
    }
    ground.forget(name)
    return found


def overrun(ground: Ground, name: str, change: Mapping[str, Any], *, goes_on: bool) -> dict[str, Any]:
    """A sync whose first wave lasts longer than its window: does the next wave come?

    `goes_on`: with `syncOverrun`, which we emit for an Argo CD that knows it.
    """
    space = namespace(name)
    ground.repo.overlay(name, [space, job(name, "load", HANGS), note(name, "next", 1)], "a load")
    closes = (in_hours(0) + timedelta(minutes=2)).replace(second=0, microsecond=0)
    _window(ground, name, closes - timedelta(hours=1), closes, goes_on=goes_on)
    ground.application(name, change, project=name)
    begun = ground.until(name, lambda app: operation(app).get("phase") == "Running")
    time.sleep(max((closes - in_hours(0)).total_seconds(), 0) + 10)
    for pod in ground.client.list("v1", "Pod", name):
        ground.client.merge(pod, {"status": {"phase": "Succeeded"}}, "status")
    last = ground.until(name, lambda app: operation(app).get("phase") == "Succeeded", HELD_SECONDS)
    after = said(ground.client, name)
    if not goes_on:
        _window(ground, name, in_hours(-1), in_hours(1), goes_on=goes_on)
    again = ground.until(name, lambda app: operation(app).get("phase") == "Succeeded", TAKEN_SECONDS)
    found = {
        "begunInTheWindow": operation(begun).get("phase"),
        "afterItClosed": {"phase": operation(last).get("phase"), "nextWave": after},
        **({} if goes_on else {"inTheNextWindow": {"phase": operation(again).get("phase")}}),
    }
    ground.forget(name)
    return found


def away(ground: Ground, name: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """The line to Git is gone while a commit comes; then somebody edits an object by hand and deletes another; then it is back.

    Until the site is Unknown it goes on with what it has read, which lasts for seconds here and is a race with the hand.
    """
    space, kept = namespace(name), note(name, "kept", 0, "kept")
    with _line(ground) as (line, cut):
        line.project(name=name, change={"sourceRepos": [line.repo.url]})
        first = line.repo.overlay(name, [space, kept, note(name, "1")], "first")
        line.application(name, change, project=name)
        line.first(name, first)
        cut.set()
        second = line.repo.overlay(name, [space, kept, note(name, "2")], "second")
        gone = line.until(name, lambda app: sync_status(app) == "Unknown", TAKEN_SECONDS)
        line.client.merge(note(name, ""), {"data": {"said": "edited"}})
        line.client.delete(kept)
        time.sleep(HELD_SECONDS)
        during = {
            "sync": sync_status(gone),
            "conditions": sorted({item["type"] for item in gone["status"].get("conditions") or ()}),
            "noteOnTheCluster": said(line.client, name),
            "deletedIsBack": said(line.client, name, "kept") is not None,
        }
        cut.clear()
        back = line.until(name, lambda app: synced_to(app, second), TAKEN_SECONDS)
        found = {
            "whileItIsAway": during,
            "whenItIsBack": {
                "takenByItself": synced_to(back, second),
                "noteOnTheCluster": said(line.client, name),
                "deletedIsBack": said(line.client, name, "kept") is not None,
            },
        }
        line.forget(name)
    return found


def in_hours(hours: int) -> datetime:
    """A moment of UTC, which sync windows are said in here."""
    return datetime.now(UTC) + timedelta(hours=hours)


def _window(
    ground: Ground, name: str, opens: datetime, closes: datetime, *, goes_on: bool | None = None
) -> None:
    """A project of the Application's own, with the entry that we emit for a site's window.

    `goes_on`: with syncOverrun or without; by itself as the release has it.
    """
    text = f"daily {opens:%H:%M}-{closes:%H:%M} UTC"
    ours = windows.held(
        {name: text}, Delivery.model_validate({"argoCD": ground.release, "holdWindows": True})
    )
    chosen = ours if goes_on is None else windows.Held({name: text}, goes_on)
    ground.project({"syncWindows": windows.sync_windows(chosen)}, name)


def _watched(ground: Ground, name: str, revision: str) -> dict[str, Any]:
    """What becomes of a commit in a while."""
    ground.until(name, lambda app: compared_with(app, revision))
    app = ground.until(name, lambda app: synced_to(app, revision), HELD_SECONDS)
    return {
        "comparedWithTheCommit": compared_with(app, revision),
        "sync": sync_status(app),
        "taken": synced_to(app, revision),
        "noteOnTheCluster": said(ground.client, name),
    }


@contextmanager
def _line(ground: Ground) -> Iterator[tuple[Ground, threading.Event]]:
    """The same repository at an address of its own, and what cuts the line to it."""
    cut = threading.Event()

    class Line(GitHandler):
        def _serve(self) -> None:
            if cut.is_set():
                self.connection.close()
                self.close_connection = True
            else:
                super()._serve()

    served: dict[str, Any] = {"repositories": ground.repo.bare.parent, "secret": None, "troubles": []}
    with serving(type("Served", (Line,), served)) as url:
        yield ground._replace(repo=ground.repo._replace(url=f"{url}/{ground.repo.bare.name}")), cut
