"""What controllers that are not there would say of their objects: only what our health checks ask for.

Each rule gives the status that its controller writes when all is well; the fields are those of the upstream types
that generator/data/health/ names. Nothing is made up for kinds that the control plane itself serves.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from generator.objects.manifest import Manifest

from .client import Client, Refused
from .played import THEN

Status = Callable[[Manifest], dict[str, Any]]


def _holds(kind: str) -> Status:
    def status(item: Manifest) -> dict[str, Any]:
        seen = item["metadata"].get("generation", 1)
        told = {
            "type": kind,
            "status": "True",
            "reason": "Played",
            "message": "played",
            "lastTransitionTime": THEN,
        }
        # The conditions of Knative, which KServe has, know no observedGeneration.
        generation = (
            {} if item["apiVersion"].startswith("serving.kserve.io/") else {"observedGeneration": seen}
        )
        return {"conditions": [{**told, **generation}]}

    return status


def _ray_cluster(item: Manifest) -> dict[str, Any]:
    return {"state": "ready", "observedGeneration": item["metadata"].get("generation", 1)}


def _ray_job(_: Manifest) -> dict[str, Any]:
    return {"jobDeploymentStatus": "Complete", "jobStatus": "SUCCEEDED"}


def _claim(item: Manifest) -> dict[str, Any]:
    return {
        "phase": "Bound",
        "capacity": item["spec"]["resources"]["requests"],
        "accessModes": item["spec"]["accessModes"],
    }


def _route(item: Manifest) -> dict[str, Any]:
    admitted = {"type": "Admitted", "status": "True", "lastTransitionTime": THEN}
    host = item["spec"].get("host", "played.example.com")
    return {"ingress": [{"host": host, "routerName": "default", "conditions": [admitted]}]}


def _ended(kind: str) -> Status:
    """A job of Kubeflow that has run."""

    def status(_: Manifest) -> dict[str, Any]:
        told = {"status": "True", "reason": "Played", "message": "played", "lastTransitionTime": THEN}
        return {"conditions": [{"type": kind, **told}]}

    return status


def _cached(_: Manifest) -> dict[str, Any]:
    return {"copies": {"available": 1, "total": 1, "failed": 0}}


def _notebook(_: Manifest) -> dict[str, Any]:
    return {"conditions": [], "containerState": {}, "readyReplicas": 1}


RULES: Mapping[str, Status] = {
    "ClusterQueue": _holds("Active"),
    "LocalQueue": _holds("Active"),
    "AdmissionCheck": _holds("Active"),
    "InferenceService": _holds("Ready"),
    "LLMInferenceService": _holds("Ready"),
    "RayCluster": _ray_cluster,
    "RayJob": _ray_job,
    "RayService": _holds("Ready"),
    "LocalModelCache": _cached,
    "Notebook": _notebook,
    "PyTorchJob": _ended("Succeeded"),
    "TrainJob": _ended("Complete"),
    "Route": _route,
    "PersistentVolumeClaim": _claim,
}

GROUPS = frozenset(
    {
        *("kueue.x-k8s.io", "serving.kserve.io", "ray.io", "route.openshift.io"),
        *("kubeflow.org", "trainer.kubeflow.org"),
    }
)
"""API groups that are looked through beside the core."""


def play_status(client: Client, without: frozenset[str] = frozenset()) -> None:
    """Write the statuses of all objects that have a rule, where they are not so yet."""
    for group in client.call("GET", "/apis")["groups"]:
        if group["name"] in GROUPS:
            for served in group["versions"]:
                _play_group(client, served["groupVersion"], without)
    _play_group(client, "v1", without)


def _play_group(client: Client, version: str, without: frozenset[str]) -> None:
    kinds = {item["kind"] for item in client.call("GET", _root(version))["resources"]}
    for kind in sorted((kinds & set(RULES)) - without):
        for item in client.list(version, kind):
            wanted = RULES[kind](item)
            now = item.get("status") or {}
            if any(now.get(key) != value for key, value in wanted.items()):
                with contextlib.suppress(Refused):  # gone or changed meanwhile: the next round sees it
                    client.merge(item, {"status": wanted}, "status")


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"
