"""A fleet in the middle of its life: rings at several commits, a pin, a waiver, a cluster that is asked for too much, a plan."""

from __future__ import annotations

import os
from pathlib import Path as File
from typing import Any

from generator.cli import main
from tests.edits import append, swap
from tests.rings import EVERY, merge, ringed

DAY = "2026-11-20T08:00:00+00:00"
"""When every commit was made, so that commits have the same ids in every run."""
NEXT = "oci://quay.io/acme/models/weld-inspector@sha256:" + "a" * 64
WAIVER = """  waivers:
    - {code: ADMIT001, reason: The second GPU comes in spring, until: 2027-03-31, path: "serving[assistant]"}
"""
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u2028\"'&amp; \u202eevil"
"""What somebody writes who wants to run a script in a reader's browser."""


def told(folder: File) -> File:
    """The fleet; what the last commit has not is on disk."""
    os.environ.update(GIT_COMMITTER_DATE=DAY, GIT_AUTHOR_DATE=DAY)
    root = ringed(folder, clusters=EVERY)
    _run(root, "set", "--model", "shelf-detector", "size", "320Mi")
    merge(root, "Say how large the shelf detector really is")
    _run(root, "rollout", "advance", "canary")
    _run(root, "rollout", "advance", "pilot")
    _run(root, "promote", "weld-inspector", "--version", "13", "--source", NEXT, "--ring", "canary")
    merge(root, "Try weld-inspector 13 on the canary ring")
    _run(root, "rollout", "advance", "canary")
    _run(root, "rollout", "rollback", "canary")
    for edit in (
        swap("near-edge/store-006.yaml", "memory: 4Gi", "memory: 6Gi"),
        swap("near-edge/store-002.yaml", 'cpu: "6", memory: 24Gi', 'cpu: "12", memory: 24Gi'),
        append("near-edge/store-002.yaml", WAIVER),
        swap("near-edge/store-003.yaml", "labels: {region: emea,", "labels: {region: apac,"),
        append("models/demand-forecast.yaml", "  # looked at in November\n"),
    ):
        edit(root)
    (root / "clusters/near-edge/store-008.yaml").unlink()
    return root


def report(root: File, page: File, *more: str) -> File:
    """A page of the fleet."""
    code = main(["report", "--root", str(root), "--today", "2026-11-29", "--output", str(page), *more])
    assert code in {0, 1}
    return page


def spoilt(value: Any) -> Any:
    """The same with HOSTILE before every text; keys are ours, and days and counts are no texts of specs."""
    if isinstance(value, str):
        return HOSTILE + value
    if isinstance(value, dict):
        return {key: item if key == "today" else spoilt(item) for key, item in value.items()}
    return [spoilt(item) for item in value] if isinstance(value, list | tuple) else value


def _run(root: File, *arguments: str) -> None:
    assert main([*arguments, "--root", str(root)]) == 0, arguments
