"""Whole overlays: synced wave by wave, Healthy, at rest for two minutes; and what the life of a site does to one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache, partial

import yaml

from generator.flow.clusters import judge_cluster
from generator.objects.manifest import Manifest, ResourceId, identify
from generator.programs.record import find
from tests.conftest import CASES, ROOT, build, read_case

from . import inputs
from .binaries import say
from .client import Client
from .delivery_ground import SYNC_OPTION, Ground, argo, operation, rests, synced_to, told, waiting

SYNC_SECONDS = 240
REST_SECONDS = 120
FOLDERS = ("clusters", "base", "overlays", "acm")


EXAMPLE = ("store-001", "plant-101", "store-005", "hub")
"""Of the example fleet: a volume with its load, Ray in a queue, plain servers, and the hub's own."""
WHOLE_CASES = {
    path.replace("/", "-"): path for path in ("training/train-jobs", "workbenches/full", "serving/checked")
}
"""Clusters with what the example fleet has not."""
SITES = (*EXAMPLE, *WHOLE_CASES)
ROUNDS = (
    ("store-001", "training-train-jobs", "serving-checked"),
    ("workbenches-full",),
    ("plant-101",),
    ("hub",),
    ("store-005",),
)
"""Sites of a round have no object in common, so they may be on one cluster. In the second one is also delivery_apart.py's."""


@cache
def compiled(name: str) -> inputs.Site:
    """A site with its objects."""
    if name in EXAMPLE:
        return next(found for found in inputs.sites(ROOT) if found.name == f"example/{name}")
    cluster, resolved, found = build(read_case(CASES / WHOLE_CASES[name] / "spec.yaml"))
    if cluster is None:
        raise AssertionError(found)
    judged, emitted = judge_cluster(cluster, resolved, found)
    if emitted is None:
        raise AssertionError(judged.findings)
    return inputs.Site(name, cluster.profile.schemas, inputs.in_order(emitted.manifests), cluster)


def laid(ground: Ground, name: str) -> None:
    """Commit a site: an overlay of the example fleet as it lies in the repository, else its objects."""
    if name in EXAMPLE:
        ground.repo.copy(ROOT, FOLDERS, "The example fleet")
    else:
        ground.repo.overlay(name, compiled(name).objects, name)


def of_release(ground: Ground) -> None:
    """Render the example fleet for the Argo CD of the ground."""
    nearedge(ground, ("set", "--fleet", "delivery.argoCD", ground.release))


def led_here(ground: Ground) -> None:
    """Let what was rendered name the repository and the branch of the ground, where it names the example fleet's."""
    for path in (*ground.repo.work.glob("overlays/**/*.yaml"), *ground.repo.work.glob("base/**/*.yaml")):
        before = path.read_text("utf-8")
        text = before.replace("https://github.com/acme/edge-fleet.git", ground.repo.url)
        for ring in ("canary", "pilot", "main"):
            text = text.replace(f"refs/heads/ring/{ring}", ground.repo.branch)
        if text != before:
            path.write_text(text, encoding="utf-8")


def site(ground: Ground, name: str) -> Iterator[str]:
    """What is wrong with one site: it does not get Synced and Healthy, or does not stay so."""
    laid(ground, name)
    ground.application(name)
    yield from settled(ground, name, "first sync", SYNC_SECONDS) or at_rest(ground, name)
    gone(ground, name)


def settled(ground: Ground, name: str, step: str, seconds: float, revision: str | None = None) -> list[str]:
    """Nothing where the site has taken what is in Git and rests, else what it says."""
    started = time.monotonic()
    app = ground.until(
        name, lambda app: rests(app) and (revision is None or synced_to(app, revision)), seconds
    )
    say(f"delivery: {name}: {step}: {told(app)}, {time.monotonic() - started:.0f} s")
    fine = rests(app) and (revision is None or synced_to(app, revision))
    return [] if fine else [f"{name}: {step}: {told(app)}: {waiting(app)}"]


