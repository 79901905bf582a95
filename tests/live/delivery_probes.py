"""Faults of delivery, one probe each: what Argo CD does with our Application, said as plain data."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from generator.hub.delivery.applicationsets import IN_PLACE, root_application
from generator.hub.delivery.gitops import NAME, project_of
from generator.objects.manifest import Manifest
from generator.specs.fleet import FleetSpec
from tests.conftest import FLEET

from .argocd_program import NAMESPACE
from .client import Client
from .delivery_repository import BRANCH, Repository
from .played import FAILS

API = "argoproj.io/v1alpha1"
WATCHED_SECONDS = 75
LONGEST_SECONDS = 150
BACKOFF = {"duration": "4s", "factor": 2, "maxDuration": "10s"}
"""Instead of ours, which lasts three hours: what is asked is what happens between and after tries, not when."""


class Ground(NamedTuple):
    """Argo CD and the repository that it pulls."""

    client: Client
    repo: Repository

    def application(self, name: str, change: Mapping[str, Any] | None = None) -> Manifest:
        """Our Application of a cluster, with another syncPolicy where a probe asks for it; and its project."""
        namespaces = [item["metadata"]["name"] for item in self.client.list("v1", "Namespace")]
        project = project_of(self.repo.url, [*namespaces, "*"], "live")
        self.client.apply(_argo("AppProject", NAME, project))
        fleet = FleetSpec.model_validate({**FLEET, "repository": {"url": self.repo.url}})
        spec = root_application(name, BRANCH, fleet, IN_PLACE)
        spec["syncPolicy"] = {**spec["syncPolicy"], **(change or {})}
        return self.client.apply(_argo("Application", name, spec))

    def app(self, name: str) -> Manifest:
        """The Application as it is now."""
        return self.client.get(_argo("Application", name, {})) or {}

    def refresh(self, name: str) -> None:
        """Ask Argo CD to look at Git now."""
        note = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
        self.client.merge(_argo("Application", name, {}), note)

    def until(
        self, name: str, holds: Callable[[Manifest], bool], seconds: float = LONGEST_SECONDS
    ) -> Manifest:
        """The Application when it holds, or as it is when the time is over."""
        end = time.monotonic() + seconds
        while not holds(app := self.app(name)) and time.monotonic() < end:
            time.sleep(0.5)
        return app

    def forget(self, name: str) -> None:
        """Delete the Application; what it brought stays."""
        self.client.remove(_argo("Application", name, {}))

    @staticmethod
    def rests(app: Manifest) -> bool:
        """Synced, Healthy, and no operation under way."""
        status = app.get("status", {})
        done = status.get("operationState", {}).get("phase") == "Succeeded"
        healthy = status.get("health", {}).get("status") == "Healthy"
        return bool(done and healthy and status["sync"]["status"] == "Synced")

    @staticmethod
    def told(app: Manifest) -> str:
        """Its state in three words."""
        status = app.get("status", {})
        words = (
            status.get("sync", {}),
            status.get("health", {}),
            {"status": status.get("operationState", {}).get("phase")},
        )
        return ", ".join(str(item.get("status")) for item in words)

    @staticmethod
    def waiting(app: Manifest) -> str:
        """What it says of itself when something is wrong."""
        status = app.get("status", {})
        said = [item["message"] for item in status.get("conditions") or ()]
        return "; ".join([*said, str(status.get("operationState", {}).get("message", ""))])


def _argo(kind: str, name: str, spec: Manifest) -> Manifest:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, **({"spec": spec} if spec else {})}


def synced_to(app: Manifest, revision: str) -> bool:
    """Whether the last operation that ended well was of this commit."""
    state = app.get("status", {}).get("operationState", {})
    return bool(state.get("phase") == "Succeeded" and state.get("syncResult", {}).get("revision") == revision)


# --- a fix after a failed sync


def retry(ground: Ground, *, refresh: bool) -> dict[str, Any]:
    """A commit whose Job fails, then a commit that takes it back: does the second reach the cluster?"""
    name = f"retry-{'with' if refresh else 'without'}-refresh"
    policy = {"limit": 3, "backoff": BACKOFF, **({"refresh": True} if refresh else {})}
    space = _namespace(name)
    good = ground.repo.overlay(
        name, [space, _job(name, "load-1", "played/ends"), _note(name, "good")], "good"
    )
    ground.application(name, {"retry": policy})
    first = ground.until(name, lambda app: synced_to(app, good))
    ground.repo.overlay(name, [space, _job(name, "load-2", FAILS), _note(name, "bad")], "bad")
    ground.refresh(name)
    ground.until(name, lambda app: _tries(app) >= 1)
    back = ground.repo.overlay(
        name, [space, _job(name, "load-1", "played/ends"), _note(name, "back")], "back"
    )
    ground.refresh(name)
    last = ground.until(name, lambda app: synced_to(app, back), WATCHED_SECONDS)
    said = {
        "firstCommitSynced": synced_to(first, good),
        "rollbackReachedTheCluster": synced_to(last, back),
        "comparedWithTheRollback": last["status"]["sync"].get("revision") == back,
        "operationIsOf": "rollback" if _revision(last) == back else "bad commit",
        "skipped": "Skipping auto-sync" in ground.waiting(last)
        or "Failed last sync attempt" in ground.waiting(last),
    }
    ground.forget(name)
    return said


def _tries(app: Manifest) -> int:
    return int(app.get("status", {}).get("operationState", {}).get("retryCount", 0))


def _revision(app: Manifest) -> str:
    state = app["status"].get("operationState", {})
    return str(
        state.get("syncResult", {}).get("revision")
        or state.get("operation", {}).get("sync", {}).get("revision")
    )


def _namespace(name: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": _wave(-30)}}


def _note(space: str, text: str) -> Manifest:
    meta = {"name": "note", "namespace": space, "annotations": _wave(1)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"said": text}}


def _wave(number: int) -> dict[str, str]:
    return {"argocd.argoproj.io/sync-wave": str(number)}


def _job(space: str, name: str, image: str) -> Manifest:
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": image}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": space, "annotations": _wave(0)},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }


# --- what controllers write into a list that Git has too

OURS: Mapping[str, Any] = {}
NOT_RESPECTED = {"syncOptions": ["ServerSideApply=true"]}
OUT_OF_SYNC_ONLY = {"syncOptions": ["ServerSideApply=true", "ApplyOutOfSyncOnly=true"]}


def worker_groups(ground: Ground, change: Mapping[str, Any], name: str, *, scaled: bool) -> dict[str, Any]:
    """Kueue injects a nodeSelector (or Ray's autoscaler replicas), then commits come: what is left of either?"""
    space = _namespace(name)
    first = ground.repo.overlay(name, [space, _ray(name, "32Gi", scaled=scaled), _note(name, "1")], "first")
    ground.application(name, change)
    ground.until(name, lambda app: synced_to(app, first))
    _injected(ground.client, _ray(name, "32Gi", scaled=scaled), scaled=scaled)
    before = _told(ground.client, name, scaled=scaled)
    second = ground.repo.overlay(name, [space, _ray(name, "32Gi", scaled=scaled), _note(name, "2")], "a note")
    ground.refresh(name)
    after_note = ground.until(name, lambda app: synced_to(app, second), WATCHED_SECONDS)
    note = _told(ground.client, name, scaled=scaled)
    third = ground.repo.overlay(
        name, [space, _ray(name, "48Gi", scaled=scaled), _note(name, "2")], "more memory"
    )
    ground.refresh(name)
    after_memory = ground.until(name, lambda app: synced_to(app, third), WATCHED_SECONDS)
    memory = _told(ground.client, name, scaled=scaled)
    said = {
        "injected": before,
        "afterACommitElsewhere": {**note, "sync": after_note["status"]["sync"]["status"]},
        "afterMoreMemory": {**memory, "sync": after_memory["status"]["sync"]["status"]},
    }
    ground.forget(name)
    return said


def _ray(space: str, memory: str, *, scaled: bool) -> Manifest:
    def template(cpu: str, much: str) -> Manifest:
        resources = {"requests": {"cpu": cpu, "memory": much}, "limits": {"cpu": cpu, "memory": much}}
        return {
            "spec": {"containers": [{"name": "ray", "image": "quay.io/acme/ray:1", "resources": resources}]}
        }

    worker = {"groupName": "small", "replicas": 1, "minReplicas": 1, "maxReplicas": 4, "rayStartParams": {}}
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"name": "probe", "namespace": space, "annotations": _wave(0)},
        "spec": {
            "rayVersion": "2.52.0",
            **({"enableInTreeAutoscaling": True} if scaled else {}),
            "headGroupSpec": {"rayStartParams": {}, "template": template("2", "8Gi")},
            "workerGroupSpecs": [{**worker, "template": template("4", memory)}],
        },
    }


