"""Faults of delivery, one probe each: what Argo CD does with our Application, said as plain data."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from generator.hub.delivery.applicationsets import RETRY_REFRESH, sync_policy
from generator.hub.delivery.windows import OVERRUN
from generator.objects.manifest import Manifest
from generator.specs.fleet import Delivery

from .delivery_ground import (
    COMPARE_OPTION,
    LONGEST_SECONDS,
    SYNC_OPTION,
    Ground,
    compared_with,
    job,
    namespace,
    note,
    operation,
    said,
    sync_status,
    synced_to,
    wave,
)
from .delivery_ray import OUT_OF_SYNC_ONLY, RESPECTED, worker_groups
from .delivery_windows import away, held, overrun
from .played import FAILS, HANGS

ENDS = "played/ends"
WATCHED_SECONDS = 75
BACKOFF = {"duration": "4s", "factor": 2, "maxDuration": "10s"}
"""Instead of ours, which lasts three hours: what is asked is what happens between and after tries, not when."""

SYNC_TIMEOUT = 90
"""Seconds, instead of our hours, for the probes that ask for one."""


class Probe(NamedTuple):
    """`run` gives what was seen with a syncPolicy that has `change`; `timed`: under a sync time-out of SYNC_TIMEOUT.

    `since`: the first release of Argo CD that has what it asks for.
    """

    run: Callable[[Ground, str, Mapping[str, Any]], dict[str, Any]]
    change: Mapping[str, Any]
    timed: bool = False
    since: tuple[int, int] = (0, 0)


def ours(release: str) -> dict[str, Any]:
    """The syncPolicy that our Applications have on a release."""
    return sync_policy(["ServerSideApply=true"], Delivery.model_validate({"argoCD": release}))


def quick(*, refresh: bool) -> dict[str, Any]:
    """Ours with shorter waits, as it is, or as older releases have it."""
    retry = {**ours(".".join(map(str, RETRY_REFRESH)))["retry"], "limit": 3, "backoff": BACKOFF}
    return {"retry": retry if refresh else {key: retry[key] for key in ("limit", "backoff")}}


# --- a fix after a failed sync


def rollback(ground: Ground, name: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """A commit whose Job fails, then a commit that takes it back: does the second reach the cluster?"""
    space = namespace(name)
    good = ground.repo.overlay(name, [space, job(name, "load-1", ENDS), note(name, "good")], "good")
    ground.application(name, change)
    ground.first(name, good)
    ground.repo.overlay(name, [space, job(name, "load-2", FAILS), note(name, "bad")], "bad")
    ground.refresh(name)
    tried = ground.until(name, lambda app: int(operation(app).get("retryCount", 0)) >= 1)
    back = ground.repo.overlay(name, [space, job(name, "load-1", ENDS), note(name, "back")], "back")
    ground.refresh(name)
    last = ground.until(name, lambda app: synced_to(app, back), WATCHED_SECONDS)
    ground.forget(name)
    return {
        "badCommitWasTriedAgain": operation(tried).get("retryCount", 0) >= 1,
        "rollbackReachedTheCluster": synced_to(last, back) and said(ground.client, name) == "back",
        "comparedWithTheRollback": compared_with(last, back),
        "noteOnTheCluster": said(ground.client, name),
        # A retry that takes another commit goes on counting; a sync after the last retry begins anew.
        "takenBy": "a retry" if operation(last).get("retryCount") else "a sync of its own",
    }


# --- a fix for a sync that waits


def mended(ground: Ground, name: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """A Job of an early wave that never ends, then a commit without it: is it taken, and only when the time is over?"""
    space = namespace(name)
    bad = ground.repo.overlay(name, [space, job(name, "load-1", HANGS), note(name, "bad")], "bad")
    ground.application(name, change)
    ground.until(name, lambda app: operation(app).get("phase") == "Running")
    begun = time.monotonic()
    good = ground.repo.overlay(name, [space, job(name, "load-2", ENDS), note(name, "good")], "good")
    ground.refresh(name)
    ground.until(name, lambda app: compared_with(app, good), 20)
    time.sleep(5)
    during = ground.app(name)
    last = ground.until(name, lambda app: synced_to(app, good), LONGEST_SECONDS + SYNC_TIMEOUT)
    taken = time.monotonic() - begun
    found = {
        "whileItWaits": {
            "operationIsOf": "the commit that waits" if _of(during) == bad else "the fix",
            "phase": operation(during).get("phase"),
            "comparedWithTheFix": compared_with(during, good),
        },
        "fixReachedTheCluster": synced_to(last, good),
        "noteOnTheCluster": said(ground.client, name),
        "takenAfterTheTimeoutOnly": synced_to(last, good) and taken > SYNC_TIMEOUT / 2,
    }
    ground.forget(name)
    return found


def ended(ground: Ground, name: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """The same Job, and no other commit: what becomes of the sync that was ended?"""
    space = namespace(name)
    bad = ground.repo.overlay(name, [space, job(name, "load-1", HANGS), note(name, "late")], "bad")
    ground.application(name, change)
    over = ground.until(name, _terminated, SYNC_TIMEOUT + 40)
    time.sleep(2 * SYNC_TIMEOUT / 3)
    last = ground.app(name)
    message = str(operation(over).get("message", "")).replace(bad, "<commit>")
    found = {
        "phase": operation(over).get("phase"),
        # Whether a try went before it depends on how fast the namespace came, and when the next is to come on the clock.
        "message": message.partition(" (retried")[0].partition(" Retrying")[0],
        # Until the next try, its operation is said to be Running.
        "triedAgain": operation(over).get("phase") == "Running"
        or operation(last).get("startedAt") != operation(over).get("startedAt"),
        "noteOnTheCluster": said(ground.client, name),
    }
    ground.forget(name)
    return found


def _terminated(app: Manifest) -> bool:
    state = operation(app)
    said = str(state.get("message", "")).startswith("Operation terminated")
    return said or state.get("phase") in {"Failed", "Error"}


def _of(app: Mapping[str, Any]) -> str:
    state = operation(dict(app))
    return str(
        state.get("syncResult", {}).get("revision")
        or state.get("operation", {}).get("sync", {}).get("revision")
    )


# --- what waits for what


def load(ground: Ground, name: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """A load that goes on for hours beside a server of another model, in the waves that ours have."""
    space = namespace(name)
    objects = [
        space,
        note(name, "there", 0, "script"),
        job(name, "load", HANGS),
        note(name, "there", 1, "server"),
    ]
    ground.repo.overlay(name, objects, "a load")
    ground.application(name, change)
    ground.until(name, lambda _: said(ground.client, name, "script") is not None)
    time.sleep(20)
    app = ground.app(name)
    found = {
        "besideTheLoad": said(ground.client, name, "script"),
        "serverOfAnotherModel": said(ground.client, name, "server"),
        "phase": operation(app).get("phase"),
    }
    ground.forget(name)
    return found


def goes_on(ground: Ground, name: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """A sync is ended while its load goes on, then a commit elsewhere: does the server wait for the load as before?"""
    space, going = namespace(name), job(name, "load", HANGS)
    ground.repo.overlay(name, [space, going, note(name, "there", 1, "server")], "a load")
    ground.application(name, change)
    ground.until(name, lambda app: operation(app).get("phase") in {"Failed", "Error"}, SYNC_TIMEOUT + 40)
    objects = [space, going, note(name, "more", 0, "script"), note(name, "there", 1, "server")]
    second = ground.repo.overlay(name, objects, "a commit elsewhere")
    ground.refresh(name)
    ground.until(name, lambda _: said(ground.client, name, "script") is not None)
    app = ground.until(name, lambda app: synced_to(app, second), SYNC_TIMEOUT / 3)
    found = {
        "commitElsewhere": said(ground.client, name, "script"),
        "serverWhileTheLoadGoesOn": said(ground.client, name, "server"),
        "phase": operation(app).get("phase"),
    }
    ground.forget(name)
    return found


# --- what stays when it leaves Git


def kept(ground: Ground, name: str, change: Mapping[str, Any], *, extraneous: bool) -> dict[str, Any]:
    """A claim that must not be pruned leaves Git: what does Argo CD say of the site then, and how often does it sync?"""
    space = namespace(name)
    notes = {
        SYNC_OPTION: "Prune=false,Delete=false",
        **({COMPARE_OPTION: "IgnoreExtraneous"} if extraneous else {}),
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "models", "namespace": name, "annotations": {**notes, **wave(0)}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    first = ground.repo.overlay(name, [space, claim, note(name, "1")], "with the claim")
    ground.application(name, change)
    ground.first(name, first)
    second = ground.repo.overlay(name, [space, note(name, "2")], "without the claim")
    ground.refresh(name)
    app = ground.until(name, lambda app: synced_to(app, second), WATCHED_SECONDS)
    ends = {operation(app).get("finishedAt")}
    end = time.monotonic() + WATCHED_SECONDS
    while time.monotonic() < end:
        app = ground.app(name)
        ends.add(operation(app).get("finishedAt"))
        time.sleep(1)
    found = {
        "commitReachedTheCluster": said(ground.client, name) == "2",
        "claimIsThere": ground.client.get(claim) is not None,
        "sync": sync_status(app),
        "syncsAgainAndAgain": len(ends - {None}) > 1,
    }
    ground.forget(name)
    return found


PROBES: Mapping[str, Probe] = {
    "retry-without-refresh": Probe(rollback, quick(refresh=False)),
    "retry-with-refresh": Probe(rollback, quick(refresh=True), since=RETRY_REFRESH),
    "kept-claim": Probe(lambda *on: kept(*on, extraneous=False), {}),
    "kept-claim-ignored-as-extraneous": Probe(lambda *on: kept(*on, extraneous=True), {}),
    "load-beside-another-server": Probe(load, {}),
    "node-selector-of-kueue": Probe(lambda *on: worker_groups(*on, scaled=False), {}),
    "node-selector-in-an-application-of-its-own": Probe(
        lambda *on: worker_groups(*on, scaled=False, alone=True), {}
    ),
    "replicas-in-an-application-of-its-own": Probe(
        lambda *on: worker_groups(*on, scaled=True, alone=True), {}
    ),
    "node-selector-respected": Probe(lambda *on: worker_groups(*on, scaled=False), RESPECTED),
    "node-selector-out-of-sync-only": Probe(lambda *on: worker_groups(*on, scaled=False), OUT_OF_SYNC_ONLY),
    "replicas-of-the-autoscaler": Probe(lambda *on: worker_groups(*on, scaled=True), {}),
    "replicas-out-of-sync-only": Probe(lambda *on: worker_groups(*on, scaled=True), OUT_OF_SYNC_ONLY),
    "replicas-respected": Probe(lambda *on: worker_groups(*on, scaled=True), RESPECTED),
    "window-closed-and-open": Probe(held, {}),
    "window-closes-under-a-sync": Probe(lambda *on: overrun(*on, goes_on=True), {}, since=OVERRUN),
    "window-closes-under-a-sync-without-overrun": Probe(lambda *on: overrun(*on, goes_on=False), {}),
    "line-away": Probe(away, {}),
    "sync-timeout-and-a-fix": Probe(mended, {}, timed=True),
    "sync-timeout-and-a-fix-after-few-tries": Probe(mended, quick(refresh=False), timed=True),
    "sync-timeout-alone": Probe(ended, {}, timed=True),
    "load-goes-on-after-a-timeout": Probe(goes_on, quick(refresh=False), timed=True),
    "load-goes-on-out-of-sync-only": Probe(goes_on, {**OUT_OF_SYNC_ONLY, **quick(refresh=False)}, timed=True),
}
