"""A pod as a controller made it, in the few words that predictions are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from generator.objects.manifest import Manifest

_RANDOM = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5}(?=-|$)")
"""What the API server puts behind generateName, and KubeRay into names of clusters (apimachinery pkg/util/rand)."""
_OF_THE_RUN = frozenset(
    {
        *("pod-template-hash", "ray.io/hash", "controller-uid", "batch.kubernetes.io/controller-uid"),
        "ray.io/worker-group-replica-index",
    }
)


def pod_seen(pod: Manifest) -> dict[str, Any]:
    """What a recording keeps of a pod; nothing that differs from run to run."""
    spec, meta = pod["spec"], pod["metadata"]
    return {
        "labels": {k: plain(v) for k, v in sorted(meta.get("labels", {}).items()) if k not in _OF_THE_RUN},
        "serviceAccountName": plain(spec.get("serviceAccountName", "")),
        "automountServiceAccountToken": spec.get("automountServiceAccountToken"),
        "securityContext": spec.get("securityContext") or {},
        "nodeSelector": spec.get("nodeSelector") or {},
        "containers": [_container(item) for item in spec["containers"]],
        "initContainers": [_container(item) for item in spec.get("initContainers") or ()],
        "volumes": sorted(plain(item["name"]) for item in spec.get("volumes") or ()),
    }


def _container(item: Mapping[str, Any]) -> dict[str, Any]:
    resources = item.get("resources") or {}
    return {
        "name": item["name"],
        "requests": resources.get("requests") or {},
        "limits": resources.get("limits") or {},
        "ports": [
            {key: port[key] for key in ("name", "containerPort") if key in port}
            for port in item.get("ports") or ()
        ],
        "securityContext": item.get("securityContext") or {},
        **({"restartPolicy": item["restartPolicy"]} if "restartPolicy" in item else {}),
    }


def plain(name: str) -> str:
    """A name without the random part that the API server or KubeRay gave it."""
    return _RANDOM.sub("-*", name)


def alike(pods: Iterable[Manifest]) -> list[dict[str, Any]]:
    """Pods in groups of equal ones, with how many there are, in an order that does not depend on the run."""
    groups: dict[str, dict[str, Any]] = {}
    for pod in pods:
        seen = pod_seen(pod)
        group = groups.setdefault(repr(seen), {"count": 0, **seen})
        group["count"] += 1
    return [groups[key] for key in sorted(groups)]


def service_seen(service: Manifest) -> dict[str, Any]:
    """What a recording keeps of a Service."""
    spec = service["spec"]
    return {
        "name": plain(service["metadata"]["name"]),
        "type": spec.get("type", ""),
        "headless": spec.get("clusterIP") == "None",
        "selector": {key: plain(value) for key, value in (spec.get("selector") or {}).items()},
        "ports": [
            {key: port[key] for key in ("name", "port", "targetPort", "appProtocol") if key in port}
            for port in spec.get("ports") or ()
        ],
    }
