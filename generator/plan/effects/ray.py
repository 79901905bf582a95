"""What a change of a Ray cluster or service does: KubeRay's rules, and Kueue's where it is queued."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..changes import FieldChange, ObjectChange
from .consequence import Consequence, Effect, recreated

_ELASTIC = "metadata.annotations[kueue.x-k8s.io/elastic-job]"
_QUEUED_ANEW = (
    "in its queue it is another workload now: Kueue stops it, and starts it when there is quota again"
)
_ADMITTED = re.compile(r"\.template\.spec\.(containers|initContainers)\b")
"""What Kueue compares of a pod; tolerations are its own to add."""
COUNTS = (".replicas", ".minReplicas", ".maxReplicas")
"""Ends of paths that say how many pods there are, and nothing of what they are."""


_INJECTED = re.compile(r"\.template\.(metadata|spec\.(nodeSelector|tolerations|schedulingGates))\b")
"""What Kueue writes, and Argo CD does not compare where there is a queue (hub/delivery/applicationsets.py)."""


def on_ray(change: ObjectChange) -> Iterator[Consequence]:
    """What a change of a RayCluster or a RayService does to its pods."""
    if change.identity.kind in {"RayCluster", "RayService"} and _unseen(change):
        text = "Argo CD does not compare what Kueue and the autoscaler write: it arrives with the next commit that changes more here"
        yield Consequence(Effect.LATER, change.identity, text)
        return
    if change.identity.kind == "RayService":
        yield from _ray_service(change)
    if change.identity.kind != "RayCluster":
        return
    if any(item.dotted == _ELASTIC for item in change.fields):
        # Kueue's webhook: jobframework ValidateJobOnUpdate.
        yield recreated(change.identity, f"{_ELASTIC} cannot be changed")
    if _counted_anew(change, "spec."):
        yield Consequence(Effect.DOWNTIME, change.identity, _QUEUED_ANEW)
        return
    pods = [item for item in change.fields if _in_pods(item)]
    if pods and _upgrades(change.after):
        yield Consequence(Effect.DOWNTIME, change.identity, "upgradeStrategy Recreate: all its pods go first")
    elif pods:
        # KubeRay adds and removes workers; it does not compare running pods with their template.
        text = "pods that run keep the old template: delete the RayCluster for the new one"
        yield Consequence(Effect.LATER, change.identity, text)


def _unseen(change: ObjectChange) -> bool:
    """Whether Argo CD takes the object for the same: nothing else of it changes."""
    after = change.after or {}
    spec = after["spec"].get("rayClusterConfig", after["spec"])
    queued = "kueue.x-k8s.io/queue-name" in after["metadata"].get("labels", {})
    paths = [item.dotted for item in change.fields]
    return all(
        (queued and _INJECTED.search(path) is not None)
        or (bool(spec.get("enableInTreeAutoscaling")) and path.endswith(".replicas"))
        for path in paths
    )


def _counted_anew(change: ObjectChange, prefix: str) -> bool:
    """Whether a queued Ray cluster no longer is what Kueue admitted: its containers, or how many pods there are.

    Kueue stops what runs and has no matching Workload (jobframework ensureOneWorkload, util/equality
    ComparePodSetSlices); of an elastic one it only counts the pods anew.
    """
    metadata = (change.after or {})["metadata"]
    if "kueue.x-k8s.io/queue-name" not in metadata.get("labels", {}):
        return False
    elastic = "kueue.x-k8s.io/elastic-job" in metadata.get("annotations", {})
    paths = [item.dotted for item in change.fields if item.dotted.startswith(prefix)]
    return any(
        _ADMITTED.search(path) or (path.endswith((".replicas", ".numOfHosts")) and not elastic)
        for path in paths
    )


def _ray_service(change: ObjectChange) -> Iterator[Consequence]:
    """A new serveConfigV2 is carried out in place; see components/ray/service.py for the rest."""
    paths = [item.dotted for item in change.fields]
    if "spec.serveConfigV2" in paths:
        text = "its applications are deployed anew: replicas of what changed start again, one after the other"
        yield Consequence(Effect.RESTART, change.identity, text)
    inside = [item for item in change.fields if item.dotted.startswith("spec.rayClusterConfig.")]
    pods = [item for item in inside if _in_pods(item)]
    sizes = [item for item in inside if not _in_pods(item)]
    if pods and (change.after or {})["spec"]["upgradeStrategy"]["type"] == "None":
        text = "upgradeStrategy None: pods that run stay as they are until the RayService is made again"
        yield Consequence(Effect.LATER, change.identity, text)
    elif pods:
        text = "a second cluster is made and takes over once it serves: twice the pods until then"
        yield Consequence(Effect.RESTART, change.identity, text)
    elif sizes:
        text = (
            "KubeRay does not change the size of a cluster that serves: delete the RayCluster for the new one"
        )
        yield Consequence(Effect.LATER, change.identity, text)
    if _counted_anew(change, "spec.rayClusterConfig."):
        text = f"where Kueue admits RayServices (0.18 on): {_QUEUED_ANEW}"
        yield Consequence(Effect.DOWNTIME, change.identity, text)


def _in_pods(item: FieldChange) -> bool:
    path = item.dotted
    return path.startswith("spec.") and not path.endswith(COUNTS)


def _upgrades(after: Any) -> bool:
    strategy = (after or {}).get("spec", {}).get("upgradeStrategy", {})
    return bool(strategy.get("type") == "Recreate")
