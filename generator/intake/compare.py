"""What comes out of the specs, against what was there: object by object, field by field.

A field that a spec carries is equal where the object that comes out has it at the same place, and else said: it comes out
somewhere else. One that comes out with another value and without a reason is a fault, and shown as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..findings.finding import Path
from ..objects.elements import NAME_KEYS, same
from ..objects.manifest import Manifest, ResourceId
from ..specs.quantity import canonical
from .account import Account, Entry, Fate, leaves


class Verdict(StrEnum):
    """What became of a field, once the specs are compiled."""

    EQUAL = "equal"
    SAID = "said"
    """A spec says it, and it comes out in another place."""
    INTENT = "by intent"
    LOST = "not carried"
    DIFFERS = "differs"
    """It comes out with another value, and nobody said why."""


@dataclass(frozen=True)
class Judged:
    """One field with its verdict; `found` is what comes out where that is another value."""

    entry: Entry
    verdict: Verdict
    found: Any = None


@dataclass(frozen=True)
class Added:
    """A field that comes out and was not there, and why."""

    path: Path
    value: Any
    why: str


@dataclass(frozen=True)
class Compared:
    """One object that was there, with what comes out in its place, if it is of the same kind."""

    account: Account
    judged: tuple[Judged, ...]
    out: ResourceId | None = None
    target: Manifest | None = None
    """The object that comes out."""
    added: tuple[Added, ...] = ()


_ABSENT = object()


def compared(account: Account, rendered: Mapping[ResourceId, Manifest]) -> Compared:
    """The verdict of every field of one object."""
    out = _out(account, rendered)
    target = rendered.get(out) if out else None
    judged = tuple(_judge(entry, account.source.manifest, target) for entry in account.entries)
    added = tuple(_added(account.source.manifest, target)) if target is not None else ()
    return Compared(account, judged, out, target, added)


def _out(account: Account, rendered: Mapping[ResourceId, Manifest]) -> ResourceId | None:
    own = account.source.identity._replace(name=account.renamed or account.source.name)
    if not account.becomes:
        return None
    for identity in rendered:
        # The group of an API stays, its version may be another; a job's name ends in the hash of what it says.
        stem = identity.name[:-9] if own.kind == "RayJob" else identity.name
        if identity._replace(name=stem) == own:
            return identity
    return None


def _judge(entry: Entry, before: Manifest, target: Manifest | None) -> Judged:
    if entry.fate is Fate.LOST:
        return Judged(entry, Verdict.LOST)
    if entry.fate is Fate.INTENT:
        return Judged(entry, Verdict.INTENT)
    if target is None:
        return Judged(entry, Verdict.SAID)
    sides = [(value, _found(before, target, (*entry.path, *path))) for path, value in leaves(entry.value)]
    if all(_alike(value, found) for value, found in sides):
        return Judged(entry, Verdict.EQUAL)
    other = next(
        (found for value, found in sides if found is not _ABSENT and not _alike(value, found)), _ABSENT
    )
    return Judged(entry, Verdict.SAID) if other is _ABSENT else Judged(entry, Verdict.DIFFERS, other)


def _found(before: Any, after: Any, path: Path) -> Any:
    """The value at the same place of the other object: an element of a list is found by its name."""
    for step in path:
        if isinstance(step, int):
            before, after = _element(before, after, step)
        else:
            before = before.get(step) if isinstance(before, dict) else None
            after = after.get(step, _ABSENT) if isinstance(after, dict) else _ABSENT
        if after is _ABSENT:
            return _ABSENT
    return after


def _element(before: Any, after: Any, step: int) -> tuple[Any, Any]:
    own = before[step] if isinstance(before, list) and step < len(before) else None
    if not isinstance(after, list):
        return own, _ABSENT
    key = next((key for key in NAME_KEYS if isinstance(own, dict) and key in own), None)
    if key is None or own is None:
        return own, after[step] if step < len(after) and not isinstance(own, str) else (
            own if own in after else _ABSENT
        )
    named = (item for item in after if isinstance(item, dict) and item.get(key) == own[key])
    alone = after[0] if len(after) == len(before) == 1 and isinstance(after[0], dict) else _ABSENT
    return own, next(named, alone)


def _alike(one: Any, other: Any) -> bool:
    """Equal, or the same quantity: 1000m and 1, a number and its text."""
    if other is _ABSENT:
        return False
    if same(one, other):
        return True
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(one, str | int | float):
        return False
    try:
        return canonical(str(one)) == canonical(str(other))
    except ValueError:
        return False


_WHY: tuple[tuple[str, str], ...] = (
    ("content-hash", "the name ends in the hash of what the object says"),
    ("app.kubernetes.io/managed-by", "says that nearedge made it"),
    ("app.kubernetes.io/", "by these labels Deployment and Service find the pods"),
    ("progressDeadlineSeconds", "time for the image to come and the model to load"),
    ("topologySpreadConstraints", "several pods are spread over nodes as well as it goes"),
    ("argocd.argoproj.io/", "tells Argo CD in which order things exist, and what it never deletes"),
    ("securityContext", "pods fit Pod Security's restricted standard"),
    ("automountServiceAccountToken", "no pod gets a token that it does not need"),
    ("serviceAccountName", "each server has an account of its own, without any right"),
    ("Probe", "tells when the model is loaded, and whether the server lives"),
    ("deploymentStrategy", "chosen so that an update cannot hang"),
    ("timeout", "how long a request may take"),
    ("prometheus.io/", "tells where the metrics are"),
    ("opendatahub.io/", "what the platform's dashboard and operator look for"),
    ("openshift.io/", "what the platform's dashboard looks for"),
    ("serving.kserve.io/deploymentMode", "raw Deployments, as the platform's profile says"),
    ("haproxy.router.openshift.io/timeout", "the Route waits as long as the server does"),
    ("namespaceSelector", "without a selector a ClusterQueue takes no workload at all"),
    ("queueingStrategy", "what Kueue takes by itself, written so that Argo CD sees no difference"),
    ("nodeSelector", "the nodes of its queue's flavor"),
    ("tolerations", "the nodes of its queue's flavor"),
    ("volumeMounts", "scratch room, and what the runtime needs"),
    ("volumes", "scratch room, and what the runtime needs"),
    ("env", "what the runtime is always told"),
    ("lifecycle", "Ray stops in order"),
    ("rayStartParams", "what Ray is told of its container"),
)
"""What a path holds -> why nearedge writes the field."""


_MARKS = ("labels", "annotations")
"""Mappings of which each key has a reason of its own."""


def _added(before: Any, after: Any, path: Path = ()) -> Iterator[Added]:
    """Fields that only the later object has, the whole of each once."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in after.items():
            if key not in before and key in _MARKS and isinstance(value, dict):
                yield from _added({}, value, (*path, key))
            elif key not in before:
                yield Added((*path, key), value, why_added((*path, key)))
            else:
                yield from _added(before[key], value, (*path, key))
    elif isinstance(before, list) and isinstance(after, list):
        for i, value in enumerate(after):
            _, own = _element(after, before, i)
            if own is _ABSENT:
                yield Added((*path, i), value, why_added((*path, i)))
            else:
                yield from _added(own, value, (*path, i))


