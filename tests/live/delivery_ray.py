"""What Kueue and Ray's autoscaler write into RayClusters that we emit, and what commits of the site leave of it."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping
from typing import Any

from generator.components.ray import RAY
from generator.objects.manifest import Manifest
from tests.conftest import CASES, build, read_case

from .client import Client
from .delivery_ground import Ground, compared_with, namespace, note, operation, sync_status, synced_to

RESPECTED: Mapping[str, Any] = {"syncOptions": ["ServerSideApply=true", "RespectIgnoreDifferences=true"]}
OUT_OF_SYNC_ONLY: Mapping[str, Any] = {"syncOptions": ["ServerSideApply=true", "ApplyOutOfSyncOnly=true"]}

POD_SET, WORKLOAD = "kueue.x-k8s.io/podset", "kueue.x-k8s.io/workload"
"""Label and annotation by which Kueue marks pods: kueue v0.19.2 pkg/controller/constants."""
FLAVOR = {"nvidia.com/gpu.product": "NVIDIA-L4"}
"""Node labels of the flavor that Kueue takes, in the case that is read."""
MORE = "12Gi"
WATCHED_SECONDS = 60
COMPARED_SECONDS = 30
"""Argo CD compares every 15 seconds here (argocd_program.py RESYNC_SECONDS)."""


def worker_groups(
    ground: Ground, name: str, change: Mapping[str, Any], *, scaled: bool, alone: bool = False
) -> dict[str, Any]:
    """Kueue (or the autoscaler) writes, then a commit elsewhere, then one to a worker: what is left of either?

    `alone`: the clusters are in an Application of their own, so what is elsewhere is in another folder.
    """
    rays = [_in(name, item) for item in emitted(scaled=scaled)]
    space = namespace(name)
    beside = [] if alone else [note(name, "1")]
    after = [] if alone else [note(name, "2")]
    first = ground.repo.overlay(name, [space, *rays, *beside], "first")
    ground.application(name, change)
    ground.first(name, first)
    for ray in rays:
        _injected(ground.client, ray, scaled=scaled)
    found = {"written": _seen(ground.client, rays, scaled=scaled)}
    for step, objects in {
        "afterACommitElsewhere": [space, *rays, *after],
        "afterMoreMemory": [space, *(_larger(item) for item in rays), *after],
    }.items():
        ground.repo.overlay(f"{name}-elsewhere", [note(name, step)], f"{step}, elsewhere")
        revision = ground.repo.overlay(name, objects, step)
        ground.refresh(name)
        app, taken = _taken(ground, name, revision)
        seen = _seen(ground.client, rays, scaled=scaled)
        found[step] = {**seen, "sync": sync_status(app), "taken": taken}
    ground.forget(name)
    return found


def _taken(ground: Ground, name: str, revision: str) -> tuple[Manifest, bool]:
    """The Application a while after it has synced the commit, or found nothing to sync in it; and whether it has synced it.

    After a sync it is OutOfSync until Argo CD has compared again; one that heals itself again and again stays so. It may have
    compared before the operation is said to be over.
    """
    app = ground.until(
        name,
        lambda app: synced_to(app, revision) or (compared_with(app, revision) and _in_peace(app)),
        WATCHED_SECONDS,
    )
    time.sleep(3)
    later = ground.until(name, _in_peace, COMPARED_SECONDS) or app
    return later, synced_to(app, revision) or synced_to(later, revision)


def _in_peace(app: Manifest) -> bool:
    """Synced, and nothing under way."""
    return sync_status(app) == "Synced" and operation(app).get("phase") != "Running"


def emitted(*, scaled: bool) -> Iterator[Manifest]:
    """RayClusters as nearedge emits them: two in a queue, of one flavor and of two, or one with the autoscaler."""
    case = read_case(CASES / "ray" / ("autoscaling" if scaled else "chosen-nodes") / "spec.yaml")
    cluster, _, findings = build(case)
    if cluster is None:
        raise AssertionError(findings)
    for unit in RAY.units(cluster):
        yield from (item for item in unit.final if item["kind"] == "RayCluster")


def _in(space: str, ray: Manifest) -> Manifest:
    found: Manifest = copy.deepcopy(ray)
    found["metadata"]["namespace"] = space
    return found


def _larger(ray: Manifest) -> Manifest:
    found: Manifest = copy.deepcopy(ray)
    for worker in found["spec"]["workerGroupSpecs"]:
        resources = worker["template"]["spec"]["containers"][0]["resources"]
        for part in resources.values():
            part["memory"] = MORE
    return found


def _injected(client: Client, ray: Manifest, *, scaled: bool) -> None:
    """Kueue's admission, or the autoscaler's wish: both update the whole object, so the whole list."""
    spec = copy.deepcopy((client.get(ray) or {})["spec"])
    if scaled:
        spec["workerGroupSpecs"][0]["replicas"] = 3
    else:
        for name, group in _groups(spec):
            template = group["template"]
            template.setdefault("metadata", {}).setdefault("labels", {})[POD_SET] = name
            template["metadata"].setdefault("annotations", {})[WORKLOAD] = "played"
            template["spec"]["nodeSelector"] = {**template["spec"].get("nodeSelector", {}), **FLAVOR}
    client.merge(ray, {"spec": spec})


def _groups(spec: Manifest) -> Iterator[tuple[str, Manifest]]:
    yield "head", spec["headGroupSpec"]
    yield from ((item["groupName"], item) for item in spec["workerGroupSpecs"])


def _seen(client: Client, rays: list[Manifest], *, scaled: bool) -> dict[str, Any]:
    return {ray["metadata"]["name"]: _of(client, ray, scaled=scaled) for ray in rays}


def _of(client: Client, ray: Manifest, *, scaled: bool) -> dict[str, Any]:
    spec = (client.get(ray) or {})["spec"]
    found: dict[str, Any] = {}
    for name, group in _groups(spec):
        template = group["template"]
        if name == "head" and scaled:
            continue
        found[name] = {"memory": template["spec"]["containers"][0]["resources"]["limits"]["memory"]}
        if scaled:
            found[name]["replicas"] = group["replicas"]
        else:
            found[name]["nodeSelector"] = template["spec"].get("nodeSelector") or {}
            found[name]["markedByKueue"] = POD_SET in template.get("metadata", {}).get("labels", {})
    return found
