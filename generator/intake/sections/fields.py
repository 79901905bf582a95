"""Fields that servers and Ray have in common: resources, environment, tolerations, labels that Kueue reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...findings.finding import Path
from ...specs.quantity import canonical
from ..account import Reading
from ..files.source import mapping_of

QUEUE = "kueue.x-k8s.io/queue-name"
PRIORITY = "kueue.x-k8s.io/priority-class"

PULL = "nearedge writes it: images are by digest, so one that is there is the right one"
SECURITY = "nearedge writes it: pods fit Pod Security's restricted standard"
DEFAULT = "what Kubernetes takes when nothing is said"

_DEFAULTS: Mapping[str, Any] = {
    "dnsPolicy": "ClusterFirst",
    "restartPolicy": "Always",
    "schedulerName": "default-scheduler",
    "securityContext": {},
    "terminationGracePeriodSeconds": 30,
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "enableServiceLinks": True,
    "revisionHistoryLimit": 10,
    "progressDeadlineSeconds": 600,
}
"""Fields of pods, containers and Deployments -> what the API server fills in (kubernetes pkg/apis/core/v1/defaults.go,
pkg/apis/apps/v1/defaults.go)."""

ANNOTATIONS: Mapping[str, str] = {
    "kubectl.kubernetes.io/last-applied-configuration": "a record of kubectl's",
    "deployment.kubernetes.io/revision": "a record of the Deployment controller's",
    "argocd.argoproj.io/": "nearedge writes Argo CD's annotations: its sync waves are its own",
    "openshift.io/generated-by": "a record of the console's",
    "app.kubernetes.io/": "nearedge writes its own",
    "opendatahub.io/dashboard": "nearedge writes it where the platform has a dashboard",
}
"""Labels and annotations, or how they begin -> why nearedge does not keep them."""

NOTED = frozenset({"openshift.io/description"})
"""Annotations of a server that others tell of, though no controller owns them."""

SCRATCH = frozenset({"/tmp", "/dev/shm"})  # noqa: S108 - paths inside the container
"""Folders that nearedge gives each server itself."""


def resources(reading: Reading, path: Path, said: str) -> dict[str, Any]:
    """`resources` and `requests` of a spec's item; empty where the manifest says neither."""
    limits = amounts(reading.get(*path, "limits"))
    requests = amounts(reading.get(*path, "requests"))
    if limits:
        reading.carry((*path, "limits"), f"{said}.resources")
    differ = {name: amount for name, amount in requests.items() if limits.get(name) != amount}
    if limits and requests:
        for name in requests:
            where = "requests" if name in differ else "resources"
            reading.carry((*path, "requests", name), f"{said}.{where}.{name}")
    elif requests:
        why = "limits are requests where a manifest says no limit"
        reading.intend((*path, "requests"), why, f"{said}.resources")
        return {"resources": requests}
    return {
        **({"resources": limits} if limits else {}),
        **({"requests": differ} if limits and differ else {}),
    }


def amounts(given: object) -> dict[str, str]:
    """Resource -> quantity in canonical form; what is no quantity stays as it is, for the check to tell."""
    return {str(name): amount(value) for name, value in given.items()} if isinstance(given, dict) else {}


def amount(value: object) -> str:
    """A quantity in canonical form."""
    try:
        return canonical(str(value))
    except ValueError:
        return str(value)


def environment(
    reading: Reading, path: Path, said: str, ours: frozenset[str] = frozenset()
) -> list[dict[str, Any]]:
    """`env` of a spec's item: plain values, and keys of Secrets. `ours` are variables that nearedge sets itself."""
    made: list[dict[str, Any]] = []
    for i, item in reading.source.mappings(*path):
        at = (*path, i)
        name = item.get("name")
        if not isinstance(name, str):
            continue
        if name in ours:
            reading.intend(at, "nearedge sets this variable itself")
            continue
        held = mapping_of(item.get("valueFrom"))
        kind = "configMap" if "configMapKeyRef" in held else "secret"
        reference = mapping_of(held.get(f"{kind}KeyRef"))
        place = f"{said}.env[{name}]"
        if "valueFrom" not in item:
            made.append({"name": name, "value": str(item.get("value") or "")})
            reading.carry(at, place)
        elif reference.get("name"):
            made.append({"name": name, kind: reference["name"], "key": str(reference.get("key", ""))})
            reading.carry(at, place)
            if "optional" in reference:
                reading.leave(
                    (*at, "valueFrom", f"{kind}KeyRef", "optional"), "what is named has to be there"
                )
        else:
            reading.leave(at, "a variable takes its value from the spec, a Secret or a ConfigMap")
    return made