def why_added(path: Path) -> str:
    """Why nearedge writes a field that was not there."""
    words = [str(step) for step in path]
    for sign, why in _WHY:
        if any(sign in word for word in words):
            return why
    return "nearedge writes every field whose default a controller would fill in, so that Argo CD sees no difference"


_MADE: Mapping[str, str] = {
    "Namespace": "made of the namespaces that the specs name",
    "NetworkPolicy": "what the workloads of a namespace may reach, and who may reach them",
    "ServiceAccount": "the identity of one server or Ray cluster, without any right",
    "ServingRuntime": "the runtime of one server",
    "Deployment": "the server",
    "Service": "by which callers in the cluster find the server",
    "HorizontalPodAutoscaler": "scales the server between replicas.min and max",
    "InferenceService": "the server",
    "Job": "brings a model onto its volume",
    "PersistentVolumeClaim": "holds a model",
    "LocalQueue": "leads into the queue of the same name",
    "Cohort": "queues that lend to each other",
    "ServiceMonitor": "metrics of what runs here",
    "PodMonitor": "metrics of what runs here",
    "PrometheusRule": "alerts of what runs here",
    "LimitRange": "limits of containers",
    "ResourceQuota": "quota of a namespace",
}


def why_made(identity: ResourceId) -> str:
    """Why an object comes out that was not there."""
    return _MADE.get(identity.kind, "nearedge makes it of what the specs say")


__all__ = ["Added", "Compared", "Judged", "Verdict", "compared", "why_made"]