def _injected(client: Client, ray: Manifest, *, scaled: bool) -> None:
    """Play Kueue or the autoscaler: what they write into the object, by an update of the whole list."""
    live = client.get(ray) or {}
    spec = copy.deepcopy(live["spec"])
    worker = spec["workerGroupSpecs"][0]
    if scaled:
        worker["replicas"] = 3
    else:
        spec["headGroupSpec"]["template"]["spec"]["nodeSelector"] = {"pool": "a"}
        worker["template"]["spec"]["nodeSelector"] = {"pool": "a"}
    client.merge(
        ray, {"spec": {"headGroupSpec": spec["headGroupSpec"], "workerGroupSpecs": spec["workerGroupSpecs"]}}
    )


def _told(client: Client, space: str, *, scaled: bool) -> dict[str, Any]:
    spec = (client.get(_ray(space, "", scaled=scaled)) or {})["spec"]
    worker = spec["workerGroupSpecs"][0]
    memory = worker["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
    if scaled:
        return {"replicas": worker["replicas"], "memory": memory}
    head = spec["headGroupSpec"]["template"]["spec"].get("nodeSelector") or {}
    return {"head": head, "worker": worker["template"]["spec"].get("nodeSelector") or {}, "memory": memory}


# --- what stays when it leaves Git


def kept(ground: Ground, *, extraneous: bool) -> dict[str, Any]:
    """A claim that must not be pruned leaves Git: what does Argo CD say of the site then, and how often does it sync?"""
    name = f"kept-{'ignored' if extraneous else 'told'}"
    space = _namespace(name)
    notes = {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"}
    if extraneous:
        notes["argocd.argoproj.io/compare-options"] = "IgnoreExtraneous"
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "models", "namespace": name, "annotations": {**notes, **_wave(0)}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    first = ground.repo.overlay(name, [space, claim, _note(name, "1")], "with the claim")
    ground.application(name)
    ground.until(name, ground.rests)
    second = ground.repo.overlay(name, [space, _note(name, "2")], "without the claim")
    ground.refresh(name)
    ground.until(name, lambda app: synced_to(app, second), WATCHED_SECONDS)
    ends = set()
    end = time.monotonic() + WATCHED_SECONDS
    while time.monotonic() < end:
        app = ground.app(name)
        ends.add(app["status"]["operationState"].get("finishedAt"))
        time.sleep(1)
    said = {
        "claimIsThere": ground.client.get(claim) is not None,
        "sync": app["status"]["sync"]["status"],
        "syncsAgainAndAgain": len(ends - {None}) > 1 + (first == second),
    }
    ground.forget(name)
    return said


PROBES: Mapping[str, Callable[[Ground], dict[str, Any]]] = {
    "retry-without-refresh": lambda ground: retry(ground, refresh=False),
    "retry-with-refresh": lambda ground: retry(ground, refresh=True),
    "kept-claim": lambda ground: kept(ground, extraneous=False),
    "kept-claim-ignored-as-extraneous": lambda ground: kept(ground, extraneous=True),
    "node-selector-of-kueue": lambda ground: worker_groups(ground, OURS, "selector-ours", scaled=False),
    "node-selector-not-respected": lambda ground: worker_groups(
        ground, NOT_RESPECTED, "selector-plain", scaled=False
    ),
    "node-selector-out-of-sync-only": lambda ground: worker_groups(
        ground, OUT_OF_SYNC_ONLY, "selector-only", scaled=False
    ),
    "replicas-of-the-autoscaler": lambda ground: worker_groups(ground, OURS, "replicas-ours", scaled=True),
    "replicas-not-respected": lambda ground: worker_groups(
        ground, NOT_RESPECTED, "replicas-plain", scaled=True
    ),
    "replicas-out-of-sync-only": lambda ground: worker_groups(
        ground, OUT_OF_SYNC_ONLY, "replicas-only", scaled=True
    ),
}