def at_rest(ground: Ground, name: str) -> Iterator[str]:
    """What is wrong where it does not stay as it is for two minutes."""
    finished = operation(ground.app(name)).get("finishedAt")
    end = time.monotonic() + REST_SECONDS
    while time.monotonic() < end:
        app = ground.app(name)
        if not rests(app) or operation(app).get("finishedAt") != finished:
            yield f"{name} does not stay at rest: {told(app)}: {waiting(app)}"
            return
        time.sleep(2)
    say(f"delivery: {name}: at rest for {REST_SECONDS} s")


def gone(ground: Ground, name: str) -> None:
    """Take the site away, for the next one: what Argo CD deletes with an Application, then its namespaces."""
    spaces = [
        item["metadata"]["name"] for item in built(ground, name).values() if item["kind"] == "Namespace"
    ]
    there = argo("Application", name, {})
    ground.client.merge(there, {"metadata": {"finalizers": ["resources-finalizer.argocd.argoproj.io"]}})
    ground.client.delete(there)
    end = time.monotonic() + 60
    while ground.client.get(there) is not None and time.monotonic() < end:
        time.sleep(1)
    ground.forget(name)
    for space in spaces:
        _emptied(ground.client, space)
    for space in spaces:
        ground.client.remove({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}, 90)


def _emptied(client: Client, space: str) -> None:
    for kind in ("PersistentVolumeClaim", "Pod"):
        for item in client.list("v1", kind, space):
            client.remove(item)


# --- the life of a site


LIVES = "store-001"


def life(ground: Ground) -> Iterator[str]:
    """At rest; then a value edit, a promotion, a removal and a rollback by a new commit: each arrives, and nothing else goes."""
    name = LIVES
    laid(ground, name)
    ground.application(name)
    yield from settled(ground, name, "first sync", SYNC_SECONDS) or at_rest(ground, name)
    first = built(ground, name)
    server = "serving[assistant]"
    digest = "6f1c0e0f6a0f4b1d9d0b3a4f7c2e8d6b5a493827161504f3e2d1c0b9a8978685"
    source = f"oci://quay.io/acme/models/flan-t5-small@sha256:{digest}"
    for step, words in {
        "value edit": ("set", name, f"{server}.resources.memory", "17Gi"),
        "promotion": ("promote", "flan-t5-small", "--version", "2026-11-01", "--source", source),
        "removal": ("set", name, "--unset", server),
    }.items():
        yield from _changed(ground, name, step, partial(nearedge, ground, words))
    yield from _changed(ground, name, "rollback by a new commit", partial(ground.repo.copy, ROOT, FOLDERS))
    if set(built(ground, name)) != set(first):
        yield f"{name}: the rollback did not bring the first commit back"
    gone(ground, name)


def _changed(ground: Ground, name: str, step: str, change: Callable[[str], object]) -> Iterator[str]:
    before = built(ground, name)
    change(step)
    revision = ground.repo.commit(step)
    after = built(ground, name)
    ground.refresh(name)
    yield from settled(ground, name, step, SYNC_SECONDS, revision)
    meant = {key for key in before if key not in after and not _stays(before[key])}
    lost = {key for key, item in (before | after).items() if ground.client.get(item) is None}
    say(f"delivery: {name}: {step}: {len(lost)} objects gone")
    for key in sorted(lost - meant):
        yield f"{name}: {step}: {key} is gone, which nobody meant"
    for key in sorted(meant - lost):
        yield f"{name}: {step}: {key} is still there"


def _stays(item: Manifest) -> bool:
    return "Prune=false" in item["metadata"].get("annotations", {}).get(SYNC_OPTION, "")


def built(ground: Ground, name: str) -> dict[ResourceId, Manifest]:
    """The objects of an overlay of the work tree."""
    tool = find(ROOT, "kustomize")
    words = [tool.path, "kustomize" if tool.kind == "kubectl" else "build", f"overlays/{name}"]
    run = subprocess.run(words, cwd=ground.repo.work, capture_output=True, text=True, timeout=60, check=True)
    return {identify(item): item for item in yaml.load_all(run.stdout, yaml.CSafeLoader)}


def nearedge(ground: Ground, words: tuple[str, ...], _: str = "") -> None:
    run = subprocess.run(
        [sys.executable, "-m", "generator", words[0], "--root", str(ground.repo.work), *words[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    if run.returncode:
        raise AssertionError(f"nearedge {' '.join(words)}: {run.stdout}{run.stderr}")
