"""What nobody here does for real: the kubelet. Pods are marked by the rules below, and nothing else is made up.

* A pod without scheduling gates is Running and Ready, its init containers done, as soon as it is seen. It has no
  node: no scheduler is asked whether one would take it.
* Pods of a Job end well if the Job's name is one that a part says is to end, or where it says that all do.
* Where the controller manager does not run, a Job has one pod, made from its template (play_jobs).
* A pod with the image `played/fails` ends with an error; one with `played/hangs` runs for ever, in a Job too.

Source of the fields: kubernetes pkg/apis/core/types.go PodStatus; a controller that waits for pods looks at
`phase` and the condition Ready (kubernetes pkg/api/v1/pod/util.go IsPodReady, kuberay utils.IsRunningAndReady).
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from typing import Any

from generator.objects.manifest import Manifest

from .client import Client, Refused

FAILS = "played/fails"
HANGS = "played/hangs"
ADDRESS = "127.0.0.1"
THEN = "2026-01-01T00:00:00Z"
"""The one moment that played things happen at: recordings do not depend on the clock."""


def play(client: Client, namespaces: Collection[str], ending: Collection[str] | None = ()) -> list[Manifest]:
    """Mark all pods of some namespaces once; gives them as they were found. `ending` None: all Jobs end."""
    found = [pod for name in namespaces for pod in client.list("v1", "Pod", name)]
    for pod in found:
        gated = bool(pod["spec"].get("schedulingGates"))
        if (
            not gated
            and "deletionTimestamp" not in pod["metadata"]
            and pod.get("status", {}).get("phase") == "Pending"
        ):
            job = pod["metadata"].get("labels", {}).get("batch.kubernetes.io/job-name")
            ends = job is not None and (ending is None or job in ending)
            with contextlib.suppress(Refused):  # gone or changed meanwhile: the next round sees it
                client.merge(pod, {"status": _status(pod["spec"], ends=ends)}, "status")
    return found


def play_jobs(client: Client, namespaces: Collection[str]) -> None:
    """Make the pod of each Job that has none; labels as kubernetes pkg/registry/batch/job/strategy.go gives them."""
    for job in (job for name in namespaces for job in client.list("batch/v1", "Job", name)):
        template, meta = job["spec"]["template"], job["metadata"]
        labels = template["metadata"].get("labels", {})
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"{meta['name']}-played", "namespace": meta["namespace"], "labels": labels},
            "spec": template["spec"],
        }
        if client.get(pod) is None:
            client.create(pod)


def _status(spec: Mapping[str, Any], *, ends: bool) -> Manifest:
    if any(item["image"] == FAILS for item in spec["containers"]):
        return {"phase": "Failed"}
    if ends and not any(item["image"] == HANGS for item in spec["containers"]):
        return {"phase": "Succeeded"}
    ready = [
        {"type": kind, "status": "True"}
        for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    ]
    return {
        "phase": "Running",
        "conditions": ready,
        "podIP": ADDRESS,
        "podIPs": [{"ip": ADDRESS}],
        "containerStatuses": [
            {
                "name": item["name"],
                "image": item["image"],
                "imageID": item["image"],
                "ready": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": THEN}},
            }
            for item in spec["containers"]
        ],
    }
