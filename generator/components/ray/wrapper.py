"""AppWrappers: a RayCluster or RayJob inside the object that Kueue admits and that looks after it.

What is inside of an AppWrapper can never change (appwrapper internal/webhook validateAppWrapperUpdate compares it
byte by byte), and its controller makes no object whose name another AppWrapper's has taken. So both are named after
their content: an edit is a new AppWrapper with a new cluster, and Argo CD removes the old one with all it made. Unlike
the name of a plain job this one also changes when nearedge or the platform makes something else of the same spec.

Pod sets are left out: the controller finds those of RayClusters and RayJobs by itself, and refuses others. A job's
submitter is none of them, so Kueue does not count it.

How long a finished one stays cannot be said: the controller takes a week, or less, and removes it; Argo CD then makes
it anew. RAY067 tells so of jobs.
"""

from __future__ import annotations

from ...facts.profiles import Profile
from ...objects.manifest import CONTENT_HASH, SYNC_WAVE, Manifest, Wave, content_hash, meta
from .spec import AppWrapper, RayCluster, RayJob

KUEUE = "kueue.x-k8s.io/"
PREFIX = "workload.codeflare.dev.appwrapper/"
"""Of the annotations (appwrapper api/v1beta2/appwrapper_types.go)."""

ANNOTATIONS = {
    "warmupGracePeriod": "warmupGracePeriodDuration",
    "failureGracePeriod": "failureGracePeriodDuration",
    "retryPausePeriod": "retryPausePeriodDuration",
    "retryLimit": "retryLimit",
    "deletionOnFailureGracePeriod": "deletionOnFailureGracePeriodDuration",
}
"""Field of the spec -> annotation that says it."""


def wrapped(manifest: Manifest, item: RayCluster | RayJob, profile: Profile) -> Manifest:
    """The manifest inside an AppWrapper, if its item asks for one and the platform knows it."""
    if item.appWrapper is None or profile.appWrapper is None:
        return manifest
    before = manifest["metadata"]
    queued = {key: value for key, value in before["labels"].items() if key.startswith(KUEUE)}
    inside = _inside(manifest, profile)
    digest = content_hash(inside)
    name = f"{item.name}-{digest}"
    inside["metadata"]["name"] = name
    return {
        "apiVersion": profile.appWrapper.apiVersion,
        "kind": "AppWrapper",
        "metadata": meta(
            name,
            item.namespace,
            wave=Wave.WORKLOAD,
            labels={**item.labels, **queued, CONTENT_HASH: digest},
            annotations={**item.annotations, **_annotations(item.appWrapper)},
        ),
        "spec": {"components": [{"template": inside}]},
    }


def _inside(manifest: Manifest, profile: Profile) -> Manifest:
    """The wrapped object without its name and wave, and without its queue.

    The queue is the AppWrapper's: Kueue takes what belongs to it for a part of it. Where the platform denies Ray
    objects without a queue (opendatahub-operator v2.35.0 internal/webhook/kueue/validating.go does not ask for their
    owner), the label stays; Kueue then still follows the owner (kueue jobframework FindAncestorJobManagedByKueue).
    """
    before = manifest["metadata"]
    kept = profile.kueue.queueRequired
    labels = {key: value for key, value in before["labels"].items() if kept or not key.startswith(KUEUE)}
    notes = {key: value for key, value in before.get("annotations", {}).items() if key != SYNC_WAVE}
    metadata = {
        "name": "",
        "namespace": before["namespace"],
        "labels": labels,
        **({"annotations": notes} if notes else {}),
    }
    return {**manifest, "metadata": metadata}


def _annotations(options: AppWrapper) -> dict[str, str]:
    said = {name: getattr(options, field) for field, name in ANNOTATIONS.items()}
    return {f"{PREFIX}{name}": str(value) for name, value in said.items() if value is not None}


def name_room(limit: int) -> int:
    """How long the name of a wrapped item may be: a dash and eight digits come after it."""
    return limit - 9
