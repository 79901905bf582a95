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


RULES: Mapping[str, Status] = {
    "ClusterQueue": _holds("Active"),
    "LocalQueue": _holds("Active"),
    "AdmissionCheck": _holds("Active"),
    "InferenceService": _holds("Ready"),
    "LLMInferenceService": _holds("Ready"),
    "RayCluster": _ray_cluster,
    "RayJob": _ray_job,
    "RayService": _holds("Ready"),
    "PersistentVolumeClaim": _claim,
}


def play_status(client: Client, without: frozenset[str] = frozenset()) -> None:
    """Write the statuses of all objects that have a rule, where they are not so yet."""
    for group in client.call("GET", "/apis")["groups"]:
        version = group["preferredVersion"]["groupVersion"]
        if group["name"] in {"kueue.x-k8s.io", "serving.kserve.io", "ray.io"}:
            _play_group(client, version, without)
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
