"""What a namespace's ResourceQuota counts, and what workloads, volumes and objects come to in its words.

Source: kubernetes pkg/quota/v1/evaluator/core/pods.go podComputeUsageHelper, persistent_volume_claims.go, and
generic object counts (count/<resource>.<group>); what controllers make: kserve pkg/controller/v1beta1/inferenceservice and
v1alpha2/llmisvc, kuberay controllers/ray.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..components import workbenches
from ..components.discovery import discover
from ..components.kit.component import Cluster
from ..components.kit.counting import amount
from ..components.kit.demand import Workload
from ..components.kit.quota import STORAGE_CLASS, resource_of, taken_by_pod
from ..components.models import volumes
from ..components.models.spec import Volume
from ..specs.types import Resources

CLAIMS = "persistentvolumeclaims"

MUST_SAY = frozenset({"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"})
"""Where a quota counts one of these, a pod is refused of which any container does not say it (pods.go validationSet)."""

OBJECTS = frozenset({"configmaps", "services"})
"""Kinds that a quota counts without the word `count/`, and of which something is known here."""

MADE: Mapping[str, Mapping[str, int]] = {
    "InferenceService": {"deployments.apps": 1, "services": 1},
    "LLMInferenceService": {"services": 1},
    "RayCluster": {"services": 1},
    "RayJob": {"rayclusters.ray.io": 1},
    "PyTorchJob": {"services": 1},
    "Notebook": {
        "configmaps": 1,
        "networkpolicies.networking.k8s.io": 2,
        "services": 2,
        "statefulsets.apps": 1,
    },
    "RayService": {"rayclusters.ray.io": 1, "services": 1},
    "TrainJob": {"services": 1},
}
"""What controllers make of an object, at least."""


class Term(NamedTuple):
    """What one workload or volume takes of a quota."""

    name: str
    number: int


def taken_by(work: Workload, name: str, *, grown: bool = False) -> int | None:
    """What all pods of a workload take."""
    found = [(pods, taken_by_pod(pods, name)) for pods in work.pods]
    counts = [(pods.most if grown else pods.replicas) * each for pods, each in found if each is not None]
    return sum(counts) if counts else None


def taken_by_volumes(cluster: Cluster, namespace: str, name: str) -> list[Term] | None:
    """What each volume of a namespace takes; None where the word does not count volumes."""
    class_, _, word = name.rpartition(STORAGE_CLASS) if STORAGE_CLASS in name else ("", "", name)
    counted = {"requests.storage": True, CLAIMS: False, f"count/{CLAIMS}": False}.get(word)
    if counted is None:
        return None
    mine = [
        item
        for item in (*volumes(cluster), *workbenches.volumes(cluster))
        if item.namespace == namespace and class_ in {"", item.storage_class}
    ]
    return [Term(f"volume {item.name}", _size(item) if counted else 1) for item in mine]


def _size(item: Volume) -> int:
    return amount("storage", item.size)


def unsaid(works: Iterable[Workload], quota: Resources) -> Iterator[tuple[str, str, str, list[str]]]:
    """Containers that say nothing of what a quota counts: (container, who adds it, of which pods, the quota's words)."""
    wanted = [name for name in quota if name in MUST_SAY]
    found: dict[tuple[str, str, str], list[str]] = {}
    for work in works:
        for pods in work.pods:
            for item in pods.containers:
                missing = [
                    name
                    for name in wanted
                    if resource_of(name) not in _said(item.limits, item.requests, name)
                ]
                if missing:
                    found.setdefault((item.name, item.by, work.kind), missing)
    yield from ((*key, names) for key, names in found.items())


def _said(limits: Resources, requests: Resources, name: str) -> Mapping[str, str]:
    return limits if name.startswith("limits.") else requests


def objects(cluster: Cluster, namespace: str, name: str) -> list[Term]:
    """Objects in a namespace that a quota counts by name, ours and what controllers make of them at least."""
    wanted = name.removeprefix("count/")
    if wanted == name and name not in OBJECTS:
        return []
    found: dict[str, int] = {}
    for item in (made for part in discover() for unit in part.units(cluster) for made in unit.final):
        if item["metadata"].get("namespace") != namespace:
            continue
        if _resource(item["apiVersion"], item["kind"]) == wanted:
            found[item["kind"]] = found.get(item["kind"], 0) + 1
        more = MADE.get(item["kind"], {}).get(wanted, 0)
        if more:
            key = f"of {item['kind']}s"
            found[key] = found.get(key, 0) + more
    return [Term(key, number) for key, number in found.items()]


def _resource(api_version: str, kind: str) -> str:
    """The resource of a kind, as a quota names it.

    >>> _resource("networking.k8s.io/v1", "NetworkPolicy"), _resource("v1", "ConfigMap")
    ('networkpolicies.networking.k8s.io', 'configmaps')
    """
    group = api_version.rpartition("/")[0]
    plural = f"{kind.lower()[:-1]}ies" if kind.endswith("y") else f"{kind.lower()}s"
    return f"{plural}.{group}" if group else plural