def tolerations(reading: Reading, path: Path, said: str) -> list[dict[str, Any]]:
    """`tolerations` of a spec's item."""
    made = []
    for i, item in reading.source.mappings(*path):
        reading.carry((*path, i), f"{said}.tolerations")
        made.append({key: item[key] for key in ("key", "operator", "value", "effect") if item.get(key)})
        if "tolerationSeconds" in item:
            reading.leave((*path, i, "tolerationSeconds"), "a pod stays as long as the taint does")
    return made


def queue(reading: Reading, said: str) -> dict[str, Any]:
    """Queue and priority, as labels say them."""
    made: dict[str, Any] = {}
    for key, field in ((QUEUE, "queue"), (PRIORITY, "priorityClass")):
        if reading.get("metadata", "labels", key):
            made[field] = reading.carry(("metadata", "labels", key), f"{said}.{field}")
    return made


def scheduling(reading: Reading, path: Path, said: str) -> dict[str, Any]:
    """Node selector and tolerations of a pod."""
    made: dict[str, Any] = {}
    if selector := reading.source.mapping(*path, "nodeSelector"):
        made["nodeSelector"] = dict(selector)
        reading.carry((*path, "nodeSelector"), f"{said}.nodeSelector")
    if found := tolerations(reading, (*path, "tolerations"), said):
        made["tolerations"] = found
    return made


def defaults(reading: Reading, path: Path) -> None:
    """Fields that say what Kubernetes does anyway."""
    for field, value in _DEFAULTS.items():
        if reading.get(*path, field) == value and reading.get(*path, field) is not None:
            reading.intend((*path, field), DEFAULT)


def pod(reading: Reading, path: Path) -> None:
    """What nearedge writes of every pod itself."""
    defaults(reading, path)
    if reading.get(*path, "securityContext"):
        reading.intend((*path, "securityContext"), SECURITY)
    for field in ("serviceAccountName", "serviceAccount"):
        if reading.get(*path, field):
            reading.intend(
                (*path, field), "nearedge gives each server an account of its own, without any right"
            )
    if reading.get(*path, "automountServiceAccountToken") is not None:
        reading.intend(
            (*path, "automountServiceAccountToken"),
            "nearedge writes it: no pod gets a token it does not need",
        )


def image(reading: Reading, path: Path, pinned: str, said: str) -> None:
    """An image that is carried: as it is, or with the digest that the command line said of its tag."""
    if reading.get(*path) == pinned:
        reading.carry(path, said)
    else:
        reading.intend(path, "the tag is not kept: the digest decides what is pulled", said)


def container(reading: Reading, path: Path) -> None:
    """What nearedge writes of every container itself."""
    defaults(reading, path)
    if reading.get(*path, "imagePullPolicy"):
        reading.intend((*path, "imagePullPolicy"), PULL)
    if reading.get(*path, "securityContext") is not None:
        reading.intend((*path, "securityContext"), SECURITY)
    reading.intend((*path, "name"), "nearedge calls the container as KServe and KubeRay look for it")


def marks(reading: Reading, path: Path = ("metadata",)) -> None:
    """Labels and annotations that nearedge writes itself, or that others keep as records."""
    for group in ("labels", "annotations"):
        for key in reading.source.mapping(*path, group):
            why = next((why for begin, why in ANNOTATIONS.items() if key.startswith(begin)), None)
            if why:
                reading.intend((*path, group, key), why)
    for field in (
        "creationTimestamp",
        "generation",
        "resourceVersion",
        "uid",
        "managedFields",
        "ownerReferences",
    ):
        if reading.get(*path, field) is not None:
            reading.intend((*path, field), "a record of the API server's")
    if reading.get("status") is not None:
        reading.intend(("status",), "what a controller says of the object")
