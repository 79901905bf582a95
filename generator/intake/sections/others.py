"""Objects that no item of a spec is: told of, with what stands for them, so that nobody misses them later."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...facts.operators import operators
from ...facts.profiles import profiles
from ..account import Reading, unaddressed
from ..files.source import Source
from ..part import Scene
from . import fields

_EXTRA = "an application of extraApps can bring it, from a folder of Git at a commit"
_WHY: Mapping[str, str] = {
    "ConfigMap": f"no server and no Ray cluster names it; {_EXTRA}",
    "PriorityClass": f"no server and no Ray cluster names it; {_EXTRA}",
    "PodDisruptionBudget": "nearedge writes that of a server with several pods: minAvailable says another number",
    "ScaledObject": "KServe makes it of scaling.prometheus",
    "ServiceAccount": "nearedge makes an account for each server and each Ray cluster, without any right",
    "Role": "nearedge gives no rights in the workloads' namespaces",
    "RoleBinding": "nearedge gives no rights in the workloads' namespaces",
    "ClusterRole": "nearedge gives no rights in the workloads' namespaces",
    "ClusterRoleBinding": "nearedge gives no rights in the workloads' namespaces",
    "OperatorGroup": "nearedge writes the OperatorGroup of each operator that it installs",
    "NetworkPolicy": "nearedge writes what the workloads need; namespaces[].ingress and egress say more",
    "ResourceQuota": "namespaces[].quota says it",
    "LimitRange": "namespaces[].limits says it",
    "HorizontalPodAutoscaler": "KServe makes it of replicas.min and replicas.max",
    "ServiceMonitor": "nearedge writes the monitors of servers and Ray clusters",
    "PodMonitor": "nearedge writes the monitors of servers and Ray clusters",
    "DataScienceCluster": "nearedge writes it of what the specs use, for the release that platform names",
    "DSCInitialization": "nearedge writes it, for the release that platform names",
}
"""Kind -> why no object of it is carried."""

_OWNED = (
    "kubernetes.io/",
    "openshift.io/",
    "argocd.argoproj.io/",
    "open-cluster-management.io/",
    "opendatahub.io/",
)
_BY_ITSELF = ("gitops",)
"""Operators that every cluster of a platform has without a word."""
_RELEASE = re.compile(r"([0-9]+\.[0-9]+)")
_INSTEAD = frozenset({"DataScienceCluster", "DSCInitialization", "OperatorGroup", "ServiceAccount"})
"""Kinds of which nearedge writes objects of its own."""


def read(scene: Scene) -> None:
    """All objects that no other section has told of."""
    told = {id(account.source) for account in scene.part.accounts}
    for item in scene.objects:
        if id(item) in told:
            continue
        match item.kind:
            case "Namespace":
                _namespace(scene, item)
            case "PersistentVolumeClaim":
                _claim(scene, item)
            case "Subscription":
                _subscription(scene, item)
            case _:
                _other(scene, item)


def _other(scene: Scene, item: Source) -> None:
    reading = Reading(item)
    why = _WHY.get(item.kind, f"nearedge has no section for {item.kind}; {_EXTRA}")
    if item.kind in _INSTEAD:
        for key in item.manifest:
            reading.intend((key,), why)
    scene.part.accounts.append(reading.account(rest=why))


def _namespace(scene: Scene, item: Source) -> None:
    """Its own labels are carried; those that platform and controllers own are written by nearedge."""
    said = f"namespaces[{item.name}]"
    reading = Reading(item, said)
    made: dict[str, dict[str, str]] = {}
    for group in ("labels", "annotations"):
        for key, value in item.mapping("metadata", group).items():
            at = ("metadata", group, key)
            if any(owner in key for owner in _OWNED):
                reading.intend(at, "nearedge writes the labels of platform, Argo CD and Pod Security itself")
            elif key not in fields.ANNOTATIONS:
                made.setdefault(group, {})[key] = str(value)
                reading.carry(at, f"{said}.{group}")
    for field in ("spec", "status"):
        reading.intend((field,), "what the API server says of it")
    if made:
        scene.part.add(("namespaces",), {"name": item.name, **made})
    scene.part.accounts.append(reading.account())


def _claim(scene: Scene, item: Source) -> None:
    """A volume that is served from stays whose it is; what is said of its class is worth knowing."""
    reading = Reading(item)
    why = "nearedge makes no volume that it does not fill: this one stays whose it is, and has to stay there"
    name, modes = item.at("spec", "storageClassName"), item.listed("spec", "accessModes")
    if name and modes:
        said = f"storage[{name}]"
        reading.carry(("spec", "storageClassName"), f"{said}.class")
        reading.carry(("spec", "accessModes"), f"{said}.accessModes")
        known = scene.part.items.setdefault(("storage",), [])
        same = [one for one in known if one["class"] == name]
        if same:
            same[0]["accessModes"] = [*dict.fromkeys([*same[0]["accessModes"], *modes])]
        else:
            known.append({"class": name, "accessModes": list(modes)})
    scene.part.accounts.append(reading.account(rest=why))


def _subscription(scene: Scene, item: Source) -> None:
    package = str(item.at("spec", "name") or "")
    known = [
        name
        for name, entry in operators().items()
        if package in {entry.package, *(release.package for release in entry.releases.values())}
    ]
    if not known:
        why = f"the catalog of nearedge has no operator of package {package}; {_EXTRA}"
        scene.part.accounts.append(unaddressed(item, why))
        return
    if known[0] == "opendatahub":
        _platform(scene, item, package)
        return
    reading = Reading(item, f"operators[{known[0]}]")
    for key in item.manifest:
        reading.intend(
            (key,),
            f"operator {known[0]}: channel and source are those of the platform's release",
            "operators",
        )
    listed = scene.part.values.setdefault(("operators",), [])
    if known[0] not in listed and known[0] not in _BY_ITSELF:
        listed.append(known[0])
    scene.part.accounts.append(reading.account())


def _platform(scene: Scene, item: Source, package: str) -> None:
    """The platform's own operator: its release is the profile, where there is one of it."""
    family = "rhoai" if package == "rhods-operator" else "odh"
    named = (_RELEASE.search(str(item.at("spec", field) or "")) for field in ("startingCSV", "channel"))
    release = next((f"{family}-{found[1]}" for found in named if found), "")
    reading = Reading(item, "platform")
    why = "the platform's profile says which release of it is installed, and how"
    for key in item.manifest:
        reading.intend((key,), why)
    if release in profiles():
        scene.part.values["platform",] = release
        reading.intend(("spec", "channel"), why, "platform")
    scene.part.accounts.append(reading.account())
