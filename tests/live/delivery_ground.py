"""What a probe of delivery stands on: an Argo CD, a branch of its own that one Application follows, and words for its state."""

from __future__ import annotations

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
from .delivery_repository import Repository
from .processes import NotReady

API = "argoproj.io/v1alpha1"
LONGEST_SECONDS = 150
SYNC_OPTION, COMPARE_OPTION = "argocd.argoproj.io/sync-options", "argocd.argoproj.io/compare-options"


class Ground(NamedTuple):
    """Argo CD's cluster, the branch that it pulls, and the release that our fleet says of it."""

    client: Client
    repo: Repository
    release: str

    def project(self, change: Mapping[str, Any] | None = None, name: str = NAME) -> None:
        """Our project, for any namespace: probes make theirs while others run."""
        spec = project_of(self.repo.url, ["*"], "live", apart=("training", "workbenches"))
        self.client.apply(argo("AppProject", name, {**spec, **(change or {})}))

    def application(
        self, name: str, change: Mapping[str, Any] | None = None, project: str = NAME
    ) -> Manifest:
        """Our root Application of a cluster, with another syncPolicy where a probe asks for it."""
        fleet = FleetSpec.model_validate({**FLEET, "delivery": {"argoCD": self.release}})
        spec = root_application(name, self.repo.branch, fleet, IN_PLACE, apart=("training", "workbenches"))
        spec["source"]["repoURL"] = self.repo.url  # on loopback, without TLS: no fleet may say such a one
        spec["project"] = project
        spec["syncPolicy"] = {**spec["syncPolicy"], **(change or {})}
        return self.client.apply(argo("Application", name, spec))

    def app(self, name: str) -> Manifest:
        """The Application as it is now."""
        return self.client.get(argo("Application", name, {})) or {}

    def refresh(self, name: str) -> None:
        """Ask Argo CD to look at Git now."""
        note = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
        self.client.merge(argo("Application", name, {}), note)

    def until(
        self, name: str, holds: Callable[[Manifest], bool], seconds: float = LONGEST_SECONDS
    ) -> Manifest:
        """The Application when it holds, or as it is when the time is over."""
        end = time.monotonic() + seconds
        while not holds(app := self.app(name)) and time.monotonic() < end:
            time.sleep(0.5)
        return app

    def first(self, name: str, revision: str) -> Manifest:
        """The Application once it has taken its first commit: without that a probe shows nothing.

        Raises:
            NotReady: it does not take it.
        """
        app = self.until(name, lambda app: synced_to(app, revision))
        if not synced_to(app, revision):
            raise NotReady(f"{name}: the first sync does not end: {told(app)}: {waiting(app)}")
        return app

    def forget(self, name: str) -> None:
        """Delete the Application; what it brought stays."""
        self.client.remove(argo("Application", name, {}))


def argo(kind: str, name: str, spec: Manifest) -> Manifest:
    """An object of Argo CD; without a spec it only names one."""
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, **({"spec": spec} if spec else {})}


def operation(app: Manifest) -> Manifest:
    """The last operation, running or not."""
    found: Manifest = app.get("status", {}).get("operationState", {})
    return found


def synced_to(app: Manifest, revision: str) -> bool:
    """Whether the last operation that ended well was of this commit."""
    state = operation(app)
    return bool(state.get("phase") == "Succeeded" and state.get("syncResult", {}).get("revision") == revision)


def compared_with(app: Manifest, revision: str) -> bool:
    """Whether the cluster was compared with this commit."""
    return bool(app.get("status", {}).get("sync", {}).get("revision") == revision)


def sync_status(app: Manifest) -> str:
    """Synced, OutOfSync or Unknown."""
    return str(app.get("status", {}).get("sync", {}).get("status"))


def rests(app: Manifest) -> bool:
    """Synced, Healthy, and no operation under way."""
    status = app.get("status", {})
    healthy = status.get("health", {}).get("status") == "Healthy"
    return bool(operation(app).get("phase") == "Succeeded" and healthy and sync_status(app) == "Synced")


def told(app: Manifest) -> str:
    """Its state in three words: of the comparison, of health, of the operation."""
    health = app.get("status", {}).get("health", {}).get("status")
    return f"{sync_status(app)}, {health}, {operation(app).get('phase')}"


def waiting(app: Manifest) -> str:
    """What it says of itself when something is wrong, and which of its objects are not as they should be."""
    status = app.get("status", {})
    said = [item["message"] for item in status.get("conditions") or ()]
    wrong = [
        f"{item['kind']} {item['name']}: {item.get('status')} {item.get('health', {}).get('status', '')}".strip()
        for item in status.get("resources") or ()
        if item.get("status") != "Synced" or item.get("health", {}).get("status", "Healthy") != "Healthy"
    ]
    return "; ".join([*said, str(operation(app).get("message", "")), *wrong])


# --- objects that probes bring


def wave(number: int) -> dict[str, str]:
    """The annotation of a sync wave."""
    return {"argocd.argoproj.io/sync-wave": str(number)}


def namespace(name: str) -> Manifest:
    """A namespace, in the wave that ours have."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": wave(-30)}}


def note(space: str, text: str, number: int = 1, name: str = "note") -> Manifest:
    """A ConfigMap: whether a wave was reached, and by which commit."""
    meta = {"name": name, "namespace": space, "annotations": wave(number)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"said": text}}


def job(space: str, name: str, image: str, number: int = 0) -> Manifest:
    """A Job that ends as the image says (played.py)."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": image}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": space, "annotations": wave(number)},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }


def said(client: Client, space: str, name: str = "note") -> str | None:
    """What a note says on the cluster; None where it is not there."""
    found = client.get(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": space}}
    )
    return None if found is None else str(found["data"]["said"])
